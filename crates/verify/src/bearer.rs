//! The `Authorization` header of a request for an API (RFC 6750 section 2.1, RFC 9110 section 11.6.2).

use crate::error::VerifyError;
use crate::rejection::{BadRequest, Rejection};
use jeton_jose::TokenError;

/// The token of a request, given all its `Authorization` headers.
pub(crate) fn token<'a>(headers: impl IntoIterator<Item = &'a [u8]>) -> Result<&'a str, Rejection> {
    let mut headers = headers.into_iter();
    let header = headers.next().ok_or(Rejection::NoToken)?;
    if headers.next().is_some() {
        return Err(Rejection::BadRequest(BadRequest::SeveralHeaders));
    }
    let (scheme, credentials) = split_at_space(trim_start(trim_end(header)));
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Err(Rejection::NoToken);
    }
    let credentials = trim_start(credentials);
    if credentials.is_empty() {
        return Err(Rejection::BadRequest(BadRequest::EmptyBearer));
    }
    if credentials.iter().any(u8::is_ascii_whitespace) {
        return Err(Rejection::BadRequest(BadRequest::SeveralWords));
    }
    // One word of bytes that are no text is a bad token like any other.
    std::str::from_utf8(credentials)
        .map_err(|_| Rejection::InvalidToken(VerifyError::Malformed(TokenError::Alphabet)))
}

/// The scheme ends at the first space (RFC 9110 section 11.4); a tab does not end it.
fn split_at_space(header: &[u8]) -> (&[u8], &[u8]) {
    header.split_at(header.iter().position(|byte| *byte == b' ').unwrap_or(header.len()))
}

// White space is space and tab alone (RFC 9110 section 5.6.3); `trim_ascii` would take form feeds for it, too.

fn trim_start(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    text
}

fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}
