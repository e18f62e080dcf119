//! Refusals that depend on who exists leave at a fixed time after their request was read, so that the time of an answer
//! does not say whether a client id is known (`docs/adr/0012-refusals-are-held.md`).
//!
//! The work for a known and an unknown client id is the same in kind, one read of the store and the same hashes, but not
//! to the microsecond: a known one has secrets and grants to carry. An answer that is sent at a time which the work did
//! not choose does not show it.
//!
//! A timer of the kernel keeps the time. The runtime's own would wait whole milliseconds from the moment that the work
//! ended, and so hand its length on.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// More than a failure takes on a server that keeps up, less than its receiver minds.
const STEP: Duration = Duration::from_millis(5);

/// Holds refusals back until their time has come.
#[derive(Debug)]
pub(crate) struct RefusalDelay {
    shared: Arc<Shared>,
    releasing: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    timer: AsyncFd<OwnedFd>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// Who waits, by when it is due and by a number that tells apart what is due at once.
    refusals: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
    count: u64,
}

/// When a request had been read, all that its sender chooses the time of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestRead(Duration);

impl RequestRead {
    pub(crate) fn now() -> Self {
        Self(now())
    }
}

impl RefusalDelay {
    /// Makes its timer, and the task that ends when this is dropped.
    pub(crate) fn start() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        #[expect(
            deprecated,
            reason = "its descriptor is its own, which is all that the unsafe one asks to be sworn"
        )]
        let timer = AsyncFd::new(timerfd_create(TimerfdClockId::Monotonic, flags)?)?;
        let shared = Arc::new(Shared { timer, held: Mutex::default() });
        let releasing = tokio::spawn(Arc::clone(&shared).release_in_time());
        Ok(Self { shared, releasing })
    }

    /// Returns a whole number of steps after `read`, when the request had been read: one, unless the work took longer.
    pub(crate) async fn hold(&self, read: RequestRead) {
        let (wake, due) = oneshot::channel();
        self.shared.hold(due_at(read.0, now()), wake);
        // Nothing is sent where the server is being taken down: then there is nothing to wait for.
        let _ = due.await;
    }
}

impl Drop for RefusalDelay {
    fn drop(&mut self) {
        self.releasing.abort();
        self.shared.lock().refusals.clear();
    }
}

impl Shared {
    fn hold(&self, due: Duration, wake: oneshot::Sender<()>) {
        let mut held = self.lock();
        held.count += 1;
        let place = (due, held.count);
        held.refusals.insert(place, wake);
        if held.refusals.first_key_value().is_some_and(|(first, _)| *first == place) {
            self.set(due);
        }
    }

    async fn release_in_time(self: Arc<Self>) {
        // It fails only where the runtime ends.
        while let Ok(mut ready) = self.timer.readable().await {
            // How often it went off does not matter, nor whether it was set anew meanwhile.
            let _ = rustix::io::read(&self.timer, &mut [0; 8]);
            ready.clear_ready();
            let mut held = self.lock();
            while let Some(first) = held.refusals.first_entry() {
                let (due, _) = *first.key();
                if due > now() {
                    self.set(due);
                    break;
                }
                // Whoever waited may have gone away.
                let _ = first.remove().send(());
            }
        }
    }

    fn set(&self, due: Duration) {
        let at = Timespec::try_from(due).unwrap_or_default();
        let once = Itimerspec { it_interval: Timespec::default(), it_value: at };
        let set = timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &once);
        set.expect("a timer of our own takes any time");
    }

    // Whatever a panic interrupts leaves the map whole, so poison says nothing.
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first whole number of steps after `read` that is not past at `now`, at least one.
fn due_at(read: Duration, now: Duration) -> Duration {
    let steps = now.saturating_sub(read).as_nanos().div_ceil(STEP.as_nanos()).max(1);
    read.saturating_add(STEP.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX)))
}

/// The timer's clock. What is measured here is a wait, which no clock of a test can shorten.
fn now() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_refusal_is_due_at_the_first_step_that_is_not_past(worked in 0_u64..60_000_000_000) {
            let read = now();
            let worked = Duration::from_nanos(worked);
            let due = due_at(read, read + worked).checked_sub(read).unwrap();
            prop_assert!(due >= worked);
            prop_assert!(due >= STEP);
            prop_assert_eq!(due.as_nanos() % STEP.as_nanos(), 0);
            prop_assert!(due == STEP || due < worked + STEP);
        }
    }

    #[tokio::test]
    async fn what_is_due_later_is_not_released_by_what_is_due_first() {
        let delay = RefusalDelay::start().unwrap();
        let began = now();
        let early = RequestRead(began);
        let late = RequestRead(began + 20 * STEP);
        let (first, second) = tokio::join!(
            async {
                delay.hold(late).await;
                now()
            },
            async {
                delay.hold(early).await;
                now()
            }
        );
        assert!(first >= began + 21 * STEP, "the late one was released early");
        assert!(second >= began + STEP, "the early one was released early");
    }

    #[tokio::test]
    async fn nobody_waits_for_a_server_that_is_gone() {
        let delay = RefusalDelay::start().unwrap();
        let far = RequestRead(now() + Duration::from_hours(1));
        let shared = Arc::clone(&delay.shared);
        let (wake, due) = oneshot::channel();
        shared.hold(due_at(far.0, far.0), wake);
        drop(delay);
        assert!(due.await.is_err());
    }
}
