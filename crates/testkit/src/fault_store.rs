//! A store that does as the test says: out of reach, panicking, slow, replaced, and counting.
//!
//! To add a kind of read that tests tell apart: a variant of [`Read`], and its method below.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
use tokio::sync::oneshot;

/// A kind of read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Read {
    /// [`Store::find_credentials`], which token requests do.
    Credentials,
    /// [`Store::changes`], which polls do.
    Changes,
    /// [`Store::keys`].
    Keys,
    /// Any other, which only administrators do.
    Other,
}

impl Read {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Credentials, Self::Changes, Self::Keys, Self::Other];
}

/// What becomes of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// [`StoreError::Unavailable`].
    Unavailable,
    /// [`StoreError::BadRow`].
    BadRow,
    /// A panic inside the store.
    Panic,
}

/// What becomes of a batch of usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageFault {
    /// It is not written.
    Unavailable,
    /// It is written, and nobody hears of it.
    AnswerLost,
    /// One is not written; those after it are.
    OnceUnavailable,
}

/// A store in front of another, which fails where it is told to.
pub struct FaultStore {
    inner: Mutex<Arc<dyn Store>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    faults: BTreeMap<Read, Fault>,
    usage: Option<UsageFault>,
    counts: BTreeMap<Read, usize>,
    holds: BTreeMap<Read, Hold>,
}

struct Hold {
    reached: oneshot::Sender<()>,
    released: oneshot::Receiver<()>,
}

/// A read that has what it read, and is kept from going on.
pub struct HeldRead {
    reached: Option<oneshot::Receiver<()>>,
    release: oneshot::Sender<()>,
}

impl FaultStore {
    /// In front of this store.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner: Mutex::new(inner), state: Mutex::default() }
    }

    /// The store behind, which never fails.
    pub fn inner(&self) -> Arc<dyn Store> {
        Arc::clone(&lock(&self.inner))
    }

    /// Puts another store in its place, such as an older copy.
    pub fn replace(&self, inner: Arc<dyn Store>) {
        *lock(&self.inner) = inner;
    }

    /// Lets these reads fail from now on.
    pub fn fail(&self, read: Read, fault: Fault) {
        lock(&self.state).faults.insert(read, fault);
    }

    /// Lets batches of usage fail from now on.
    pub fn fail_usage(&self, fault: UsageFault) {
        lock(&self.state).usage = Some(fault);
    }

    /// Lets every read fail from now on.
    pub fn go_away(&self) {
        for read in Read::ALL {
            self.fail(read, Fault::Unavailable);
        }
    }

    /// Ends all faults.
    pub fn heal(&self) {
        let mut state = lock(&self.state);
        state.faults.clear();
        state.usage = None;
    }

    /// How often this was read, failures included.
    pub fn count(&self, read: Read) -> usize {
        lock(&self.state).counts.get(&read).copied().unwrap_or(0)
    }

    /// Holds the next of these reads back once it has been done.
    pub fn hold(&self, read: Read) -> HeldRead {
        let (reached, was_reached) = oneshot::channel();
        let (release, released) = oneshot::channel();
        lock(&self.state).holds.insert(read, Hold { reached, released });
        HeldRead { reached: Some(was_reached), release }
    }

    /// Counts, and fails if it shall.
    fn begin(&self, read: Read) -> Result<Arc<dyn Store>, StoreError> {
        let fault = {
            let mut state = lock(&self.state);
            *state.counts.entry(read).or_default() += 1;
            state.faults.get(&read).copied()
        };
        match fault {
            None => Ok(self.inner()),
            Some(Fault::Unavailable) => Err(StoreError::Unavailable("a test wants it so".to_owned())),
            Some(Fault::BadRow) => Err(StoreError::BadRow("a test wants it so".to_owned())),
            Some(Fault::Panic) => panic!("a test wants it so"),
        }
    }

    /// Waits, if it shall.
    async fn end(&self, read: Read) {
        let hold = lock(&self.state).holds.remove(&read);
        if let Some(Hold { reached, released }) = hold {
            // Whoever dropped the other end does not wait, and lets us go on.
            let _ = reached.send(());
            let _ = released.await;
        }
    }
}

