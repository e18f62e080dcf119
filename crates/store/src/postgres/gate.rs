//! When to try to connect: after a failure one attempt at a time, with pauses of random length between them.
//!
//! A database that comes back must not be met by every look-up of every node at once. Who comes at another time is told
//! at once that it is away, which is also the quickest answer.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::sleep;

/// The shortest pause after a failed attempt, and how much longer it may be.
const PAUSE: (u64, u64) = (250, 250);

/// Whether the database was there when somebody last connected.
#[derive(Debug)]
pub(super) struct Gate {
    state: Mutex<State>,
    /// What the pauses run on.
    runtime: Handle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Whoever needs a connection makes one.
    Open,
    /// An attempt failed: nobody tries until the pause is over, or while somebody else tries.
    Shut,
    /// The pause is over: the next one tries.
    Ajar,
}

impl Gate {
    /// An open one.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State::Open), runtime: Handle::current() })
    }

    /// Whether the last attempt succeeded.
    pub(super) fn is_open(&self) -> bool {
        *self.state() == State::Open
    }

    /// A turn to connect, unless it is too early.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Attempt> {
        let mut state = self.state();
        let alone = match *state {
            State::Open => false,
            State::Shut => return None,
            State::Ajar => true,
        };
        if alone {
            *state = State::Shut;
        }
        Some(Attempt { gate: Arc::clone(self), alone, succeeded: false })
    }

    fn end(self: &Arc<Self>, attempt: &Attempt) {
        let mut state = self.state();
        if attempt.succeeded {
            *state = State::Open;
        } else if attempt.alone || *state == State::Open {
            *state = State::Shut;
            let gate = Arc::clone(self);
            // The task ends by itself, with its pause.
            drop(self.runtime.spawn(async move {
                sleep(pause()).await;
                let mut state = gate.state();
                if *state == State::Shut {
                    *state = State::Ajar;
                }
            }));
        }
    }

    // A word is written whole or not at all, so poison says nothing.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn to connect. It has failed unless it is told otherwise, so one that is given up has failed too.
#[derive(Debug)]
pub(super) struct Attempt {
    gate: Arc<Gate>,
    /// After a failure.
    alone: bool,
    succeeded: bool,
}

impl Attempt {
    pub(super) fn succeed(mut self) {
        self.succeeded = true;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.gate.end(self);
    }
}

/// Another one each time and on each node, so that nodes which lost the database together do not come back together.
/// Nothing secret hangs on it.
pub(super) fn pause() -> Duration {
    let (least, more) = PAUSE;
    Duration::from_millis(least + RandomState::new().hash_one(0) % more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_one_at_a_time_and_not_at_once() {
        let gate = Gate::new();
        let (first, second) = (gate.enter().unwrap(), gate.enter().unwrap());
        drop(first);
        drop(second);
        assert!(!gate.is_open() && gate.enter().is_none(), "the pause has begun");
        for _ in 0..3 {
            sleep(Duration::from_millis(501)).await;
            let attempt = gate.enter().expect("the pause is over");
            assert!(gate.enter().is_none(), "somebody tries");
            drop(attempt);
            assert!(gate.enter().is_none(), "it failed, and another pause has begun");
        }
        sleep(Duration::from_millis(501)).await;
        gate.enter().unwrap().succeed();
        assert!(gate.is_open());
        let _two = (gate.enter().unwrap(), gate.enter().unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_differ_and_are_never_short() {
        let pauses: Vec<Duration> = (0..20).map(|_| pause()).collect();
        assert!(pauses.iter().all(|pause| (250..500).contains(&pause.as_millis())), "{pauses:?}");
        assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{pauses:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_ends_late_shuts_nothing() {
        let gate = Gate::new();
        let (slow, failed) = (gate.enter().unwrap(), gate.enter().unwrap());
        drop(failed);
        slow.succeed();
        sleep(Duration::from_millis(501)).await;
        assert!(gate.is_open());
    }
}
