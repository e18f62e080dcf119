//! The store, as core sees it: reads that say how fresh they are, and one way to write.
//!
//! To add a read: a method here, its SQL in every implementation, and a case in the contract suite. To add a
//! write that a token's answer may depend on: an [`Intent`], never a method. Bookkeeping (what no token's
//! answer depends on) has methods of its own, at the end.

use std::time::Duration;

use async_trait::async_trait;

use crate::audit::{AuditFilter, AuditRow, Order, Position, StoredChain};
use crate::hash_key::{LookupTag, Rehash};
use crate::id::{ApiId, ClientId, CompanyId, EnvironmentName, SecretId, Text};
use crate::intent::{Change, ChangeKind, Committed, Intent, Refused};
use crate::master_key::{MasterKeys, Sealed};
use crate::model::{Api, Company, Credential, Sequence, Snapshot, StoredHashKey, StoredSigningKey};
use crate::revocation::Revocations;
use crate::time::Timestamp;
use crate::usage::{
    BatchEnd, SecretUse, Span, TopFilter, TopRow, UsageBatch, UsageFilter, UsageKey, UsageRow, UsageWriter,
};

/// Where companies, APIs, credentials and keys are kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// The credentials of up to two client ids, in one read whatever exists. Deleted ones come too.
    async fn find_credentials(
        &self,
        environment: &EnvironmentName,
        client_ids: [Option<&ClientId>; 2],
        now: Timestamp,
    ) -> Result<Snapshot<[Option<Credential>; 2]>, StoreError>;

    /// A credential with all its secrets, dead ones too, newest first.
    async fn credential(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Option<Credential>, StoreError>;

    /// Credentials that are not deleted, by environment and client id.
    async fn credentials(
        &self,
        filter: &CredentialFilter,
        page: &Page<(EnvironmentName, ClientId)>,
    ) -> Result<Vec<Credential>, StoreError>;

    /// Whose the generated secret is that has this tag: the environment, the client id and the secret's own id.
    async fn secret_with_tag(
        &self,
        tag: &LookupTag,
    ) -> Result<Option<(EnvironmentName, ClientId, SecretId)>, StoreError>;

    /// A company, deleted ones too.
    async fn company(&self, id: &CompanyId) -> Result<Option<Company>, StoreError>;

    /// Companies that are not deleted, in the order that the filter says; without that of the operators.
    async fn companies(
        &self,
        filter: &CompanyFilter,
        page: &Page<CompanyKey>,
    ) -> Result<Vec<Company>, StoreError>;

    /// An API.
    async fn api(&self, id: &ApiId) -> Result<Option<Api>, StoreError>;

    /// APIs, by id.
    async fn apis(&self, filter: &ApiFilter, page: &Page<ApiId>) -> Result<Vec<Api>, StoreError>;

    /// All keys: signing keys that are not removed, and hash keys.
    async fn keys(&self) -> Result<Snapshot<StoredKeys>, StoreError>;

    /// The environments that are served, by name.
    async fn environments(&self) -> Result<Vec<EnvironmentName>, StoreError>;

    /// What changed after `since`, at most `limit` commits of it, oldest first.
    async fn changes(&self, since: Sequence, limit: u32) -> Result<Changes, StoreError>;

    /// What was revoked after `since`, oldest first: `limit` rows, at least 1, and those that the last one's commit has
    /// more.
    async fn revocations(&self, since: Sequence, limit: u32) -> Result<Revocations, StoreError>;

    /// Rows of the audit log, by where they stand.
    async fn audit_rows(
        &self,
        filter: &AuditFilter,
        order: Order,
        page: &Page<Position>,
    ) -> Result<Vec<AuditRow>, StoreError>;

    /// Where the audit chain begins and ends, once there is one.
    async fn audit_chain(&self) -> Result<Option<StoredChain>, StoreError>;

    /// Waits for word of a commit, by whatever process. The word may come late, for nothing, or never, so whoever
    /// follows the changes asks for them at intervals all the same. One at a time may wait.
    async fn changed(&self);

    /// Applies the intents in order, all or nothing, as one commit, and writes a `changes` row for each. A rehearsal ends as
    /// [`RefusedReason::Rehearsed`](crate::RefusedReason::Rehearsed) where nothing else is.
    async fn commit(&self, change: &Change, intents: &[Intent]) -> Result<Committed, CommitError>;

    /// Bookkeeping: records the names of the environments that are served, and forgets all others.
    async fn record_environments(&self, names: &[EnvironmentName]) -> Result<(), StoreError>;

    /// Bookkeeping: removes the `changes` of at most `limit` commits, and says how many rows went. Those of the last
    /// `keep` stay, and so do those of the `keep` before the newest of them: a clock that is far ahead removes nothing.
    /// What stands after a row that stays, stays too: the base of the audit chain moves to the last row that goes, which
    /// takes the audit key, where there is one.
    async fn purge_changes(
        &self,
        now: Timestamp,
        keep: Duration,
        limit: u32,
        master: Option<&MasterKeys>,
    ) -> Result<u64, StoreError>;

    /// Bookkeeping: removes at most `limit` revocations that ended [`KEEP_EXPIRED`] before `now`, and says how many went.
    /// Those that ended after the newest change stay: a clock that is far ahead removes nothing.
    ///
    /// [`KEEP_EXPIRED`]: crate::revocation::KEEP_EXPIRED
    async fn purge_revocations(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Bookkeeping: removes at most `limit` keys of creations that are remembered no more, by `now` and by the newest
    /// change, and says how many.
    async fn purge_creations(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Bookkeeping: takes the lease `name` for `holder`, or keeps it, and says whose it is. It is taken from another
    /// only where it still stands as `ended` says, for whoever waited long enough to call that the end.
    async fn lease(&self, name: &str, holder: &str, ended: Option<&Lease>) -> Result<Lease, StoreError>;

    /// Bookkeeping: gives the lease `name` back, if `holder` has it. Whoever asks next has it.
    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError>;

    /// What was counted of a credential, by [`UsageKey`].
    async fn usage(&self, filter: &UsageFilter, page: &Page<UsageKey>) -> Result<Vec<UsageRow>, StoreError>;

    /// Who sent the most, or was refused the most.
    async fn top_usage(&self, filter: &TopFilter) -> Result<Vec<TopRow>, StoreError>;

    /// The last uses of a credential's secrets, of those that were used.
    async fn secret_uses(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Vec<SecretUse>, StoreError>;

    /// Bookkeeping: those of a node that count, or counted and did not end well.
    async fn usage_writers(&self, node: &str) -> Result<Vec<UsageWriter>, StoreError>;

    /// Bookkeeping: begins to count, with no batch yet.
    async fn open_usage_writer(&self, writer: &UsageWriter) -> Result<(), StoreError>;

    /// Bookkeeping: ends counting, and says whether this call did so.
    async fn close_usage_writer(&self, writer: &str) -> Result<bool, StoreError>;

    /// Bookkeeping: adds what was counted to minutes, hours and days, as the writer's batch of that number, and keeps
    /// last uses that are later than those it has. A batch that failed may be given again: it counts once.
    async fn add_usage(&self, batch: &UsageBatch) -> Result<BatchEnd, StoreError>;

    /// Bookkeeping: removes at most `limit` counts of spans that began longer ago than they are kept, by `now` and by
    /// the newest of them, and says how many.
    async fn purge_usage(&self, span: Span, now: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Bookkeeping: removes at most `limit` writers whose last batch is older than `keep`, and says which.
    async fn purge_usage_writers(
        &self,
        now: Timestamp,
        keep: Duration,
        limit: u32,
    ) -> Result<Vec<UsageWriter>, StoreError>;

    /// Bookkeeping: removes at most `limit` secrets, with their last uses, that have been dead for `keep` by `now` and
    /// by the newest change, and of whose credential [`Credential::DEAD_SECRETS`] newer ones are as dead.
    async fn purge_secrets(&self, now: Timestamp, keep: Duration, limit: u32) -> Result<u64, StoreError>;

    /// How many secrets that live at `now` are hashed by each hash key that has any, by its number.
    async fn hash_key_uses(&self, now: Timestamp) -> Result<Vec<(i64, u32)>, StoreError>;

    /// At most `limit` of the secrets that live at `now` and are hashed by this hash key, and whose they are.
    async fn secrets_under(
        &self,
        hash_key: i64,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(EnvironmentName, ClientId, SecretId)>, StoreError>;

    /// Bookkeeping: keeps other hashes of the same secrets, where they are still kept as they were.
    async fn rehash(&self, rehashes: &[Rehash]) -> Result<(), StoreError>;

    /// Bookkeeping: removes at most `limit` removed signing keys that were published `keep` ago or earlier and of which
    /// no change speaks any more.
    async fn purge_signing_keys(&self, now: Timestamp, keep: Duration, limit: u32)
    -> Result<u64, StoreError>;

    /// Lets go of everything; every later call is [`StoreError::Unavailable`].
    async fn close(&self);
}

/// Which credentials to list.
#[derive(Debug, Clone, Default)]
pub struct CredentialFilter {
    /// Those of this company.
    pub company: Option<CompanyId>,
    /// Those in this environment.
    pub environment: Option<EnvironmentName>,
    /// Those whose client id begins with this, byte for byte.
    pub id_prefix: Option<String>,
}

/// Which companies to list: by id; by name and id where a name's prefix is given.
#[derive(Debug, Clone, Default)]
pub struct CompanyFilter {
    /// Those whose id begins with this, byte for byte.
    pub id_prefix: Option<String>,
    /// Those whose name begins with this, byte for byte. An empty one is of every name, and orders by it.
    pub name_prefix: Option<String>,
}

/// Where a company stands in a list, whichever its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyKey {
    /// Its name, which makes no difference where the order is by id.
    pub name: Text,
    /// Its id.
    pub id: CompanyId,
}

impl From<&Company> for CompanyKey {
    fn from(company: &Company) -> Self {
        Self { name: company.name.clone(), id: company.id.clone() }
    }
}

/// Which APIs to list.
#[derive(Debug, Clone, Default)]
pub struct ApiFilter {
    /// Those whose id begins with this, byte for byte.
    pub id_prefix: Option<String>,
}

/// A part of a list, by key and not by number.
#[derive(Debug, Clone)]
pub struct Page<K> {
    /// The last key of the page before.
    pub after: Option<K>,
    /// At most so many.
    pub limit: u32,
}

impl<K> Page<K> {
    /// The first page.
    pub fn first(limit: u32) -> Self {
        Self { after: None, limit }
    }
}

/// The keys of one installation, sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredKeys {
    /// The signing keys that are not removed.
    pub signing: Vec<StoredSigningKey>,
    /// The hash keys.
    pub hash: Vec<StoredHashKey>,
    /// What proves a master key right.
    pub master_key_check: Option<Sealed>,
    /// The audit key.
    pub audit: Option<Sealed>,
}

/// Whose work something is, among the servers on one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The server's.
    pub holder: String,
    /// How often it was taken or kept. It stands still once the server does.
    pub beat: i64,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The last commit.
    pub sequence: Sequence,
    /// What was done after `since`, in order. Whole commits; fewer than there are where `limit` cut them.
    pub rows: Vec<ChangeRow>,
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// In which commit.
    pub sequence: Sequence,
    /// What; `None` where it is no intent's, such as a restore, or where a newer version of Jeton wrote a word that
    /// this one does not know. Then it stands for anything.
    pub kind: Option<ChangeKind>,
    /// In which environment, if in one.
    pub environment: Option<EnvironmentName>,
    /// To which company, if to one.
    pub company: Option<CompanyId>,
    /// To what: the id of a company, API, credential or key.
    pub target: String,
    /// Whether what was read before may answer a token request no more.
    pub invalidates: bool,
}

/// Why the store gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is out of reach, busy for too long, or closed. Another try may succeed.
    #[error("the store is out of reach: {0}")]
    Unavailable(String),
    /// It holds a row that cannot be, so this row's owner gets no answer.
    #[error("the store holds a row that cannot be: {0}")]
    BadRow(String),
    /// Whoever writes cannot open the audit key, so that what it did could not be told from what was written by hand.
    #[error("{0}, so nothing was changed: give the master key of this store")]
    AuditKey(String),
}

/// Why a commit did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The rules forbid it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The store gave no answer; whether the commit happened must be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
