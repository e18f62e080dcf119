//! Slow hashes and signatures that are computed at once; the hashes are counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jeton_core::authority::{SlowSignatures, Unavailable};
use jeton_core::hash_key::SecretHash;
use jeton_core::id::SecretId;
use jeton_core::imported_hash::{ImportedHash, SlowHashes};
use jeton_core::secret::PresentedSecret;
use jeton_jose::{SignError, UnsignedToken};

/// All that is known, and how often something was computed.
#[derive(Debug, Default)]
pub(crate) struct AtOnce {
    known: Mutex<BTreeMap<SecretId, SecretHash>>,
    computed: AtomicU32,
}

impl AtOnce {
    /// How often something was computed since this was last asked.
    pub(crate) fn computed(&self) -> u32 {
        self.computed.swap(0, Ordering::Relaxed)
    }
}

#[async_trait]
impl SlowHashes for AtOnce {
    fn known(&self, secret: &SecretId, _hash: &ImportedHash) -> Option<SecretHash> {
        self.known.lock().unwrap().get(secret).cloned()
    }

    async fn compute(
        &self,
        secret: &SecretId,
        hash: &Arc<ImportedHash>,
        presented: &PresentedSecret,
        keyed: SecretHash,
    ) -> Result<(), Unavailable> {
        self.computed.fetch_add(1, Ordering::Relaxed);
        if hash.matches(presented.expose()) {
            self.known.lock().unwrap().insert(secret.clone(), keyed);
        }
        Ok(())
    }
}

#[async_trait]
impl SlowSignatures for AtOnce {
    async fn sign(&self, unsigned: UnsignedToken) -> Result<Result<String, SignError>, Unavailable> {
        Ok(unsigned.sign())
    }
}
