//! When secrets were last used.

use std::collections::BTreeMap;
use std::time::Duration;

use jeton_core::Timestamp;
use jeton_core::id::SecretId;
use jeton_core::model::{Credential, StoredSecret};
use jeton_core::usage::SecretUse;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Outcome, time};
use super::call::Call;

/// When a secret was last accepted, and by whom.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "these are the names that are shown")]
pub(super) struct LastUse {
    /// When; `null` where it never was.
    #[schema(format = "date-time")]
    last_used: Option<String>,
    /// How long ago that is, or how long it was there and never used.
    #[schema(required = false)]
    unused_for: String,
    /// By whom.
    last_use: Option<User>,
}

/// Who used a secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecretUser)]
#[expect(clippy::struct_field_names, reason = "these are the names that are shown")]
struct User {
    /// From where.
    #[schema(required)]
    address: Option<String>,
    /// By which program, in its own words.
    #[schema(required)]
    user_agent: Option<String>,
    /// The caller's name for the request, or the request id.
    #[schema(required)]
    tracking_id: Option<String>,
}

/// The last uses of a credential's secrets.
pub(super) struct Uses(BTreeMap<SecretId, SecretUse>);

impl Uses {
    pub(super) async fn of(call: &Call, credential: &Credential) -> Outcome<Self> {
        let uses = call.admin.secret_uses(&credential.environment, &credential.client_id).await?;
        Ok(Self(uses.into_iter().map(|one| (one.secret.clone(), one)).collect()))
    }

    /// When and by whom a secret was last used, and how long ago: since it was made where it never was.
    pub(super) fn show(&self, secret: &StoredSecret, now: Timestamp) -> LastUse {
        let last = self.0.get(&secret.id);
        let unused = ago(last.map_or(secret.created, |last| last.time), now);
        LastUse {
            last_used: last.and_then(|last| time(last.time)),
            unused_for: if last.is_some() { unused } else { format!("{unused}, never used") },
            last_use: last.map(|last| User {
                address: last.address.map(|address| address.to_string()),
                user_agent: last.user_agent.clone(),
                tracking_id: last.tracking_id.clone(),
            }),
        }
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
