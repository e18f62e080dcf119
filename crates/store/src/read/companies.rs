//! Companies.

use jeton_core::StoreError;
use jeton_core::id::CompanyId;
use jeton_core::model::{Company, State};
use jeton_core::store::{CompanyFilter, CompanyKey, Page};

use crate::engine::{Engine, SqlStore};
use crate::read::range::Range;
use crate::rows::{BadColumn, Columns, Row};
use crate::sql::companies as sql;
use crate::statement::values;

impl<E: Engine> SqlStore<E> {
    pub(crate) async fn one_company(&self, id: &CompanyId) -> Result<Option<Company>, StoreError> {
        let rows = self.0.read(sql::ONE, values![id]).await?;
        rows.first().map(company).transpose()
    }

    pub(crate) async fn list_companies(
        &self,
        filter: &CompanyFilter,
        page: &Page<CompanyKey>,
    ) -> Result<Vec<Company>, StoreError> {
        let name = filter.name_prefix.as_deref();
        let (Some(ids), Some(names)) = (Range::of(filter.id_prefix.as_deref()), Range::of(name)) else {
            return Ok(vec![]);
        };
        let after = page.after.as_ref();
        let (after_name, after) = (after.map(|key| key.name.as_str()), after.map(|key| key.id.as_str()));
        let left_out = after.unwrap_or_default();
        let rows = if name.is_some() {
            let (first, end) = (names.from(after_name), &names.end);
            // Within another name than the one before, the ids begin anew.
            let first_id = if after_name == Some(first) { left_out } else { "" };
            let values = values![first, first_id, end, &ids.first, &ids.end, left_out, page.limit];
            self.0.read(sql::LIST_BY_NAME, values).await?
        } else {
            self.0.read(sql::LIST, values![ids.from(after), &ids.end, left_out, page.limit]).await?
        };
        rows.iter().map(company).collect()
    }
}

pub(crate) fn company(row: &Row) -> Result<Company, StoreError> {
    let row = Columns(row);
    let read = || -> Result<Company, BadColumn> {
        Ok(Company {
            id: row.parsed("id")?,
            name: row.parsed("name")?,
            state: row.word("state", State::from_word)?,
            credential_limit: row.count("credential_limit")?,
            credentials: row.count("credentials")?,
            created: row.time("created")?,
            revision: row.sequence("revision")?,
        })
    };
    read().map_err(|bad| bad.of(format_args!("company {}", row.shown("id"))))
}
