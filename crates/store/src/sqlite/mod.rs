//! The store on `SQLite`: one file in the data folder.
//!
//! - `open`, `folder`, `claim`, `connect`, `schema`: from a path to a store that is open;
//! - `read_*`: the reads, one statement and so one snapshot each, on connections that cannot write;
//! - `commit/`: the intents, one file for each kind of target, and `writer`, the connection they go through;
//! - `changes`, `environments`: what was done, and bookkeeping;
//! - `inspect`, `backup`, `restore/`: the file as a whole, for operators; `high_water`, what outlives it;
//! - `statement`, `rows`: values in, models out.
//!
//! **Invariants.** No read leaves a transaction open. A write holds the file's write lock from its first
//! statement, and a future that is dropped rolls back. What a commit wrote, every later read sees.

mod backup;
mod changes;
mod claim;
mod commit;
mod connect;
mod environments;
mod folder;
mod high_water;
mod inspect;
mod open;
mod read_apis;
mod read_companies;
mod read_credentials;
mod read_keys;
mod restore;
mod rows;
mod schema;
mod statement;
mod writer;

use std::fs::File;
use std::sync::Arc;

use async_trait::async_trait;
use jeton_core::id::{ApiId, ClientId, CompanyId, EnvironmentName};
use jeton_core::intent::{Change, Committed, Intent};
use jeton_core::model::{Api, Company, Credential, Sequence, Snapshot};
use jeton_core::store::{Changes, CommitError, CredentialFilter, Page, StoredKeys};
use jeton_core::{Store, StoreError, Timestamp};
use sqlx::Sqlite;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqlitePool, SqliteRow};

pub use backup::{Backup, BackupError, backup};
pub use folder::user_name;
pub use inspect::{Contents, Depth, Status, inspect};
pub use open::{Behind, OpenError, Opening};
pub use restore::{Consent, Loss, Restore, RestoreError, Restored, Standing};

/// The store on `SQLite`. Clones share its connections.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    readers: SqlitePool,
    writers: SqlitePool,
    high_water: Arc<high_water::HighWater>,
    behind: Option<Behind>,
    /// Its lock says that the store is open.
    in_use: Arc<File>,
}

impl SqliteStore {
    /// Reads in one statement.
    async fn read(
        &self,
        sql: &'static str,
        values: &[statement::Value<'_>],
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let mut connection = self.readers.acquire().await.map_err(statement::store_error)?;
        let rows = statement::statement(sql, values).fetch_all(&mut *connection).await;
        writer::settle(&mut connection, rows.map_err(statement::store_error))
    }

    /// The connection that writes.
    async fn writer(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.writers.acquire().await.map_err(statement::store_error)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn find_credentials(
        &self,
        environment: &EnvironmentName,
        client_ids: [Option<&ClientId>; 2],
        now: Timestamp,
    ) -> Result<Snapshot<[Option<Credential>; 2]>, StoreError> {
        self.find(environment, client_ids, now).await
    }

    async fn credential(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Option<Credential>, StoreError> {
        self.one_credential(environment, client_id).await
    }

    async fn credentials(
        &self,
        filter: &CredentialFilter,
        page: &Page<(EnvironmentName, ClientId)>,
    ) -> Result<Vec<Credential>, StoreError> {
        self.list_credentials(filter, page).await
    }

    async fn company(&self, id: &CompanyId) -> Result<Option<Company>, StoreError> {
        self.one_company(id).await
    }

    async fn companies(&self, page: &Page<CompanyId>) -> Result<Vec<Company>, StoreError> {
        self.list_companies(page).await
    }

    async fn api(&self, id: &ApiId) -> Result<Option<Api>, StoreError> {
        self.one_api(id).await
    }

    async fn apis(&self, page: &Page<ApiId>) -> Result<Vec<Api>, StoreError> {
        self.list_apis(page).await
    }

    async fn keys(&self) -> Result<Snapshot<StoredKeys>, StoreError> {
        self.all_keys().await
    }

    async fn environments(&self) -> Result<Vec<EnvironmentName>, StoreError> {
        self.list_environments().await
    }

    async fn changes(&self, since: Sequence, limit: u32) -> Result<Changes, StoreError> {
        let changes = self.changes_since(since, limit).await?;
        self.high_water.note(changes.sequence);
        Ok(changes)
    }

    async fn commit(&self, change: &Change, intents: &[Intent]) -> Result<Committed, CommitError> {
        let mut connection = self.writer().await?;
        let committed = commit::commit(&mut connection, change, intents).await;
        let committed = writer::settle(&mut connection, committed)?;
        self.high_water.note(committed.sequence);
        Ok(committed)
    }

    async fn record_environments(&self, names: &[EnvironmentName]) -> Result<(), StoreError> {
        self.replace_environments(names).await
    }

    async fn purge_changes(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.purge(before, limit).await
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
