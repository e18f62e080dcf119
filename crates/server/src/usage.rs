//! What is counted of token requests, in memory until [`UsageRecorder`] writes it.
//!
//! Counting takes one short lock among many and, for what was counted before in the same minute, allocates nothing. What
//! is held is bounded: client ids are counted once the store knows them, strangers together, and past
//! `Limits::counted_kinds` kinds of requests everything is counted by endpoint and outcome alone.
//!
//! To count something more: a field of [`Event`] and of [`Kind`].

mod namesakes;
mod recorder;

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hashbrown::{Equivalent, HashMap};
use jeton_core::authority::Known;
use jeton_core::id::{ClientId, EnvironmentName, SecretId};
use jeton_core::usage::{Count, Counted, SecretUse, Span, shown_text};
use jeton_core::{Reason, Timestamp};
use tokio::sync::Notify;

pub(crate) use namesakes::say_lost;
pub use recorder::UsageRecorder;

/// So that two requests seldom wait for each other.
const SHARDS: usize = 16;

/// How often at the most the last use of one secret is written: one that is used all the time would be half of all rows.
pub(super) const BETWEEN_USES: Duration = Duration::from_mins(5);

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

#[derive(Debug, Default)]
struct Shard {
    counts: HashMap<OwnKind, u64, RandomState>,
    uses: HashMap<SecretId, LastUse, RandomState>,
}

/// What counted requests have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind<'a> {
    minute: Timestamp,
    environment: usize,
    endpoint: usize,
    client_id: Option<&'a ClientId>,
    secret: Option<&'a SecretId>,
    outcome: Counted,
}

/// The same, to keep.
#[derive(Debug)]
struct OwnKind {
    minute: Timestamp,
    environment: usize,
    endpoint: usize,
    client_id: Option<ClientId>,
    secret: Option<SecretId>,
    outcome: Counted,
}

/// Its texts are written over by the next use.
#[derive(Debug)]
struct LastUse {
    time: Timestamp,
    address: Option<IpAddr>,
    user_agent: String,
    tracking_id: String,
    /// When it was taken out to be written, if it was.
    taken: Option<Timestamp>,
}

