//! The environments that are served: bookkeeping of `serve`, read by the CLI.

use std::collections::BTreeSet;

use crate::connection::Lent;
use crate::engine::{Engine, SqlStore};
use crate::rows::Columns;
use crate::sql::changes as sql;
use crate::statement::{store_error, values};
use jeton_core::StoreError;
use jeton_core::id::EnvironmentName;

impl<E: Engine> SqlStore<E> {
    pub(crate) async fn list_environments(&self) -> Result<Vec<EnvironmentName>, StoreError> {
        let rows = self.0.read(sql::ENVIRONMENTS, values![]).await?;
        let name = |row| Columns(row).parsed("name").map_err(|bad| bad.of("an environment"));
        rows.iter().map(name).collect()
    }

    /// Writes nothing where nothing changed, as at most starts.
    pub(crate) async fn replace_environments(&self, names: &[EnvironmentName]) -> Result<(), StoreError> {
        let rows = self.0.read(sql::ENVIRONMENTS, values![]).await?;
        let text = |row| Columns(row).text("name").map_err(|bad| bad.of("an environment"));
        let present: BTreeSet<&str> = rows.iter().map(text).collect::<Result<_, _>>()?;
        let wanted: BTreeSet<&str> = names.iter().map(EnvironmentName::as_str).collect();
        if present == wanted {
            return Ok(());
        }
        let mut writer = self.0.writer().await?;
        let replaced = replace(&mut writer, &present, &wanted).await.map_err(store_error);
        writer.settle(replaced)
    }
}

async fn replace(
    writer: &mut Lent,
    present: &BTreeSet<&str>,
    wanted: &BTreeSet<&str>,
) -> Result<(), sqlx::Error> {
    let mut transaction = writer.begin().await?;
    for name in present.difference(wanted) {
        transaction.connection().execute(sql::DELETE_ENVIRONMENT, values![*name]).await?;
    }
    for name in wanted.difference(present) {
        transaction.connection().execute(sql::INSERT_ENVIRONMENT, values![*name]).await?;
    }
    transaction.commit().await
}
