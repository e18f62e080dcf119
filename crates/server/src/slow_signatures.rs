//! Signatures by RSA keys, which take as long as five to ten whole requests for another algorithm's tokens: on half of the
//! cores, so that whoever asks for those others does not wait behind them.

use async_trait::async_trait;
use jeton_core::authority::{SlowSignatures, Unavailable};
use jeton_jose::{SignError, UnsignedToken};

use crate::lane::{Lane, half_of_the_cores};
use crate::metrics::Metrics;

/// Where they are made.
#[derive(Debug)]
pub(crate) struct SigningLane(Lane);

impl SigningLane {
    /// With room for so many tokens.
    pub(crate) fn new(waiting: usize, metrics: &Metrics) -> Self {
        Self(Lane::new(half_of_the_cores(), waiting, metrics.slow_signatures_refused.clone()))
    }
}

#[async_trait]
impl SlowSignatures for SigningLane {
    async fn sign(&self, unsigned: UnsignedToken) -> Result<Result<String, SignError>, Unavailable> {
        self.0.run(move || unsigned.sign()).await.ok_or(Unavailable)
    }
}
