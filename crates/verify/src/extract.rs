//! [`VerifiedToken`] as an argument of axum handlers.

use crate::verified::VerifiedToken;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;

/// The token that [`RequireToken`](crate::tower::RequireToken) has accepted. On a route without that layer every
/// request is answered with 500: the extractor verifies nothing itself, and never lets one through unverified.
impl<S: Sync> FromRequestParts<S> for VerifiedToken {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(MissingLayer)
    }
}

/// A handler asks for a [`VerifiedToken`] on a route that no `RequireToken` layer guards: a mistake of the service's
/// programmer, who sees it at the first request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this route has no RequireToken layer")]
pub struct MissingLayer;

impl IntoResponse for MissingLayer {
    fn into_response(self) -> Response {
        let headers = [(CONTENT_TYPE, "application/problem+json"), (CACHE_CONTROL, "no-store")];
        let body = format!(
            r#"{{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"{self}"}}"#
        );
        (StatusCode::INTERNAL_SERVER_ERROR, headers, body).into_response()
    }
}
