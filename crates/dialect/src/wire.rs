//! What a dialect is given and what it gives back: requests and answers as bytes, without a connection.

use std::fmt;

use http::header::{ALLOW, CONTENT_TYPE, GetAll, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jeton_core::IssuedToken;
use jeton_core::id::EnvironmentName;
use serde::Serialize;

/// A POST whose body has arrived whole and is not too large.
///
/// Not `Debug`: it holds secrets.
pub struct WireRequest<'a> {
    /// All headers.
    pub headers: &'a HeaderMap,
    /// What follows the `?` of the target; `Some("")` where nothing does.
    pub query: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// What of a request its answer depends on, known also where reading it failed.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The request id, which goes into problem details as `traceId`.
    pub request_id: &'a str,
    /// The environment, which is the realm of every challenge.
    pub environment: &'a EnvironmentName,
    /// The path of the request without its query: the `instance` of problem details.
    pub path: &'a str,
    /// The `Accept` headers as they came: `headers.get_all(ACCEPT)`.
    pub accept: GetAll<'a, HeaderValue>,
}

/// An answer, but for what the server adds to every one of them.
pub struct WireResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers that depend on the dialect. No name stands twice.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Leaves the body out, which may be a token.
impl fmt::Debug for WireResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

impl WireResponse {
    pub(crate) fn new(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Self {
        Self { status, headers: vec![(CONTENT_TYPE, HeaderValue::from_static(content_type))], body }
    }

    pub(crate) fn json(status: StatusCode, content_type: &'static str, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("bodies are made of strings, numbers and lists of them");
        Self::new(status, content_type, body)
    }

    /// Adds the challenge that every 401 carries (RFC 9110 section 11.6.1).
    pub(crate) fn challenge(self, scheme: &str, environment: &EnvironmentName) -> Self {
        let challenge = HeaderValue::try_from(format!("{scheme} realm=\"{environment}\""))
            .expect("the name of an environment is letters and digits");
        self.with(WWW_AUTHENTICATE, challenge)
    }

    /// Adds what every 405 of a token endpoint carries (RFC 9110 section 15.5.6).
    pub(crate) fn allow_post(self) -> Self {
        self.with(ALLOW, HeaderValue::from_static("POST"))
    }

    /// Adds what every 429 and 503 carries (RFC 9110 section 10.2.3).
    pub(crate) fn retry_after(self, seconds: u32) -> Self {
        self.with(RETRY_AFTER, HeaderValue::from(seconds))
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// A JSON object with a token among its members, written piece by piece: a serializer would look at each of the token's
/// bytes for something to escape, and there is nothing.
pub(crate) struct TokenBody(Vec<u8>);

impl TokenBody {
    /// An empty one, with room for this token and what usually is around it.
    pub(crate) fn with_room_for(token: &str) -> Self {
        Self(Vec::with_capacity(token.len() + 256))
    }

    /// Adds a token, which is base64url and dots (RFC 7515 section 7.1).
    pub(crate) fn token(self, name: &'static str, token: &str) -> Self {
        debug_assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
        let mut this = self.name(name);
        this.0.push(b'"');
        this.0.extend_from_slice(token.as_bytes());
        this.0.push(b'"');
        this
    }

    /// Adds a text or a number.
    pub(crate) fn member(self, name: &'static str, value: impl Serialize) -> Self {
        let mut this = self.name(name);
        serde_json::to_writer(&mut this.0, &value).expect("members are texts and numbers");
        this
    }

    /// The answer with this body.
    pub(crate) fn into_response(self) -> WireResponse {
        let mut body = self.0;
        body.push(b'}');
        WireResponse::new(StatusCode::OK, "application/json", body)
    }

    fn name(mut self, name: &'static str) -> Self {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
        self
    }
}

/// The `scope` member of an answer in JSON: the token's, where the client asked for none (RFC 6749 section 5.1
/// makes it optional where it is what was asked for).
pub(crate) fn scope_to_tell(token: &IssuedToken) -> Option<&str> {
    token.scope.as_deref().filter(|_| !token.scope_asked)
}
