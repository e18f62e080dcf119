//! Credentials and what they are granted.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{Admin, AdminError, PAGE, SecretSource, all_pages, not_found, random_word};
use crate::id::{ApiId, ClientId, CompanyId, EnvironmentName, Handle, IdError, ScopeName, Text};
use crate::intent::Intent;
use crate::model::{Credential, State};
use crate::secret::Secret;
use crate::store::{CredentialFilter, Page};
use crate::time::{Random, random_bytes};

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
    /// What it may use.
    pub grants: Vec<GrantRequest>,
    /// Where its secret comes from.
    pub secret: SecretSource,
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
    /// Its secret; none where it was imported.
    pub secret: Option<Secret>,
}

impl Admin {
    /// Makes a credential with its first secret and its grants.
    pub async fn create_credential(&self, new: NewCredential) -> Result<CreatedCredential, AdminError> {
        let NewCredential { company, environment, client_id, label, grants, secret } = new;
        self.require_environment(&environment).await?;
        let client_id = client_id.unwrap_or_else(|| generated_client_id(&*self.random));
        let new_secret = self.new_secret(&environment, &client_id, secret).await?;
        let mut intents = vec![
            Intent::CreateCredential {
                environment: environment.clone(),
                client_id: client_id.clone(),
                company,
                label,
                handle: new_handle(&*self.random),
            },
            Intent::AddSecret {
                environment: environment.clone(),
                client_id: client_id.clone(),
                secret: new_secret.stored,
                expected: None,
            },
        ];
        intents.extend(grants.into_iter().map(|grant| Intent::AddGrant {
            environment: environment.clone(),
            client_id: client_id.clone(),
            api: grant.api,
            scopes: grant.scopes,
            expected: None,
        }));
        self.commit(&intents).await?;
        let credential = self.credential(&environment, &client_id).await?;
        Ok(CreatedCredential { credential, secret: new_secret.secret })
    }

    /// Changes a credential's label.
    pub async fn update_credential(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        label: Option<Option<Text>>,
    ) -> Result<Credential, AdminError> {
        self.change_credential(environment, client_id, |environment, client_id| Intent::UpdateCredential {
            environment,
            client_id,
            label,
            owner: None,
            expires: None,
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
        if let Some(environment) = &filter.environment {
            self.require_environment(environment).await?;
        }
        if let Some(company) = &filter.company {
            self.company(company).await?;
        }
        Ok(all_pages!(
            page => self.store.credentials(filter, &page),
            credential => (credential.environment.clone(), credential.client_id.clone())
        ))
    }
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
