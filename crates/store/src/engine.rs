//! The [`Store`] on SQL: one implementation for all databases, over what each does in its own way.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use jeton_core::audit::{AuditFilter, AuditRow, Order, Position, StoredChain};
use jeton_core::hash_key::{LookupTag, Rehash};
use jeton_core::id::{ApiId, ClientId, CompanyId, EnvironmentName, SecretId};
use jeton_core::intent::{Change, Committed, Intent};
use jeton_core::master_key::MasterKeys;
use jeton_core::model::{Api, Company, Credential, Sequence, Snapshot};
use jeton_core::revocation::Revocations;
use jeton_core::store::{
    ApiFilter, Changes, CommitError, CompanyFilter, CompanyKey, CredentialFilter, Lease, Page, StoredKeys,
};
use jeton_core::usage::{
    BatchEnd, SecretUse, Span, TopFilter, TopRow, UsageBatch, UsageFilter, UsageKey, UsageRow, UsageWriter,
};
use jeton_core::{Store, StoreError, Timestamp};
use tokio::time::timeout;

use crate::commit;
use crate::connection::Lent;
use crate::rows::Row;
use crate::statement::{Value, store_error};

/// How long the read of a token request may take: its answer is due within a second, whatever it is.
pub(crate) const REQUEST: Duration = Duration::from_millis(800);

/// How long a poll may take. Many fit into the time that memory may answer without one.
pub(crate) const POLL: Duration = Duration::from_secs(2);

/// How long any other read may take.
const OPERATOR: Duration = Duration::from_secs(15);

/// What a database does in its own way.
pub trait Engine: Debug + Send + Sync {
    /// How long a commit may take, where the database could leave us waiting for ever.
    const WRITE_LIMIT: Option<Duration>;

