//! How far memory has followed the store, for whoever must not answer before it has.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};

/// How long an answer waits for memory: it is not withheld, since what it tells of is done.
const PATIENCE: Duration = Duration::from_secs(1);

/// The polls of one [`App`](crate::App), counted. One that began after a commit, and was good, followed it.
pub(crate) struct Following {
    asked: Notify,
    begun: AtomicU64,
    done: watch::Sender<u64>,
    /// A poller runs: without one, nobody would ever say that a poll is done.
    runs: AtomicBool,
}

impl Following {
    pub(crate) fn new() -> Self {
        let (done, _) = watch::channel(0);
        Self { asked: Notify::new(), begun: AtomicU64::new(0), done, runs: AtomicBool::new(false) }
    }

    /// A poller runs from now on.
    pub(crate) fn started(&self) {
        self.runs.store(true, Ordering::SeqCst);
    }

    /// Until somebody waits for a poll.
    pub(crate) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// A poll begins; its number.
    pub(crate) fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The poll of this number was good.
    pub(crate) fn end(&self, number: u64) {
        self.done.send_if_modified(|done| number > std::mem::replace(done, number.max(*done)));
    }

    /// Has the store polled, and waits until memory holds whatever was committed before this call; a second at the most.
    pub(crate) async fn catch_up(&self) {
        if !self.runs.load(Ordering::SeqCst) {
            return;
        }
        let before = self.begun.load(Ordering::SeqCst);
        let mut done = self.done.subscribe();
        self.asked.notify_one();
        // The poller follows as soon as it can, whether somebody waits or not.
        let _ = tokio::time::timeout(PATIENCE, done.wait_for(|done| *done > before)).await;
    }
}
