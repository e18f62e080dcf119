//! What the members of a token mean, in words.

use jeton_core::Timestamp;
use serde_json::{Map, Value, json};

use super::decode::shown;
use crate::output;

/// Each member of the header with its meaning.
pub(super) fn header(members: &Map<String, Value>) -> Vec<Value> {
    let meaning = |name: &str| match name {
        "typ" => "what it is: at+jwt is an access token (RFC 9068)",
        "alg" => "how it is signed",
        "kid" => "which of the issuer's keys signed it",
        _ => "not needed here",
    };
    members.iter().map(|(name, value)| row(name, value, meaning(name))).collect()
}

/// Each claim with its meaning.
pub(super) fn claims(members: &Map<String, Value>, now: i64) -> Vec<Value> {
    members.iter().map(|(name, value)| row(name, value, &meaning(name, value, now))).collect()
}

fn meaning(name: &str, value: &Value, now: i64) -> String {
    let when = |what: &str| match value.as_i64() {
        Some(seconds) => format!("{what} {}", at(seconds, now)),
        None => format!("{what} at a time that is none"),
    };
    match name {
        "iss" => "who issued it".to_owned(),
        "sub" => "whom it is about: for client credentials the client id".to_owned(),
        "client_id" => "who asked for it, and calls with it".to_owned(),
        "aud" => "which API it is for, or which APIs".to_owned(),
        "iat" => when("issued"),
        "nbf" => when("good from"),
        "exp" => when(if value.as_i64().is_some_and(|exp| exp <= now) { "expired" } else { "expires" }),
        "jti" => "its own id".to_owned(),
        "scope" => "what it allows".to_owned(),
        "company" => "the company that owns the credential".to_owned(),
        "rev" => "the credential's handle and generation, for revocation".to_owned(),
        _ => "not known to Jeton, and not checked".to_owned(),
    }
}

fn row(name: &str, value: &Value, meaning: &str) -> Value {
    json!({ "name": name, "value": value, "shown": shown(Some(value)), "meaning": meaning })
}

/// A time as RFC 3339 has it, and how far off it is.
pub(super) fn at(seconds: i64, now: i64) -> String {
    format!("{}, {}", time(seconds), relative(seconds.saturating_sub(now)))
}

/// A time as RFC 3339 has it.
pub(super) fn time(seconds: i64) -> String {
    let at = seconds.checked_mul(1_000_000).map(|micros| output::time(Timestamp(micros)));
    match at {
        Some(Value::String(text)) => text,
        _ => format!("{seconds} seconds after 1970, which is no time of our calendar"),
    }
}

fn relative(seconds: i64) -> String {
    let distance = seconds.unsigned_abs();
    let (number, unit) = match distance {
        0 => return "now".to_owned(),
        1..=119 => (distance, "second"),
        120..=7199 => (distance / 60, "minute"),
        7200..=172_799 => (distance / 3600, "hour"),
        _ => (distance / 86_400, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    if seconds > 0 { format!("in {number} {unit}{plural}") } else { format!("{number} {unit}{plural} ago") }
}

#[cfg(test)]
mod tests {
    use super::{at, relative, time};

    #[test]
    fn times_are_told_as_people_would() {
        for (seconds, told) in [
            (0, "now"),
            (1, "in 1 second"),
            (-1, "1 second ago"),
            (119, "in 119 seconds"),
            (-120, "2 minutes ago"),
            (7199, "in 119 minutes"),
            (-7200, "2 hours ago"),
            (172_800, "in 2 days"),
            (i64::MIN, "106751991167300 days ago"),
        ] {
            assert_eq!(relative(seconds), told);
        }
        assert_eq!(at(1_800_000_000, 1_800_000_060), "2027-01-15T08:00:00Z, 60 seconds ago");
        assert!(time(i64::MAX).ends_with("no time of our calendar"));
    }
}
