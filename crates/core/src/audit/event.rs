//! A row of the audit log as others read it: a `CloudEvent`, version 1.0, in the JSON format.

use serde::Serialize;

use super::{AuditRow, Position};
use crate::time::Timestamp;

/// The attributes of <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>, and `digest` as an extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEvent {
    /// `1.0`.
    pub specversion: &'static str,
    /// The row's commit and its place there, such as `17-0`.
    pub id: Position,
    /// `urn:jeton:audit`.
    pub source: &'static str,
    /// `jeton.` and what was done.
    #[serde(rename = "type")]
    pub kind: String,
    /// To what.
    pub subject: String,
    /// When, as RFC 3339 has it, in UTC.
    pub time: String,
    /// `application/json`.
    pub datacontenttype: &'static str,
    /// The row's place in the chain, in hexadecimal digits; nothing where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What the row says.
    pub data: EventData,
}

/// What a row says of what was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventData {
    /// In which commit.
    pub sequence: i64,
    /// At which place of it.
    pub position: i64,
    /// Who.
    pub actor: String,
    /// From where, if over a network.
    pub address: Option<String>,
    /// In which request, if in one.
    pub request_id: Option<String>,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// What came of it: `done` or `refused`.
    pub outcome: String,
    /// In which environment, if in one.
    pub environment: Option<String>,
    /// To which company, if to one.
    pub company: Option<String>,
    /// To what.
    pub target: String,
}

impl From<AuditRow> for AuditEvent {
    fn from(row: AuditRow) -> Self {
        let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        Self {
            specversion: "1.0",
            id: row.at,
            source: "urn:jeton:audit",
            kind: format!("jeton.{}", row.kind),
            subject: row.target.clone(),
            time: rfc3339(row.time),
            datacontenttype: "application/json",
            digest: (!row.digest.is_empty()).then(|| hex(&row.digest)),
            data: EventData {
                sequence: row.at.sequence.0,
                position: row.at.position,
                actor: row.actor,
                address: row.address,
                request_id: row.request_id,
                reason: row.reason,
                outcome: row.outcome,
                environment: row.environment,
                company: row.company,
                target: row.target,
            },
        }
    }
}

/// In UTC, to the microsecond. Days are counted from 1 March of the year 0, so that a leap day is a year's last.
pub(super) fn rfc3339(time: Timestamp) -> String {
    let (seconds, micros) = (time.0.div_euclid(1_000_000), time.0.rem_euclid(1_000_000));
    let (days, second) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}
