//! What is removed once it is old enough, a small batch at a time.
//!
//! To add a chore: a variant, its place in [`Chore::ALL`], and the arms that the compiler asks for.

use std::time::Duration;

use jeton_core::StoreError;
use jeton_core::usage::Span;

use crate::app::App;
use crate::revocations::held_by_nobody;
use crate::usage::say_lost;

/// How long changes are kept, for those who ask what was done; and secrets and keys that are of use to nobody else.
const KEEP: Duration = Duration::from_hours(400 * 24);

/// How long the row of a server that counts stands without a sign of life, of which there is one a minute.
const KEEP_WRITERS: Duration = Duration::from_hours(24);

/// What goes at once.
const BATCH: u32 = 500;

/// Revocations that go at once: more than come meanwhile, where a company ends a thousand a second.
const REVOCATIONS: u32 = 5_000;

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Chore {
    /// Changes, by commits.
    Changes,
    /// What was counted, by its span.
    Usage(Span),
    /// Servers that counted, ended badly and never came back.
    UsageWriters,
    /// Revocations of tokens that have expired.
    Revocations,
    /// Keys of creations that are remembered no more.
    Creations,
    /// Secrets that died long ago, but for the newest of each credential.
    DeadSecrets,
    /// Signing keys that were removed.
    RemovedKeys,
}

impl Chore {
    pub(super) const ALL: [Self; 9] = [
        Self::Changes,
        Self::Usage(Span::Minute),
        Self::Usage(Span::Hour),
        Self::Usage(Span::Day),
        Self::UsageWriters,
        Self::Revocations,
        Self::Creations,
        Self::DeadSecrets,
        Self::RemovedKeys,
    ];

    /// How long after it was done it is looked at again.
    pub(super) fn rest(self) -> Duration {
        match self {
            Self::Changes => Duration::ZERO,
            Self::Usage(_) | Self::Revocations | Self::Creations => Duration::from_mins(1),
            // These look at a whole table.
            Self::UsageWriters | Self::DeadSecrets | Self::RemovedKeys => Duration::from_hours(1),
        }
    }

    /// Does one batch, and says how much went.
    pub(super) async fn batch(self, app: &App) -> Result<u64, StoreError> {
        let (store, now) = (app.store(), app.clock().now());
        let removed = match self {
            Self::Changes => store.purge_changes(now, KEEP, BATCH, Some(&app.master())).await?,
            Self::Usage(span) => store.purge_usage(span, now, BATCH).await?,
            Self::UsageWriters => {
                let gone = store.purge_usage_writers(now, KEEP_WRITERS, BATCH).await?;
                gone.iter().for_each(say_lost);
                gone.len() as u64
            }
            Self::Revocations => store.purge_revocations(held_by_nobody(now), REVOCATIONS).await?,
            Self::Creations => store.purge_creations(now, BATCH).await?,
            Self::DeadSecrets => store.purge_secrets(now, KEEP, BATCH).await?,
            Self::RemovedKeys => store.purge_signing_keys(now, KEEP, BATCH).await?,
        };
        if removed > 0 {
            self.say(removed);
        }
        Ok(removed)
    }

    fn say(self, removed: u64) {
        match self {
            Self::Changes => tracing::info!(removed, "changes of more than 400 days ago were removed"),
            Self::Usage(span) => tracing::debug!(removed, span = span.as_str(), "old counts were removed"),
            Self::Revocations => tracing::debug!(removed, "revocations of expired tokens were removed"),
            Self::UsageWriters => {}
            Self::Creations => tracing::debug!(removed, "keys of creations long ago were removed"),
            Self::DeadSecrets => tracing::info!(removed, "secrets that died 400 days ago were removed"),
            Self::RemovedKeys => tracing::info!(removed, "signing keys removed 400 days ago are gone"),
        }
    }
}
