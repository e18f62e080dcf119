//! Tokens that were verified a moment ago, so that the signature of one that comes with every call is not checked each time.
//!
//! What is remembered is that a key signed these very bytes, and no more. Whatever can change is asked on every hit: the
//! clock, whether that key is still the source's, and what was revoked. A refusal is never remembered, and only what a
//! trusted key signed gets in, so strangers can neither fill it nor be answered from it.

use crate::verified::VerifiedToken;
use jeton_jose::{MAX_TOKEN_BYTES, VerifyingKey};
use quick_cache::Weighter;
use quick_cache::sync::{Cache, DefaultLifecycle};
use std::hash::RandomState;
use std::sync::Arc;

/// What an entry takes beside the token's text: its claims, which are shorter than the text, and the map's own.
const OVERHEAD: u64 = 512;

/// The usual weight of an entry, by which the map is laid out.
const USUAL: u64 = 2048;

/// Tokens by their whole text. The hash is keyed anew for each cache, so that nobody can choose tokens that collide; the text
/// is compared whole after it.
pub(crate) struct TokenCache(Cache<Box<str>, Remembered, Weigh, RandomState>);

/// A token, and the key that signed it.
#[derive(Clone)]
pub(crate) struct Remembered {
    pub(crate) token: VerifiedToken,
    pub(crate) key: Arc<VerifyingKey>,
}

#[derive(Clone)]
struct Weigh;

impl Weighter<Box<str>, Remembered> for Weigh {
    fn weight(&self, text: &Box<str>, _: &Remembered) -> u64 {
        // Once as the key, and about once more as claims.
        2 * text.len() as u64 + OVERHEAD
    }
}

impl TokenCache {
    /// One that holds about so many bytes at the most.
    pub(crate) fn of_bytes(bytes: u64) -> Self {
        let usual = usize::try_from(bytes / USUAL).unwrap_or(usize::MAX).max(16);
        Self(Cache::with(usual, bytes, Weigh, RandomState::new(), DefaultLifecycle::default()))
    }

    /// Nothing of what no token is as long as is even hashed.
    pub(crate) fn get(&self, text: &str) -> Option<Remembered> {
        if text.len() > MAX_TOKEN_BYTES { None } else { self.0.get(text) }
    }

    pub(crate) fn remember(&self, text: &str, token: VerifiedToken, key: Arc<VerifyingKey>) {
        self.0.insert(text.into(), Remembered { token, key });
    }

    /// For what will never be good again.
    pub(crate) fn forget(&self, text: &str) {
        self.0.remove(text);
    }
}
