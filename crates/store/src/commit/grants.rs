//! Grants.

use std::collections::BTreeSet;

use jeton_core::id::{ApiId, ClientId, EnvironmentName, ScopeName};
use jeton_core::intent::RefusedReason;
use jeton_core::model::Sequence;
use jeton_core::{Algorithm, StoreError};

use super::{Commit, Done, Stop};
use crate::rows::{BadColumn, Columns};
use crate::sql::{apis, grants as sql};
use crate::statement::values;

impl Commit<'_> {
    pub(super) async fn add_grant(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        api: &ApiId,
        scopes: Option<&[ScopeName]>,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        let head = self.credential(environment, client_id, expected).await?;
        if environment.is_management() != api.is_management() {
            return Err(RefusedReason::ManagementApart.into());
        }
        if environment.is_management() {
            self.add_operator_scopes(client_id, scopes).await?;
            self.touch(environment, client_id).await?;
            return Ok(head.done(environment, client_id));
        }
        let algorithm = self.api(api, None).await?;
        self.refuse_other_algorithm(environment, client_id, api, algorithm).await?;
        let all = self.scopes_of(api).await?;
        let scopes = match scopes {
            None => all,
            Some(scopes) => named(api, &all, scopes)?,
        };
        self.execute(sql::INSERT, values![environment, client_id, api]).await?;
        for scope in &scopes {
            self.execute(sql::INSERT_SCOPE, values![environment, client_id, api, scope]).await?;
        }
        self.touch(environment, client_id).await?;
        Ok(head.done(environment, client_id))
    }

    pub(super) async fn remove_grant(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        api: &ApiId,
        scopes: Option<&[ScopeName]>,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        let head = self.credential(environment, client_id, expected).await?;
        if environment.is_management() {
            self.remove_operator_scopes(client_id, api, scopes).await?;
            self.touch(environment, client_id).await?;
            return Ok(head.done(environment, client_id));
        }
        let not_granted = |grant: String| RefusedReason::NotGranted { client_id: client_id.clone(), grant };
        if self.granted(environment, client_id, api).await?.is_none() {
            return Err(not_granted(api.to_string()).into());
        }
        for scope in scopes.unwrap_or_default().iter().collect::<BTreeSet<_>>() {
            let values = values![environment, client_id, api, scope];
            if self.execute(sql::DELETE_SCOPE, values).await? == 0 {
                return Err(not_granted(format!("{api}:{scope}")).into());
            }
        }
        let all_gone = match scopes {
            None => true,
            Some(scopes) => !scopes.is_empty() && self.granted(environment, client_id, api).await? == Some(0),
        };
        if all_gone {
            self.execute(sql::DELETE, values![environment, client_id, api]).await?;
        }
        self.touch(environment, client_id).await?;
        Ok(head.done(environment, client_id))
    }

    async fn refuse_other_algorithm(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        api: &ApiId,
        algorithm: Algorithm,
    ) -> Result<(), Stop> {
        let values = values![environment, client_id, api, algorithm];
        let Some(row) = self.fetch(sql::OTHER_ALGORITHM, values).await? else { return Ok(()) };
        let read = || -> Result<RefusedReason, BadColumn> {
            let (other, other_algorithm) = (Columns(&row).parsed("id")?, Columns(&row).parsed("algorithm")?);
            Ok(RefusedReason::AlgorithmsDiffer { api: api.clone(), algorithm, other, other_algorithm })
        };
        Err(read().map_err(|bad| bad.of("an API"))?.into())
    }

    async fn scopes_of(&mut self, api: &ApiId) -> Result<BTreeSet<ScopeName>, StoreError> {
        let rows = self.fetch_all(apis::SCOPES, values![api]).await?;
        let name = |row| Columns(row).parsed("name").map_err(|bad| bad.of(format_args!("API {api:?}")));
        rows.iter().map(name).collect()
    }

    /// How many scopes of the API are granted; `None` where the API is not.
    async fn granted(
        &mut self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        api: &ApiId,
    ) -> Result<Option<u32>, StoreError> {
        let row = self.fetch(sql::COUNT, values![environment, client_id, api]).await?;
        let count = |column| match &row {
            Some(row) => Columns(row).count(column).map_err(|bad| bad.of("a grant")),
            None => Ok(0),
        };
        Ok(if count("grants")? == 0 { None } else { Some(count("scopes")?) })
    }
}

/// The given scopes, all of which the API must have.
fn named(
    api: &ApiId,
    all: &BTreeSet<ScopeName>,
    scopes: &[ScopeName],
) -> Result<BTreeSet<ScopeName>, RefusedReason> {
    match scopes.iter().find(|scope| !all.contains(*scope)) {
        Some(scope) => Err(RefusedReason::NoSuchScope { api: api.clone(), scope: scope.clone() }),
        None => Ok(scopes.iter().cloned().collect()),
    }
}
