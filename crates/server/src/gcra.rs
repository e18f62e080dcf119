//! The generic cell rate algorithm: a token bucket in one number, for a limit of so many a minute.
//!
//! The number is the time at which the bucket would be full again. Each use moves it on by one interval; a use is
//! refused while it lies further ahead than a burst allows. Times are nanoseconds of uptime.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many uses there are, and how fast they come back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// Between two uses that come back.
    interval: u64,
    /// How far ahead of now the bucket may be, for one more use.
    ahead: u64,
}

impl Rate {
    /// So many a minute, and so many at once after a long rest; at least one of each.
    pub(crate) fn per_minute(uses: u32, burst: u32) -> Self {
        let interval = nanos(Duration::from_mins(1)) / u64::from(uses.max(1));
        Self { interval, ahead: interval.saturating_mul(u64::from(burst.max(1) - 1)) }
    }
}

/// One bucket. A new one is full.
#[derive(Debug, Default)]
pub(crate) struct Bucket(AtomicU64);

impl Bucket {
    /// How long until there is a use; `None` where there is one.
    pub(crate) fn wait(&self, rate: Rate, now: Duration) -> Option<Duration> {
        wait(self.0.load(Ordering::Relaxed), rate, nanos(now))
    }

    /// Takes a use, or says how long until there is one.
    pub(crate) fn take(&self, rate: Rate, now: Duration) -> Result<(), Duration> {
        let now = nanos(now);
        let next = |full: u64| match wait(full, rate, now) {
            None => Some(full.max(now).saturating_add(rate.interval)),
            Some(_) => None,
        };
        match self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, next) {
            Ok(_) => Ok(()),
            Err(full) => Err(wait(full, rate, now).unwrap_or_default()),
        }
    }
}

fn wait(full: u64, rate: Rate, now: u64) -> Option<Duration> {
    let over = full.saturating_sub(now).checked_sub(rate.ahead)?;
    (over > 0).then(|| Duration::from_nanos(over))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn a_burst_and_then_one_for_each_interval() {
        let (bucket, rate) = (Bucket::default(), Rate::per_minute(60, 3));
        for _ in 0..3 {
            assert_eq!(bucket.take(rate, HOUR), Ok(()));
        }
        assert_eq!(bucket.take(rate, HOUR), Err(Duration::from_secs(1)));
        assert_eq!(bucket.wait(rate, HOUR), Some(Duration::from_secs(1)));
        let later = HOUR + Duration::from_secs(1);
        assert_eq!(bucket.wait(rate, later), None);
        assert_eq!(bucket.take(rate, later), Ok(()));
        assert_eq!(bucket.take(rate, later), Err(Duration::from_secs(1)));
    }

    #[test]
    fn a_limit_that_is_raised_out_of_reach_limits_nothing() {
        let (bucket, rate) = (Bucket::default(), Rate::per_minute(u32::MAX, u32::MAX));
        for _ in 0..10_000 {
            assert_eq!(bucket.take(rate, HOUR), Ok(()));
        }
    }

    proptest! {
        /// Over any stretch of time, no more than a burst and what came back.
        #[test]
        fn no_more_than_the_rate(
            uses in 1..600_u32,
            burst in 1..200_u32,
            steps in proptest::collection::vec(0..2_000_u64, 1..500),
        ) {
            let (bucket, rate) = (Bucket::default(), Rate::per_minute(uses, burst));
            let (mut taken, mut now) = (0_u64, HOUR);
            for step in steps {
                now += Duration::from_millis(step);
                match bucket.take(rate, now) {
                    Ok(()) => taken += 1,
                    // Who waits as long as told is let through.
                    Err(wait) => prop_assert_eq!(bucket.wait(rate, now + wait), None),
                }
            }
            let back = (nanos(now) - nanos(HOUR)) / rate.interval;
            prop_assert!(taken <= u64::from(burst) + back);
        }
    }
}
