//! Companies.

use jeton_core::StoreError;
use jeton_core::id::CompanyId;
use jeton_core::model::{Company, State};
use jeton_core::store::Page;

use crate::engine::{Engine, SqlStore};
use crate::rows::{BadColumn, Columns, Row};
use crate::sql::companies as sql;
use crate::statement::values;

impl<E: Engine> SqlStore<E> {
    pub(crate) async fn one_company(&self, id: &CompanyId) -> Result<Option<Company>, StoreError> {
        let rows = self.0.read(sql::ONE, values![id]).await?;
        rows.first().map(company).transpose()
    }

    pub(crate) async fn list_companies(&self, page: &Page<CompanyId>) -> Result<Vec<Company>, StoreError> {
        let after = page.after.as_ref().map_or("", CompanyId::as_str);
        let rows = self.0.read(sql::LIST, values![after, page.limit]).await?;
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
