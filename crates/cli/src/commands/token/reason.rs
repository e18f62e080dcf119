//! Why a token is not good: which check failed, what was expected, what was found, and what to do.

use std::fmt;

use jeton_jose::{ClaimsError, TokenError};
use jeton_verify::VerifyError;
use serde_json::{Value, json};

use super::claims;
use super::decode::{Decoded, printable};
use super::judgement::{Check, Expected};

/// A failed check.
pub(super) struct Reason {
    pub(super) check: Check,
    pub(super) what: &'static str,
    pub(super) expected: String,
    pub(super) found: String,
    pub(super) advice: String,
}

impl Reason {
    pub(super) fn of(
        token: &str,
        error: &VerifyError,
        expected: &Expected,
        decoded: &Decoded,
        whose: &str,
        now: i64,
    ) -> Self {
        let time =
            |name: &str| decoded.seconds(name).map_or_else(|| decoded.claim(name), |at| claims::at(at, now));
        match error {
            VerifyError::Malformed(why) => malformed(token, why),
            VerifyError::WrongType => Self::new(
                Check::Type,
                "it is no access token",
                "the header's `typ` at+jwt",
                decoded.header("typ"),
                "Send the access token, not an ID token or another JWT of the same issuer",
            ),
            VerifyError::WrongAlgorithm => Self::new(
                Check::Algorithm,
                "it is signed in a way that is not allowed",
                "the header's `alg` ES256, EdDSA, RS256 or PS256, and the one that the key is for",
                decoded.header("alg"),
                "Get a new token from the issuer: this one was changed, or comes from elsewhere",
            ),
            VerifyError::UnknownKey => Self::new(
                Check::Key,
                "none of the keys signed it",
                format!("a key of {whose}"),
                format!(
                    "the header's `kid` {}, and the issuer {}",
                    decoded.header("kid"),
                    decoded.claim("iss")
                ),
                "Check that issuer and environment are the token's own; an old token's key may be gone: get a new one",
            ),
            VerifyError::KeysUnavailable => Self::new(
                Check::Key,
                "there are no keys at present",
                format!("the keys of {whose}"),
                "none",
                "Try again",
            ),
            VerifyError::Signature => Self::new(
                Check::Signature,
                "the signature is wrong",
                format!("a signature of the key {}", decoded.header("kid")),
                "another",
                "The token was cut, changed or made up: get it anew, and pass it on whole",
            ),
            VerifyError::Issuer => Self::new(
                Check::Issuer,
                "somebody else issued it",
                expected.issuer.clone().unwrap_or_default(),
                decoded.claim("iss"),
                "Get the token from that issuer, or correct what is expected, to the byte",
            ),
            VerifyError::Audience => Self::new(
                Check::Audience,
                "it is for another API",
                expected.audience.clone().unwrap_or_default(),
                decoded.claim("aud"),
                "Ask for a token for this API; if the credential gets none, it has not been granted it",
            ),
            VerifyError::Expired => Self::new(
                Check::Time,
                "it has expired",
                format!("a time before its `exp`, {}", time("exp")),
                format!("the time {}", claims::time(now)),
                "Get a new token; if it is new, compare the clocks",
            ),
            VerifyError::NotYetValid => Self::new(
                Check::Time,
                "it is not valid yet",
                format!("a time from its `nbf`, {}", time("nbf")),
                format!("the time {}", claims::time(now)),
                "Wait, or compare the clocks",
            ),
            VerifyError::Revision => Self::new(
                Check::Claims,
                "nobody could tell whether it is revoked",
                "the claim `rev` a handle and a generation",
                decoded.claim("rev"),
                "The issuer wrote it like this: ask there",
            ),
            VerifyError::Revoked => Self::new(
                Check::Revocation,
                "it is revoked",
                "a token that its issuer has not taken back",
                decoded.claim("jti"),
                "Get a new token; if there is none, the credential or company is suspended",
            ),
            VerifyError::RevocationsUnavailable => Self::new(
                Check::Revocation,
                "what is revoked is not known at present",
                format!("what {whose} revoked"),
                "nothing",
                "Try again",
            ),
        }
    }

    /// A good token that does not allow enough.
    pub(super) fn scope(missing: &str, decoded: &Decoded) -> Self {
        Self::new(
            Check::Scope,
            "it lacks a scope",
            missing,
            decoded.claim("scope"),
            "Ask for the scope, or for none to get all that are granted; if it is refused, it has not been granted",
        )
    }

    fn new(
        check: Check,
        what: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { check, what, expected: expected.into(), found: found.into(), advice: advice.into() }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "check": self.check.name(),
            "what": self.what,
            "expected": self.expected,
            "found": self.found,
            "advice": self.advice,
        })
    }
}

/// In one sentence, and another one of advice.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, what, expected, found, advice } = self;
        write!(
            f,
            "the token does not verify: {what} (check: {}; expected: {expected}; found: {found}). {advice}",
            check.name()
        )
    }
}

/// Texts that are no token have their own ways to come about.
fn malformed(token: &str, why: &TokenError) -> Reason {
    let advice = match why {
        _ if token.starts_with(['{', '"', '[']) => "Give the value of `access_token` alone, without quotes",
        _ if token.contains(char::is_whitespace) => {
            "Give the token alone, without `Authorization:` or `Bearer` before it"
        }
        TokenError::Segments if token.split('.').count() == 5 => {
            "Five parts are an encrypted token, which Jeton's are not"
        }
        TokenError::Claims(_) => "The issuer wrote it like this: ask there",
        _ => "Check that it is a whole access token, and not an opaque token, a secret or a part of one",
    };
    let check = if matches!(why, TokenError::Claims(_)) { Check::Claims } else { Check::Form };
    let expected = match why {
        TokenError::Claims(ClaimsError::Missing(name)) => format!("the claims of RFC 9068, `{name}` too"),
        TokenError::Claims(_) => "the claims of RFC 9068, each of its type".to_owned(),
        _ => "three parts of base64url, with dots between them".to_owned(),
    };
    Reason::new(check, "it is no access token", expected, printable(&why.to_string()), advice)
}
