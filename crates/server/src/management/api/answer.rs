//! What a use case gives back, as an answer.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::ETAG;
use http::{HeaderValue, StatusCode};
use jeton_core::Timestamp;
use jeton_core::model::Sequence;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;

/// What a handler answers.
pub(super) type Outcome<T> = Result<T, Problem>;

/// One thing, and its revision as the entity tag.
pub(super) struct Tagged<T>(pub(super) Sequence, pub(super) T);

/// One thing that was made.
pub(super) struct Created<T>(pub(super) T);

/// What is left of something that was deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Deleted {
    /// Its id.
    pub(super) id: String,
    /// That it is deleted.
    #[schema(value_type = super::schema::State)]
    pub(super) state: jeton_core::model::State,
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let Self(revision, shown) = self;
        let mut answer = Json(shown).into_response();
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", revision.0)) {
            answer.headers_mut().insert(ETAG, tag);
        }
        answer
    }
}

impl<T: IntoResponse> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut answer = self.0.into_response();
        *answer.status_mut() = StatusCode::CREATED;
        answer
    }
}

/// A point in time as RFC 3339 has it, to the microsecond.
pub(super) fn exact_time(at: Timestamp) -> Option<String> {
    jiff::Timestamp::from_microsecond(at.0).ok().map(|time| format!("{time:.6}"))
}

/// A point in time as RFC 3339 has it, to the second.
pub(super) fn time(at: Timestamp) -> Option<String> {
    jiff::Timestamp::from_second(at.seconds()).ok().map(|time| time.to_string())
}
