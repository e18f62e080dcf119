//! Tokens that are refused before they expire.

use jeton_core::id::{ClientId, CompanyId, EnvironmentName, TokenId};
use jeton_core::intent::RefusedReason;
use jeton_core::model::Sequence;
use jeton_core::revocation::{KEEP_GENERATION, MARGIN, MAX_RAISED_BY_TOKENS, MAX_REVOKED_TOKENS};
use jeton_core::{StoreError, Timestamp};

use super::{Commit, Done, Stop};
use crate::rows::{BadColumn, Columns};
use crate::sql::{credentials, revocations as sql};
use crate::statement::values;

/// What a credential has of records that have not ended.
struct Held {
    tokens: u32,
    generations: u32,
    /// Whether this very token is among them.
    there: bool,
}

impl Commit<'_> {
    pub(super) async fn revoke_token(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        jti: &TokenId,
        expires: Timestamp,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        let head = self.credential(environment, client_id, expected).await?;
        let records = self.held(environment, client_id, jti).await?;
        if records.there {
            return Ok(head.done(environment, client_id));
        }
        if records.tokens >= MAX_REVOKED_TOKENS {
            if records.generations >= MAX_RAISED_BY_TOKENS {
                return Err(RefusedReason::TooManyRevocations { client_id: client_id.clone() }.into());
            }
            self.raise_generation(environment, client_id).await?;
            return Ok(head.done(environment, client_id));
        }
        let values = values![environment, client_id, jti, self.sequence, expires.plus(MARGIN)];
        self.execute(sql::OF_TOKEN, values).await?;
        Ok(head.done(environment, client_id))
    }

    pub(super) async fn revoke_tokens(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        let head = self.credential(environment, client_id, expected).await?;
        self.raise_generation(environment, client_id).await?;
        Ok(head.done(environment, client_id))
    }

    pub(super) async fn revoke_tokens_of_company(
        &mut self,
        id: &CompanyId,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        self.company(id, expected).await?;
        self.raise_generations(id).await?;
        Ok(Done { environment: None, company: Some(id.to_string()), target: id.to_string() })
    }

    /// Raises a credential's generation, and writes that down for verifiers.
    async fn raise_generation(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<(), StoreError> {
        self.execute(credentials::RAISE_GENERATION, values![environment, client_id, self.sequence]).await?;
        self.record_generation(environment, client_id).await
    }

    /// Raises the generations of a company's credentials, and writes that down for verifiers.
    pub(super) async fn raise_generations(&mut self, company: &CompanyId) -> Result<(), StoreError> {
        self.execute(credentials::RAISE_GENERATIONS, values![company, self.sequence]).await?;
        let expires = self.time.plus(KEEP_GENERATION);
        self.execute(sql::OF_COMPANY, values![company, self.sequence, expires]).await?;
        Ok(())
    }

    /// Writes down for verifiers that a credential's generation is what it is now.
    pub(super) async fn record_generation(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<(), StoreError> {
        let expires = self.time.plus(KEEP_GENERATION);
        self.execute(sql::OF_CREDENTIAL, values![environment, client_id, self.sequence, expires]).await?;
        Ok(())
    }

    async fn held(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        jti: &TokenId,
    ) -> Result<Held, StoreError> {
        let row = self.fetch(sql::HELD, values![environment, client_id, jti, self.time]).await?;
        let row = row.ok_or_else(|| StoreError::BadRow("a count is missing".into()))?;
        let read = || -> Result<Held, BadColumn> {
            let row = Columns(&row);
            let there = row.integer("there")? != 0;
            Ok(Held { tokens: row.count("tokens")?, generations: row.count("generations")?, there })
        };
        read().map_err(|bad| bad.of("the revocations of a credential"))
    }
}
