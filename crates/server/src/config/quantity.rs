//! Times and numbers: how they are written, and within what bounds.

use std::time::Duration;

use super::value::ValueError;

/// The least and the most of a number, or of the milliseconds of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) least: u64,
    pub(super) most: u64,
}

impl Bounds {
    pub(super) fn hold(self, number: u128) -> bool {
        (u128::from(self.least)..=u128::from(self.most)).contains(&number)
    }

    /// The bounds of a number, in words.
    pub(super) fn numbers(self) -> String {
        format!("{} to {}", self.least, self.most)
    }

    /// The bounds of a time, in words.
    pub(super) fn times(self) -> String {
        let time = |millis| time_text(Duration::from_millis(millis));
        format!("{} to {}", time(self.least), time(self.most))
    }
}

/// A number and a unit, `ms`, `s`, `m`, `h` or `d` (24 hours); without one it is seconds.
pub fn parse_time(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let number: u64 = digits.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

/// A time as [`parse_time`] reads it, in the greatest unit that holds it.
pub(super) fn time_text(time: Duration) -> String {
    let millis = time.as_millis();
    let unit = [(3_600_000, "h"), (60_000, "m"), (1000, "s")];
    let unit = unit.into_iter().find(|(unit, _)| millis >= *unit && millis.is_multiple_of(*unit));
    match unit {
        Some((unit, name)) => format!("{}{name}", millis / unit),
        None if millis == 0 => "0s".to_owned(),
        None => format!("{millis}ms"),
    }
}

/// How long tokens live: whole seconds, or a number with `s`, `m` or `h`; a minute to a day, which `judge.rs` says since
/// tests of keys need less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(pub Duration);

impl std::str::FromStr for Lifetime {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let time = parse_time(text).filter(|time| time.subsec_millis() == 0);
        time.filter(|time| (1..=86_400).contains(&time.as_secs())).map(Self).ok_or_else(|| {
            ValueError(format!(
                "{text:?} is no lifetime: write seconds, or \"30m\" or \"1h\"; a minute to a day"
            ))
        })
    }
}
