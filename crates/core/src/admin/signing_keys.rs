//! The signing keys as operators see them: what may be done with one by hand, what it would cost, and the day one leaks.
//!
//! Whatever would break verifiers is refused unless somebody agrees to the cost by name. To add a command: a method
//! here, with its refusal in [`AdminError`], and its arm in the CLI.

use std::time::Duration;

use jeton_jose::Algorithm;

use super::key_steps::keys_changed;
use super::{Admin, AdminError, not_found};
use crate::id::{EnvironmentName, KeyId};
use crate::intent::Intent;
use crate::key_life::{KeyMove, RotationPolicy};
use crate::key_ring::given_signing_key;
use crate::model::{KeyState, StoredSigningKey};
use crate::time::Timestamp;

/// What came of a rotation by hand, of one environment and algorithm.
#[derive(Debug, Clone)]
pub struct RotatedKey {
    /// The key that signs now, or is published to sign next.
    pub key: StoredSigningKey,
    /// The one that signs no more.
    pub retired: Option<KeyId>,
}

/// What came of a replacement.
#[derive(Debug)]
pub struct ReplacedKeys {
    /// The one that signs now.
    pub new: StoredSigningKey,
    /// Those that nobody accepts any more.
    pub removed: Vec<KeyId>,
}

/// The keys of one environment and algorithm that can take each other's place.
struct Places {
    environment: EnvironmentName,
    algorithm: Algorithm,
    active: Option<StoredSigningKey>,
    next: Option<StoredSigningKey>,
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

    /// Begins a rotation, or ends it: where no next key is published, publishes one; where one is, and verifiers know it
    /// by now, lets it sign. Of all environments and algorithms, or of those that are named; all of them or none.
    ///
    /// With `danger_unpublished` a key signs at once that verifiers may not know.
    pub async fn rotate_signing_keys(
        &self,
        environment: Option<&EnvironmentName>,
        algorithm: Option<Algorithm>,
        policy: &RotationPolicy,
        danger_unpublished: bool,
    ) -> Result<Vec<RotatedKey>, AdminError> {
        if let Some(environment) = environment {
            self.require_environment(environment).await?;
        }
        let meant = |key: &StoredSigningKey| {
            environment.is_none_or(|name| key.environment == *name)
                && algorithm.is_none_or(|algorithm| key.algorithm == algorithm)
        };
        let places = places(self.signing_keys().await?.into_iter().filter(meant));
        if places.is_empty() {
            let algorithm = algorithm.map_or_else(|| "any algorithm".to_owned(), |name| name.to_string());
            let environment = environment.map_or("any environment", EnvironmentName::as_str);
            return Err(not_found("signing key", format!("{algorithm} in {environment}")));
        }
        let (mut intents, mut rotated) = (Vec::new(), Vec::new());
        for place in places {
            let begin = place.next.is_none() && !danger_unpublished;
            if begin {
                let from = self.clock.now().plus(policy.publish_before);
                let key = self.next_signing_key(&place.environment, place.algorithm, from)?;
                intents.push(Intent::AddSigningKey(key.clone()));
                rotated.push(RotatedKey { key, retired: None });
            } else {
                let (own, done) = self.succession(place, policy, danger_unpublished)?;
                intents.extend(own);
                rotated.push(done);
            }
        }
        self.commit_to_keys(&intents).await?;
        Ok(rotated)
    }

    /// Lets an active key sign no more; the next one takes its place.
    ///
    /// Refused where no next key is published for long enough, unless somebody agrees that one signs at once.
    pub async fn retire_signing_key(
        &self,
        kid: &KeyId,
        policy: &RotationPolicy,
        danger_unpublished: bool,
    ) -> Result<RotatedKey, AdminError> {
        let (key, place) = self.find_signing_key(kid).await?;
        if key.state != KeyState::Active {
            return Err(AdminError::SignsNothing { kid: kid.clone(), state: key.state });
        }
        let (intents, done) = self.succession(place, policy, danger_unpublished)?;
        self.commit_to_keys(&intents).await?;
        Ok(done)
    }

    /// Takes a key away: a next one at any time, since it signed nothing, and a retiring one when its time is up.
    ///
    /// Any other is refused unless somebody agrees that the tokens it signed are worthless. Where it is the active one,
    /// another signs at once, and is given back.
    pub async fn remove_signing_key(
        &self,
        kid: &KeyId,
        danger_invalidates_tokens: bool,
    ) -> Result<Option<StoredSigningKey>, AdminError> {
        let (key, place) = self.find_signing_key(kid).await?;
        let now = self.clock.now();
        let needed = match key.state {
            KeyState::Next | KeyState::Removed => false,
            KeyState::Active => true,
            KeyState::Retiring => key.remove_after.is_none_or(|after| now < after),
        };
        if needed && !danger_invalidates_tokens {
            let wait = key.remove_after.filter(|_| key.state == KeyState::Retiring).map(|at| until(now, at));
            return Err(AdminError::KeyNeeded { kid: kid.clone(), state: key.state, wait });
        }
        let mut intents = vec![Intent::MoveSigningKey(KeyMove::remove(kid, key.state))];
        let mut successor = None;
        if key.state == KeyState::Active {
            let (intent, signs) = self.successor(place)?;
            intents.push(intent);
            successor = Some(signs);
        }
        self.commit_to_keys(&intents).await?;
        Ok(successor)
    }

