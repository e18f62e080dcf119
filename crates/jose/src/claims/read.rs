//! Claims from bytes. A claim of the wrong type is refused, never taken as absent (jsonwebtoken did: CVE-2026-25537).

use super::{AccessTokenClaims, ClaimsError, MAX_NUMERIC_DATE};
use crate::json::{self, Object, Value};
use std::borrow::Cow;

impl AccessTokenClaims<'static> {
    /// Reads the payload of a token. Claims that we do not know are ignored.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ClaimsError> {
        let value = json::parse(bytes)?;
        let claims = value.as_object().ok_or(ClaimsError::NotAnObject)?;
        let read = Self {
            iss: required(claims, "iss", text)?,
            sub: required(claims, "sub", text)?,
            client_id: required(claims, "client_id", text)?,
            aud: required(claims, "aud", texts)?,
            iat: required(claims, "iat", time)?,
            nbf: optional(claims, "nbf", time)?,
            exp: required(claims, "exp", time)?,
            jti: required(claims, "jti", text)?,
            scope: optional(claims, "scope", text)?,
            company: optional(claims, "company", text)?,
            rev: optional(claims, "rev", text)?,
        };
        read.check()?;
        Ok(read)
    }
}

/// How a value becomes a claim; the name is for the error.
type Read<T> = fn(&'static str, &Value<'_>) -> Result<T, ClaimsError>;

fn required<T>(claims: &Object<'_>, name: &'static str, read: Read<T>) -> Result<T, ClaimsError> {
    optional(claims, name, read)?.ok_or(ClaimsError::Missing(name))
}

fn optional<T>(claims: &Object<'_>, name: &'static str, read: Read<T>) -> Result<Option<T>, ClaimsError> {
    claims.get(name).map(|value| read(name, value)).transpose()
}

fn text(name: &'static str, value: &Value<'_>) -> Result<Cow<'static, str>, ClaimsError> {
    value.as_str().map(|text| Cow::Owned(text.to_owned())).ok_or(ClaimsError::Type(name))
}

/// One string, or an array of strings (RFC 7519 section 4.1.3).
fn texts(name: &'static str, value: &Value<'_>) -> Result<Vec<Cow<'static, str>>, ClaimsError> {
    match value {
        Value::Array(elements) => elements.iter().map(|element| text(name, element)).collect(),
        other => text(name, other).map(|one| vec![one]),
    }
}

/// A `NumericDate` (RFC 7519 section 2), the fraction dropped: `exp` and `iat` are at most a second early, and so is
/// `nbf`, which is less than any clock's error.
fn time(name: &'static str, value: &Value<'_>) -> Result<i64, ClaimsError> {
    let Value::Number(digits) = value else { return Err(ClaimsError::Type(name)) };
    // Whole numbers, as all issuers write them, take no detour over floating point.
    let seconds = digits.parse().ok().or_else(|| whole_seconds(digits)).ok_or(ClaimsError::Range(name))?;
    if (0..=MAX_NUMERIC_DATE).contains(&seconds) { Ok(seconds) } else { Err(ClaimsError::Range(name)) }
}

/// The whole seconds of `1700000000.5` or `1.7e9`; nothing where they are out of range, `1e400` too.
fn whole_seconds(digits: &str) -> Option<i64> {
    /// Exact: the bound needs 38 of the 53 bits that an `f64` has.
    const LATEST: f64 = 253_402_300_799.0;
    const _: () = assert!(MAX_NUMERIC_DATE == 253_402_300_799, "LATEST is MAX_NUMERIC_DATE");

    let seconds: f64 = digits.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "in range, and dropping the fraction is the point")]
    (0.0..=LATEST).contains(&seconds).then_some(seconds as i64)
}
