//! The keys that secrets are hashed with: another one after a leak, and the end of the old one.
//!
//! A new key is used for new secrets at once, and for the others when they are next right, by whichever node sees that.

use super::{Admin, AdminError};
use crate::id::{ClientId, EnvironmentName, SecretId};
use crate::intent::Intent;
use crate::key_ring::new_hash_key;
use crate::time::Timestamp;

/// How many of those who are locked out are named.
const NAMED: u32 = 1000;

/// A hash key, and how much hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashKeyUse {
    /// Its number.
    pub number: i64,
    /// When it was made.
    pub created: Timestamp,
    /// Live secrets that are hashed by it.
    pub secrets: u32,
    /// Whether new secrets are.
    pub newest: bool,
}

impl Admin {
    /// The hash keys, oldest first.
    pub async fn hash_keys(&self) -> Result<Vec<HashKeyUse>, AdminError> {
        let keys = self.store.keys().await?.value.hash;
        let uses = self.store.hash_key_uses(self.clock.now()).await?;
        let newest = keys.iter().map(|key| key.number).max();
        let of = |number| uses.iter().find(|(key, _)| *key == number).map_or(0, |(_, secrets)| *secrets);
        let mut all: Vec<HashKeyUse> = keys
            .iter()
            .map(|key| HashKeyUse {
                number: key.number,
                created: key.created,
                secrets: of(key.number),
                newest: Some(key.number) == newest,
            })
            .collect();
        all.sort_by_key(|key| key.number);
        Ok(all)
    }

    /// Makes another hash key, which new secrets are hashed by from now on.
    pub async fn add_hash_key(&self) -> Result<i64, AdminError> {
        let newest = self.store.keys().await?.value.hash.iter().map(|key| key.number).max();
        let number = newest.unwrap_or(0).saturating_add(1);
        let key = new_hash_key(number, &self.master, &*self.random, self.clock.now());
        self.commit(&[Intent::AddHashKey(key)]).await?;
        Ok(number)
    }

    /// Removes a hash key, and says whose live secrets are worthless with it; those are none unless `danger_locks_out`.
    pub async fn drop_hash_key(
        &self,
        number: i64,
        danger_locks_out: bool,
    ) -> Result<Vec<(EnvironmentName, ClientId, SecretId)>, AdminError> {
        let locked_out = self.locked_out_without(number).await?;
        self.commit(&[Intent::RemoveHashKey { number, locks_out: danger_locks_out }]).await?;
        Ok(locked_out)
    }

    /// Whose live secrets hang on a hash key, the first thousand of them.
    pub async fn locked_out_without(
        &self,
        number: i64,
    ) -> Result<Vec<(EnvironmentName, ClientId, SecretId)>, AdminError> {
        Ok(self.store.secrets_under(number, self.clock.now(), NAMED).await?)
    }
}
