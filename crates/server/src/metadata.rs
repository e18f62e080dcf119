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

/// Where tokens are revoked (RFC 7009), and where it is said what they are (RFC 7662).
pub(crate) const REVOKE_PATH: &str = "/oauth/v2/revoke";
pub(crate) const INTROSPECT_PATH: &str = "/oauth/v2/introspect";

/// Where the feed of what was revoked is; its chunks are below.
pub(crate) const FEED_PATH: &str = "/oauth/v2/revocations";

/// How the `oauth2` dialect takes a client's credentials, and what stands beside it.
const CLIENT_AUTHENTICATION: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// A public document, ready to be served.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    content_type: HeaderValue,
    body: Bytes,
    cache_control: HeaderValue,
    etag: HeaderValue,
}

impl Document {
    pub(crate) fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let digest = jeton_jose::sha256(&body);
        let tag: String =
            digest[..12].iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex_digit).collect();
        Self {
            content_type: HeaderValue::from_static(content_type),
            body,
            cache_control: HeaderValue::from_static("public, max-age=300"),
            // Hexadecimal digits and quotes are allowed in a header.
            etag: HeaderValue::try_from(format!("\"{tag}\"")).expect("an entity tag is a header value"),
        }
    }

    /// Says how long whoever reads it may keep it, in place of five minutes.
    pub(crate) fn kept(mut self, cache_control: &'static str) -> Self {
        self.cache_control = HeaderValue::from_static(cache_control);
        self
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
        headers.insert(CACHE_CONTROL, self.cache_control.clone());
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
        token_endpoint_auth_methods_supported: token_endpoint.as_ref().map(|_| CLIENT_AUTHENTICATION),
        token_endpoint,
        revocation_endpoint: format!("{origin}{REVOKE_PATH}"),
        revocation_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
        introspection_endpoint: format!("{origin}{INTROSPECT_PATH}"),
        introspection_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
        revocation_feed: format!("{origin}{FEED_PATH}"),
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
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: [&'a str; 2],
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: [&'a str; 2],
    /// Where the feed of what was revoked is. Of Jeton alone.
    revocation_feed: String,
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
