//! What time it is, as a parameter.

use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time. Tests bring their own.
pub trait Clock: Send + Sync {
    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    fn now(&self) -> i64;
}

/// Any function of no arguments is a clock.
impl<F: Fn() -> i64 + Send + Sync> Clock for F {
    fn now(&self) -> i64 {
        self()
    }
}

/// The operating system's clock, which an administrator or NTP may set.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that others are given")]
        let now = SystemTime::now();
        // A clock before 1970 is wrong; at the end of time everything has expired, which fails closed.
        now.duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| i64::try_from(since.as_secs()).ok())
            .unwrap_or(i64::MAX)
    }
}
