//! What is counted of token requests, in memory until [`UsageRecorder`] writes it.
//!
//! Counting takes one short lock among many and, for what was counted before in the same minute, allocates nothing. Most
//! requests get a token by a secret that got some before: they are counted where its last use is noted, by one look-up.
//! What is held is bounded: client ids are counted once the store knows them, strangers together, and past
//! `Limits::counted_kinds` kinds of requests everything is counted by endpoint and outcome alone. It is also small: names
//! are those of the credential in memory, which counts share.
//!
//! To count something more: a field of [`Event`] and of [`Kind`].

mod last_use;
mod namesakes;
mod recorder;

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use jeton_core::authority::Known;
use jeton_core::id::{ClientId, EnvironmentName, SecretId};
use jeton_core::usage::{Count, Counted, SecretUse};
use jeton_core::{Reason, Timestamp};
use tokio::sync::Notify;

use last_use::{LastUse, Tokens};
pub(crate) use namesakes::say_lost;
pub use recorder::UsageRecorder;

/// So that two requests seldom wait for each other.
const SHARDS: usize = 16;

/// How often at the most the last use of one secret is written: one that is used all the time would be half of all rows.
pub(super) const BETWEEN_USES: Duration = Duration::from_mins(5);

/// How many last uses are written at once: the others of very many come next time.
const USES_AT_ONCE: usize = 20_000;

/// A token request that has ended.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) now: Timestamp,
    pub(crate) environment: &'a EnvironmentName,
    /// The path.
    pub(crate) endpoint: &'a str,
    pub(crate) known: Option<&'a Known>,
    pub(crate) outcome: Counted,
    pub(crate) address: Option<IpAddr>,
    pub(crate) user_agent: Option<&'a [u8]>,
    pub(crate) tracking_id: Option<&'a str>,
}

/// The counts of one server that are not written yet.
#[derive(Debug)]
pub(crate) struct Usage {
    environments: Vec<EnvironmentName>,
    endpoints: Vec<String>,
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
    /// Kinds that are held, also those that are being written.
    held: AtomicUsize,
    /// Secrets whose last use is known.
    used: AtomicUsize,
    /// Of each of the two.
    most: usize,
    half_full: Notify,
    /// What is beyond the bound: by environment, endpoint and outcome.
    rest: Vec<AtomicU64>,
}

/// Both tables are looked into by hashes that [`Usage`] makes.
#[derive(Debug, Default)]
struct Shard {
    counts: HashTable<Counter>,
    uses: HashTable<Box<LastUse>>,
}

/// What counted requests have in common.
#[derive(Debug, Clone, Copy)]
struct Kind<'a> {
    known: Option<&'a Known>,
    /// Minutes since 1970.
    minute: u32,
    environment: u16,
    endpoint: u16,
    outcome: Counted,
}

/// How many requests of a kind.
#[derive(Debug)]
pub(crate) struct Counter {
    known: Option<Known>,
    minute: u32,
    environment: u16,
    endpoint: u16,
    outcome: Counted,
    count: u32,
}

/// What was counted, taken out to be written.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) counts: Vec<Counter>,
    pub(crate) uses: Vec<SecretUse>,
}

impl Usage {
    pub(crate) fn new(environments: Vec<EnvironmentName>, endpoints: Vec<String>, most: usize) -> Self {
        let rest = environments.len() * endpoints.len() * outcomes().count();
        Self {
            environments,
            endpoints,
            hasher: RandomState::default(),
            shards: std::array::from_fn(|_| Mutex::default()),
            held: AtomicUsize::new(0),
            used: AtomicUsize::new(0),
            most,
            half_full: Notify::new(),
            rest: std::iter::repeat_with(AtomicU64::default).take(rest).collect(),
        }
    }

