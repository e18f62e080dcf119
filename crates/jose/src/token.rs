//! From a text that came over the wire to claims that a key has signed.
//!
//! The order matters: size, alphabet and shape before anything is decoded, the header before a key is chosen, the
//! signature before a single claim is read.

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::claims::{AccessTokenClaims, ClaimsError};
use crate::header::{Header, HeaderError};
use crate::verifying_key::VerifyingKey;
use std::fmt;

/// The longest token, in bytes; nothing of a longer one is looked at. HTTP servers allow headers about half of it.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A token of the right shape that nobody has vouched for. All it offers is what is needed to choose a key.
pub struct UnverifiedToken<'a> {
    header: Header,
    signing_input: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> UnverifiedToken<'a> {
    /// Takes a token apart: JWS compact serialization (RFC 7515 section 7.1) of an access token (RFC 9068 section 2.1).
    ///
    /// Not checked here: the signature and everything in the claims, which are not even known to be JSON.
    pub fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        if !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            return Err(TokenError::Alphabet);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(TokenError::Segments)?;
        let (header, payload) = signing_input.split_once('.').ok_or(TokenError::Segments)?;
        if payload.contains('.') {
            return Err(TokenError::Segments);
        }
        let decode = |segment| base64url::decode(segment).ok_or(TokenError::Encoding);
        Ok(Self {
            header: Header::parse(&decode(header)?)?,
            signing_input,
            payload: decode(payload)?,
            signature: decode(signature)?,
        })
    }

    /// The id of the key that is said to have signed: a name to look up among trusted keys, and nothing more.
    pub fn kid(&self) -> &str {
        &self.header.kid
    }

    /// The algorithm that is said to have been used. It selects nothing: the key decides.
    pub fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// Checks the signature (RFC 7515 section 5.2) and only then reads the claims.
    ///
    /// The key must be for the header's `alg`; that its `kid` is the header's is the business of whoever looked it
    /// up. Not checked: issuer, audience, times, revocation. See `jeton-verify`.
    pub fn verify(self, key: &VerifyingKey) -> Result<VerifiedClaims, TokenError> {
        if self.header.algorithm != key.algorithm() {
            return Err(TokenError::KeyAlgorithm);
        }
        key.verify(self.signing_input.as_bytes(), &self.signature).map_err(|_| TokenError::Signature)?;
        Ok(VerifiedClaims { claims: AccessTokenClaims::parse(&self.payload)?, header: self.header })
    }
}

/// Prints what selects a key, and nothing of the token itself.
impl fmt::Debug for UnverifiedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedToken").field("header", &self.header).finish_non_exhaustive()
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

/// Why a token was refused. The variants tell a log; to whoever sent the token they should all look alike.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than [`MAX_TOKEN_BYTES`].
    #[error("longer than {MAX_TOKEN_BYTES} bytes")]
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
