//! Time that passes, as a parameter: for the schedule, the cooldown, the time-outs and the age of keys.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

/// Ends when its time has passed.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells how much time passes, and waits. Tests bring their own.
pub trait Timer: Send + Sync {
    /// Since some moment that stays the same. It never goes back, whatever is done to the clock on the wall.
    fn elapsed(&self) -> Duration;

    /// A wait of this long, from now.
    fn sleep(&self, time: Duration) -> Sleep;
}

/// Tokio's timer. It stands still while the machine sleeps, so that keys may be older by that long.
#[derive(Clone, Copy, Debug)]
pub struct TokioTimer(Instant);

impl Default for TokioTimer {
    fn default() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the timer that others are given")]
        Self(Instant::now())
    }
}

impl Timer for TokioTimer {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(time))
    }
}