    /// Counts a request.
    pub(crate) fn count(&self, event: &Event<'_>) {
        let environment = self.environments.iter().position(|own| own == event.environment);
        let endpoint = self.endpoints.iter().position(|own| own == event.endpoint);
        let (Some(environment), Some(endpoint)) = (environment.and_then(small), endpoint.and_then(small))
        else {
            return;
        };
        let Event { known, outcome, .. } = *event;
        let kind = Kind { known, minute: minute(event.now), environment, endpoint, outcome };
        let name = self.hash_of_name(known);
        let mut shard = self.shard_of(name);
        let Shard { counts, uses } = &mut *shard;
        let used = known.and_then(|known| Some((known, known.secret()?)));
        if let Some((known, secret)) = used.filter(|_| accepted(outcome))
            && let Some(last) = self.last_use(uses, known, secret, name)
        {
            last.is_now(known, event);
            if outcome == Counted::Issued && self.count_there(last, kind, counts, name) {
                return;
            }
        }
        self.count_apart(kind, counts, name);
    }

    /// Where the use of this secret is noted, unless there are too many.
    fn last_use<'u>(
        &self,
        uses: &'u mut HashTable<Box<LastUse>>,
        known: &Known,
        secret: &SecretId,
        name: u64,
    ) -> Option<&'u mut LastUse> {
        match uses.entry(
            name,
            |own| own.known.secret() == Some(secret),
            |own| self.hash_of_name(Some(&own.known)),
        ) {
            Entry::Occupied(own) => Some(own.into_mut()),
            Entry::Vacant(place) => {
                let more = |used: usize| (used < self.most).then_some(used + 1);
                self.used.try_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
                Some(place.insert(Box::new(LastUse::first(known))).into_mut())
            }
        }
    }

    /// Counts a token with the secret's last use, if it can: those of an earlier minute make room.
    fn count_there(
        &self,
        last: &mut LastUse,
        kind: Kind<'_>,
        counts: &mut HashTable<Counter>,
        name: u64,
    ) -> bool {
        let Kind { minute, environment, endpoint, .. } = kind;
        let one = Tokens { minute, environment, endpoint, count: 1 };
        if last.tokens.minute < minute
            && let Some(before) = last.take_tokens()
        {
            self.put_apart(before, counts, name);
        }
        if last.tokens.count == 0 {
            let has_room = self.make_room();
            if has_room {
                last.tokens = one;
            }
            return has_room;
        }
        let is_like = last.tokens.are_like(one);
        if is_like {
            last.tokens.count = last.tokens.count.saturating_add(1);
        }
        is_like
    }

    fn count_apart(&self, kind: Kind<'_>, counts: &mut HashTable<Counter>, name: u64) {
        match self.entry(counts, kind, name) {
            Entry::Occupied(mut own) => own.get_mut().add(1),
            Entry::Vacant(place) if self.make_room() => {
                place.insert(kind.counted_once());
            }
            Entry::Vacant(_) => {
                let rest = self.rest_of(kind.environment, kind.endpoint, kind.outcome);
                self.rest[rest].fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// What has its room already.
    fn put_apart(&self, counter: Counter, counts: &mut HashTable<Counter>, name: u64) {
        match self.entry(counts, counter.kind(), name) {
            Entry::Occupied(mut own) => {
                own.get_mut().add(counter.count);
                self.let_go(1);
            }
            Entry::Vacant(place) => {
                place.insert(counter);
            }
        }
    }

    fn entry<'c>(&self, counts: &'c mut HashTable<Counter>, kind: Kind<'_>, name: u64) -> Entry<'c, Counter> {
        let again = |own: &Counter| self.hash_of_kind(own.kind(), self.hash_of_name(own.known.as_ref()));
        counts.entry(self.hash_of_kind(kind, name), |own| own.kind().is(kind), again)
    }

    /// Waits until half of what may be held is.
    pub(crate) async fn half_full(&self) {
        self.half_full.notified().await;
    }

    /// Takes out what is to be written: all counts, which are held until they are let go, and last uses of those secrets of
    /// which none was written lately, up to [`USES_AT_ONCE`]; or of all that have a new one if this is the last time.
    pub(crate) fn take(&self, now: Timestamp, last_time: bool) -> Taken {
        let counts = Vec::with_capacity(self.held.load(Ordering::Relaxed));
        let mut taken = Taken { counts, uses: vec![] };
        let lately = now.minus(BETWEEN_USES);
        for shard in &self.shards {
            let mut shard = lock(shard);
            let counts = std::mem::take(&mut shard.counts);
            let before = shard.uses.len();
            shard.uses.retain(|last| {
                taken.counts.extend(last.take_tokens());
                let is_new = last.taken < last.time;
                let is_due = last_time || last.taken <= lately;
                if is_new && is_due && (last_time || taken.uses.len() < USES_AT_ONCE) {
                    taken.uses.extend(last.to_use());
                    last.taken = now;
                }
                // What was written, and is not used any more, is forgotten.
                is_new || !is_due
            });
            self.used.fetch_sub(before - shard.uses.len(), Ordering::Relaxed);
            drop(shard);
            taken.counts.extend(counts);
        }
        let beyond = self.take_rest(now);
        if !beyond.is_empty() {
            self.held.fetch_add(beyond.len(), Ordering::Relaxed);
            let requests: u64 = beyond.iter().map(|counter| u64::from(counter.count)).sum();
            let most = self.most;
            tracing::warn!(
                requests,
                most,
                "too many kinds of requests to count each: these are counted by endpoint alone"
            );
            taken.counts.extend(beyond);
        }
        taken
    }

    /// So much of what was taken is held no more.
    pub(crate) fn let_go(&self, of: usize) {
        self.held.fetch_sub(of, Ordering::Relaxed);
    }

    /// With the names that the store has.
    pub(crate) fn to_count(&self, counter: &Counter) -> Count {
        let known = counter.known.as_ref();
        Count {
            minute: Timestamp(i64::from(counter.minute) * MINUTE),
            environment: self.environments[usize::from(counter.environment)].clone(),
            client_id: known.map(|known| known.client_id().clone()),
            secret: known.and_then(Known::secret).cloned(),
            endpoint: self.endpoints[usize::from(counter.endpoint)].clone(),
            outcome: counter.outcome,
            count: counter.count.into(),
        }
    }

    fn make_room(&self) -> bool {
        let more = |held: usize| (held < self.most).then_some(held + 1);
        let made = self.held.try_update(Ordering::Relaxed, Ordering::Relaxed, more);
        if made == Ok(self.most / 2) {
            self.half_full.notify_one();
        }
        made.is_ok()
    }

    fn take_rest(&self, now: Timestamp) -> Vec<Counter> {
        let mut beyond = vec![];
        let all = |length: usize| 0..small(length).unwrap_or(u16::MAX);
        for environment in all(self.environments.len()) {
            for endpoint in all(self.endpoints.len()) {
                for outcome in outcomes() {
                    let rest = &self.rest[self.rest_of(environment, endpoint, outcome)];
                    let counted = rest.swap(0, Ordering::Relaxed);
                    // What one counter cannot hold comes next time.
                    let count = u32::try_from(counted).unwrap_or(u32::MAX);
                    rest.fetch_add(counted - u64::from(count), Ordering::Relaxed);
                    if count > 0 {
                        let minute = minute(now);
                        beyond.push(Counter { known: None, minute, environment, endpoint, outcome, count });
                    }
                }
            }
        }
        beyond
    }

    fn rest_of(&self, environment: u16, endpoint: u16, outcome: Counted) -> usize {
        let outcome = match outcome {
            Counted::Issued => 0,
            // The variants are numbered in the order of the list.
            Counted::Refused(reason) => 1 + reason as usize,
        };
        let endpoint = usize::from(environment) * self.endpoints.len() + usize::from(endpoint);
        endpoint * outcomes().count() + outcome
    }

    fn hash_of_name(&self, known: Option<&Known>) -> u64 {
        self.hasher.hash_one(known.map(Known::client_id))
    }

    fn hash_of_kind(&self, kind: Kind<'_>, name: u64) -> u64 {
        self.hasher.hash_one((name, kind.minute, kind.environment, kind.endpoint, kind.outcome))
    }

    /// By bits of the hash that the tables within do not go by.
    fn shard_of(&self, name: u64) -> MutexGuard<'_, Shard> {
        lock(&self.shards[usize::from(name.to_le_bytes()[5]) % SHARDS])
    }
}

/// Microseconds.
const MINUTE: i64 = 60_000_000;

fn minute(time: Timestamp) -> u32 {
    u32::try_from(time.0.div_euclid(MINUTE)).unwrap_or_default()
}

/// Places among environments and endpoints, of which nobody has so many.
fn small(place: usize) -> Option<u16> {
    u16::try_from(place).ok()
}

/// Whether two name the same credential and secret, whenever each was read.
fn same(one: &Known, other: &Known) -> bool {
    let same_credential =
        Arc::ptr_eq(one.credential(), other.credential()) || one.client_id() == other.client_id();
    same_credential && one.secret() == other.secret()
}

/// Whether a secret that was right was taken.
fn accepted(outcome: Counted) -> bool {
    !matches!(
        outcome,
        Counted::Refused(
            Reason::ExpiredSecret
                | Reason::RevokedSecret
                | Reason::DeletedCredential
                | Reason::SuspendedCredential
                | Reason::ExpiredCredential
                | Reason::SuspendedCompany
                | Reason::DeletedCompany
                | Reason::AddressNotAllowed
                | Reason::AmbiguousBasic
        )
    )
}

/// All ways in which a request may end.
fn outcomes() -> impl Iterator<Item = Counted> + Clone {
    std::iter::once(Counted::Issued).chain(Reason::ALL.iter().copied().map(Counted::Refused))
}

impl Kind<'_> {
    fn is(self, other: Kind<'_>) -> bool {
        let of = |kind: Kind<'_>| (kind.minute, kind.environment, kind.endpoint, kind.outcome);
        let same_name = match (self.known, other.known) {
            (Some(one), Some(other)) => same(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        of(self) == of(other) && same_name
    }

    fn counted_once(self) -> Counter {
        let Self { known, minute, environment, endpoint, outcome } = self;
        Counter { known: known.cloned(), minute, environment, endpoint, outcome, count: 1 }
    }
}

impl Taken {
    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.uses.is_empty()
    }

    /// Takes so many of the last ones of each out of it, where there are any.
    pub(crate) fn last(&mut self, many: usize) -> Option<Self> {
        let (counts, uses) = (tail(&mut self.counts, many), tail(&mut self.uses, many));
        Some(Self { counts, uses }).filter(|last| !last.is_empty())
    }
}

impl Counter {
    fn add(&mut self, more: u32) {
        self.count = self.count.saturating_add(more);
    }

    fn kind(&self) -> Kind<'_> {
        let Self { ref known, minute, environment, endpoint, outcome, .. } = *self;
        Kind { known: known.as_ref(), minute, environment, endpoint, outcome }
    }

    /// What its rows are ordered by in the store, as far as many have different ones.
    pub(crate) fn place(&self) -> (u32, u16, Option<&ClientId>) {
        (self.minute, self.environment, self.known.as_ref().map(Known::client_id))
    }
}

/// Takes out so many of the last ones, and with the last of all the room that they had.
fn tail<T>(all: &mut Vec<T>, many: usize) -> Vec<T> {
    if all.len() <= many { std::mem::take(all) } else { all.split_off(all.len() - many) }
}

/// Nothing between two counts panics; if something did, the counts are still counts.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
