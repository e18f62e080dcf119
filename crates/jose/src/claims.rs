//! The claims of an access token (RFC 9068 section 2.2), written and read by the same rules.
//!
//! Strings are [`Cow`]s: the server writes what it borrows, a verifier keeps what it has read. To add a claim: a
//! field here with how it is written, and a line in `read.rs`. Make it optional on reading, since other issuers do
//! not write ours.

mod read;

use crate::json::JsonError;
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// The latest time that a claim may name, in seconds since 1970: the end of the year 9999.
pub const MAX_NUMERIC_DATE: i64 = 253_402_300_799;

/// Who may call which APIs until when. Times are whole seconds since 1970-01-01T00:00:00Z.
///
/// This is content, not proof: anyone can make one. What a key has signed is [`VerifiedClaims`].
///
/// [`VerifiedClaims`]: crate::VerifiedClaims
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccessTokenClaims<'a> {
    /// The issuer, a URL, compared byte for byte (RFC 9068 section 4).
    pub iss: Cow<'a, str>,
    /// The subject; for client credentials the client id (RFC 9068 section 2.2).
    pub sub: Cow<'a, str>,
    /// The client id (RFC 8693 section 4.3).
    pub client_id: Cow<'a, str>,
    /// The audiences, never none. One is written as a string, several as an array.
    #[serde(serialize_with = "one_or_many")]
    pub aud: Vec<Cow<'a, str>>,
    /// Issued at.
    pub iat: i64,
    /// Not before. Jeton writes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Expires: the token is good before this second, not in it.
    pub exp: i64,
    /// The token's own id.
    pub jti: Cow<'a, str>,
    /// The scopes, separated by spaces (RFC 8693 section 4.2). Reading does not check their grammar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Cow<'a, str>>,
    /// The id of the company that owns the credential. Private to Jeton.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<Cow<'a, str>>,
    /// The handle and generation of the credential, for revocation. Private to Jeton.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rev: Option<Cow<'a, str>>,
}

impl AccessTokenClaims<'_> {
    /// The rules that the types do not state. They hold for writing too, so that whatever is signed can be read.
    pub(crate) fn check(&self) -> Result<(), ClaimsError> {
        for (name, text) in
            [("iss", &self.iss), ("sub", &self.sub), ("client_id", &self.client_id), ("jti", &self.jti)]
        {
            if text.is_empty() {
                return Err(ClaimsError::Empty(name));
            }
        }
        if self.aud.is_empty() || self.aud.iter().any(|audience| audience.is_empty()) {
            return Err(ClaimsError::Empty("aud"));
        }
        for (name, time) in [("iat", Some(self.iat)), ("exp", Some(self.exp)), ("nbf", self.nbf)] {
            if time.is_some_and(|time| !(0..=MAX_NUMERIC_DATE).contains(&time)) {
                return Err(ClaimsError::Range(name));
            }
        }
        Ok(())
    }
}

/// Why claims were refused. The names are those of claims that we know; no value is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// Not strict JSON.
    #[error("the claims are {0}")]
    Json(#[from] JsonError),
    /// JSON, but no object.
    #[error("the claims are no JSON object")]
    NotAnObject,
    /// A required claim is absent (RFC 9068 section 2.2).
    #[error("the claim `{0}` is missing")]
    Missing(&'static str),
    /// A claim has another JSON type than its own; `null` too, which is no absence.
    #[error("the claim `{0}` has the wrong type")]
    Type(&'static str),
    /// A claim that must say something is an empty string or array.
    #[error("the claim `{0}` is empty")]
    Empty(&'static str),
    /// A time outside 0 to [`MAX_NUMERIC_DATE`].
    #[error("the claim `{0}` is not a time between the years 1970 and 9999")]
    Range(&'static str),
}

fn one_or_many<S: Serializer>(audiences: &Vec<Cow<'_, str>>, serializer: S) -> Result<S::Ok, S::Error> {
    match audiences.as_slice() {
        [one] => one.serialize(serializer),
        many => many.serialize(serializer),
    }
}
