//! Keys that rotate themselves: what one server does for all that share a store, called by the housekeeper.
//!
//! What is due is decided by [`jeton_core::key_life`]. Every server watches how long each key has been in its state, by
//! its own uptime, so that the one that takes the lease over need not begin anew.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jeton_core::StoreError;
use jeton_core::admin::{AdminError, KeyStep};
use jeton_core::id::KeyId;
use jeton_core::key_life::{RotationPolicy, all_due};
use jeton_core::model::{KeyState, StoredSigningKey};
use tokio::runtime::Handle;

use crate::app::App;

/// When each key was first seen in its state, by the uptime of this server.
#[derive(Debug, Default)]
pub(crate) struct KeyWatch(BTreeMap<(KeyId, KeyState), Duration>);

impl KeyWatch {
    /// Reads the keys, and takes notice of how they stand.
    pub(crate) async fn look(&mut self, app: &App) -> Result<Vec<StoredSigningKey>, StoreError> {
        let keys = app.store().keys().await?.value.signing;
        let now = app.clock().uptime();
        let before = std::mem::take(&mut self.0);
        self.0 = keys
            .iter()
            .map(|key| (key.kid.clone(), key.state))
            .map(|seen| (seen.clone(), before.get(&seen).copied().unwrap_or(now)))
            .collect();
        Ok(keys)
    }

    /// Does what is due with keys that were looked at, in the environments that this server serves.
    pub(crate) async fn rotate(
        &self,
        app: &Arc<App>,
        mut keys: Vec<StoredSigningKey>,
    ) -> Result<(), StoreError> {
        keys.retain(|key| app.served().iter().any(|own| own.name == key.environment));
        let policy = app.rotation();
        let uptime = app.clock().uptime();
        let seen = |key: &StoredSigningKey| {
            let since = self.0.get(&(key.kid.clone(), key.state));
            since.map_or(Duration::ZERO, |since| uptime.saturating_sub(*since))
        };
        let all = all_due(&keys, app.clock().now(), seen, &policy);
        for (environment, algorithm, due) in all {
            let admin = app.admin();
            // A key pair may take a second to make, which is not for a thread that serves requests.
            let step = tokio::task::spawn_blocking(move || {
                let step = admin.take_key_step(&environment, algorithm, due, &policy);
                Handle::current().block_on(step).map(|step| (step, environment, algorithm))
            });
            match step.await {
                Ok(Ok((Some(KeyStep::Published(kid)), environment, algorithm))) => {
                    tracing::info!(%kid, %environment, %algorithm, "a signing key is published, to sign next");
                }
                Ok(Ok((Some(KeyStep::Promoted(kid)), environment, algorithm))) => {
                    tracing::info!(%kid, %environment, %algorithm, "another signing key signs now");
                }
                Ok(Ok((Some(KeyStep::Removed(kid)), environment, algorithm))) => {
                    tracing::info!(%kid, %environment, %algorithm, "a retired signing key is removed");
                }
                // Somebody else did it.
                Ok(Ok((None, ..))) => {}
                Ok(Err(AdminError::Store(error))) => return Err(error),
                Ok(Err(error)) => tracing::error!(%error, "a signing key cannot be moved on"),
                Err(error) => tracing::error!(%error, "a signing key cannot be moved on"),
            }
        }
        Ok(())
    }
}

/// How often there may be something to do: often enough for the times of the policy.
pub(crate) fn interval(policy: &RotationPolicy, most: Duration) -> Duration {
    let shortest = policy.rotate_every.min(policy.publish_before);
    (shortest / 4).clamp(Duration::from_millis(100), most)
}
