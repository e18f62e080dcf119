//! The signing keys as operators see them, and the day one leaks.

use jeton_jose::Algorithm;

use super::{Admin, AdminError};
use crate::id::{EnvironmentName, KeyId};
use crate::intent::{Intent, RefusedReason};
use crate::key_ring::new_signing_key;
use crate::model::{KeyState, StoredSigningKey};

/// What came of a replacement.
#[derive(Debug)]
pub struct ReplacedKeys {
    /// The one that signs now.
    pub new: StoredSigningKey,
    /// Those that nobody accepts any more.
    pub removed: Vec<KeyId>,
}

impl Admin {
    /// The signing keys that are not removed, by environment, algorithm and age.
    pub async fn signing_keys(&self) -> Result<Vec<StoredSigningKey>, AdminError> {
        let mut keys = self.store.keys().await?.value.signing;
        keys.sort_by(|a, b| {
            let key = |key: &StoredSigningKey| (key.environment.clone(), key.algorithm, key.published);
            key(a).cmp(&key(b)).then_with(|| a.kid.cmp(&b.kid))
        });
        Ok(keys)
    }

    /// Removes every key of an environment and algorithm, and makes a new one that signs, in one commit. Where the
    /// environment has keys of one algorithm alone, that one is meant.
    ///
    /// All that the removed keys signed is worthless then, so somebody has to have agreed to it: without, this says
    /// what it would cost, and does nothing.
    pub async fn replace_signing_keys(
        &self,
        environment: &EnvironmentName,
        algorithm: Option<Algorithm>,
        danger_invalidates_tokens: bool,
    ) -> Result<ReplacedKeys, AdminError> {
        self.require_environment(environment).await?;
        let mut keys = self.store.keys().await?.value.signing;
        keys.retain(|key| key.environment == *environment && key.state != KeyState::Removed);
        let algorithm = match algorithm {
            Some(algorithm) => algorithm,
            None => only_algorithm(environment, &keys)?,
        };
        keys.retain(|key| key.algorithm == algorithm);
        if keys.is_empty() {
            return Err(no_key(environment, algorithm));
        }
        if !danger_invalidates_tokens {
            return Err(AdminError::InvalidatesTokens { environment: environment.clone(), algorithm });
        }
        let new = new_signing_key(environment, algorithm, &self.master, &*self.random, self.clock.now())
            .map_err(|why| AdminError::KeyNotMade(why.to_string()))?;
        let removed: Vec<KeyId> = keys.into_iter().map(|key| key.kid).collect();
        let remove = |kid: &KeyId| Intent::SetSigningKeyState { kid: kid.clone(), state: KeyState::Removed };
        let mut intents: Vec<Intent> = removed.iter().map(remove).collect();
        intents.push(Intent::AddSigningKey(new.clone()));
        match self.commit(&intents).await {
            Ok(_) => Ok(ReplacedKeys { new, removed }),
            // Once more would remove a key that somebody has made this moment.
            Err(AdminError::Refused(
                RefusedReason::NotFound { what: "signing key", .. }
                | RefusedReason::Exists { what: "signing key", .. },
            )) => Err(AdminError::KeysChanged { environment: environment.clone() }),
            Err(other) => Err(other),
        }
    }
}

fn only_algorithm(environment: &EnvironmentName, keys: &[StoredSigningKey]) -> Result<Algorithm, AdminError> {
    let mut algorithms: Vec<Algorithm> = keys.iter().map(|key| key.algorithm).collect();
    algorithms.sort_unstable();
    algorithms.dedup();
    match algorithms.as_slice() {
        [only] => Ok(*only),
        _ => Err(AdminError::WhichAlgorithm { environment: environment.clone(), algorithms }),
    }
}

fn no_key(environment: &EnvironmentName, algorithm: Algorithm) -> AdminError {
    super::not_found("signing key", format!("{algorithm} in {environment}"))
}
