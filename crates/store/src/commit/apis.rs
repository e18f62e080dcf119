//! APIs with their audiences and scopes. What is granted cannot be taken away here.

use jeton_core::Algorithm;
use jeton_core::id::{ApiId, AudienceUri, EnvironmentName, ScopeName};
use jeton_core::intent::RefusedReason;
use jeton_core::model::{Audience, Sequence};

use super::{Commit, Done, Stop, Target};
use crate::rows::{BadColumn, Columns};
use crate::sql::{apis as sql, grants};
use crate::statement::values;

/// Stands for every environment without an audience of its own.
const DEFAULT: &str = "";

/// What is given of an API.
pub(super) struct Update<'a> {
    pub(super) audience: Option<&'a AudienceUri>,
    pub(super) audience_in: &'a [(EnvironmentName, Option<AudienceUri>)],
    pub(super) add_scopes: &'a [ScopeName],
    pub(super) remove_scopes: &'a [ScopeName],
    pub(super) algorithm: Option<Algorithm>,
}

impl Commit<'_> {
    pub(super) async fn create_api(
        &mut self,
        id: &ApiId,
        audience: &Audience,
        scopes: &[ScopeName],
        algorithm: Algorithm,
    ) -> Result<Done, Stop> {
        if id.is_management() {
            // What operators may do is in no API that is stored.
            let (what, id, instead) = ("API", id.to_string(), "choose another id");
            return Err(RefusedReason::Reserved { what, id, instead }.into());
        }
        let values = values![id, algorithm, self.time, self.sequence];
        if self.execute(sql::INSERT, values).await? == 0 {
            return Err(target(id).exists().into());
        }
        self.execute(sql::SET_AUDIENCE, values![id, DEFAULT, &audience.default]).await?;
        for (environment, audience) in &audience.by_environment {
            self.execute(sql::SET_AUDIENCE, values![id, environment, audience]).await?;
        }
        self.refuse_audience_clash(id).await?;
        self.add_scopes(id, scopes).await?;
        Ok(done(id))
    }

    pub(super) async fn update_api(
        &mut self,
        id: &ApiId,
        update: Update<'_>,
        expected: Option<Sequence>,
    ) -> Result<Done, Stop> {
        let present = self.api(id, expected).await?;
        if update.algorithm.is_some_and(|algorithm| algorithm != present) {
            self.refuse_granted(id).await?;
        }
        let algorithm = update.algorithm.map(Algorithm::as_str);
        self.execute(sql::UPDATE, values![id, self.sequence, algorithm]).await?;
        if let Some(audience) = update.audience {
            self.execute(sql::SET_AUDIENCE, values![id, DEFAULT, audience]).await?;
        }
        for (environment, audience) in update.audience_in {
            match audience {
                Some(audience) => {
                    self.execute(sql::SET_AUDIENCE, values![id, environment, audience]).await?;
                }
                None => {
                    self.execute(sql::DELETE_AUDIENCE, values![id, environment]).await?;
                }
            }
        }
        self.refuse_audience_clash(id).await?;
        self.add_scopes(id, update.add_scopes).await?;
        for scope in update.remove_scopes {
            self.remove_scope(id, scope).await?;
        }
        Ok(done(id))
    }

    pub(super) async fn delete_api(&mut self, id: &ApiId, expected: Option<Sequence>) -> Result<Done, Stop> {
        self.api(id, expected).await?;
        self.refuse_granted(id).await?;
        self.execute(sql::DELETE, values![id]).await?;
        Ok(done(id))
    }

    /// The algorithm of an API, at the revision that was expected.
    pub(super) async fn api(&mut self, id: &ApiId, expected: Option<Sequence>) -> Result<Algorithm, Stop> {
        let Some(row) = self.fetch(sql::HEAD, values![id]).await? else {
            return Err(target(id).not_found().into());
        };
        let in_api = |bad: BadColumn| bad.of(format_args!("API {id:?}"));
        let revision = Columns(&row).sequence("revision").map_err(in_api)?;
        self.check_revision(&target(id), revision, expected)?;
        Ok(Columns(&row).parsed("algorithm").map_err(in_api)?)
    }

    async fn add_scopes(&mut self, id: &ApiId, scopes: &[ScopeName]) -> Result<(), Stop> {
        for scope in scopes {
            if self.execute(sql::INSERT_SCOPE, values![scope, id]).await? > 0 {
                continue;
            }
            let row = self.fetch(sql::SCOPE_OWNER, values![scope]).await?;
            let owner = row.map(|row| Columns(&row).parsed("api")).transpose();
            match owner.map_err(|bad| bad.of(format_args!("scope {scope:?}")))? {
                Some(api) if api != *id => {
                    return Err(RefusedReason::ScopeTaken { api, scope: scope.clone() }.into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn remove_scope(&mut self, id: &ApiId, scope: &ScopeName) -> Result<(), Stop> {
        if let Some(row) = self.fetch(grants::HOLDERS_OF_SCOPE, values![id, scope]).await? {
            let (environment, client_id, count) = holder(Columns(&row))?;
            let (api, scope) = (id.clone(), scope.clone());
            return Err(RefusedReason::ScopeGranted { api, scope, count, client_id, environment }.into());
        }
        if self.execute(sql::DELETE_SCOPE, values![id, scope]).await? == 0 {
            return Err(RefusedReason::NoSuchScope { api: id.clone(), scope: scope.clone() }.into());
        }
        Ok(())
    }

    async fn refuse_granted(&mut self, id: &ApiId) -> Result<(), Stop> {
        let Some(row) = self.fetch(grants::HOLDERS_OF_API, values![id]).await? else { return Ok(()) };
        let (environment, client_id, count) = holder(Columns(&row))?;
        Err(RefusedReason::ApiGranted { api: id.clone(), count, client_id, environment }.into())
    }

    /// Looks at what has just been written, since only then is it known what the API has in each environment.
    async fn refuse_audience_clash(&mut self, id: &ApiId) -> Result<(), Stop> {
        let Some(row) = self.fetch(sql::AUDIENCE_CLASH, values![id]).await? else { return Ok(()) };
        let row = Columns(&row);
        let read = || -> Result<RefusedReason, BadColumn> {
            let default = row.text("environment")? == DEFAULT;
            Ok(RefusedReason::AudienceTaken {
                api: row.parsed("api")?,
                audience: row.parsed("audience")?,
                environment: if default { None } else { Some(row.parsed("environment")?) },
            })
        };
        Err(read().map_err(|bad| bad.of("an audience"))?.into())
    }
}

/// One credential that has what is to be taken away, and how many have it.
fn holder(
    row: Columns<'_>,
) -> Result<(EnvironmentName, jeton_core::id::ClientId, u32), jeton_core::StoreError> {
    let read = || Ok((row.parsed("environment")?, row.parsed("client_id")?, row.count("count")?));
    read().map_err(|bad: BadColumn| bad.of("a grant"))
}

pub(super) fn target(id: &ApiId) -> Target<'_> {
    Target { what: "API", environment: "", id: id.as_str() }
}

fn done(id: &ApiId) -> Done {
    Done { environment: None, company: None, target: id.to_string() }
}
