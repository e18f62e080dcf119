//! APIs with their audiences and scopes, put together from the parts of one statement.

use std::collections::BTreeMap;

use jeton_core::id::{ApiId, AudienceUri, EnvironmentName, ScopeName};
use jeton_core::model::{Api, Audience, Sequence};
use jeton_core::store::{ApiFilter, Page};
use jeton_core::{Algorithm, StoreError, Timestamp};

use crate::engine::{Engine, SqlStore};
use crate::read::range::Range;
use crate::rows::{BadColumn, Columns, Row, unknown_part};
use crate::sql::apis as sql;
use crate::statement::values;

impl<E: Engine> SqlStore<E> {
    pub(crate) async fn one_api(&self, id: &ApiId) -> Result<Option<Api>, StoreError> {
        let rows = self.0.read(sql::ONE, values![id]).await?;
        Ok(assemble(&rows)?.pop())
    }

    pub(crate) async fn list_apis(
        &self,
        filter: &ApiFilter,
        page: &Page<ApiId>,
    ) -> Result<Vec<Api>, StoreError> {
        let Some(ids) = Range::of(filter.id_prefix.as_deref()) else { return Ok(vec![]) };
        let after = page.after.as_ref().map(ApiId::as_str);
        let left_out = after.unwrap_or_default();
        let rows = self.0.read(sql::LIST, values![ids.from(after), &ids.end, left_out, page.limit]).await?;
        assemble(&rows)
    }
}

/// What the parts of one API are gathered in.
#[derive(Default)]
struct Parts {
    head: Option<(Algorithm, Timestamp, Sequence)>,
    default: Option<AudienceUri>,
    by_environment: BTreeMap<EnvironmentName, AudienceUri>,
    scopes: Vec<ScopeName>,
}

/// The APIs, by id.
fn assemble(rows: &[Row]) -> Result<Vec<Api>, StoreError> {
    let mut found: BTreeMap<ApiId, Parts> = BTreeMap::new();
    for row in rows.iter().map(Columns) {
        let of_owner = |bad: BadColumn| bad.of(format_args!("API {}", row.shown("id")));
        let parts = found.entry(row.parsed("id").map_err(of_owner)?).or_default();
        match row.text("part").map_err(of_owner)? {
            "api" => parts.head = Some(head(row).map_err(of_owner)?),
            "audience" => add_audience(parts, row).map_err(of_owner)?,
            "scope" => parts.scopes.push(row.parsed("scope").map_err(of_owner)?),
            _ => return Err(unknown_part()),
        }
    }
    found.into_iter().map(|(id, parts)| parts.join(id)).collect()
}

impl Parts {
    fn join(mut self, id: ApiId) -> Result<Api, StoreError> {
        let (Some((algorithm, created, revision)), Some(default)) = (self.head, self.default) else {
            return Err(StoreError::BadRow(format!("API {id:?}, which has no default audience")));
        };
        self.scopes.sort_unstable();
        let audience = Audience { default, by_environment: self.by_environment };
        Ok(Api { id, audience, scopes: self.scopes, algorithm, created, revision })
    }
}

fn head(row: Columns<'_>) -> Result<(Algorithm, Timestamp, Sequence), BadColumn> {
    Ok((row.parsed("algorithm")?, row.time("created")?, row.sequence("revision")?))
}

fn add_audience(parts: &mut Parts, row: Columns<'_>) -> Result<(), BadColumn> {
    let audience = row.parsed("audience")?;
    if row.text("environment")?.is_empty() {
        parts.default = Some(audience);
    } else {
        parts.by_environment.insert(row.parsed("environment")?, audience);
    }
    Ok(())
}
