//! What a request says, in its path, query and body. What cannot be read is a problem in our words; of what was sent
//! nothing is repeated, since people paste secrets into the wrong place.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use jeton_core::{Timestamp, json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::json_object::Json;
use super::problem::{Problem, Slug};
use super::{ApiOptions, MAX_BODY};

/// The variables of the path.
pub(super) struct InPath<T>(pub(super) T);

/// The query, each parameter once and none that is not known.
pub(super) struct InQuery<T>(pub(super) T);

/// The query, whose parameters may be repeated.
pub(super) struct Repeated(pub(super) Vec<(String, String)>);

/// The body: JSON with one reading and no unknown member.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<ApiOptions>> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<ApiOptions>) -> Result<Self, Problem> {
        let Path(read) = Path::<T>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::malformed("The path names nothing that could exist: look at its ids."))?;
        Ok(Self(read))
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<ApiOptions>> for InQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<ApiOptions>) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        require_utf8(query)?;
        let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        let read = serde_path_to_error::deserialize(reader);
        read.map(Self).map_err(|why| Problem::malformed(format!("The query cannot be read: {}.", told(&why))))
    }
}

impl FromRequestParts<Arc<ApiOptions>> for Repeated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<ApiOptions>) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        require_utf8(query)?;
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl<T: DeserializeOwned + Send> FromRequest<Arc<ApiOptions>> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Arc<ApiOptions>) -> Result<Self, Problem> {
        read_json(&json_body(request, state).await?).map(Self)
    }
}

/// The bytes of a body that is said to be JSON.
pub(super) async fn json_body(request: Request, state: &Arc<ApiOptions>) -> Result<Bytes, Problem> {
    json_body_of(request, state, MAX_BODY).await
}

/// The same, of so many bytes at most.
pub(super) async fn json_body_of(
    request: Request,
    state: &Arc<ApiOptions>,
    most: usize,
) -> Result<Bytes, Problem> {
    if !is_json(request.headers()) {
        let detail = "The body must be JSON, and `Content-Type` must say `application/json`.";
        return Err(Problem::new(Slug::NotJson, detail));
    }
    let bytes = Bytes::from_request(request, state).await;
    let bytes = bytes.map_err(|_| Problem::malformed("The body broke off."))?;
    if bytes.len() > most {
        let detail = format!("The body may have {most} bytes at most.");
        return Err(Problem::new(Slug::TooLarge, detail));
    }
    Ok(bytes)
}

/// Reads JSON strictly.
pub(super) fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    read_value(&one_reading(bytes)?)
}

/// JSON that everybody reads alike.
pub(super) fn one_reading(bytes: &[u8]) -> Result<Value, Problem> {
    let unreadable = |why| Problem::malformed(format!("The body is no JSON with one reading: {why}."));
    json::parse(bytes).map_err(|why| unreadable(why.to_string()))?;
    serde_json::from_slice(bytes).map_err(|why| unreadable(why.to_string()))
}

/// What it says here.
pub(super) fn read_value<T: DeserializeOwned>(value: &Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Json(value))
        .map_err(|why| Problem::invalid(format!("The body cannot be taken: {}.", told(&why))))
}

/// A point in time, as RFC 3339 has it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "i64")]
pub(super) struct Moment(pub(super) Timestamp);

impl TryFrom<String> for Moment {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let at: Result<jiff::Timestamp, _> = text.parse();
        let at = at.map_err(|_| "a point in time is written as in RFC 3339, such as 2027-01-31T00:00:00Z")?;
        Ok(Self(Timestamp(at.as_microsecond())))
    }
}

impl From<Moment> for i64 {
    fn from(moment: Moment) -> Self {
        moment.0.0
    }
}

/// A member that may be left out, or be `null`, which says something else.
#[expect(clippy::option_option, reason = "left out, `null` and a value are three things")]
pub(super) fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// Whether the body is said to be JSON, in UTF-8 if a charset is named.
fn is_json(headers: &http::HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    media_type.eq_ignore_ascii_case("application/json")
        && parts.all(|part| part.is_empty() || part.eq_ignore_ascii_case("charset=utf-8"))
}

/// Refuses escapes that are no UTF-8: the parser would put another character in their place.
fn require_utf8(query: &str) -> Result<(), Problem> {
    let malformed = || Problem::malformed("The query is no UTF-8.");
    let mut bytes = Vec::with_capacity(query.len());
    let mut rest = query.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'%').then(|| after.get(..2)).flatten();
        let escaped = escaped.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    std::str::from_utf8(&bytes).map(drop).map_err(|_| malformed())
}

/// What a reader expected, and where, without what it found.
fn told<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> String {
    let text = error.inner().to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    let place = error.path().to_string();
    let is_ours = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let named = place.len() <= 64 && place != "." && place.split('.').all(is_ours);
    let at = |what: &str| if named { format!("`{place}`: {what}") } else { what.to_owned() };
    if let Some((_, known)) =
        text.starts_with("unknown field").then(|| text.rsplit_once(", expected ")).flatten()
    {
        return format!(
            "it has a member that is not known; known are {}",
            known.trim_start_matches("one of ")
        );
    }
    let shows_input = ["invalid type", "invalid value", "invalid length", "unknown variant", "unknown field"];
    if shows_input.iter().any(|begin| text.starts_with(begin)) {
        return match text.rsplit_once(", expected ") {
            Some((_, expected)) => at(&format!("expected {expected}")),
            None => at("it is of another kind"),
        };
    }
    at(text)
}
