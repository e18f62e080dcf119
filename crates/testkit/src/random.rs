//! Randomness that is the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use jeton_core::Random;

/// Bytes that follow from a seed and from how many were taken before. No two calls give the same.
///
/// Two things are random all the same: signing keys, which the crypto library makes by itself, and the signatures
/// of ES256.
#[derive(Debug, Default)]
pub struct SeededRandom {
    seed: u64,
    taken: AtomicU64,
}

impl SeededRandom {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, taken: AtomicU64::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let number = self.taken.fetch_add(1, Ordering::SeqCst);
            let block = jeton_jose::sha256(&[self.seed.to_be_bytes(), number.to_be_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}
