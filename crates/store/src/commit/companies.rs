//! Companies. A deleted one stays as a tombstone, and to every intent but its creation it is not there.

use jeton_core::id::{CompanyId, Text};
use jeton_core::intent::RefusedReason;
use jeton_core::model::{Company, Sequence, State};

use super::{Commit, Done, Stop, Target};
use crate::read::companies::company;
use crate::sql::companies as sql;
use crate::statement::values;

impl Commit<'_> {
    pub(super) async fn create_company(
        &mut self,
        id: &CompanyId,
        name: &Text,
        credential_limit: u32,
    ) -> Result<Done, Stop> {
        let values = values![id, name, credential_limit, self.time, self.sequence];
        if self.execute(sql::INSERT, values).await? == 0 {
            let there = self.fetch(sql::ONE, values![id]).await?.as_ref().map(company).transpose()?;
            let deleted = there.is_some_and(|company| company.state == State::Deleted);
            return Err(if deleted { target(id).spent() } else { target(id).exists() }.into());
        }
        Ok(done(id))
    }

    pub(super) async fn update_company(
        &mut self,
        id: &CompanyId,
        name: Option<&Text>,
        credential_limit: Option<u32>,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        self.company(id, expected).await?;
        let values = values![id, self.sequence, name, credential_limit.map(i64::from)];
        self.execute(sql::UPDATE, values).await?;
        Ok(done(id))
    }

    pub(super) async fn set_company_state(
        &mut self,
        id: &CompanyId,
        state: State,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        let company = self.company(id, expected).await?;
        if company.state == state {
            return Err(target(id).already_in(state).into());
        }
        if state == State::Deleted && company.credentials > 0 {
            let count = company.credentials;
            return Err(RefusedReason::CompanyHasCredentials { company: id.clone(), count }.into());
        }
        self.execute(sql::SET_STATE, values![id, self.sequence, state]).await?;
        if state != State::Active {
            self.raise_generations(id).await?;
        }
        Ok(done(id))
    }

    /// A company that is not deleted, at the revision that was expected.
    pub(super) async fn company(
        &mut self,
        id: &CompanyId,
        expected: Option<Sequence>,
    ) -> Result<Company, Stop> {
        let company = self.living_company(id).await?;
        self.check_revision(&target(id), company.revision, expected)?;
        Ok(company)
    }

    /// A company that is not deleted.
    pub(super) async fn living_company(&mut self, id: &CompanyId) -> Result<Company, Stop> {
        let found = self.fetch(sql::ONE, values![id]).await?.as_ref().map(company).transpose()?;
        let living = found.filter(|company| company.state != State::Deleted);
        Ok(living.ok_or_else(|| target(id).not_found())?)
    }
}

fn target(id: &CompanyId) -> Target<'_> {
    Target { what: "company", environment: "", id: id.as_str() }
}

fn done(id: &CompanyId) -> Done {
    Done { environment: None, company: Some(id.to_string()), target: id.to_string() }
}
