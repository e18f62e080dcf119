//! The environments that are served: bookkeeping of `serve`, read by the CLI.

use std::collections::BTreeSet;

use jeton_core::StoreError;
use jeton_core::id::EnvironmentName;
use sqlx::Connection;

use super::rows::Columns;
use super::statement::{statement, store_error, values};
use super::{SqliteStore, writer};
use crate::sql::changes as sql;

impl SqliteStore {
    pub(super) async fn list_environments(&self) -> Result<Vec<EnvironmentName>, StoreError> {
        let rows = self.read(sql::ENVIRONMENTS, values![]).await?;
        let name = |row| Columns(row).parsed("name").map_err(|bad| bad.of("an environment"));
        rows.iter().map(name).collect()
    }

    /// Writes nothing where nothing changed, as at most starts.
    pub(super) async fn replace_environments(&self, names: &[EnvironmentName]) -> Result<(), StoreError> {
        let rows = self.read(sql::ENVIRONMENTS, values![]).await?;
        let text = |row| Columns(row).text("name").map_err(|bad| bad.of("an environment"));
        let present: BTreeSet<&str> = rows.iter().map(text).collect::<Result<_, _>>()?;
        let wanted: BTreeSet<&str> = names.iter().map(EnvironmentName::as_str).collect();
        if present == wanted {
            return Ok(());
        }
        let mut connection = self.writer().await?;
        let replaced = replace(&mut connection, &present, &wanted).await.map_err(store_error);
        writer::settle(&mut connection, replaced)
    }
}

async fn replace(
    connection: &mut sqlx::SqliteConnection,
    present: &BTreeSet<&str>,
    wanted: &BTreeSet<&str>,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with(writer::BEGIN).await?;
    for name in present.difference(wanted) {
        statement(sql::DELETE_ENVIRONMENT, values![*name]).execute(&mut *transaction).await?;
    }
    for name in wanted.difference(present) {
        statement(sql::INSERT_ENVIRONMENT, values![*name]).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
