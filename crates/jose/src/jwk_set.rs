//! A set of public keys (RFC 7517 section 5): what `/.well-known/jwks.json` says, ours or a foreign one.

use crate::json::{self, JsonError, Object, Value};
use crate::jwk::Jwk;
use crate::verifying_key::VerifyingKey;
use serde::Serialize;
use std::collections::BTreeSet;

/// The largest document that is read, in bytes. 64 RSA keys of 4096 bits with a certificate each still fit.
pub const MAX_JWKS_BYTES: usize = 256 * 1024;

/// The most keys in a document, those that we cannot use included.
pub const MAX_JWKS_KEYS: usize = 64;

/// The members that make a key private or shared (RFC 7518 sections 6.2.2, 6.3.2 and 6.4; RFC 8037 section 2).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Public keys, no two of which have one `kid`, in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    keys: Vec<Jwk>,
    #[serde(skip)]
    skipped: usize,
}

impl JwkSet {
    /// A set of these keys; two of one `kid` are refused. The same RSA key for `RS256` and `PS256` is such a pair.
    pub fn new(keys: Vec<Jwk>) -> Result<Self, JwkSetError> {
        let mut kids = BTreeSet::new();
        if !keys.iter().all(|key| kids.insert(key.kid())) {
            return Err(JwkSetError::DuplicateKid);
        }
        Ok(Self { keys, skipped: 0 })
    }

    /// Reads a foreign set.
    ///
    /// Keys that we cannot use are left out, as RFC 7517 section 5 asks: of a kind, `use` or `alg` that we do not
    /// know, without a `kid`, or whose numbers are no key (RSA outside 2048 to 4096 bits, a point off its curve). A
    /// set that publishes a private or shared key is refused whole, since nothing that it says is safe to believe.
    ///
    /// Not checked: where the bytes came from, certificates (`x5c`), and whether an Ed25519 key is a point of its
    /// curve (if it is none, no signature verifies).
    pub fn parse(bytes: &[u8]) -> Result<Self, JwkSetError> {
        if bytes.len() > MAX_JWKS_BYTES {
            return Err(JwkSetError::TooLarge);
        }
        let document = json::parse(bytes)?;
        let keys = document.as_object().and_then(|set| set.get("keys")).and_then(Value::as_array);
        let keys = keys.ok_or(JwkSetError::NotASet)?;
        if keys.len() > MAX_JWKS_KEYS {
            return Err(JwkSetError::TooManyKeys);
        }
        let keys =
            keys.iter().map(Value::as_object).collect::<Option<Vec<_>>>().ok_or(JwkSetError::NotASet)?;
        if keys.iter().any(|key| PRIVATE.iter().any(|name| key.get(name).is_some())) {
            return Err(JwkSetError::PrivateKey);
        }
        let usable: Vec<Jwk> = keys.iter().filter_map(|members| usable(members)).collect();
        let skipped = keys.len() - usable.len();
        Ok(Self { skipped, ..Self::new(usable)? })
    }

    /// The keys.
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// The key of this id.
    pub fn get(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid() == kid)
    }

    /// How many keys of the document were left out. Worth a line in a log.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// The document, `{"keys":[..]}`, media type `application/jwk-set+json`. Equal sets give equal bytes.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings serialize, and a String takes any number of bytes")
    }
}

fn usable(members: &Object<'_>) -> Option<Jwk> {
    Jwk::read(members).filter(|key| VerifyingKey::from_jwk(key).is_ok())
}

/// Why a set of keys was refused. No key and no name is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkSetError {
    /// Larger than [`MAX_JWKS_BYTES`].
    #[error("the key set is larger than {MAX_JWKS_BYTES} bytes")]
    TooLarge,
    /// Not strict JSON.
    #[error("the key set is {0}")]
    Json(#[from] JsonError),
    /// No object with an array `keys` of objects.
    #[error("the document is no key set")]
    NotASet,
    /// More than [`MAX_JWKS_KEYS`].
    #[error("the key set has more than {MAX_JWKS_KEYS} keys")]
    TooManyKeys,
    /// A key with private members, or a shared one: it must be treated as leaked.
    #[error("the key set publishes a private key")]
    PrivateKey,
    /// Two usable keys have one `kid` (RFC 7517 section 4.5).
    #[error("two keys of the set have one kid")]
    DuplicateKid,
}
