//! What Jeton signs and what it reads back: JWS in compact serialization, public keys as JWK, and the claims of an
//! access token (RFC 7515, 7517, 7519, 9068).
//!
//! This is the only crate that names a crypto library for signatures. It has no clock, no I/O and no policy: it
//! answers "is this well formed, and did that key sign it"; who may have issued it, for whom, and until when is
//! `jeton-verify`'s question.
//!
//! | module | what it holds |
//! |---|---|
//! | [`json`] | the one strict JSON reader of the project |
//! | `algorithm` | the closed list of signature algorithms; **adding one starts there** |
//! | `signing_key`, `key_pair` | a private key and what it signs |
//! | `jwk`, `jwk_set` | public keys as they are published and fetched |
//! | `verifying_key` | a public key, parsed once, for one algorithm |
//! | `compact`, `header` | JWS compact serialization, taken apart |
//! | `claims`, `token` | a token, from text nobody has checked to claims that a key has signed |
//! | `statement` | anything else that an issuer signs, under a `typ` of its own |
//!
//! Trust stands in the names: [`UnverifiedToken`] becomes [`VerifiedClaims`] by a [`VerifyingKey`] and in no other
//! way.
//!
//! **Invariants.** No HMAC algorithm exists here, so a public key can never serve as a shared secret. A key has
//! exactly one algorithm, which its type carries. No error prints anything of a token or a key.

mod algorithm;
mod base64url;
mod claims;
mod compact;
mod header;
pub mod json;
mod jwk;
mod jwk_set;
mod key_pair;
mod signing_key;
mod statement;
mod token;
mod verifying_key;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use claims::{AccessTokenClaims, ClaimsError, MAX_NUMERIC_DATE};
pub use header::{HeaderError, MAX_KID_BYTES};
pub use jwk::Jwk;
pub use jwk_set::{JwkSet, JwkSetError, MAX_JWKS_BYTES, MAX_JWKS_KEYS};
pub use signing_key::{SignError, SigningKey, UnsignedToken};
pub use statement::UnverifiedStatement;
pub use token::{MAX_TOKEN_BYTES, TokenError, UnverifiedToken, VerifiedClaims};
pub use verifying_key::{KeyError, SignatureError, VerifyingKey};

/// The SHA-256 digest of `bytes` (FIPS 180-4), for the crates that may not name a crypto library.
///
/// It is a plain hash: it authenticates nothing, and hides nothing that can be guessed.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().try_into().expect("a SHA-256 digest has 32 bytes")
}

/// Fills `bytes` from aws-lc's generator, which the operating system seeds: fit for keys. For whoever puts a program
/// together and hands randomness on as a parameter; nothing else here or elsewhere calls it.
///
/// # Panics
///
/// Where the operating system gives no randomness, there is no safe way to go on.
pub fn fill_random(bytes: &mut [u8]) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the randomness that everybody else is given as a parameter"
    )]
    aws_lc_rs::rand::fill(bytes).expect("the operating system gives random bytes");
}
