//! A public key, parsed once, that verifies by exactly one algorithm (RFC 8725 section 3.1).

use crate::algorithm::Algorithm;
use crate::jwk::{Jwk, PublicKey, RsaPublicKey};
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents};
use std::fmt;
use std::ops::RangeInclusive;

/// The sizes of RSA moduli that we use. Below they are weak; above they cost more than they protect.
const RSA_BITS: RangeInclusive<usize> = 2048..=4096;

/// A public key that verifies signatures. Parsing is the dearer half of verifying, so keep it (in an `Arc`).
pub struct VerifyingKey {
    kid: String,
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl VerifyingKey {
    /// Checks and parses a key: a point on P-256, or an RSA modulus of 2048 to 4096 bits with a usual exponent.
    ///
    /// Not checked: that whoever published the key is trusted, that an RSA modulus is the product of two primes, and
    /// that an Ed25519 key is a point of its curve (if it is none, no signature verifies).
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        let key = match jwk.public_key() {
            PublicKey::Es256 { x, y } => {
                // SEC 1 section 2.3.4: an uncompressed point. Parsing it checks that it is on the curve.
                let point = [&[4], x.as_slice(), y].concat();
                ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
                    .map_err(|_| KeyError::Point)?
            }
            PublicKey::EdDsa { x } => {
                ParsedPublicKey::new(&signature::ED25519, x).map_err(|_| KeyError::Point)?
            }
            PublicKey::Rs256(key) => parse_rsa(key, &signature::RSA_PKCS1_2048_8192_SHA256)?,
            PublicKey::Ps256(key) => parse_rsa(key, &signature::RSA_PSS_2048_8192_SHA256)?,
        };
        Ok(Self { kid: jwk.kid().to_owned(), algorithm: jwk.algorithm(), key })
    }

    /// The id that tokens name the key by.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The one algorithm that it verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether this key's owner signed `message`. For `ES256` the signature is r and s, 32 bytes each (RFC 7518
    /// section 3.4); both s and n - s are accepted, so a signature is no unique name of what it signs.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        self.key.verify_sig(message, signature).map_err(|_| SignatureError)
    }
}

/// Prints which key it is. The numbers are public, but they are no help in a log.
impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kid, algorithm, key: _ } = self;
        f.debug_struct("VerifyingKey").field("kid", kid).field("algorithm", algorithm).finish_non_exhaustive()
    }
}

fn parse_rsa(key: &RsaPublicKey, parameters: &'static RsaParameters) -> Result<ParsedPublicKey, KeyError> {
    // aws-lc checks the size when it verifies, and would take 8192 bits; we want to know now.
    if !RSA_BITS.contains(&bits(&key.n)) {
        return Err(KeyError::RsaSize);
    }
    if !is_usual_exponent(&key.e) {
        return Err(KeyError::RsaExponent);
    }
    let components = RsaPublicKeyComponents { n: &key.n, e: &key.e };
    components.to_parsed_public_key(parameters).map_err(|_| KeyError::RsaSize)
}

/// The bits of a big-endian number. One with a leading zero has none: it is not canonical (RFC 7518 section 2).
fn bits(number: &[u8]) -> usize {
    match number {
        [0, ..] | [] => 0,
        [first, rest @ ..] => rest.len() * 8 + (u8::BITS - first.leading_zeros()) as usize,
    }
}

/// Odd and above 2^16 (FIPS 186-5 section 5.1), and at most the 33 bits that aws-lc takes. In practice 65537.
fn is_usual_exponent(e: &[u8]) -> bool {
    (17..=33).contains(&bits(e)) && e.last().is_some_and(|last| last % 2 == 1)
}

/// Why a key is not one of ours. Nothing of the key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The system could not make a key: no memory, or no entropy.
    #[error("the key could not be generated")]
    Generate,
    /// Not a PKCS#8 private key (RFC 5208, 5958) of the kind that the algorithm needs, or a damaged one.
    #[error("not a PKCS#8 private key for {0}")]
    Pkcs8(Algorithm),
    /// An RSA modulus outside 2048 to 4096 bits, or not canonical.
    #[error("the RSA key has not 2048 to 4096 bits")]
    RsaSize,
    /// An RSA public exponent that is even, 65536 or less, or over 33 bits.
    #[error("the RSA key has an unusual public exponent")]
    RsaExponent,
    /// Not a point of the curve.
    #[error("the public key is no point of its curve")]
    Point,
    /// What the private key signs its public half does not verify: the key is damaged, or the machine is.
    #[error("the key does not verify its own signature")]
    SelfCheck,
}

/// The signature is not this key's over this message. There is no more to say, and no more is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature is wrong")]
pub struct SignatureError;
