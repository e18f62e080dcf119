//! Credentials and what they are granted.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::creations::{Creation, gone};
use super::{Admin, AdminError, Created, NewSecret, PAGE, SecretSource, all_pages, not_found, random_word};
use crate::id::{ApiId, ClientId, CompanyId, EnvironmentName, Handle, IdError, ScopeName, Text};
use crate::intent::Intent;
use crate::model::{Credential, Grant, State};
use crate::secret::Secret;
use crate::store::{CredentialFilter, Page, StoreError};
use crate::time::{Random, Timestamp, random_bytes};

/// A credential to be made.
#[derive(Debug)]
pub struct NewCredential {
    /// Whose.
    pub company: CompanyId,
    /// Where.
    pub environment: EnvironmentName,
    /// Its client id; generated where none is given.
    pub client_id: Option<ClientId>,
    /// What people call it.
    pub label: Option<Text>,
    /// Who looks after it.
    pub owner: Option<Text>,
    /// The networks that it may be used from; none for every address.
    pub networks: Vec<IpNet>,
    /// What it may use.
    pub grants: Vec<GrantRequest>,
    /// Where its secret comes from; `None` for a credential without one, which waits for its first.
    pub secret: Option<SecretSource>,
}

/// What is to change of a credential.
#[derive(Debug, Clone, Default)]
pub struct CredentialUpdate {
    /// Its new label; `Some(None)` takes it away.
    pub label: Option<Option<Text>>,
    /// Its new owner.
    pub owner: Option<Option<Text>>,
    /// The networks that it may be used from; none of them for every address.
    pub networks: Option<Vec<IpNet>>,
    /// Its new end.
    pub expires: Option<Option<Timestamp>>,
}

/// An API to be granted, with all the scopes that it has now or with some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GrantRequest {
    /// The API.
    pub api: ApiId,
    /// The scopes; `None` for all that the API has now.
    pub scopes: Option<Vec<ScopeName>>,
}

/// What a credential has, as it would be asked for.
impl From<&Grant> for GrantRequest {
    fn from(Grant { api, scopes, .. }: &Grant) -> Self {
        Self { api: api.clone(), scopes: Some(scopes.clone()).filter(|scopes| !scopes.is_empty()) }
    }
}

/// As people write it: `voice`, or `voice:voice.billing,voice.numbers`.
impl fmt::Display for GrantRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(scopes) = &self.scopes else { return self.api.fmt(f) };
        let scopes: Vec<&str> = scopes.iter().map(AsRef::as_ref).collect();
        write!(f, "{}:{}", self.api, scopes.join(","))
    }
}

impl FromStr for GrantRequest {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (api, scopes) = match text.split_once(':') {
            Some((api, scopes)) => (api, Some(scopes)),
            None => (text, None),
        };
        let scopes = scopes.map(|scopes| scopes.split(',').map(str::parse).collect()).transpose()?;
        Ok(Self { api: api.parse()?, scopes })
    }
}

impl TryFrom<String> for GrantRequest {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<GrantRequest> for String {
    fn from(grant: GrantRequest) -> Self {
        grant.to_string()
    }
}

/// A credential that was made, and its secret, which is nowhere else.
#[derive(Debug)]
pub struct CreatedCredential {
    /// The credential.
    pub credential: Credential,
    /// Its secret; none where it was imported, or has none.
    pub secret: Option<Secret>,
}

impl Admin {
    /// Makes a credential with its grants and, unless it is to have none, its first secret.
    pub async fn create_credential(
        &self,
        new: NewCredential,
    ) -> Result<Created<CreatedCredential>, AdminError> {
        self.create_credential_after(None, new).await
    }

    /// The same, in one commit with what must be so before.
    pub(super) async fn create_credential_after(
        &self,
        before: Option<Intent>,
        new: NewCredential,
    ) -> Result<Created<CreatedCredential>, AdminError> {
        let NewCredential { company, environment, client_id, label, owner, networks, grants, secret } = new;
        self.require_environment(&environment).await?;
        let client_id = client_id.unwrap_or_else(|| generated_client_id(&*self.random));
        let mut intents = Vec::from_iter(before);
        intents.push(Intent::CreateCredential {
            environment: environment.clone(),
            client_id: client_id.clone(),
            company,
            label,
            owner,
            networks,
            handle: new_handle(&*self.random),
        });
        let mut shown = None;
        if let Some(source) = secret {
            let NewSecret { secret, stored } = self.new_secret(&environment, &client_id, source).await?;
            shown = secret;
            intents.push(Intent::AddSecret {
                environment: environment.clone(),
                client_id: client_id.clone(),
                secret: stored,
                expected: None,
            });
        }
        intents.extend(grants.into_iter().map(|grant| Intent::AddGrant {
            environment: environment.clone(),
            client_id: client_id.clone(),
            api: grant.api,
            scopes: grant.scopes,
            expected: None,
        }));
        let creation = self.commit_creation(&intents).await?;
        let (client_id, secret) = match &creation {
            Creation::Made => (client_id, shown),
            Creation::Repeated(before) => (before_id(before)?, None),
        };
        let credential = gone(self.credential(&environment, &client_id).await, "credential", &creation)?;
        let value = CreatedCredential { credential, secret };
        Ok(Created { value, replayed: creation.replayed() })
    }

