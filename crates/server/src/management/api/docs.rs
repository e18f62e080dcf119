//! The API's document, and a page that shows it: Scalar, from the binary itself.
//!
//! They hold no data, so nobody is asked who they are. The page takes nothing from any other origin, and its browser is told
//! to keep it so.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};

use super::{ApiOptions, ManagementApi};

/// Scripts, requests and styles come from here alone, and no script or style may change that. Scalar sets styles from its
/// script, which are inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Jeton management API</title>
</head>
<body>
<noscript>This page needs JavaScript. The document is <a href="/openapi.json">openapi.json</a>.</noscript>
<div id="api"></div>
<script src="/docs/scalar.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"#;

/// What would ask another origin is off: fonts, telemetry, the proxy for requests, and whatever takes the document elsewhere.
const START: &str = r##"Scalar.createApiReference("#api", {
  url: "/openapi.json",
  authentication: { preferredSecurityScheme: "operator" },
  withDefaultFonts: false,
  telemetry: false,
  proxyUrl: "",
  showDeveloperTools: "never",
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
});
"##;

/// Scalar's script by gzip, from `build.rs`.
const SCALAR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/scalar.js.gz"));

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(ManagementApi::openapi()));

pub(super) fn routes() -> Router<Arc<ApiOptions>> {
    Router::new()
        .route("/openapi.json", get(async || document()))
        .route("/docs", get(async || show("text/html; charset=utf-8", "no-store", PAGE.into())))
        .route("/docs/start.js", get(async || script(Bytes::from_static(START.as_bytes()))))
        .route("/docs/scalar.js", get(async || scalar()))
}

/// The document, which whoever has a token finds beside the operations too.
pub(super) fn document() -> Response {
    show("application/json", "no-store", DOCUMENT.clone())
}

/// Compressed for whoever asks: only browsers do, and all of them can read it.
fn scalar() -> Response {
    let mut answer = script(Bytes::from_static(SCALAR));
    answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    answer
}

fn script(text: Bytes) -> Response {
    show("text/javascript; charset=utf-8", "max-age=3600", text)
}

fn show(content_type: &'static str, kept: &'static str, body: Bytes) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, kept),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, body).into_response()
}