    /// Takes in a key from elsewhere, as PKCS#8 DER. It is published, and signs when verifiers know it; at once where
    /// its environment and algorithm have no key yet, or somebody agrees to it.
    pub async fn import_signing_key(
        &self,
        environment: &EnvironmentName,
        algorithm: Algorithm,
        pkcs8: &[u8],
        policy: &RotationPolicy,
        danger_unpublished: bool,
    ) -> Result<RotatedKey, AdminError> {
        self.require_environment(environment).await?;
        let now = self.clock.now();
        let key = given_signing_key(environment, algorithm, pkcs8, &self.master, &*self.random, now);
        let key = key.map_err(|why| AdminError::KeyNotTaken(why.to_string()))?;
        let own = |key: &StoredSigningKey| key.environment == *environment && key.algorithm == algorithm;
        let place = places(self.signing_keys().await?.into_iter().filter(own)).pop();
        let (active, next) = place.map_or((None, None), |place| (place.active, place.next));
        if danger_unpublished || active.is_none() {
            let retired = active.map(|active| active.kid);
            let mut intents: Vec<Intent> = retired.iter().map(|kid| retire(kid, now, policy)).collect();
            intents.push(Intent::AddSigningKey(key.clone()));
            self.commit_to_keys(&intents).await?;
            return Ok(RotatedKey { key, retired });
        }
        if let Some(next) = next {
            return Err(AdminError::NextExists { kid: next.kid });
        }
        let key =
            StoredSigningKey { state: KeyState::Next, active_from: now.plus(policy.publish_before), ..key };
        self.commit(&[Intent::AddSigningKey(key.clone())]).await?;
        Ok(RotatedKey { key, retired: None })
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
            return Err(not_found("signing key", format!("{algorithm} in {environment}")));
        }
        if !danger_invalidates_tokens {
            return Err(AdminError::InvalidatesTokens { environment: environment.clone(), algorithm });
        }
        let new = self.first_signing_key(environment, algorithm)?;
        let remove = |key: &StoredSigningKey| Intent::MoveSigningKey(KeyMove::remove(&key.kid, key.state));
        let mut intents: Vec<Intent> = keys.iter().map(remove).collect();
        intents.push(Intent::AddSigningKey(new.clone()));
        self.commit_to_keys(&intents).await?;
        Ok(ReplacedKeys { new, removed: keys.into_iter().map(|key| key.kid).collect() })
    }

    /// The active key retires, and the next one signs, if verifiers know it or somebody agreed that they do not.
    fn succession(
        &self,
        place: Places,
        policy: &RotationPolicy,
        danger_unpublished: bool,
    ) -> Result<(Vec<Intent>, RotatedKey), AdminError> {
        let now = self.clock.now();
        let known = place.next.as_ref().is_some_and(|next| policy.is_known(next, now));
        if !known && !danger_unpublished {
            let wait = |next: &StoredSigningKey| until(now, next.published.plus(policy.publish_before));
            return Err(AdminError::KeyUnknown {
                environment: place.environment,
                algorithm: place.algorithm,
                wait: place.next.as_ref().map(wait),
            });
        }
        let retired = place.active.as_ref().map(|active| active.kid.clone());
        let mut intents: Vec<Intent> = retired.iter().map(|kid| retire(kid, now, policy)).collect();
        let (intent, key) = self.successor(place)?;
        intents.push(intent);
        Ok((intents, RotatedKey { key, retired }))
    }

    /// What signs from now on: the next key, or a new one where there is none.
    fn successor(&self, place: Places) -> Result<(Intent, StoredSigningKey), AdminError> {
        let now = self.clock.now();
        if let Some(next) = place.next {
            let key = StoredSigningKey { state: KeyState::Active, active_from: now, ..next };
            return Ok((Intent::MoveSigningKey(KeyMove::promote(&key.kid, now)), key));
        }
        let key = self.first_signing_key(&place.environment, place.algorithm)?;
        Ok((Intent::AddSigningKey(key.clone()), key))
    }

    async fn find_signing_key(&self, kid: &KeyId) -> Result<(StoredSigningKey, Places), AdminError> {
        let keys = self.signing_keys().await?;
        let key = keys.iter().find(|key| key.kid == *kid).cloned();
        let key = key.ok_or_else(|| not_found("signing key", kid.as_str()))?;
        let own =
            |one: &StoredSigningKey| one.environment == key.environment && one.algorithm == key.algorithm;
        let place = places(keys.into_iter().filter(own)).pop();
        Ok((key, place.expect("the key itself is in it")))
    }

    /// Commits what was decided by the keys that were read; once more might do it to a key that somebody has made since.
    async fn commit_to_keys(&self, intents: &[Intent]) -> Result<(), AdminError> {
        match self.commit(intents).await {
            Ok(_) => Ok(()),
            Err(error) if keys_changed(&error) => Err(AdminError::KeysChanged),
            Err(other) => Err(other),
        }
    }
}

/// Sorted keys, by what can take whose place.
fn places(keys: impl Iterator<Item = StoredSigningKey>) -> Vec<Places> {
    let mut places: Vec<Places> = Vec::new();
    for key in keys {
        let (environment, algorithm) = (key.environment.clone(), key.algorithm);
        if places.last().is_none_or(|last| last.environment != environment || last.algorithm != algorithm) {
            places.push(Places { environment, algorithm, active: None, next: None });
        }
        let Some(place) = places.last_mut() else { continue };
        match key.state {
            KeyState::Active => place.active = Some(key),
            KeyState::Next => place.next = Some(key),
            KeyState::Retiring | KeyState::Removed => {}
        }
    }
    places
}

fn retire(kid: &KeyId, now: Timestamp, policy: &RotationPolicy) -> Intent {
    Intent::MoveSigningKey(KeyMove::retire(kid, now, policy))
}

fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(then.0.saturating_sub(now.0)).unwrap_or(0))
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
