//! How often what happened, and when each secret was last used: what servers count in memory and write in batches.
//!
//! No token's answer depends on any of it. What a caller chose freely is no part of it: who is not known to the store is
//! counted under no client id, and the texts of a last use are cleaned by [`push_shown_text`].
//!
//! To add something that is counted: a field of [`Count`], a column, and its place in the key of `usage`.

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use crate::id::{ClientId, EnvironmentName, SecretId};
use crate::model::words;
use crate::reason::Reason;
use crate::time::Timestamp;

words! {
    /// For how long a count stands. Every request is counted in all of them, each kept for a time of its own.
    Span {
        /// Minutes are kept for 48 hours.
        Minute = "minute",
        /// Hours are kept for 90 days.
        Hour = "hour",
        /// Days are kept for two years.
        Day = "day",
    }
}

impl Span {
    /// How long it is.
    pub const fn length(self) -> Duration {
        match self {
            Self::Minute => Duration::from_mins(1),
            Self::Hour => Duration::from_hours(1),
            Self::Day => Duration::from_hours(24),
        }
    }

    /// How long counts of it are kept.
    pub const fn kept(self) -> Duration {
        match self {
            Self::Minute => Duration::from_hours(48),
            Self::Hour => Duration::from_hours(90 * 24),
            Self::Day => Duration::from_hours(2 * 365 * 24),
        }
    }

    /// When the one began that `time` lies in, in UTC.
    #[must_use]
    pub fn start(self, time: Timestamp) -> Timestamp {
        let length = i64::try_from(self.length().as_micros()).unwrap_or(i64::MAX);
        Timestamp(time.0.saturating_sub(time.0.rem_euclid(length)))
    }
}

/// How a counted request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// With a token.
    Issued,
    /// Without one, for this reason.
    Refused(Reason),
}

impl Counted {
    /// What is stored for [`Counted::Issued`]; no reason is spelt so.
    pub const ISSUED: &'static str = "issued";

    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issued => Self::ISSUED,
            Self::Refused(reason) => reason.as_str(),
        }
    }
}

/// So many requests of one kind in one minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// When the minute began.
    pub minute: Timestamp,
    /// Where they were sent.
    pub environment: EnvironmentName,
    /// Of whom, if the store knows the client id.
    pub client_id: Option<ClientId>,
    /// The secret that was right, if one was, whether it serves or not.
    pub secret: Option<SecretId>,
    /// The path of the token endpoint.
    pub endpoint: String,
    /// How they ended.
    pub outcome: Counted,
    /// How many.
    pub count: u64,
}

/// The last time that a secret was accepted, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUse {
    /// Which.
    pub secret: SecretId,
    /// When.
    pub time: Timestamp,
    /// From where.
    pub address: Option<IpAddr>,
    /// By which program, in its own words.
    pub user_agent: Option<String>,
    /// The caller's name for the request, or the request id.
    pub tracking_id: Option<String>,
}

/// Something to write whole or not at all, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageBatch {
    /// Who counted.
    pub writer: String,
    /// One more than the writer's last, from 1.
    pub number: i64,
    /// When it is written.
    pub written: Timestamp,
    /// What was counted.
    pub counts: Vec<Count>,
    /// The last uses of secrets.
    pub uses: Vec<SecretUse>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchEnd {
    /// It is in the store.
    Written,
    /// It was in the store already, and was not counted twice.
    WasWritten,
    /// The store knows no such writer at the batch before this one, and took nothing.
    NoWriter,
}

/// Who counts: one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageWriter {
    /// Its name, which no other process has.
    pub writer: String,
    /// The name of the node that it runs on.
    pub node: String,
    /// When its last batch was written, or when it began.
    pub written: Timestamp,
}

/// Which counts to read.
#[derive(Debug, Clone)]
pub struct UsageFilter {
    /// By minutes, hours or days.
    pub span: Span,
    /// Of those that began then or later.
    pub since: Timestamp,
    /// In this environment.
    pub environment: EnvironmentName,
    /// Of this credential.
    pub client_id: ClientId,
}

/// Where a row of a credential's usage stands: the order of their list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsageKey {
    /// When its span began.
    pub start: Timestamp,
    /// The secret that was right, or ''.
    pub secret: String,
    /// The path of the endpoint.
    pub endpoint: String,
    /// How it ended: [`Counted::ISSUED`] or a reason, perhaps one of a newer version.
    pub outcome: String,
}

/// So many requests of one kind in one span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// What they have in common.
    pub key: UsageKey,
    /// How many.
    pub count: i64,
}

/// Whom to list by their requests.
#[derive(Debug, Clone)]
pub struct TopFilter {
    /// By minutes, hours or days.
    pub span: Span,
    /// Of those that began then or later.
    pub since: Timestamp,
    /// In this environment, or in all.
    pub environment: Option<EnvironmentName>,
    /// Those with the most refusals first, rather than those with the most requests.
    pub refused: bool,
    /// At most so many.
    pub limit: u32,
}

/// The requests of one credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopRow {
    /// Where.
    pub environment: String,
    /// Whose; nobody's where the store knew no such client id.
    pub client_id: Option<ClientId>,
    /// How many tokens were issued.
    pub issued: i64,
    /// How many requests were refused.
    pub refused: i64,
}

/// The longest text of a caller that is kept.
const LONGEST: usize = 200;

/// Adds a caller's text to `kept`: the visible ASCII of it and spaces, cut to 200 bytes.
pub fn push_shown_text(kept: &mut String, text: &[u8]) {
    let is_shown = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    match str::from_utf8(text) {
        // Nearly all are so.
        Ok(whole) if text.len() <= LONGEST && text.iter().all(is_shown) => kept.push_str(whole),
        _ => {
            let shown = text.iter().copied().filter(is_shown).take(LONGEST);
            kept.reserve(text.len().min(LONGEST));
            kept.extend(shown.map(char::from));
        }
    }
}