    /// Changes what is given of a credential.
    pub async fn update_credential(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        CredentialUpdate { label, owner, networks, expires }: CredentialUpdate,
    ) -> Result<Credential, AdminError> {
        self.change_credential(environment, client_id, |environment, client_id| Intent::UpdateCredential {
            environment,
            client_id,
            label,
            owner,
            networks,
            expires,
            expected: self.asked.expected,
        })
        .await
    }

    /// Suspends, resumes or deletes a credential.
    pub async fn set_credential_state(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        state: State,
    ) -> Result<(), AdminError> {
        self.require_environment(environment).await?;
        let (environment, client_id) = (environment.clone(), client_id.clone());
        self.commit(&[Intent::SetCredentialState {
            environment,
            client_id,
            state,
            expected: self.asked.expected,
        }])
        .await?;
        Ok(())
    }

    /// Grants an API, or more of its scopes.
    pub async fn add_grant(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        GrantRequest { api, scopes }: GrantRequest,
    ) -> Result<Credential, AdminError> {
        self.change_credential(environment, client_id, |environment, client_id| Intent::AddGrant {
            environment,
            client_id,
            api,
            scopes,
            expected: self.asked.expected,
        })
        .await
    }

    /// Takes an API, or some of its scopes, away.
    pub async fn remove_grant(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        GrantRequest { api, scopes }: GrantRequest,
    ) -> Result<Credential, AdminError> {
        self.change_credential(environment, client_id, |environment, client_id| Intent::RemoveGrant {
            environment,
            client_id,
            api,
            scopes,
            expected: self.asked.expected,
        })
        .await
    }

    /// Commits what `intent` makes of the credential's name, and shows the credential as it is then.
    pub(super) async fn change_credential(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        intent: impl FnOnce(EnvironmentName, ClientId) -> Intent,
    ) -> Result<Credential, AdminError> {
        self.require_environment(environment).await?;
        self.commit(&[intent(environment.clone(), client_id.clone())]).await?;
        self.credential(environment, client_id).await
    }

    /// A credential that is not deleted.
    pub async fn credential(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Credential, AdminError> {
        self.require_environment(environment).await?;
        let credential = self.store.credential(environment, client_id).await?;
        credential
            .filter(|credential| credential.state != State::Deleted)
            .ok_or_else(|| not_found("credential", client_id.as_str()))
    }

    /// The credentials that are not deleted, by environment and client id.
    pub async fn credentials(&self, filter: &CredentialFilter) -> Result<Vec<Credential>, AdminError> {
        self.require_filter(filter).await?;
        Ok(all_pages!(
            page => self.store.credentials(filter, &page),
            credential => (credential.environment.clone(), credential.client_id.clone())
        ))
    }

    /// One page of the credentials that are not deleted, by environment and client id.
    pub async fn credentials_page(
        &self,
        filter: &CredentialFilter,
        page: &Page<(EnvironmentName, ClientId)>,
    ) -> Result<Vec<Credential>, AdminError> {
        self.require_filter(filter).await?;
        Ok(self.store.credentials(filter, page).await?)
    }

    /// Refuses a filter that names what is not there, rather than finding nothing.
    async fn require_filter(&self, filter: &CredentialFilter) -> Result<(), AdminError> {
        if let Some(environment) = &filter.environment {
            self.require_environment(environment).await?;
        }
        if let Some(company) = &filter.company {
            self.company(company).await?;
        }
        Ok(())
    }
}

/// The client id under which a credential was made before.
fn before_id(text: &str) -> Result<ClientId, AdminError> {
    text.parse().map_err(|_| StoreError::BadRow("a creation, column \"target\"".to_owned()).into())
}

/// 100 random bits as 20 characters.
fn generated_client_id(random: &dyn Random) -> ClientId {
    // Twenty of a-z and 0-9 are within the grammar.
    random_word(random, 20).parse().expect("a generated client id is well formed")
}

pub(super) fn new_handle(random: &dyn Random) -> Handle {
    // 16 bytes are 22 characters of base64url.
    URL_SAFE_NO_PAD.encode(random_bytes::<16>(random)).parse().expect("16 bytes make a handle")
}
