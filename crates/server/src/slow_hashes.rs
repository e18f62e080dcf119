//! Turns for the slow hashes of imported secrets, and what is known of those that were right once.
//!
//! They run on threads of their own, in lanes: one at a time in each, and all of one secret in the same lane. So a hundred
//! first requests with the right secret compute it once, and half of the cores stay with everybody else. Who would wait
//! behind too many is told at once that the service is busy.

use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use async_trait::async_trait;
use jeton_core::authority::Unavailable;
use jeton_core::hash_key::SecretHash;
use jeton_core::id::SecretId;
use jeton_core::imported_hash::{ImportedHash, SlowHashes};
use jeton_core::secret::PresentedSecret;
use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

use crate::metrics::Metrics;

/// How many may wait in one lane.
const WAITING: usize = 128;

/// The slow hashes of one server.
pub(crate) struct Lanes {
    all: Vec<Lane>,
    choose: std::hash::RandomState,
    known: Arc<Cache<SecretId, Known>>,
    metrics: Arc<Metrics>,
}

struct Lane {
    turn: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// What a secret is compared with from now on.
#[derive(Clone)]
struct Known {
    of: Arc<ImportedHash>,
    keyed: SecretHash,
}

impl Lanes {
    /// On half of this machine's cores, for as many secrets as credentials are cached.
    pub(crate) fn new(remembered: usize, metrics: Arc<Metrics>) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        let lane = || Lane { turn: Arc::new(Semaphore::new(1)), waiting: AtomicUsize::new(0) };
        Self {
            all: std::iter::repeat_with(lane).take((cores / 2).max(1)).collect(),
            choose: std::hash::RandomState::new(),
            known: Arc::new(Cache::new(remembered)),
            metrics,
        }
    }

    fn lane(&self, secret: &SecretId) -> &Lane {
        let lanes = self.all.len() as u64;
        // The remainder is below their number.
        let at = usize::try_from(self.choose.hash_one(secret) % lanes).unwrap_or(0);
        &self.all[at]
    }
}

#[async_trait]
impl SlowHashes for Lanes {
    fn known(&self, secret: &SecretId, hash: &ImportedHash) -> Option<SecretHash> {
        let known = self.known.get(secret)?;
        (*known.of == *hash).then_some(known.keyed)
    }

    async fn compute(
        &self,
        secret: &SecretId,
        hash: &Arc<ImportedHash>,
        presented: &PresentedSecret,
        keyed: SecretHash,
    ) -> Result<(), Unavailable> {
        let lane = self.lane(secret);
        let _waits = lane.wait().ok_or_else(|| {
            self.metrics.slow_hashes_refused.inc();
            Unavailable
        })?;
        // Nobody closes it.
        let turn = Arc::clone(&lane.turn).acquire_owned().await.map_err(|_| Unavailable)?;
        if self.known(secret, hash).is_some() {
            return Ok(());
        }
        self.metrics.slow_hashes.inc();
        let (known, id) = (Arc::clone(&self.known), secret.clone());
        let (hash, presented) = (Arc::clone(hash), presented.clone());
        let work = tokio::task::spawn_blocking(move || {
            // A client that hangs up frees no lane: the work goes on, and what it finds serves the next request.
            let _turn = turn;
            if hash.matches(presented.expose()) {
                known.insert(id, Known { of: hash, keyed });
            }
        });
        work.await.map_err(|_| Unavailable)
    }
}

impl Lane {
    /// A place in the queue, unless it is full.
    fn wait(&self) -> Option<Waits<'_>> {
        let place = Waits(&self.waiting);
        // The place is given back either way.
        (self.waiting.fetch_add(1, Ordering::Relaxed) < WAITING).then_some(place)
    }
}

struct Waits<'a>(&'a AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Lanes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lanes").field("lanes", &self.all.len()).finish_non_exhaustive()
    }
}
