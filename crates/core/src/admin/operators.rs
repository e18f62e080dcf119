//! Operators: the company and the environment that their credentials live in, and the first of them.

use super::{Admin, AdminError, CreatedCredential, GrantRequest, NewCredential, SecretSource};
use crate::id::{ApiId, ClientId, CompanyId, EnvironmentName, Text};
use crate::intent::{Intent, RefusedReason};
use crate::store::{CredentialFilter, Page, StoreError};

/// What stands in the place of a limit for the company of the operators.
const NO_LIMIT: u32 = u32::MAX;

impl Admin {
    /// Makes the operators' company where it is missing.
    pub async fn make_operators(&self) -> Result<(), AdminError> {
        let id = CompanyId::operators();
        match self.store.company(&id).await {
            Ok(None) => {}
            // A row that cannot be read is there, and nobody else waits until it is mended.
            Ok(Some(_)) | Err(StoreError::BadRow(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let name: Text = "Operators of Jeton".parse().expect("the name is well formed");
        match self.commit(&[Intent::CreateCompany { id, name, credential_limit: NO_LIMIT }]).await {
            // Another first start was quicker.
            Err(AdminError::Refused(RefusedReason::Exists { .. })) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Makes the first operator, who may do everything, and the keys that are missing; `None` where there is an operator. Of several who try at once, one makes it.
    pub async fn make_first_operator(
        &self,
        client_id: Option<ClientId>,
        label: Option<Text>,
    ) -> Result<Option<CreatedCredential>, AdminError> {
        self.make_missing_keys(&[]).await?;
        self.make_operators().await?;
        let seen = self.company(&CompanyId::operators()).await?;
        if self.has_operator().await? {
            return Ok(None);
        }
        let new = NewCredential {
            company: CompanyId::operators(),
            environment: EnvironmentName::management(),
            client_id,
            label,
            owner: None,
            networks: Vec::new(),
            grants: vec![GrantRequest { api: ApiId::management(), scopes: None }],
            secret: Some(SecretSource::Generated),
        };
        // It changes nothing of the company but its revision, so that of two such commits the second is refused.
        let alone = Intent::UpdateCompany {
            id: CompanyId::operators(),
            name: None,
            credential_limit: None,
            expected: Some(seen.revision),
        };
        match self.create_credential_after(Some(alone), new).await {
            Err(AdminError::Refused(RefusedReason::RevisionChanged { what: "company", .. })) => Ok(None),
            other => other.map(|made| Some(made.value)),
        }
    }

    /// Whether there is a credential of an operator that is not deleted.
    async fn has_operator(&self) -> Result<bool, AdminError> {
        let filter =
            CredentialFilter { company: Some(CompanyId::operators()), ..CredentialFilter::default() };
        Ok(!self.store.credentials(&filter, &Page::first(1)).await?.is_empty())
    }
}