    /// Reads in one statement, which may take so long where the database could leave us waiting for ever.
    fn read_within(
        &self,
        limit: Duration,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;

    /// Reads in one statement, for an operator.
    fn read(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send {
        self.read_within(OPERATOR, sql, values)
    }

    /// A connection that writes.
    fn writer(&self) -> impl Future<Output = Result<Lent, StoreError>> + Send;

    /// Takes notice of a commit that is in the store.
    fn note(&self, sequence: Sequence);

    /// Tells other processes of a commit by this writer. Nobody relies on it.
    fn tell(&self, writer: &mut Lent) -> impl Future<Output = ()> + Send;

    /// Waits until somebody may have told of a commit.
    fn told(&self) -> impl Future<Output = ()> + Send;

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

    async fn secret_with_tag(
        &self,
        tag: &LookupTag,
    ) -> Result<Option<(EnvironmentName, ClientId, SecretId)>, StoreError> {
        self.find_secret(tag).await
    }

    async fn company(&self, id: &CompanyId) -> Result<Option<Company>, StoreError> {
        self.one_company(id).await
    }

    async fn companies(
        &self,
        filter: &CompanyFilter,
        page: &Page<CompanyKey>,
    ) -> Result<Vec<Company>, StoreError> {
        self.list_companies(filter, page).await
    }

    async fn api(&self, id: &ApiId) -> Result<Option<Api>, StoreError> {
        self.one_api(id).await
    }

    async fn apis(&self, filter: &ApiFilter, page: &Page<ApiId>) -> Result<Vec<Api>, StoreError> {
        self.list_apis(filter, page).await
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

    async fn revocations(&self, since: Sequence, limit: u32) -> Result<Revocations, StoreError> {
        self.revocations_since(since, limit).await
    }

    async fn commit(&self, change: &Change, intents: &[Intent]) -> Result<Committed, CommitError> {
        let mut writer = self.0.writer().await?;
        let commit = commit::commit(&mut writer, change, intents);
        let committed = match E::WRITE_LIMIT {
            None => commit.await,
            Some(limit) => timeout(limit, commit).await.unwrap_or_else(|_| Err(unconfirmed(limit).into())),
        };
        let committed = writer.settle(committed)?;
        self.0.note(committed.sequence);
        self.0.tell(&mut writer).await;
        Ok(committed)
    }

    async fn changed(&self) {
        self.0.told().await;
    }

    async fn record_environments(&self, names: &[EnvironmentName]) -> Result<(), StoreError> {
        self.replace_environments(names).await
    }

    async fn audit_rows(
        &self,
        filter: &AuditFilter,
        order: Order,
        page: &Page<Position>,
    ) -> Result<Vec<AuditRow>, StoreError> {
        self.list_audit_rows(filter, order, page).await
    }

    async fn audit_chain(&self) -> Result<Option<StoredChain>, StoreError> {
        self.read_audit_chain().await
    }

    async fn purge_changes(
        &self,
        now: Timestamp,
        keep: Duration,
        limit: u32,
        master: Option<&MasterKeys>,
    ) -> Result<u64, StoreError> {
        self.purge_old_changes(now, keep, limit, master).await
    }

    async fn purge_revocations(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.purge_ended(now, limit).await
    }

    async fn purge_creations(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.purge_forgotten_creations(now, limit).await
    }

    async fn lease(&self, name: &str, holder: &str, ended: Option<&Lease>) -> Result<Lease, StoreError> {
        self.take_lease(name, holder, ended).await
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.give_lease_back(name, holder).await
    }

    async fn usage(&self, filter: &UsageFilter, page: &Page<UsageKey>) -> Result<Vec<UsageRow>, StoreError> {
        self.usage_of(filter, page).await
    }

    async fn top_usage(&self, filter: &TopFilter) -> Result<Vec<TopRow>, StoreError> {
        self.top(filter).await
    }

    async fn secret_uses(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Vec<SecretUse>, StoreError> {
        self.uses(environment, client_id).await
    }

    async fn usage_writers(&self, node: &str) -> Result<Vec<UsageWriter>, StoreError> {
        self.writers(node).await
    }

    async fn open_usage_writer(&self, writer: &UsageWriter) -> Result<(), StoreError> {
        self.open_writer(writer).await
    }

    async fn close_usage_writer(&self, writer: &str) -> Result<bool, StoreError> {
        self.close_writer(writer).await
    }

    async fn add_usage(&self, batch: &UsageBatch) -> Result<BatchEnd, StoreError> {
        self.add(batch).await
    }

    async fn purge_usage(&self, span: Span, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.purge_counts(span, now, limit).await
    }

    async fn purge_usage_writers(
        &self,
        now: Timestamp,
        keep: Duration,
        limit: u32,
    ) -> Result<Vec<UsageWriter>, StoreError> {
        self.purge_writers(now, keep, limit).await
    }

    async fn hash_key_uses(&self, now: Timestamp) -> Result<Vec<(i64, u32)>, StoreError> {
        self.uses_of_hash_keys(now).await
    }

    async fn secrets_under(
        &self,
        hash_key: i64,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(EnvironmentName, ClientId, SecretId)>, StoreError> {
        self.secrets_hashed_by(hash_key, now, limit).await
    }

    async fn rehash(&self, rehashes: &[Rehash]) -> Result<(), StoreError> {
        self.keep_other_hashes(rehashes).await
    }

    async fn purge_secrets(&self, now: Timestamp, keep: Duration, limit: u32) -> Result<u64, StoreError> {
        self.purge_dead_secrets(now, keep, limit).await
    }

    async fn purge_signing_keys(
        &self,
        now: Timestamp,
        keep: Duration,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.purge_removed_keys(now, keep, limit).await
    }

    async fn close(&self) {
        self.0.close().await;
    }
}

/// What writes, but no longer than the database may take.
pub(crate) async fn in_time<E: Engine, T>(
    work: impl Future<Output = Result<T, sqlx::Error>> + Send,
) -> Result<T, StoreError> {
    within::<E, _>(async { work.await.map_err(store_error) }).await
}

/// The same of what has its errors sorted already.
pub(crate) async fn within<E: Engine, T>(
    work: impl Future<Output = Result<T, StoreError>> + Send,
) -> Result<T, StoreError> {
    match E::WRITE_LIMIT {
        None => work.await,
        Some(limit) => timeout(limit, work).await.unwrap_or_else(|_| Err(unconfirmed(limit))),
    }
}

fn unconfirmed(limit: Duration) -> StoreError {
    let limit = limit.as_secs();
    StoreError::Unavailable(format!(
        "it gave no answer within {limit} s, so look whether the change was made"
    ))
}
