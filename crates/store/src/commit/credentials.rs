//! Credentials. A deleted one stays as a tombstone, and to every intent but a creation it is not there.

use ipnet::IpNet;
use jeton_core::id::{ClientId, CompanyId, EnvironmentName, Handle, Text};
use jeton_core::intent::RefusedReason;
use jeton_core::model::{Sequence, State};
use jeton_core::networks::{normal_networks, write_networks};
use jeton_core::{StoreError, Timestamp};

use super::{Commit, Done, Stop, Target};
use crate::rows::{BadColumn, Columns};
use crate::sql::{credentials as sql, grants, operators};
use crate::statement::values;

/// What a credential is made with.
pub(super) struct Given<'a> {
    pub(super) company: &'a CompanyId,
    pub(super) label: Option<&'a Text>,
    pub(super) owner: Option<&'a Text>,
    pub(super) networks: &'a [IpNet],
    pub(super) handle: &'a Handle,
}

/// What is given of a credential; `Some(&None)` takes it away.
pub(super) struct Update<'a> {
    pub(super) label: Option<&'a Option<Text>>,
    pub(super) owner: Option<&'a Option<Text>>,
    pub(super) networks: Option<&'a [IpNet]>,
    pub(super) expires: Option<&'a Option<Timestamp>>,
}

/// What intents must know of a credential.
pub(super) struct Head {
    /// As it stands: a commit does not depend on its grammar.
    company: String,
    state: State,
}

impl Commit<'_> {
    /// The insertion itself counts the company's places, so no race can find one too many.
    pub(super) async fn create_credential(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        Given { company, label, owner, networks, handle }: Given<'_>,
    ) -> Result<Done, Stop> {
        if environment.is_management() != company.is_operators() {
            return Err(RefusedReason::OperatorsApart.into());
        }
        let folded = client_id.folded();
        let networks = column(networks)?;
        let values = values![
            environment,
            client_id,
            &folded,
            company,
            label,
            handle,
            self.time,
            self.sequence,
            owner,
            networks.as_deref(),
        ];
        if self.execute(sql::INSERT, values).await? == 0 {
            return Err(self.why_not_created(environment, client_id, company).await?);
        }
        Ok(Done {
            environment: Some(environment.to_string()),
            company: Some(company.to_string()),
            target: client_id.to_string(),
        })
    }

    async fn why_not_created(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        company: &CompanyId,
    ) -> Result<Stop, Stop> {
        let found = self.living_company(company).await?;
        if found.state != State::Active {
            let (company, state) = (company.clone(), found.state);
            return Ok(RefusedReason::CompanyNotActive { company, state }.into());
        }
        if let Some(reason) = self.look_alike(environment, client_id).await? {
            return Ok(reason.into());
        }
        if found.credentials >= found.credential_limit {
            let (company, limit) = (company.clone(), found.credential_limit);
            return Ok(RefusedReason::CredentialLimit { company, limit }.into());
        }
        // What is left is a handle that another credential has.
        Ok(target(environment, client_id).exists().into())
    }

    async fn look_alike(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Option<RefusedReason>, StoreError> {
        let folded = client_id.folded();
        let Some(row) = self.fetch(sql::LOOK_ALIKE, values![environment, &folded]).await? else {
            return Ok(None);
        };
        let read = || -> Result<(ClientId, State), BadColumn> {
            let row = Columns(&row);
            Ok((row.parsed("client_id")?, row.word("state", State::from_word)?))
        };
        let (other, state) = read().map_err(|bad| bad.of("a look-alike"))?;
        let target = target(environment, client_id);
        Ok(Some(match state {
            _ if other != *client_id => RefusedReason::LookAlike { other },
            State::Deleted => target.spent(),
            State::Active | State::Suspended => target.exists(),
        }))
    }

    pub(super) async fn update_credential(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        update: Update<'_>,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        let head = self.credential(environment, client_id, expected).await?;
        let networks = update.networks.map(column).transpose()?;
        let values = values![
            environment,
            client_id,
            self.sequence,
            update.label.is_some(),
            update.label.and_then(Option::as_ref),
            update.owner.is_some(),
            update.owner.and_then(Option::as_ref),
            update.expires.is_some(),
            update.expires.copied().flatten(),
            networks.is_some(),
            networks.as_ref().and_then(Option::as_deref),
        ];
        self.execute(sql::UPDATE, values).await?;
        Ok(head.done(environment, client_id))
    }

    pub(super) async fn set_credential_state(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        state: State,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        let head = self.credential(environment, client_id, expected).await?;
        if head.state == state {
            return Err(target(environment, client_id).already_in(state).into());
        }
        // Resuming brings no token back, so it need not end any either.
        let raise = i64::from(state != State::Active);
        self.execute(sql::SET_STATE, values![environment, client_id, self.sequence, state, raise]).await?;
        if raise > 0 {
            self.record_generation(environment, client_id).await?;
        }
        if state == State::Deleted {
            self.execute(grants::DELETE_ALL, values![environment, client_id]).await?;
            if environment.is_management() {
                self.execute(operators::DELETE_ALL, values![client_id]).await?;
            }
        }
        Ok(head.done(environment, client_id))
    }

    /// A credential that is not deleted, at the revision that was expected.
    pub(super) async fn credential(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        expected: Option<Sequence>,
    ) -> Result<Head, Stop> {
        let target = target(environment, client_id);
        let Some(row) = self.fetch(sql::HEAD, values![environment, client_id]).await? else {
            return Err(target.not_found().into());
        };
        let read = || -> Result<(Head, Sequence), BadColumn> {
            let row = Columns(&row);
            let state = row.word("state", State::from_word)?;
            Ok((Head { company: row.text("company")?.to_owned(), state }, row.sequence("revision")?))
        };
        let (head, revision) =
            read().map_err(|bad| bad.of(format_args!("credential {client_id:?} in {environment}")))?;
        self.check_revision(&target, revision, expected)?;
        Ok(head)
    }

    /// Says that something which hangs on the credential has changed.
    pub(super) async fn touch(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<(), StoreError> {
        self.execute(sql::TOUCH, values![environment, client_id, self.sequence]).await?;
        Ok(())
    }
}

impl Head {
    pub(super) fn done(self, environment: &EnvironmentName, client_id: &ClientId) -> Done {
        Done {
            environment: Some(environment.to_string()),
            company: Some(self.company),
            target: client_id.to_string(),
        }
    }
}

/// The networks as they stand in their column.
fn column(networks: &[IpNet]) -> Result<Option<String>, RefusedReason> {
    let networks = normal_networks(networks).map_err(RefusedReason::Networks)?;
    Ok(write_networks(&networks))
}

fn target<'a>(environment: &'a EnvironmentName, client_id: &'a ClientId) -> Target<'a> {
    Target { what: "credential", environment: environment.as_str(), id: client_id.as_str() }
}
