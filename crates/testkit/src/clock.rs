//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use jeton_core::{Clock, Timestamp};

/// 2026-01-01T00:00:00Z, in seconds: when every test begins.
const BEGINNING: i64 = 1_767_225_600;

/// How long the machine has been running when a test begins.
const UPTIME: Duration = Duration::from_hours(1);

/// Wall clock and uptime, both moved by hand alone.
#[derive(Debug)]
pub struct ManualClock {
    wall: AtomicI64,
    uptime: AtomicU64,
}

impl Default for ManualClock {
    fn default() -> Self {
        Self {
            wall: AtomicI64::new(Timestamp::from_seconds(BEGINNING).0),
            uptime: AtomicU64::new(micros(UPTIME)),
        }
    }
}

impl ManualClock {
    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let now = self.now().plus(by);
        self.set_wall(now);
        self.uptime.fetch_add(micros(by), Ordering::SeqCst);
    }

    /// Sets the wall clock alone, as an administrator or NTP does, back as well as forth.
    pub fn set_wall(&self, now: Timestamp) {
        self.wall.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.wall.load(Ordering::SeqCst))
    }

    fn uptime(&self) -> Duration {
        Duration::from_micros(self.uptime.load(Ordering::SeqCst))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).expect("tests do not last half a million years")
}
