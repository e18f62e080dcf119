//! Tokens that operators revoke: one, or all of a credential or company.

use super::{Admin, AdminError};
use crate::id::{ClientId, CompanyId, EnvironmentName, TokenId};
use crate::intent::Intent;
use crate::model::Credential;
use crate::revocation::MAX_TOKEN_LIFETIME;

impl Admin {
    /// Revokes one token of a credential. When it expires nobody says, so it is remembered as long as any token may live.
    pub async fn revoke_token(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        jti: &TokenId,
    ) -> Result<Credential, AdminError> {
        let expires = self.clock.now().plus(MAX_TOKEN_LIFETIME);
        let jti = jti.clone();
        self.change_credential(environment, client_id, |environment, client_id| Intent::RevokeToken {
            environment,
            client_id,
            jti,
            expires,
            expected: self.asked.expected,
        })
        .await
    }

    /// Revokes every token of a credential.
    pub async fn revoke_tokens(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Credential, AdminError> {
        self.change_credential(environment, client_id, |environment, client_id| Intent::RevokeTokens {
            environment,
            client_id,
            expected: self.asked.expected,
        })
        .await
    }

    /// Revokes every token of every credential of a company.
    pub async fn revoke_tokens_of_company(&self, id: &CompanyId) -> Result<(), AdminError> {
        self.commit(&[Intent::RevokeTokensOfCompany { id: id.clone(), expected: self.asked.expected }])
            .await?;
        Ok(())
    }
}
