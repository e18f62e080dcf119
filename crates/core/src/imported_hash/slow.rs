//! Who computes slow hashes, when, and what is known of them afterwards.

use std::sync::Arc;

use async_trait::async_trait;

use super::ImportedHash;
use crate::authority::Unavailable;
use crate::hash_key::SecretHash;
use crate::id::SecretId;
use crate::secret::PresentedSecret;

/// The imported secrets that were right once, and turns for those that were not yet.
///
/// Once a secret was right, its keyed hash is known, and decides: nothing slow is computed for that secret again, neither
/// for the right one nor for a wrong one.
#[async_trait]
pub trait SlowHashes: Send + Sync + std::fmt::Debug {
    /// The keyed hash of the secret that this hash was made of, once it is known.
    fn known(&self, secret: &SecretId, hash: &ImportedHash) -> Option<SecretHash>;

    /// Computes the slow hash, when its turn comes, unless it is known by then. If it matches, `keyed` is known from
    /// then on.
    async fn compute(
        &self,
        secret: &SecretId,
        hash: &Arc<ImportedHash>,
        presented: &PresentedSecret,
        keyed: SecretHash,
    ) -> Result<(), Unavailable>;
}
