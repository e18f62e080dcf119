//! Credentials in memory: a bounded cache in front of the store, and a bounded record of recent failures.
//!
//! What keeps it true: every entry was read at a sequence, and `applied` is the sequence up to which changes
//! have been followed. A change drops what it touches while nobody can insert; an entry that was read before
//! the last followed change is not inserted at all. So an old answer cannot slip in behind the change that made
//! it old, whichever of load, change and insert comes first.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use async_trait::async_trait;
use jeton_core::authority::{Found, Ids, Unavailable};
use jeton_core::id::{ClientId, CompanyId, EnvironmentName};
use jeton_core::kept::KeptCredential;
use jeton_core::model::{Sequence, Snapshot};
use jeton_core::{Clock, Directory, Store, Timestamp};
use quick_cache::Equivalent;
use quick_cache::sync::Cache;

use crate::limits::Limits;
use crate::metrics::Metrics;

mod lookups;
use lookups::Lookups;

/// The credentials that this node knows.
pub(crate) struct CachedDirectory {
    lookups: Arc<Lookups>,
    clock: Arc<dyn Clock>,
    environments: Vec<EnvironmentName>,
    credentials: Cache<KeptKey, Arc<KeptCredential>>,
    failures: Cache<Key, Option<Arc<KeptCredential>>>,
    /// Up to where changes have been followed. Held for writing while they are applied.
    applied: RwLock<Sequence>,
    /// The latest sequence that anything was read at which was kept.
    newest_read: AtomicI64,
    /// The start of the last poll that found everything followed, in microseconds of uptime.
    confirmed: AtomicU64,
    max_staleness: Duration,
    metrics: Arc<Metrics>,
}

