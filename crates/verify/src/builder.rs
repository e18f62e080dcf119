//! What a verifier must be told, and what it may be told.
//!
//! A further option is a field here with a safe default and a method; what has no safe default is an argument of
//! [`Verifier::builder`].

#[cfg(feature = "cache")]
use crate::cache::TokenCache;
use crate::clock::{Clock, SystemClock};
use crate::keys::KeySource;
use crate::revocations::RevocationSource;
use crate::verifier::{Expected, Verifier};
use jeton_jose::Algorithm;
use std::sync::Arc;

/// How far the issuer's clock and ours may be apart, in seconds, if nothing else is said.
pub const DEFAULT_LEEWAY_SECONDS: u32 = 5;

/// The most that may be allowed, in seconds. A clock that is further off wants repair.
pub const MAX_LEEWAY_SECONDS: u32 = 60;

/// What has a default, before it is fixed. See [`Verifier::builder`].
#[must_use = "a builder does nothing until it is built"]
pub struct VerifierBuilder {
    issuer: String,
    audience: String,
    algorithms: Vec<Algorithm>,
    keys: Arc<dyn KeySource>,
    revocations: Option<Arc<dyn RevocationSource>>,
    leeway: u32,
    clock: Arc<dyn Clock>,
    #[cfg(feature = "cache")]
    cache_bytes: Option<u64>,
}

impl VerifierBuilder {
    pub(crate) fn new(
        issuer: String,
        audience: String,
        algorithms: Vec<Algorithm>,
        keys: Arc<dyn KeySource>,
    ) -> Self {
        Self {
            issuer,
            audience,
            algorithms,
            keys,
            revocations: None,
            leeway: DEFAULT_LEEWAY_SECONDS,
            clock: Arc::new(SystemClock),
            #[cfg(feature = "cache")]
            cache_bytes: None,
        }
    }

    /// Refuses what this source knows to be revoked, and every token while it does not know. Without a source a token
    /// is good until it expires, whatever became of its credential and company: at Jeton's issuers up to an hour.
    ///
    /// A token without the claim `rev`, which Jeton always writes, is judged by its `jti` alone; one whose `rev` is
    /// malformed is refused.
    pub fn revocations(mut self, source: Arc<dyn RevocationSource>) -> Self {
        self.revocations = Some(source);
        self
    }

    /// How many seconds the clocks may be apart, for `exp` and `nbf` alike: 0 to [`MAX_LEEWAY_SECONDS`].
    pub fn leeway_seconds(mut self, seconds: u32) -> Self {
        self.leeway = seconds;
        self
    }

    /// Another clock than the system's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Remembers tokens that were good, in about so many bytes of memory at the most, so that the signature of one that comes
    /// again is not checked again. A token of Jeton's takes about 1,600 bytes.
    ///
    /// Everything else is asked each time: the clock, whether the key is still its source's, and what was revoked. A token is
    /// compared whole, and a refusal is never remembered.
    #[cfg(feature = "cache")]
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = Some(bytes);
        self
    }

    /// The verifier, unless what was asked for would accept nothing, or too much.
    pub fn build(self) -> Result<Verifier, ConfigError> {
        let Self { issuer, audience, algorithms, keys, revocations, leeway, clock, .. } = self;
        if issuer.is_empty() {
            return Err(ConfigError::Issuer);
        }
        if audience.is_empty() {
            return Err(ConfigError::Audience);
        }
        if algorithms.is_empty() {
            return Err(ConfigError::Algorithms);
        }
        if leeway > MAX_LEEWAY_SECONDS {
            return Err(ConfigError::Leeway);
        }
        let leeway = i64::from(leeway);
        let expected = Expected {
            issuer,
            audience,
            algorithms,
            keys,
            revocations,
            leeway,
            clock,
            #[cfg(feature = "cache")]
            cache: self.cache_bytes.map(TokenCache::of_bytes),
        };
        Ok(Verifier::from_expected(expected))
    }
}

/// Why there can be no such verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The issuer is empty.
    #[error("a verifier needs an issuer")]
    Issuer,
    /// The audience is empty.
    #[error("a verifier needs an audience")]
    Audience,
    /// No algorithm is allowed.
    #[error("a verifier needs at least one algorithm")]
    Algorithms,
    /// More than [`MAX_LEEWAY_SECONDS`].
    #[error("the leeway is at most {MAX_LEEWAY_SECONDS} seconds")]
    Leeway,
}
