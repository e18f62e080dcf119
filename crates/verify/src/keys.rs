//! Where a verifier finds the keys of its issuer.
//!
//! To add a source (keys in a file that changes, say): implement [`KeySource`] in a module beside this one, as
//! `fetch/remote_keys.rs` does. [`KeySource::key`] answers from memory, at once; whatever fetches does so elsewhere and
//! swaps what is in memory. The verifier and the layer need not change.

use jeton_jose::{JwkSet, KeyError, VerifyingKey};
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Ends when a source has looked for new keys, or has given up on it, which is soon. It yields nothing: ask again.
pub type Refetch = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The trusted keys of exactly one issuer. A key of another issuer has no place in it: who is trusted is decided
/// here, and a token only names one of them.
pub trait KeySource: Send + Sync {
    /// The key of this id, as far as it is known now. Called for every token, with whatever the token says: up to 256
    /// bytes that mean nothing. It must neither block nor remember unknown ids without a bound.
    fn key(&self, kid: &str) -> Option<Arc<VerifyingKey>>;

    /// Whether what [`key`](Self::key) says can be relied upon. Where this is false, a key that is not known may well
    /// be good, and its token is [`KeysUnavailable`](crate::VerifyError::KeysUnavailable) rather than refused: the
    /// source has never had keys, or has them from too long ago.
    fn is_available(&self) -> bool {
        true
    }

    /// Told that a key is not known: a key may have come since the source last looked. A source that can look again
    /// begins to, and gives what to wait for; `None` where that would change nothing, or was done a moment ago. Called
    /// as often as strangers invent key ids, so the bound is the source's to keep: in time, and for all ids together.
    fn refetch(&self) -> Option<Refetch> {
        None
    }
}

/// Keys that are known from the start and never change.
#[derive(Clone)]
pub struct StaticKeys(BTreeMap<String, Arc<VerifyingKey>>);

impl StaticKeys {
    /// These keys, each under its own id.
    pub fn new(keys: impl IntoIterator<Item = Arc<VerifyingKey>>) -> Result<Self, KeysError> {
        let mut by_kid = BTreeMap::new();
        for key in keys {
            if by_kid.insert(key.kid().to_owned(), key).is_some() {
                return Err(KeysError::DuplicateKid);
            }
        }
        Ok(Self(by_kid))
    }

    /// The keys of a set that somebody else has fetched, over a connection that vouches for the issuer.
    pub fn from_jwk_set(set: &JwkSet) -> Result<Self, KeysError> {
        let keys = set.keys().iter().map(|jwk| VerifyingKey::from_jwk(jwk).map(Arc::new));
        Self::new(keys.collect::<Result<Vec<_>, _>>()?)
    }
}

impl KeySource for StaticKeys {
    fn key(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        self.0.get(kid).cloned()
    }
}

/// Prints which keys there are.
impl fmt::Debug for StaticKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.values()).finish()
    }
}

/// Why keys make no [`StaticKeys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// Two keys have one `kid`, so that a token could not name either.
    #[error("two keys have one kid")]
    DuplicateKid,
    /// A key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
}
