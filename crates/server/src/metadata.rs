//! The documents that verifiers and clients find by themselves: key set and metadata (RFC 7517, RFC 8414).

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use jeton_dialect::Dialect;
use serde::Serialize;

use crate::answer::Answer;
use crate::config::{Endpoint, Issuer};

/// Where the key set is.
pub(crate) const JWKS_PATH: &str = "/.well-known/jwks.json";

/// A public document, ready to be served.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    content_type: HeaderValue,
    body: Bytes,
    etag: HeaderValue,
}

impl Document {
    pub(crate) fn new(content_type: &'static str, body: String) -> Self {
        let digest = jeton_jose::sha256(body.as_bytes());
        let tag: String =
            digest[..12].iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex_digit).collect();
        Self {
            content_type: HeaderValue::from_static(content_type),
            body: Bytes::from(body),
            // Hexadecimal digits and quotes are allowed in a header.
            etag: HeaderValue::try_from(format!("\"{tag}\"")).expect("an entity tag is a header value"),
        }
    }

    /// The answer to GET or HEAD; 304 where the asker has this very document (RFC 9110 section 13.1.2).
    pub(crate) fn answer(&self, headers: &HeaderMap) -> Answer {
        let known = headers.get_all(IF_NONE_MATCH).iter().any(|value| matches_tag(value, &self.etag));
        let (status, body) = if known {
            (StatusCode::NOT_MODIFIED, Bytes::new())
        } else {
            (StatusCode::OK, self.body.clone())
        };
        let mut response = Response::new(body.into());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        headers.insert(ETAG, self.etag.clone());
        if !known {
            headers.insert(CONTENT_TYPE, self.content_type.clone());
        }
        response
    }
}

/// The two paths of the metadata document: the issuer's own path stands behind the well-known part in RFC 8414
/// section 3.1, and before it in `OpenID` Connect Discovery.
pub(crate) fn metadata_paths(issuer: &Issuer) -> [String; 2] {
    let path = issuer.path();
    [
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("{path}/.well-known/openid-configuration"),
    ]
}

/// What there is to know of an environment (RFC 8414 section 2). It says only what is true.
pub(crate) fn metadata(issuer: &Issuer, endpoints: &[Endpoint]) -> Document {
    let origin = issuer.origin();
    let token_endpoint = endpoints
        .iter()
        .find(|endpoint| endpoint.dialect == Dialect::OAuth2)
        .map(|endpoint| format!("{origin}{}", endpoint.path));
    let metadata = Metadata {
        issuer: issuer.as_str(),
        grant_types_supported: token_endpoint.as_ref().map(|_| ["client_credentials"]),
        token_endpoint_auth_methods_supported: token_endpoint
            .as_ref()
            .map(|_| ["client_secret_basic", "client_secret_post"]),
        token_endpoint,
        jwks_uri: format!("{origin}{JWKS_PATH}"),
        response_types_supported: [],
    };
    let json = serde_json::to_string(&metadata).expect("metadata is made of strings and lists of them");
    Document::new("application/json", json)
}

#[derive(Serialize)]
struct Metadata<'a> {
    issuer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint: Option<String>,
    jwks_uri: String,
    /// Required, and empty: there is no authorization endpoint.
    response_types_supported: [&'a str; 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_types_supported: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_methods_supported: Option<[&'a str; 2]>,
}

fn matches_tag(value: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(value), Ok(etag)) = (value.to_str(), etag.to_str()) else { return false };
    value.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == etag)
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}