impl CachedDirectory {
    /// An empty one, which does so many look-ups at once. It answers from memory only once
    /// [`CachedDirectory::confirm`] was called.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        environments: Vec<EnvironmentName>,
        limits: &Limits,
        lookups: usize,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            lookups: Lookups::new(store, lookups, Arc::clone(&metrics)),
            clock,
            environments,
            credentials: Cache::new(limits.cached_credentials),
            failures: Cache::new(limits.remembered_failures),
            applied: RwLock::new(Sequence(0)),
            newest_read: AtomicI64::new(0),
            confirmed: AtomicU64::new(0),
            max_staleness: limits.max_staleness,
            metrics,
        }
    }

    /// Up to where changes have been followed.
    pub(crate) fn applied(&self) -> Sequence {
        *self.read_applied()
    }

    /// The latest sequence that anything in memory was read at. It may be later than what has been followed.
    pub(crate) fn newest_read(&self) -> Sequence {
        Sequence(self.newest_read.load(Ordering::Acquire))
    }

    /// Drops what `drops` names, and counts changes as followed up to `sequence`.
    pub(crate) fn apply(&self, sequence: Sequence, drops: &[Drop]) {
        let mut applied = self.write_applied();
        for drop in drops {
            match drop {
                Drop::Credential(environment, client_id) => {
                    let key = self.key(environment, client_id);
                    self.credentials.remove(&key);
                    self.failures.remove(&key);
                }
                Drop::Company(company) => {
                    self.credentials.retain(|_, credential| credential.company() != company);
                    self.failures.retain(|_, credential| {
                        credential.as_ref().is_none_or(|credential| credential.company() != company)
                    });
                }
                Drop::Everything => {
                    self.credentials.clear();
                    self.failures.clear();
                    self.newest_read.store(sequence.0, Ordering::Release);
                }
            }
        }
        *applied = sequence;
    }

    /// Drops what is known of one client id. Whoever was reading it may put it back until the change is followed.
    pub(crate) fn forget(&self, environment: &EnvironmentName, client_id: &ClientId) {
        let key = self.key(environment, client_id.as_str());
        self.credentials.remove(&key);
        self.failures.remove(&key);
    }

    /// Says that a poll which began at `started` (uptime) found every change followed.
    pub(crate) fn confirm(&self, started: Duration) {
        self.confirmed.store(micros(started), Ordering::Release);
    }

    /// How long ago the last poll began that found every change followed.
    pub(crate) fn poll_age(&self) -> Duration {
        self.clock.uptime().saturating_sub(Duration::from_micros(self.confirmed.load(Ordering::Acquire)))
    }

    /// How many credentials are in memory, and how many failures are remembered.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        (self.credentials.len(), self.failures.len())
    }

    /// Whether what is in memory may still answer.
    pub(crate) fn is_fresh(&self) -> bool {
        let confirmed = self.confirmed.load(Ordering::Acquire);
        let age = micros(self.clock.uptime()).saturating_sub(confirmed);
        confirmed != 0 && age <= micros(self.max_staleness)
    }

    fn remember_in<K, V>(
        &self,
        cache: &Cache<K, V>,
        read_at: Sequence,
        entries: impl IntoIterator<Item = (K, V)>,
    ) where
        K: Eq + Hash,
        V: Clone,
    {
        let applied = self.read_applied();
        if read_at >= *applied {
            self.newest_read.fetch_max(read_at.0, Ordering::AcqRel);
            for (key, value) in entries {
                cache.insert(key, value);
            }
        }
    }

    fn key<'a>(&self, environment: &EnvironmentName, client_id: &'a str) -> KeyRef<'a> {
        let at = self.environments.iter().position(|name| name == environment);
        KeyRef { environment: at.and_then(|at| u16::try_from(at).ok()).unwrap_or(u16::MAX), client_id }
    }

    // A panic while the lock is held leaves a number that was written whole, so poison says nothing.
    fn read_applied(&self) -> RwLockReadGuard<'_, Sequence> {
        self.applied.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_applied(&self) -> RwLockWriteGuard<'_, Sequence> {
        self.applied.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Directory for CachedDirectory {
    fn recent(&self, environment: &EnvironmentName, client_ids: Ids<'_>) -> Found {
        if !self.is_fresh() {
            return [None, None];
        }
        let found = client_ids.map(|id| self.credentials.get(&self.key(environment, id?.as_str())));
        let hit = found.iter().any(Option::is_some);
        if hit { &self.metrics.cache_hits } else { &self.metrics.cache_misses }.inc();
        found
    }

    fn recent_failure(&self, environment: &EnvironmentName, client_ids: Ids<'_>) -> Option<Found> {
        if !self.is_fresh() {
            return None;
        }
        let [first, second] = client_ids.map(|id| {
            // A text that can be no client id is nobody's: one entry, under the empty name, stands for all.
            self.failures.get(&self.key(environment, id.map_or("", |id| id.as_str())))
        });
        let found = [first?, second?];
        self.metrics.failure_hits.inc();
        Some(found)
    }

    async fn read(
        &self,
        environment: &EnvironmentName,
        client_ids: Ids<'_>,
        now: Timestamp,
    ) -> Result<Snapshot<Found>, Unavailable> {
        self.lookups.ask(self.applied(), environment, client_ids, now).await
    }

    fn remember(&self, environment: &EnvironmentName, credential: &Arc<KeptCredential>, read_at: Sequence) {
        let of = Arc::clone(credential);
        let key = KeptKey { environment: self.key(environment, "").environment, of };
        self.remember_in(&self.credentials, read_at, [(key, Arc::clone(credential))]);
    }

    fn remember_failure(&self, environment: &EnvironmentName, client_ids: Ids<'_>, read: &Snapshot<Found>) {
        let entries = client_ids.iter().zip(&read.value).map(|(id, credential)| {
            let key = self.key(environment, id.map_or("", |id| id.as_str()));
            (key.to_owned(), credential.clone())
        });
        self.remember_in(&self.failures, read.sequence, entries);
    }
}

/// What a change makes untrue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Drop {
    /// What is known of one client id, or that there is none.
    Credential(EnvironmentName, Box<str>),
    /// What is known of a company's credentials.
    Company(CompanyId),
    /// All that is known.
    Everything,
}

/// The name of what is kept, which has it itself.
#[derive(Debug)]
struct KeptKey {
    environment: u16,
    of: Arc<KeptCredential>,
}

impl KeptKey {
    fn borrow(&self) -> KeyRef<'_> {
        KeyRef { environment: self.environment, client_id: self.of.client_id().as_str() }
    }
}

impl Hash for KeptKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.borrow().hash(state);
    }
}

impl PartialEq for KeptKey {
    fn eq(&self, other: &Self) -> bool {
        self.borrow() == other.borrow()
    }
}

impl Eq for KeptKey {}

impl Equivalent<KeptKey> for KeyRef<'_> {
    fn equivalent(&self, key: &KeptKey) -> bool {
        *self == key.borrow()
    }
}

/// The name of what may not exist.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    environment: u16,
    client_id: Box<str>,
}

/// A [`Key`] that borrows; its hash is the same, since `Box<str>` and `&str` hash alike.
#[derive(Debug, PartialEq, Hash)]
struct KeyRef<'a> {
    environment: u16,
    client_id: &'a str,
}

impl KeyRef<'_> {
    fn to_owned(&self) -> Key {
        Key { environment: self.environment, client_id: self.client_id.into() }
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.environment == key.environment && *self.client_id == *key.client_id
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
