//! Secrets that were right under an old hash key, on their way to the newest: kept in memory, and written now and then.
//!
//! Nothing hangs on it. What a crash loses is computed again at the secret's next use, and until an old key is dropped both
//! hashes say the same.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jeton_core::hash_key::Rehash;
use jeton_core::id::SecretId;
use jeton_core::{Store, StoreError};

/// How many are kept between two writes; the others come again.
const MOST: usize = 10_000;

/// How many are written at once.
const BATCH: usize = 200;

/// What is to be written.
#[derive(Debug, Default)]
pub(crate) struct Rehashes(Mutex<BTreeMap<SecretId, Rehash>>);

impl Rehashes {
    /// Keeps one for the next write.
    pub(crate) fn keep(&self, rehash: Rehash) {
        let mut kept = self.lock();
        if kept.len() < MOST {
            kept.insert(rehash.secret.clone(), rehash);
        }
    }

    /// Writes all of them. What is not written when one batch fails comes again by itself.
    pub(crate) async fn write(&self, store: &dyn Store) -> Result<(), StoreError> {
        let kept: Vec<Rehash> = std::mem::take(&mut *self.lock()).into_values().collect();
        for batch in kept.chunks(BATCH) {
            store.rehash(batch).await?;
        }
        Ok(())
    }

    // A panic while the lock is held could only be an allocation's, which ends the process.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<SecretId, Rehash>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
