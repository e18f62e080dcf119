//! Work that takes long enough to hold up requests: on threads of its own, so much of it at once, and so much that waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use prometheus_client::metrics::counter::Counter;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Turns, and a queue before them.
#[derive(Debug)]
pub(crate) struct Lane {
    turns: Arc<Semaphore>,
    /// Whoever is here, whether it waits or has its turn.
    inside: AtomicUsize,
    room: usize,
    refused: Counter,
}

/// Half of this machine's cores: the other half stays with everybody else.
pub(crate) fn half_of_the_cores() -> usize {
    (available_parallelism().map_or(1, usize::from) / 2).max(1)
}

impl Lane {
    /// With so many turns at once, and room for so many, those included; the others are refused and counted.
    pub(crate) fn new(turns: usize, room: usize, refused: Counter) -> Self {
        Self { turns: Arc::new(Semaphore::new(turns)), inside: AtomicUsize::new(0), room, refused }
    }

    /// Does the work when its turn comes. Nothing where there was no room for it, or it panicked. Whoever goes away ends only
    /// its wait: what has begun goes on, and keeps its turn until it is done.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let _place = self.place()?;
        // Nobody closes it.
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        let work = spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        work.await.ok()
    }

    fn place(&self) -> Option<Place<'_>> {
        // It is given back either way.
        let place = Place(&self.inside);
        if self.inside.fetch_add(1, Ordering::Relaxed) < self.room {
            return Some(place);
        }
        self.refused.inc();
        None
    }
}

struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
