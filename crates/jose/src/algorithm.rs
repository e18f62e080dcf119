//! The signature algorithms, a closed list.
//!
//! To add one: a variant here (the compiler then names every `match` that must decide), its kind of public key in
//! `jwk.rs`, its verification in `verifying_key.rs`, its key pair in `key_pair.rs`, and its vectors in `tests/it/`. Algorithms with a shared secret (`HS256`) and `none` are not merely refused: there is no way to
//! write them down.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a token is signed: the `alg` of RFC 7518 section 3.1 and RFC 8037 section 3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256. The default: about ten times cheaper to sign with than RSA.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519 under its JOSE name; `Ed448`, which RFC 8037 also calls `EdDSA`, is not supported.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256, for verifiers that know nothing else.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes.
    #[serde(rename = "PS256")]
    Ps256,
}

impl Algorithm {
    /// Every algorithm there is, the recommended ones first.
    pub const ALL: [Algorithm; 4] = [Self::Es256, Self::EdDsa, Self::Rs256, Self::Ps256];

    /// The registered name, as it stands in `alg`. Names are compared byte for byte.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }

    /// Whether signatures take long enough to hold up others: a quarter of a millisecond and more.
    pub const fn signs_slowly(self) -> bool {
        matches!(self, Self::Rs256 | Self::Ps256)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is not the exact name of a signature algorithm that we support; the text itself is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown signature algorithm; known are ES256, EdDSA, RS256 and PS256")]
pub struct UnknownAlgorithm;

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name).ok_or(UnknownAlgorithm)
    }
}
