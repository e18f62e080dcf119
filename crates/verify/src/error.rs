//! Which check a token failed.

use jeton_jose::{ClaimsError, HeaderError, TokenError};

/// Why a token is not accepted, for a log. What the caller is told is [`Rejection`](crate::Rejection)'s business.
///
/// The variants are in the order of the checks, but for [`Malformed`](Self::Malformed), which is found first in the
/// shape and the header, and last in the claims. No variant holds any of the token's content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not an access token in compact serialization, or its claims are not those of RFC 9068.
    #[error("malformed token: {0}")]
    Malformed(TokenError),
    /// `typ` is not `at+jwt`: an ID token, or another JWT of the issuer's.
    #[error("the token is not an access token: its `typ` is not at+jwt")]
    WrongType,
    /// `alg` is unknown, not among those that the verifier allows, or not the key's.
    #[error("the token's signature algorithm is not allowed")]
    WrongAlgorithm,
    /// No trusted key has this `kid`: another issuer or environment, or a key that came or went.
    #[error("no trusted key has the token's `kid`")]
    UnknownKey,
    /// There are no keys to judge by at present: they could not be fetched. The token may be good.
    #[error("the issuer's keys are not available")]
    KeysUnavailable,
    /// The key did not sign this.
    #[error("the token's signature is wrong")]
    Signature,
    /// `iss` is not, byte for byte, the configured issuer.
    #[error("the token was issued by somebody else")]
    Issuer,
    /// `aud` does not name the configured audience.
    #[error("the token is for another audience")]
    Audience,
    /// `exp` has come.
    #[error("the token has expired")]
    Expired,
    /// `nbf` has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `rev` is no handle and generation, so that nobody could tell whether the token is revoked.
    #[error("the token's `rev` is not a handle and a generation")]
    Revision,
    /// The issuer has taken it back, or its credential or company is suspended, or was when it was issued.
    #[error("the token is revoked")]
    Revoked,
    /// What is revoked is not known at present: the issuer has not said so for too long. The token may be good.
    #[error("what the issuer has revoked is not known at present")]
    RevocationsUnavailable,
}

impl VerifyError {
    /// A stable name for log fields and counters: one of thirteen words.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::WrongType => "wrong_type",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::UnknownKey => "unknown_key",
            Self::KeysUnavailable => "keys_unavailable",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Revision => "revision",
            Self::Revoked => "revoked",
            Self::RevocationsUnavailable => "revocations_unavailable",
        }
    }
}

impl From<TokenError> for VerifyError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Header(HeaderError::Type) => Self::WrongType,
            TokenError::Header(HeaderError::Algorithm) | TokenError::KeyAlgorithm => Self::WrongAlgorithm,
            TokenError::Signature => Self::Signature,
            TokenError::TooLong
            | TokenError::Alphabet
            | TokenError::Segments
            | TokenError::Encoding
            | TokenError::Header(
                HeaderError::Json(_)
                | HeaderError::NotAnObject
                | HeaderError::Refused(_)
                | HeaderError::KeyId,
            )
            | TokenError::Claims(
                ClaimsError::Json(_)
                | ClaimsError::NotAnObject
                | ClaimsError::Missing(_)
                | ClaimsError::Type(_)
                | ClaimsError::Empty(_)
                | ClaimsError::Range(_),
            ) => Self::Malformed(error),
        }
    }
}