impl HeldRead {
    /// Waits until the read has been done.
    pub async fn reached(&mut self) {
        if let Some(reached) = self.reached.take() {
            reached.await.expect("the store is still there");
        }
    }

    /// Lets it go on.
    pub fn release(self) {
        // It may have been given up meanwhile.
        let _ = self.release.send(());
    }
}

/// A panic while the lock is held is wanted by no test, and loses nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

macro_rules! read {
    ($self:ident, $read:ident, $method:ident($($argument:expr),*)) => {{
        let store = $self.begin(Read::$read)?;
        let answer = store.$method($($argument),*).await;
        $self.end(Read::$read).await;
        answer
    }};
}

#[async_trait]
impl Store for FaultStore {
    async fn find_credentials(
        &self,
        environment: &EnvironmentName,
        client_ids: [Option<&ClientId>; 2],
        now: Timestamp,
    ) -> Result<Snapshot<[Option<Credential>; 2]>, StoreError> {
        read!(self, Credentials, find_credentials(environment, client_ids, now))
    }

    async fn changes(&self, since: Sequence, limit: u32) -> Result<Changes, StoreError> {
        read!(self, Changes, changes(since, limit))
    }

    async fn keys(&self) -> Result<Snapshot<StoredKeys>, StoreError> {
        read!(self, Keys, keys())
    }

