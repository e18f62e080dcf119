//! When to look at the feed, and how long what was seen serves. One task looks and nobody else; requests only read.

use super::feed::{Feed, Look};
use crate::fetch::error::FetchError;
use crate::fetch::timer::Timer;
use crate::revocation_set::{RevocationChunk, RevocationSet};
use crate::revocations::{Revision, Verdict};
use arc_swap::ArcSwapOption;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// How long after a look the next one begins, give or take a tenth, also where it failed.
pub const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// What becomes of tokens that are not known to be revoked, when the issuer has not been heard for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fetch) enum WhenStale {
    Refuse,
    DangerAccept,
}

/// What the task that looks and everybody who asks have in common.
pub(super) struct Shared {
    bound: Duration,
    when_stale: WhenStale,
    timer: Arc<dyn Timer>,
    held: ArcSwapOption<Held>,
    last_error: ArcSwapOption<FetchError>,
    /// Whether a look has ended.
    looked: watch::Sender<bool>,
}

/// What was revoked at a time.
struct Held {
    set: Arc<RevocationSet>,
    /// When the look began whose head vouches for it.
    at: Duration,
}

impl Shared {
    pub(super) fn new(bound: Duration, when_stale: WhenStale, timer: Arc<dyn Timer>) -> Self {
        Self {
            bound,
            when_stale,
            timer,
            held: ArcSwapOption::empty(),
            last_error: ArcSwapOption::empty(),
            looked: watch::Sender::new(false),
        }
    }

    /// What was revoked stays so, however old the news of it are.
    pub(super) fn judge(&self, jti: &str, revision: Option<Revision<'_>>) -> Verdict {
        match self.held.load().as_ref() {
            Some(held) if held.set.contains(jti, revision) => Verdict::Revoked,
            Some(held) if self.when_stale == WhenStale::DangerAccept || self.serves(held) => Verdict::Good,
            _ => Verdict::Stale,
        }
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.held.load().as_ref().is_some_and(|held| self.serves(held))
    }

    pub(super) fn last_error(&self) -> Option<Arc<FetchError>> {
        self.last_error.load_full()
    }

    /// Ends with the first look, however it ends.
    pub(super) async fn first(&self) {
        // The sender is ours, so it is there.
        drop(self.looked.subscribe().wait_for(|looked| *looked).await);
    }

    /// Looks for ever.
    pub(super) async fn run(self: Arc<Self>, mut feed: Feed) {
        let mut log = Log::default();
        loop {
            let began = self.timer.elapsed();
            let looked = feed.look(!self.is_fresh()).await;
            match looked {
                Ok(look) => {
                    self.learn(look, began).await;
                    self.last_error.store(None);
                    log.worked();
                }
                Err(error) => {
                    log.failed(&error);
                    self.last_error.store(Some(Arc::new(error)));
                }
            }
            log.freshness(self.is_fresh());
            self.looked.send_replace(true);
            self.timer.sleep(pause(self.timer.elapsed())).await;
        }
    }

    async fn learn(&self, look: Look, began: Duration) {
        let set = match (look, self.held.load_full()) {
            (Look::Changed(chunks), _) => together(chunks).await.map(Arc::new),
            (Look::Confirmed, held) => held.map(|held| Arc::clone(&held.set)),
            (Look::NothingNew, _) => None,
        };
        if let Some(set) = set {
            self.held.store(Some(Arc::new(Held { set, at: began })));
        }
    }

    fn serves(&self, held: &Held) -> bool {
        self.timer.elapsed().saturating_sub(held.at) < self.bound
    }
}

/// A million entries take a tenth of a second, which no other task shall wait for. Nothing comes of it where the runtime
/// ends.
async fn together(chunks: Vec<Arc<RevocationChunk>>) -> Option<RevocationSet> {
    spawn_blocking(move || RevocationSet::of(chunks.iter().map(Arc::as_ref))).await.ok()
}

/// Many services that begin at one moment do not stay in step: the end of a time is as good as random.
fn pause(now: Duration) -> Duration {
    let drift = now.subsec_nanos() % (POLL_INTERVAL / 5).subsec_nanos();
    POLL_INTERVAL * 9 / 10 + Duration::from_nanos(drift.into())
}

/// Says what begins and what ends, and not every second that it is still so.
#[derive(Default)]
struct Log {
    failures: u64,
    stale: bool,
}

impl Log {
    fn failed(&mut self, error: &FetchError) {
        self.failures += 1;
        if self.failures == 1 {
            tracing::warn!(%error, "the revocation feed cannot be followed");
        }
    }

    fn worked(&mut self) {
        if self.failures > 0 {
            tracing::info!(failures = self.failures, "the revocation feed is followed again");
        }
        self.failures = 0;
    }

    fn freshness(&mut self, fresh: bool) {
        match (self.stale, fresh) {
            (false, false) => tracing::error!("what is revoked is not known at present"),
            (true, true) => tracing::info!("what is revoked is known again"),
            (false, true) | (true, false) => {}
        }
        self.stale = !fresh;
    }
}
