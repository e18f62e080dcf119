//! Removal of what is long gone: bookkeeping, a few rows at once, that two servers may do at the same time.
//!
//! To add some: a method of the store, its SQL beside the other statements of the table, and a chore in the server's
//! housekeeping. What is counted by the store's own times goes by the newest change too, so that a clock that is far
//! ahead removes nothing.

use std::time::Duration;

use jeton_core::model::Credential;
use jeton_core::{StoreError, Timestamp};

use crate::connection::Lent;
use crate::engine::{Engine, SqlStore, in_time};
use crate::rows::Columns;
use crate::sql::{creations, keys, secrets};
use crate::statement::{Value, values};

impl<E: Engine> SqlStore<E> {
    pub(crate) async fn purge_forgotten_creations(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.execute(creations::PURGE, values![now, limit]).await
    }

    pub(crate) async fn purge_dead_secrets(
        &self,
        now: Timestamp,
        keep: Duration,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let newer = i64::try_from(Credential::DEAD_SECRETS).unwrap_or(i64::MAX);
        // Most of the time there are none, and no lock is taken.
        let rows =
            self.0.read(secrets::LONG_DEAD, values![now.minus(keep), micros(keep), newer, limit]).await?;
        let id = |row| Columns(row).text("id").map_err(|bad| bad.of("a secret"));
        let ids = rows.iter().map(id).collect::<Result<Vec<_>, _>>()?;
        if ids.is_empty() {
            return Ok(0);
        }
        let mut writer = self.0.writer().await?;
        let deleted = in_time::<E, _>(delete(&mut writer, &ids)).await;
        writer.settle(deleted)
    }

    pub(crate) async fn purge_removed_keys(
        &self,
        now: Timestamp,
        keep: Duration,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.execute(keys::PURGE_SIGNING, values![now.minus(keep), limit]).await
    }

    /// Runs one statement that writes, and says how many rows it wrote.
    pub(crate) async fn execute(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let mut writer = self.0.writer().await?;
        let done = in_time::<E, _>(async {
            let mut transaction = writer.begin().await?;
            let done = transaction.connection().execute(sql, values).await?;
            transaction.commit().await?;
            Ok(done)
        });
        let done = done.await;
        writer.settle(done)
    }
}

/// What is dead stays dead, so nothing is asked again.
async fn delete(writer: &mut Lent, ids: &[&str]) -> Result<u64, sqlx::Error> {
    let mut transaction = writer.begin().await?;
    let mut deleted = 0;
    for id in ids {
        transaction.connection().execute(secrets::DELETE_USE, values![*id]).await?;
        deleted += transaction.connection().execute(secrets::DELETE, values![*id]).await?;
    }
    transaction.commit().await?;
    Ok(deleted)
}

pub(crate) fn micros(keep: Duration) -> i64 {
    i64::try_from(keep.as_micros()).unwrap_or(i64::MAX)
}
