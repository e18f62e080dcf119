//! From a text that came over the wire to claims that a key has signed.
//!
//! The order matters: size, alphabet and shape before anything is decoded, the header before a key is chosen, the
//! signature before a single claim is read.

use crate::algorithm::Algorithm;
use crate::claims::{AccessTokenClaims, ClaimsError};
use crate::compact::Compact;
use crate::header::{Header, HeaderError, TYPES};
use crate::verifying_key::VerifyingKey;
use std::fmt;

/// The longest token, in bytes; nothing of a longer one is looked at. HTTP servers allow headers about half of it.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A token of the right shape that nobody has vouched for. All it offers is what is needed to choose a key.
pub struct UnverifiedToken<'a>(Compact<'a>);

impl<'a> UnverifiedToken<'a> {
    /// Takes a token apart: JWS compact serialization (RFC 7515 section 7.1) of an access token (RFC 9068 section 2.1).
    ///
    /// Not checked here: the signature and everything in the claims, which are not even known to be JSON.
    pub fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        Ok(Self(Compact::parse(token, &TYPES)?))
    }

    /// The id of the key that is said to have signed: a name to look up among trusted keys, and nothing more.
    pub fn kid(&self) -> &str {
        &self.0.header.kid
    }

    /// The algorithm that is said to have been used. It selects nothing: the key decides.
    pub fn algorithm(&self) -> Algorithm {
        self.0.header.algorithm
    }

    /// Checks the signature (RFC 7515 section 5.2) and only then reads the claims.
    ///
    /// The key must be for the header's `alg`; that its `kid` is the header's is the business of whoever looked it
    /// up. Not checked: issuer, audience, times, revocation. See `jeton-verify`.
    pub fn verify(self, key: &VerifyingKey) -> Result<VerifiedClaims, TokenError> {
        let (header, payload) = self.0.verify(key)?;
        Ok(VerifiedClaims { claims: AccessTokenClaims::parse(&payload)?, header })
    }
}

/// Prints what selects a key, and nothing of the token itself.
impl fmt::Debug for UnverifiedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedToken").field("header", &self.0.header).finish_non_exhaustive()
    }
}

/// Claims that a key has signed: proof of who wrote them, and of nothing else. Whether this issuer may speak, for
/// which audience, and whether the time has passed is for the verifier to ask.
#[derive(Clone, Debug)]
pub struct VerifiedClaims {
    header: Header,
    claims: AccessTokenClaims<'static>,
}

impl VerifiedClaims {
    /// What was signed.
    pub fn claims(&self) -> &AccessTokenClaims<'static> {
        &self.claims
    }

    /// The id of the key that signed.
    pub fn kid(&self) -> &str {
        &self.header.kid
    }

    /// The algorithm that it was signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }
}

/// Why a token, or a statement, was refused. The variants tell a log; to whoever sent the token they should all look alike.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than [`MAX_TOKEN_BYTES`], or than a statement may be.
    #[error("longer than it may be")]
    TooLong,
    /// A character that no compact serialization has: padding, white space, JSON serialization.
    #[error("not the characters of a compact JWS")]
    Alphabet,
    /// Not three segments; five are a JWE.
    #[error("not the three segments of a compact JWS")]
    Segments,
    /// A segment is not canonical base64url.
    #[error("a segment is not base64url")]
    Encoding,
    /// The header is refused.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The key is for another algorithm than the header's `alg`.
    #[error("the key is for another algorithm than the token names")]
    KeyAlgorithm,
    /// The key did not sign this.
    #[error("the signature is wrong")]
    Signature,
    /// Signed, but the claims are refused.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
}
