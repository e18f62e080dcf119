//! Requests that are easy to write down.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use jeton_core::token_request::TokenRequest;
use jeton_dialect::{Dialect, WireFault, WireRequest};

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
/// Of `app:s3cret`.
pub(crate) const BASIC: &str = "Basic YXBwOnMzY3JldA==";

/// A request that a test changes step by step.
#[derive(Clone, Default)]
pub(crate) struct Request {
    pub(crate) headers: HeaderMap,
    pub(crate) query: Option<String>,
    /// The pieces that `&` joins; one piece where the body is no form.
    pub(crate) body: Vec<Vec<u8>>,
}

impl Request {
    /// The plainest request that the dialect reads.
    pub(crate) fn plain(dialect: Dialect) -> Self {
        let request = Self::default();
        match dialect {
            Dialect::Gateway => request
                .set("authorization", BASIC)
                .set("content-type", FORM)
                .set("x-tracking-id", "t-1")
                .parameter("grant_type=client_credentials"),
            Dialect::OAuth2 => request
                .set("authorization", BASIC)
                .set("content-type", FORM)
                .parameter("grant_type=client_credentials"),
            Dialect::Json => request
                .set("content-type", "application/json")
                .with_body(r#"{"clientId":"app","clientSecret":"s3cret"}"#),
        }
    }

    pub(crate) fn set(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.insert(HeaderName::from_static(name), header_value(value.as_ref()));
        self
    }

    pub(crate) fn add(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.append(HeaderName::from_static(name), header_value(value.as_ref()));
        self
    }

    pub(crate) fn without(mut self, name: &'static str) -> Self {
        self.headers.remove(name);
        self
    }

    pub(crate) fn with_query(mut self, query: &str) -> Self {
        self.query = Some(query.to_owned());
        self
    }

    pub(crate) fn with_body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = vec![body.as_ref().to_vec()];
        self
    }

    pub(crate) fn parameter(mut self, piece: &str) -> Self {
        self.body.push(piece.into());
        self
    }

    pub(crate) fn without_parameter(mut self, name: &str) -> Self {
        let start = format!("{name}=").into_bytes();
        self.body.retain(|piece| !piece.starts_with(&start));
        self
    }

    pub(crate) fn read(&self, dialect: Dialect) -> Result<TokenRequest, WireFault> {
        let body = self.body.join(&b'&');
        dialect.read(&WireRequest { headers: &self.headers, query: self.query.as_deref(), body: &body })
    }

    pub(crate) fn fault(&self, dialect: Dialect) -> Option<WireFault> {
        self.read(dialect).err()
    }
}

pub(crate) fn header_value(bytes: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(bytes).expect("a value that a connection lets through")
}

/// All values of one header, however many bytes they have that a server would never let through.
pub(crate) fn headers_of(name: &HeaderName, values: &[Vec<u8>]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values.iter().filter_map(|value| HeaderValue::from_bytes(value).ok()) {
        headers.append(name.clone(), value);
    }
    headers
}

pub(crate) fn content_types(values: &[&str]) -> HeaderMap {
    headers_of(&CONTENT_TYPE, &values.iter().map(|value| value.as_bytes().to_vec()).collect::<Vec<_>>())
}

pub(crate) fn authorizations(values: &[&[u8]]) -> HeaderMap {
    headers_of(&AUTHORIZATION, &values.iter().map(|value| value.to_vec()).collect::<Vec<_>>())
}
