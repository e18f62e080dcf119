//! What was counted, and when secrets were last used.

use crate::admin::{Admin, AdminError, PAGE, all_pages};
use crate::id::{ClientId, EnvironmentName};
use crate::model::Credential;
use crate::store::Page;
use crate::usage::{SecretUse, TopFilter, TopRow, UsageFilter, UsageRow};

impl Admin {
    /// What was counted of a credential, oldest first, and the credential, whose secrets the rows name.
    pub async fn usage(&self, filter: &UsageFilter) -> Result<(Credential, Vec<UsageRow>), AdminError> {
        self.require_environment(&filter.environment).await?;
        let credential = self.credential(&filter.environment, &filter.client_id).await?;
        let rows = all_pages!(page => self.store.usage(filter, &page), row => row.key.clone());
        Ok((credential, rows))
    }

    /// Who sent the most requests, or was refused the most.
    pub async fn top_usage(&self, filter: &TopFilter) -> Result<Vec<TopRow>, AdminError> {
        if let Some(environment) = &filter.environment {
            self.require_environment(environment).await?;
        }
        Ok(self.store.top_usage(filter).await?)
    }

    /// The last uses of a credential's secrets, of those that were used.
    pub async fn secret_uses(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Vec<SecretUse>, AdminError> {
        Ok(self.store.secret_uses(environment, client_id).await?)
    }
}
