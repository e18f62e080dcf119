//! `jeton usage`, and what the listings say of the last use of secrets.

use std::collections::BTreeMap;
use std::time::Duration;

use jeton_core::Timestamp;
use jeton_core::admin::Admin;
use jeton_core::id::SecretId;
use jeton_core::model::{Credential, StoredSecret};
use jeton_core::usage::{SecretUse, TopFilter, UsageFilter};
use serde_json::{Value, json};

use crate::args::{Format, Usage, Which, Window};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(admin: &Admin, command: Usage, format: Format) -> Result<(), Failure> {
    match command {
        Usage::Show { which: Which { client_id, environment }, window } => {
            let (span, since) = bounds(admin, &window);
            let filter = UsageFilter { span, since, environment, client_id };
            let (credential, rows) = admin.usage(&filter).await?;
            let row = |row: &jeton_core::usage::UsageRow| {
                json!({
                    "time": output::time(row.key.start),
                    "endpoint": row.key.endpoint,
                    "secret": (!row.key.secret.is_empty()).then_some(&row.key.secret),
                    "secret_ends_with": last_four(&credential, &row.key.secret),
                    "outcome": row.key.outcome,
                    "count": row.count,
                })
            };
            let rows: Vec<Value> = rows.iter().map(row).collect();
            output::many(format, &["time", "endpoint", "secret_ends_with", "outcome", "count"], &rows)
        }
        Usage::Top { environment, refused, limit, window } => {
            let (span, since) = bounds(admin, &window);
            let rows = admin.top_usage(&TopFilter { span, since, environment, refused, limit }).await?;
            let rows: Vec<Value> = rows.iter().map(|row| json!(row)).collect();
            output::many(format, &["environment", "client_id", "issued", "refused"], &rows)
        }
    }
}

/// The whole span that the beginning lies in counts.
fn bounds(admin: &Admin, window: &Window) -> (jeton_core::usage::Span, Timestamp) {
    let span = window.by.span();
    (span, span.start(admin.clock.now().minus(window.since)))
}

fn last_four<'a>(credential: &'a Credential, secret: &str) -> Option<&'a str> {
    let found = credential.secrets.iter().find(|own| own.id.as_str() == secret);
    found.map(|secret| &*secret.last_four)
}

/// The last uses of a credential's secrets.
#[derive(Debug, Default)]
pub(super) struct Uses(BTreeMap<SecretId, SecretUse>);

impl Uses {
    pub(super) async fn of(admin: &Admin, credential: &Credential) -> Result<Self, Failure> {
        let uses = admin.secret_uses(&credential.environment, &credential.client_id).await?;
        Ok(Self(uses.into_iter().map(|one| (one.secret.clone(), one)).collect()))
    }

    /// When and by whom a secret was last used, and how long ago: since it was made where it never was.
    pub(super) fn show(&self, secret: &StoredSecret, now: Timestamp) -> Value {
        let last = self.0.get(&secret.id);
        let unused = ago(last.map_or(secret.created, |last| last.time), now);
        json!({
            "last_used": last.map(|last| output::time(last.time)),
            "unused_for": if last.is_some() { unused } else { format!("{unused}, never used") },
            "last_use": last.map(|last| json!({
                "address": last.address,
                "user_agent": last.user_agent,
                "tracking_id": last.tracking_id,
            })),
        })
    }
}

/// Said below what is for people.
pub(super) fn say_late(format: Format) {
    if format == Format::Table {
        output::note("Last uses are up to a minute late.");
    }
}

fn ago(then: Timestamp, now: Timestamp) -> String {
    let micros = now.0.saturating_sub(then.0).max(0);
    let seconds = Duration::from_micros(micros.unsigned_abs()).as_secs();
    match (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m"),
        (0, hours, minutes) => format!("{hours}h {minutes}m"),
        (days, hours, _) => format!("{days}d {hours}h"),
    }
}
