//! When to fetch. One task fetches and nobody else, so that two fetches never run at once.
//!
//! It fetches by a schedule, and when somebody asks for a key that is not known: a *demand*. Demands are answered
//! together, and at most every [`COOLDOWN`], counted in time and in nothing else: not by key id, not by outcome, and
//! not by what the set holds. So strangers who invent key ids cause one fetch in that time, and no memory at all.

use super::error::FetchError;
use super::source::{Depth, Source};
use super::timer::Timer;
use crate::keys::{KeySource as _, Refetch, StaticKeys};
use arc_swap::ArcSwapOption;
use jeton_jose::VerifyingKey;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// How long one document may take, from the first byte sent to the last one received, and how long a request waits for
/// a fetch at the most.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(2);

/// How long after a fetch for an unknown key id the next such fetch may begin.
pub const COOLDOWN: Duration = Duration::from_secs(30);

/// The least time between two fetches of the schedule, however short the keys are fresh by the issuer's account.
pub const MIN_REFRESH: Duration = Duration::from_mins(1);

/// The most time between two fetches of the schedule, and so the most that a removed key lives on while its issuer can
/// be reached.
pub const MAX_REFRESH: Duration = Duration::from_hours(1);

/// The longest wait after a fetch that failed; the first is a second, and each is twice the one before.
const MAX_RETRY: Duration = Duration::from_secs(30);

/// What the builder may set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Between two fetches, where the issuer says nothing.
    pub(super) refresh: Duration,
    /// How old keys may be that still serve.
    pub(super) keep: Duration,
}

/// What the task that fetches and everybody who asks have in common.
pub(super) struct Shared {
    bounds: Bounds,
    timer: Arc<dyn Timer>,
    held: ArcSwapOption<Held>,
    last_error: ArcSwapOption<FetchError>,
    demand: Mutex<Demand>,
    wake: Notify,
    /// How many fetches have ended.
    ended: watch::Sender<u64>,
}

/// Keys that were fetched.
struct Held {
    keys: StaticKeys,
    /// When the fetch began.
    at: Duration,
}

/// Fetches are numbered from 1, the first one of the schedule.
#[derive(Default)]
struct Demand {
    /// How many fetches have begun.
    begun: u64,
    /// The fetch that serves the last demand.
    served_by: u64,
    /// When that demand was.
    at: Option<Duration>,
}

impl Shared {
    pub(super) fn new(bounds: Bounds, timer: Arc<dyn Timer>) -> Self {
        Self {
            bounds,
            timer,
            held: ArcSwapOption::empty(),
            last_error: ArcSwapOption::empty(),
            demand: Mutex::default(),
            wake: Notify::new(),
            ended: watch::Sender::new(0),
        }
    }

    pub(super) fn key(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        self.held.load().as_ref().filter(|held| self.serves(held)).and_then(|held| held.keys.key(kid))
    }

    /// Whether there are keys, perhaps none, that are not too old.
    pub(super) fn is_available(&self) -> bool {
        self.held.load().as_ref().is_some_and(|held| self.serves(held))
    }

    pub(super) fn last_error(&self) -> Option<Arc<FetchError>> {
        self.last_error.load_full()
    }

    /// Ends with the first fetch, however it ends.
    pub(super) async fn first(&self) {
        // The sender is ours, so it is there.
        drop(self.ended.subscribe().wait_for(|ended| *ended >= 1).await);
    }

    /// Asks for a fetch that begins after this call, or for the one that somebody else has asked for.
    pub(super) fn demand(&self) -> Option<Refetch> {
        let mut demand = self.lock();
        let ended = *self.ended.borrow();
        if demand.served_by > ended {
            return Some(self.wait_for(demand.served_by));
        }
        if ended == 0 && demand.begun == 1 {
            // There have never been any keys, so those of the first fetch are new enough.
            return Some(self.wait_for(1));
        }
        let now = self.timer.elapsed();
        if demand.at.is_some_and(|at| now.saturating_sub(at) < COOLDOWN) {
            return None;
        }
        (demand.at, demand.served_by) = (Some(now), demand.begun + 1);
        self.wake.notify_one();
        Some(self.wait_for(demand.served_by))
    }

    /// Fetches for ever.
    pub(super) async fn run(self: Arc<Self>, mut source: Source) {
        let (mut next, mut failures) = (Duration::ZERO, 0);
        loop {
            let depth = self.until_due(next).await;
            let began = self.begin();
            let fetched = source.fetch(depth, &*self.timer).await;
            match fetched {
                Ok((keys, fresh_for)) => {
                    failures = 0;
                    self.last_error.store(None);
                    self.held.store(Some(Arc::new(Held { keys, at: began })));
                    if depth == Depth::Whole {
                        next = began.saturating_add(self.pause(fresh_for));
                    }
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(%error, failures, "the issuer's keys were not fetched");
                    self.last_error.store(Some(Arc::new(error)));
                    let retry = self.timer.elapsed().saturating_add(retry_after(failures));
                    next = if depth == Depth::Whole { retry } else { next.min(retry) };
                }
            }
            self.ended.send_modify(|ended| *ended += 1);
        }
    }

    /// Waits for the schedule or a demand, whichever is first.
    async fn until_due(&self, next: Duration) -> Depth {
        let mut scheduled = self.timer.sleep(next.saturating_sub(self.timer.elapsed()));
        loop {
            if self.is_demanded() {
                return Depth::KeysAlone;
            }
            tokio::select! {
                () = &mut scheduled => return Depth::Whole,
                () = self.wake.notified() => {}
            }
        }
    }

    fn is_demanded(&self) -> bool {
        let demand = self.lock();
        demand.served_by > demand.begun
    }

    fn begin(&self) -> Duration {
        self.lock().begun += 1;
        self.timer.elapsed()
    }

    /// How long to wait after keys came.
    fn pause(&self, fresh_for: Option<Duration>) -> Duration {
        fresh_for.unwrap_or(self.bounds.refresh).clamp(MIN_REFRESH, MAX_REFRESH)
    }

    fn serves(&self, held: &Held) -> bool {
        self.timer.elapsed().saturating_sub(held.at) < self.bounds.keep
    }

    /// Ends with a fetch, or when a request has waited long enough.
    fn wait_for(&self, number: u64) -> Refetch {
        let (mut ended, enough) = (self.ended.subscribe(), self.timer.sleep(FETCH_TIMEOUT));
        Box::pin(async move {
            tokio::select! {
                // An error means that the source is gone, and nothing more will come.
                _ = ended.wait_for(|ended| *ended >= number) => {}
                () = enough => {}
            }
        })
    }

    /// Two numbers and a time are right whatever became of whoever changed them.
    fn lock(&self) -> MutexGuard<'_, Demand> {
        self.demand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn retry_after(failures: u32) -> Duration {
    Duration::from_secs(1 << (failures - 1).min(5)).min(MAX_RETRY)
}
