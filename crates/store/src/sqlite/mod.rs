//! The store on `SQLite`: one file in the data folder.
//!
//! - `open`, `folder`, `claim`, `connect`: from a path to a store that is open;
//! - `inspect`, `backup`, `restore/`: the file as a whole, for operators; `high_water`, what outlives it.
//!
//! **Invariants.** No read leaves a transaction open. A write holds the file's write lock from its first
//! statement, and a future that is dropped rolls back. What a commit wrote, every later read sees.

mod backup;
mod claim;
mod connect;
mod folder;
mod high_water;
mod inspect;
mod open;
mod restore;

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use jeton_core::StoreError;
use jeton_core::model::Sequence;
use sqlx::sqlite::SqlitePool;

use crate::connection::Lent;
use crate::engine::{Engine, SqlStore};
use crate::rows::Row;
use crate::statement::{Value, store_error};

pub use backup::{Backup, BackupError, backup};
pub use folder::user_name;
pub use inspect::{Depth, Status, inspect};
pub use open::{Behind, OpenError};
pub use restore::{Consent, Loss, Restore, RestoreError, Restored, Standing};

/// The store on `SQLite`. Clones share its connections.
pub type SqliteStore = SqlStore<SqliteEngine>;

/// An open file.
#[derive(Debug, Clone)]
pub struct SqliteEngine {
    readers: SqlitePool,
    writers: SqlitePool,
    high_water: Arc<high_water::HighWater>,
    behind: Option<Behind>,
    /// Its lock says that the store is open.
    in_use: Arc<File>,
}

impl Engine for SqliteEngine {
    // A file answers, or its busy time-out ends the wait.
    const WRITE_LIMIT: Option<Duration> = None;

    async fn read_within(
        &self,
        _limit: Duration,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let mut reader = Lent::Sqlite(self.readers.acquire().await.map_err(store_error)?);
        let rows = reader.connection().fetch_all(sql, values).await;
        reader.settle(rows.map_err(store_error))
    }

    async fn writer(&self) -> Result<Lent, StoreError> {
        self.writers.acquire().await.map(Lent::Sqlite).map_err(store_error)
    }

    fn note(&self, sequence: Sequence) {
        self.high_water.note(sequence);
    }

    async fn tell(&self, _writer: &mut Lent) {}

    async fn told(&self) {
        // Nothing tells one process what another wrote.
        std::future::pending::<()>().await;
    }

    async fn close(&self) {
        // The writer last: the last connection folds the write-ahead log into the file, which a reader cannot.
        self.readers.close().await;
        self.writers.close().await;
        self.high_water.settle().await;
        if let Err(error) = self.in_use.unlock() {
            tracing::warn!(%error, "the lock of an open store cannot be given back before the process ends");
        }
    }
}
