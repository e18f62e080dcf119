//! Turns for the slow hashes of imported secrets, and what is known of those that were right once.
//!
//! They are computed in lanes: one at a time in each, and all of one secret in the same lane. So a hundred first requests
//! with the right secret compute it once. Who would wait behind too many is told at once that the service is busy.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use async_trait::async_trait;
use jeton_core::authority::Unavailable;
use jeton_core::hash_key::SecretHash;
use jeton_core::id::SecretId;
use jeton_core::imported_hash::{ImportedHash, SlowHashes};
use jeton_core::secret::PresentedSecret;
use quick_cache::sync::Cache;

use crate::lane::{Lane, half_of_the_cores};
use crate::metrics::Metrics;

/// How many there may be in one lane.
const ROOM: usize = 128;

/// The slow hashes of one server.
pub(crate) struct KnownHashes {
    lanes: Vec<Lane>,
    choose: std::hash::RandomState,
    known: Arc<Cache<SecretId, Known>>,
    metrics: Arc<Metrics>,
}

/// What a secret is compared with from now on.
#[derive(Clone)]
struct Known {
    of: Arc<ImportedHash>,
    keyed: SecretHash,
}

impl KnownHashes {
    /// For as many secrets as credentials are cached.
    pub(crate) fn new(remembered: usize, metrics: &Arc<Metrics>) -> Self {
        let lane = || Lane::new(1, ROOM, metrics.slow_hashes_refused.clone());
        Self {
            lanes: std::iter::repeat_with(lane).take(half_of_the_cores()).collect(),
            choose: std::hash::RandomState::new(),
            known: Arc::new(Cache::new(remembered)),
            metrics: Arc::clone(metrics),
        }
    }

    fn lane(&self, secret: &SecretId) -> &Lane {
        let lanes = self.lanes.len() as u64;
        // The remainder is below their number.
        let at = usize::try_from(self.choose.hash_one(secret) % lanes).unwrap_or(0);
        &self.lanes[at]
    }
}

#[async_trait]
impl SlowHashes for KnownHashes {
    fn known(&self, secret: &SecretId, hash: &ImportedHash) -> Option<SecretHash> {
        known(&self.known, secret, hash)
    }

    async fn compute(
        &self,
        secret: &SecretId,
        hash: &Arc<ImportedHash>,
        presented: &PresentedSecret,
        keyed: SecretHash,
    ) -> Result<(), Unavailable> {
        let (all, metrics) = (Arc::clone(&self.known), Arc::clone(&self.metrics));
        let (id, hash, presented) = (secret.clone(), Arc::clone(hash), presented.clone());
        // A client that hangs up changes nothing: what is found serves the next request.
        let work = move || {
            if known(&all, &id, &hash).is_some() {
                return;
            }
            metrics.slow_hashes.inc();
            if hash.matches(presented.expose()) {
                all.insert(id, Known { of: hash, keyed });
            }
        };
        self.lane(secret).run(work).await.ok_or(Unavailable)
    }
}

fn known(all: &Cache<SecretId, Known>, secret: &SecretId, hash: &ImportedHash) -> Option<SecretHash> {
    let known = all.get(secret)?;
    (*known.of == *hash).then_some(known.keyed)
}

impl std::fmt::Debug for KnownHashes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownHashes").field("lanes", &self.lanes).finish_non_exhaustive()
    }
}
