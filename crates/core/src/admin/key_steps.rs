//! What is due in the lives of signing keys, done: each step one commit, which is refused where another node was quicker.

use jeton_jose::Algorithm;

use super::{Admin, AdminError};
use crate::id::{EnvironmentName, KeyId};
use crate::intent::{Intent, RefusedReason};
use crate::key_life::{Due, KeyMove, RotationPolicy};
use crate::key_ring::new_signing_key;
use crate::model::{KeyState, StoredSigningKey};

/// A step that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyStep {
    /// A next key is published.
    Published(KeyId),
    /// The next key signs.
    Promoted(KeyId),
    /// A retired key is removed.
    Removed(KeyId),
}

impl Admin {
    /// Does what is due with the keys of an environment and algorithm. `None` where somebody else did it, or changed the
    /// keys meanwhile: then something else may be due.
    pub async fn take_key_step(
        &self,
        environment: &EnvironmentName,
        algorithm: Algorithm,
        due: Due,
        policy: &RotationPolicy,
    ) -> Result<Option<KeyStep>, AdminError> {
        let now = self.clock.now();
        let (step, intents) = match due {
            Due::Publish { active_from } => {
                let key = self.next_signing_key(environment, algorithm, active_from)?;
                (KeyStep::Published(key.kid.clone()), vec![Intent::AddSigningKey(key)])
            }
            Due::Promote { next, active } => {
                let mut moves: Vec<KeyMove> =
                    active.iter().map(|active| KeyMove::retire(active, now, policy)).collect();
                moves.push(KeyMove::promote(&next, now));
                (KeyStep::Promoted(next), moves.into_iter().map(Intent::MoveSigningKey).collect())
            }
            Due::Remove(kid) => {
                let step = KeyMove::remove(&kid, KeyState::Retiring);
                (KeyStep::Removed(kid), vec![Intent::MoveSigningKey(step)])
            }
        };
        match self.commit(&intents).await {
            Ok(_) => Ok(Some(step)),
            Err(error) if keys_changed(&error) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// A new key, published from now on.
    pub(super) fn next_signing_key(
        &self,
        environment: &EnvironmentName,
        algorithm: Algorithm,
        active_from: crate::Timestamp,
    ) -> Result<StoredSigningKey, AdminError> {
        let key = self.first_signing_key(environment, algorithm)?;
        Ok(StoredSigningKey { state: KeyState::Next, active_from, ..key })
    }

    /// A new key, published and signing from now on.
    pub(super) fn first_signing_key(
        &self,
        environment: &EnvironmentName,
        algorithm: Algorithm,
    ) -> Result<StoredSigningKey, AdminError> {
        new_signing_key(environment, algorithm, &self.master, &*self.random, self.clock.now())
            .map_err(|why| AdminError::KeyNotMade(why.to_string()))
    }
}

/// Whether the keys are not any more as they were when it was decided what to do with them.
pub(super) fn keys_changed(error: &AdminError) -> bool {
    matches!(
        error,
        AdminError::Refused(
            RefusedReason::NotFound { what: "signing key", .. }
                | RefusedReason::Exists { what: "signing key", .. }
                | RefusedReason::RevisionChanged { what: "signing key", .. }
        )
    )
}
