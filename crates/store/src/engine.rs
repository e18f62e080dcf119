//! The [`Store`] on SQL: one implementation for all databases, over what each does in its own way.

use std::fmt::Debug;
use std::future::Future;

use async_trait::async_trait;
use jeton_core::id::{ApiId, ClientId, CompanyId, EnvironmentName};
use jeton_core::intent::{Change, Committed, Intent};
use jeton_core::model::{Api, Company, Credential, Sequence, Snapshot};
use jeton_core::store::{Changes, CommitError, CredentialFilter, Page, StoredKeys};
use jeton_core::{Store, StoreError, Timestamp};

use crate::commit;
use crate::connection::Lent;
use crate::rows::Row;
use crate::statement::Value;

/// What a database does in its own way.
pub trait Engine: Debug + Send + Sync {
    /// Reads in one statement.
    fn read(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;

    /// A connection that writes.
    fn writer(&self) -> impl Future<Output = Result<Lent, StoreError>> + Send;

    /// Takes notice of a commit that is in the store.
    fn note(&self, sequence: Sequence);

    /// Waits for what is being done, and lets go.
    fn close(&self) -> impl Future<Output = ()> + Send;
}

/// The store on a database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct SqlStore<E>(pub(crate) E);

#[async_trait]
impl<E: Engine> Store for SqlStore<E> {
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
        self.0.note(changes.sequence);
        Ok(changes)
    }

    async fn commit(&self, change: &Change, intents: &[Intent]) -> Result<Committed, CommitError> {
        let mut writer = self.0.writer().await?;
        let committed = commit::commit(&mut writer, change, intents).await;
        let committed = writer.settle(committed)?;
        self.0.note(committed.sequence);
        Ok(committed)
    }

    async fn record_environments(&self, names: &[EnvironmentName]) -> Result<(), StoreError> {
        self.replace_environments(names).await
    }

    async fn purge_changes(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.purge(before, limit).await
    }

    async fn close(&self) {
        self.0.close().await;
    }
}