    async fn credential(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Option<Credential>, StoreError> {
        read!(self, Other, credential(environment, client_id))
    }

    async fn credentials(
        &self,
        filter: &CredentialFilter,
        page: &Page<(EnvironmentName, ClientId)>,
    ) -> Result<Vec<Credential>, StoreError> {
        read!(self, Other, credentials(filter, page))
    }

    async fn secret_with_tag(
        &self,
        tag: &LookupTag,
    ) -> Result<Option<(EnvironmentName, ClientId, SecretId)>, StoreError> {
        read!(self, Other, secret_with_tag(tag))
    }

    async fn company(&self, id: &CompanyId) -> Result<Option<Company>, StoreError> {
        read!(self, Other, company(id))
    }

    async fn companies(
        &self,
        filter: &CompanyFilter,
        page: &Page<CompanyKey>,
    ) -> Result<Vec<Company>, StoreError> {
        read!(self, Other, companies(filter, page))
    }

    async fn api(&self, id: &ApiId) -> Result<Option<Api>, StoreError> {
        read!(self, Other, api(id))
    }

    async fn apis(&self, filter: &ApiFilter, page: &Page<ApiId>) -> Result<Vec<Api>, StoreError> {
        read!(self, Other, apis(filter, page))
    }

    async fn environments(&self) -> Result<Vec<EnvironmentName>, StoreError> {
        read!(self, Other, environments())
    }

    async fn revocations(&self, since: Sequence, limit: u32) -> Result<Revocations, StoreError> {
        read!(self, Other, revocations(since, limit))
    }

    async fn changed(&self) {
        self.inner().changed().await;
    }

    async fn commit(&self, change: &Change, intents: &[Intent]) -> Result<Committed, CommitError> {
        self.inner().commit(change, intents).await
    }

    async fn record_environments(&self, names: &[EnvironmentName]) -> Result<(), StoreError> {
        self.inner().record_environments(names).await
    }

    async fn audit_rows(
        &self,
        filter: &AuditFilter,
        order: Order,
        page: &Page<Position>,
    ) -> Result<Vec<AuditRow>, StoreError> {
        read!(self, Other, audit_rows(filter, order, page))
    }

    async fn audit_chain(&self) -> Result<Option<StoredChain>, StoreError> {
        read!(self, Other, audit_chain())
    }

    async fn purge_changes(
        &self,
        now: Timestamp,
        keep: Duration,
        limit: u32,
        master: Option<&MasterKeys>,
    ) -> Result<u64, StoreError> {
        self.inner().purge_changes(now, keep, limit, master).await
    }

    async fn purge_creations(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner().purge_creations(now, limit).await
    }

    async fn purge_revocations(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner().purge_revocations(now, limit).await
    }

    async fn lease(&self, name: &str, holder: &str, ended: Option<&Lease>) -> Result<Lease, StoreError> {
        read!(self, Other, lease(name, holder, ended))
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        read!(self, Other, release_lease(name, holder))
    }

    async fn usage(&self, filter: &UsageFilter, page: &Page<UsageKey>) -> Result<Vec<UsageRow>, StoreError> {
        read!(self, Other, usage(filter, page))
    }

    async fn top_usage(&self, filter: &TopFilter) -> Result<Vec<TopRow>, StoreError> {
        read!(self, Other, top_usage(filter))
    }

    async fn secret_uses(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Vec<SecretUse>, StoreError> {
        read!(self, Other, secret_uses(environment, client_id))
    }

    async fn usage_writers(&self, node: &str) -> Result<Vec<UsageWriter>, StoreError> {
        read!(self, Other, usage_writers(node))
    }

    async fn open_usage_writer(&self, writer: &UsageWriter) -> Result<(), StoreError> {
        read!(self, Other, open_usage_writer(writer))
    }

    async fn close_usage_writer(&self, writer: &str) -> Result<bool, StoreError> {
        read!(self, Other, close_usage_writer(writer))
    }

    async fn add_usage(&self, batch: &UsageBatch) -> Result<BatchEnd, StoreError> {
        let fault = {
            let mut state = lock(&self.state);
            let fault = state.usage;
            if fault == Some(UsageFault::OnceUnavailable) {
                state.usage = None;
            }
            fault
        };
        let lost = || StoreError::Unavailable("a test wants it so".to_owned());
        match fault {
            None => self.inner().add_usage(batch).await,
            Some(UsageFault::Unavailable | UsageFault::OnceUnavailable) => Err(lost()),
            Some(UsageFault::AnswerLost) => {
                self.inner().add_usage(batch).await?;
                Err(lost())
            }
        }
    }

    async fn purge_usage(&self, span: Span, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner().purge_usage(span, now, limit).await
    }

    async fn purge_usage_writers(
        &self,
        now: Timestamp,
        keep: Duration,
        limit: u32,
    ) -> Result<Vec<UsageWriter>, StoreError> {
        self.inner().purge_usage_writers(now, keep, limit).await
    }

    async fn hash_key_uses(&self, now: Timestamp) -> Result<Vec<(i64, u32)>, StoreError> {
        self.inner().hash_key_uses(now).await
    }

    async fn secrets_under(
        &self,
        hash_key: i64,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(EnvironmentName, ClientId, SecretId)>, StoreError> {
        self.inner().secrets_under(hash_key, now, limit).await
    }

    async fn rehash(&self, rehashes: &[Rehash]) -> Result<(), StoreError> {
        self.inner().rehash(rehashes).await
    }

    async fn purge_secrets(&self, now: Timestamp, keep: Duration, limit: u32) -> Result<u64, StoreError> {
        self.inner().purge_secrets(now, keep, limit).await
    }

    async fn purge_signing_keys(
        &self,
        now: Timestamp,
        keep: Duration,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.inner().purge_signing_keys(now, keep, limit).await
    }

    async fn close(&self) {
        self.inner().close().await;
    }
}

impl fmt::Debug for FaultStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.state);
        f.debug_struct("FaultStore")
            .field("faults", &state.faults)
            .field("counts", &state.counts)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for HeldRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeldRead(..)")
    }
}