/// What was counted, taken out to be written.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) counts: Vec<Count>,
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
        let (Some(environment), Some(endpoint)) = (environment, endpoint) else { return };
        let secret = event.known.and_then(|known| known.secret.as_ref());
        let kind = Kind {
            minute: Span::Minute.start(event.now),
            environment,
            endpoint,
            client_id: event.known.map(|known| &known.client_id),
            secret,
            outcome: event.outcome,
        };
        let mut shard = self.shard_of(kind.client_id);
        if let Some(count) = shard.counts.get_mut(&kind) {
            *count += 1;
        } else if self.make_room() {
            shard.counts.insert(kind.to_own(), 1);
        } else {
            self.rest[self.rest_of(environment, endpoint, event.outcome)].fetch_add(1, Ordering::Relaxed);
        }
        if let Some(secret) = secret.filter(|_| accepted(event.outcome)) {
            self.note_use(&mut shard, secret, event);
        }
    }

    fn note_use(&self, shard: &mut Shard, secret: &SecretId, event: &Event<'_>) {
        if !shard.uses.contains_key(secret) {
            let more = |used: usize| (used < self.most).then_some(used + 1);
            if self.used.try_update(Ordering::Relaxed, Ordering::Relaxed, more).is_err() {
                return;
            }
            let (user_agent, tracking_id) = (String::new(), String::new());
            let time = Timestamp(i64::MIN);
            let first = LastUse { time, address: None, user_agent, tracking_id, taken: None };
            shard.uses.insert(secret.clone(), first);
        }
        if let Some(last) = shard.uses.get_mut(secret).filter(|last| last.time <= event.now) {
            last.time = event.now;
            last.address = event.address;
            shown_text(&mut last.user_agent, event.user_agent.unwrap_or_default());
            shown_text(&mut last.tracking_id, event.tracking_id.unwrap_or_default().as_bytes());
        }
    }

    /// Waits until half of what may be held is.
    pub(crate) async fn half_full(&self) {
        self.half_full.notified().await;
    }

    /// Takes out what is to be written: all counts, which are held until they are let go, and the last uses of those secrets
    /// of which none was written lately, or of all that have a new one if this is the last time.
    pub(crate) fn take(&self, now: Timestamp, last_time: bool) -> Taken {
        let mut taken = Taken::default();
        let lately = now.minus(BETWEEN_USES);
        for shard in &self.shards {
            let mut shard = lock(shard);
            let counts = std::mem::take(&mut shard.counts);
            let before = shard.uses.len();
            shard.uses.retain(|secret, last| {
                let is_new = last.taken.is_none_or(|taken| taken < last.time);
                let is_due = last_time || last.taken.is_none_or(|taken| taken <= lately);
                if is_new && is_due {
                    taken.uses.push(last.of(secret));
                    last.taken = Some(now);
                }
                // What was written, and is not used any more, is forgotten.
                is_new || !is_due
            });
            self.used.fetch_sub(before - shard.uses.len(), Ordering::Relaxed);
            drop(shard);
            taken.counts.extend(counts.into_iter().map(|(kind, count)| self.to_count(kind, count)));
        }
        let beyond = self.take_rest(now);
        if !beyond.is_empty() {
            self.held.fetch_add(beyond.len(), Ordering::Relaxed);
            let requests: u64 = beyond.iter().map(|count| count.count).sum();
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

    fn make_room(&self) -> bool {
        let more = |held: usize| (held < self.most).then_some(held + 1);
        let made = self.held.try_update(Ordering::Relaxed, Ordering::Relaxed, more);
        if made == Ok(self.most / 2) {
            self.half_full.notify_one();
        }
        made.is_ok()
    }

    fn take_rest(&self, now: Timestamp) -> Vec<Count> {
        let mut beyond = vec![];
        let at = |environment, endpoint| outcomes().map(move |outcome| (environment, endpoint, outcome));
        let places = (0..self.environments.len()).flat_map(|environment| {
            (0..self.endpoints.len()).flat_map(move |endpoint| at(environment, endpoint))
        });
        for (environment, endpoint, outcome) in places {
            let place = self.rest_of(environment, endpoint, outcome);
            let count = self.rest[place].swap(0, Ordering::Relaxed);
            if count > 0 {
                let (minute, client_id, secret) = (Span::Minute.start(now), None, None);
                let kind = OwnKind { minute, environment, endpoint, client_id, secret, outcome };
                beyond.push(self.to_count(kind, count));
            }
        }
        beyond
    }

    fn rest_of(&self, environment: usize, endpoint: usize, outcome: Counted) -> usize {
        let outcome = match outcome {
            Counted::Issued => 0,
            // The variants are numbered in the order of the list.
            Counted::Refused(reason) => 1 + reason as usize,
        };
        (environment * self.endpoints.len() + endpoint) * outcomes().count() + outcome
    }

    fn to_count(&self, kind: OwnKind, count: u64) -> Count {
        Count {
            minute: kind.minute,
            environment: self.environments[kind.environment].clone(),
            client_id: kind.client_id,
            secret: kind.secret,
            endpoint: self.endpoints[kind.endpoint].clone(),
            outcome: kind.outcome,
            count,
        }
    }

    fn shard_of(&self, client_id: Option<&ClientId>) -> MutexGuard<'_, Shard> {
        let hash = self.hasher.hash_one(client_id).to_le_bytes();
        lock(&self.shards[usize::from(hash[0]) % SHARDS])
    }
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
    fn to_own(self) -> OwnKind {
        let Self { minute, environment, endpoint, client_id, secret, outcome } = self;
        let (client_id, secret) = (client_id.cloned(), secret.cloned());
        OwnKind { minute, environment, endpoint, client_id, secret, outcome }
    }
}

impl OwnKind {
    fn borrow(&self) -> Kind<'_> {
        let Self { minute, environment, endpoint, client_id, secret, outcome } = self;
        Kind {
            minute: *minute,
            environment: *environment,
            endpoint: *endpoint,
            client_id: client_id.as_ref(),
            secret: secret.as_ref(),
            outcome: *outcome,
        }
    }
}

/// As the borrowed form has it, so that one finds the other.
impl Hash for OwnKind {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.borrow().hash(state);
    }
}

impl PartialEq for OwnKind {
    fn eq(&self, other: &Self) -> bool {
        self.borrow() == other.borrow()
    }
}

impl Eq for OwnKind {}

impl Equivalent<OwnKind> for Kind<'_> {
    fn equivalent(&self, own: &OwnKind) -> bool {
        *self == own.borrow()
    }
}

impl LastUse {
    fn of(&self, secret: &SecretId) -> SecretUse {
        let text = |text: &String| (!text.is_empty()).then(|| text.clone());
        SecretUse {
            secret: secret.clone(),
            time: self.time,
            address: self.address,
            user_agent: text(&self.user_agent),
            tracking_id: text(&self.tracking_id),
        }
    }
}

/// Nothing between two counts panics; if something did, the counts are still counts.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
