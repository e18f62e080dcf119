//! What an issuer signs beside access tokens: any payload, under a `typ` of its own.
//!
//! The `typ` is what keeps the two apart (RFC 8725 section 3.11): no statement passes for an access token, and no token
//! for a statement. To add a kind of statement: a `typ` of its own where it is signed and where it is read; nothing here.

use crate::algorithm::Algorithm;
use crate::compact::Compact;
use crate::token::TokenError;
use crate::verifying_key::VerifyingKey;
use std::fmt;

/// A statement of the right shape that nobody has vouched for. All it offers is what is needed to choose a key.
pub struct UnverifiedStatement<'a>(Compact<'a>);

impl<'a> UnverifiedStatement<'a> {
    /// Takes a statement apart: JWS compact serialization (RFC 7515 section 7.1) with exactly this `typ`, whatever its
    /// case. Nothing is looked at where it is longer than `limit` bytes.
    ///
    /// As strict as an access token's. Not checked here: the signature, and everything in the payload.
    pub fn parse(text: &'a str, typ: &str, limit: usize) -> Result<Self, TokenError> {
        if text.len() > limit {
            return Err(TokenError::TooLong);
        }
        Ok(Self(Compact::parse(text, &[typ])?))
    }

    /// The id of the key that is said to have signed: a name to look up among trusted keys, and nothing more.
    pub fn kid(&self) -> &str {
        &self.0.header.kid
    }

    /// The algorithm that is said to have been used. It selects nothing: the key decides.
    pub fn algorithm(&self) -> Algorithm {
        self.0.header.algorithm
    }

    /// The payload, once the signature holds (RFC 7515 section 5.2). That the key's `kid` is the header's is the
    /// business of whoever looked it up.
    pub fn verify(self, key: &VerifyingKey) -> Result<Vec<u8>, TokenError> {
        self.0.verify(key).map(|(_, payload)| payload)
    }
}

/// Prints what selects a key, and nothing of the statement itself.
impl fmt::Debug for UnverifiedStatement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedStatement").field("header", &self.0.header).finish_non_exhaustive()
    }
}
