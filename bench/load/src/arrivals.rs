//! When requests are due, and which of them nobody waited for.

use std::time::Duration;

use tokio::time::Instant;

/// The real time.
#[expect(clippy::disallowed_methods, reason = "what is measured is real time")]
pub(crate) fn now() -> Instant {
    Instant::from_std(std::time::Instant::now())
}

/// Arrivals at even distances. They are numbered, so those that wait need no list: they are all from `next` on that are due.
#[derive(Debug)]
pub(crate) struct Arrivals {
    start: Instant,
    rate: f64,
    /// How many there are in all.
    number: u64,
    patience: Duration,
    next: u64,
    given_up: u64,
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "nobody sends 2^52 requests, and times are not negative"
)]
impl Arrivals {
    pub(crate) fn new(start: Instant, rate: f64, lasts: Duration, patience: Duration) -> Self {
        let number = (lasts.as_secs_f64() * rate) as u64;
        Self { start, rate, number, patience, next: 0, given_up: 0 }
    }

    /// When they began.
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// The next one, which may be due in the future: its number, and when it is due. None where there are no more.
    pub(crate) fn take(&mut self, now: Instant) -> Option<(u64, Instant)> {
        let waited = now.saturating_duration_since(self.start).saturating_sub(self.patience);
        let first = ((waited.as_secs_f64() * self.rate) as u64).min(self.number);
        self.given_up += first.saturating_sub(self.next);
        self.next = self.next.max(first);
        let number = (self.next < self.number).then_some(self.next)?;
        self.next += 1;
        Some((number, self.start + Duration::from_secs_f64(number as f64 / self.rate)))
    }

    /// Whether there can be no more.
    pub(crate) fn are_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.start).as_secs_f64() * self.rate > self.number as f64
    }

    /// How many went away unsent.
    pub(crate) fn given_up(&self) -> u64 {
        self.given_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(start: Instant) -> Arrivals {
        Arrivals::new(start, 100.0, Duration::from_secs(1), Duration::from_millis(500))
    }

    #[tokio::test]
    async fn they_are_due_at_even_distances() {
        let start = now();
        let mut arrivals = arrivals(start);
        assert_eq!(arrivals.take(start), Some((0, start)));
        assert_eq!(arrivals.take(start), Some((1, start + Duration::from_millis(10))));
        assert_eq!(arrivals.given_up(), 0);
    }

    #[tokio::test]
    async fn those_go_away_that_waited_too_long() {
        let start = now();
        let mut arrivals = arrivals(start);
        let due = Duration::from_millis(10);
        assert_eq!(arrivals.take(start + Duration::from_millis(515)), Some((1, start + due)));
        assert_eq!(arrivals.given_up(), 1);
        assert_eq!(arrivals.take(start + Duration::from_secs(9)), None);
        assert_eq!(arrivals.given_up(), 99);
    }
}
