//! What came of the requests.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// All that was counted and timed.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    tokens: Times,
    refusals: Times,
    /// 503 and 429, and every other status that is not 200.
    statuses: BTreeMap<u16, u64>,
    /// Refusals that say when to come again.
    told_when: u64,
    /// Connections that ended in the middle of something, or could not be opened.
    pub(crate) broken: u64,
    /// Answers that did not come in time.
    pub(crate) timed_out: u64,
    /// Milliseconds of tokens, by the slice in which they were answered.
    slices: BTreeMap<u128, Vec<f64>>,
}

/// In milliseconds: from the sending, and from when they were due.
#[derive(Debug, Default)]
struct Times {
    sent: Vec<f64>,
    due: Vec<f64>,
}

impl Times {
    fn sort(&mut self) {
        self.sent.sort_by(f64::total_cmp);
        self.due.sort_by(f64::total_cmp);
    }
}

/// One answer.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u32>,
    pub(crate) since_due: Duration,
    pub(crate) since_sent: Duration,
    /// The slice that it came in, where there are slices.
    pub(crate) slice: Option<u128>,
}

impl Tally {
    pub(crate) fn answered(&mut self, answered: &Answered) {
        let times = match answered.status {
            200 => &mut self.tokens,
            503 | 429 => &mut self.refusals,
            _ => &mut Times::default(),
        };
        let [sent, due] = [answered.since_sent, answered.since_due].map(|time| time.as_secs_f64() * 1e3);
        times.sent.push(sent);
        times.due.push(due);
        if answered.status != 200 {
            *self.statuses.entry(answered.status).or_default() += 1;
            self.told_when += u64::from(answered.retry_after.is_some());
        } else if let Some(slice) = answered.slice {
            self.slices.entry(slice).or_default().push(sent);
        }
    }

    /// A line `slice <number> <tokens> <p50> <p99>` for each slice, and one that begins with `result` and has a name and a
    /// number for each figure. Times are milliseconds.
    #[expect(
        clippy::print_stdout,
        clippy::cast_precision_loss,
        reason = "it is what this program is for; counts are small"
    )]
    pub(crate) fn print(&mut self, given_up: u64, seconds: f64) {
        for (number, times) in &mut self.slices {
            times.sort_by(f64::total_cmp);
            println!(
                "slice {number} {} {:.3} {:.3}",
                times.len(),
                quantile(times, 0.5),
                quantile(times, 0.99)
            );
        }
        self.tokens.sort();
        self.refusals.sort();
        let count = |status| self.statuses.get(&status).copied().unwrap_or(0);
        let (unavailable, too_many) = (count(503), count(429));
        let others = self.statuses.values().sum::<u64>() - unavailable - too_many;
        let mut line = format!(
            "result goodput={:.1} tokens={} unavailable={unavailable} too_many={too_many} told_when={} others={others} \
             broken={} timed_out={} given_up={given_up}",
            self.tokens.sent.len() as f64 / seconds,
            self.tokens.sent.len(),
            self.told_when,
            self.broken,
            self.timed_out,
        );
        for (name, times) in [("token", &self.tokens), ("refusal", &self.refusals)] {
            for (from, times) in [("sent", &times.sent), ("due", &times.due)] {
                for (which, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
                    // Writing to a String does not fail.
                    let _ = write!(line, " {name}_{from}_{which}={:.3}", quantile(times, share));
                }
            }
        }
        println!("{line}");
    }
}

/// By rank, of values in order; 0 of none.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a length is a rank"
)]
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(0.0)
}
