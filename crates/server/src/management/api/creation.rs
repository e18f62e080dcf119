//! What makes something, once for each `Idempotency-Key`: whoever lost an answer asks again with the same key, and is told
//! what was made, without its secret.
//!
//! Such an operation is registered with [`super::scopes::Guarded::making`], takes [`ToMake`], and answers [`Made`].

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::response::{IntoResponse, Response};
use http::header::ETAG;
use http::{HeaderName, HeaderValue, StatusCode};
use jeton_core::intent::CreationKey;
use jeton_core::model::Sequence;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ApiOptions;
use super::call::Call;
use super::cursor::hash_keys;
use super::input::{json_body, one_reading, read_value};
use super::problem::Problem;

/// By what a request is known when it is sent again.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// How long it is remembered.
const REMEMBERED: Duration = Duration::from_hours(24);

/// A call, and what is to be made.
pub(super) struct ToMake<T>(pub(super) Call, pub(super) T);

/// What was made, now or before.
pub(super) struct Made<T> {
    /// Its revision, where it has one.
    pub(super) revision: Option<Sequence>,
    /// It.
    pub(super) shown: T,
    /// Whether an earlier request made it.
    pub(super) replayed: bool,
    /// What to do where that one's secret is needed.
    pub(super) note: &'static str,
}

#[derive(Serialize)]
struct Replay<T> {
    #[serde(flatten)]
    shown: T,
    replayed: bool,
    note: &'static str,
}

impl<T: DeserializeOwned + Send> FromRequest<Arc<ApiOptions>> for ToMake<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, options: &Arc<ApiOptions>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let mut call = Call::from_request_parts(&mut parts, options).await?;
        let key = idempotency_key(&parts)?;
        let path = parts.uri.path().to_owned();
        let bytes = json_body(Request::from_parts(parts, body), options).await?;
        let value = one_reading(&bytes)?;
        let new = read_value(&value)?;
        if let Some(key) = key {
            let body = sorted(value).to_string();
            call.admin.asked.creation = Some(creation(&call, &key, &path, body.as_bytes()).await?);
        }
        Ok(Self(call, new))
    }
}

impl<T: Serialize> IntoResponse for Made<T> {
    fn into_response(self) -> Response {
        let Self { revision, shown, replayed, note } = self;
        let mut answer = if replayed {
            Json(Replay { shown, replayed, note }).into_response()
        } else {
            (StatusCode::CREATED, Json(shown)).into_response()
        };
        let tag = revision.and_then(|revision| HeaderValue::from_str(&format!("\"{}\"", revision.0)).ok());
        if let Some(tag) = tag {
            answer.headers_mut().insert(ETAG, tag);
        }
        answer
    }
}

fn idempotency_key(parts: &http::request::Parts) -> Result<Option<String>, Problem> {
    let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value,
        (Some(_), Some(_)) => return Err(malformed()),
    };
    let text = value.to_str().map_err(|_| malformed())?;
    let fits = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(Some(text.to_owned())) } else { Err(malformed()) }
}

fn malformed() -> Problem {
    Problem::malformed("`Idempotency-Key` takes 1 to 255 visible ASCII characters, once.")
}

/// Both are keyed: a request may hold a secret.
async fn creation(call: &Call, key: &str, path: &str, body: &[u8]) -> Result<CreationKey, Problem> {
    let keys = hash_keys(&call.admin).await?;
    let actor = call.caller.actor.to_string();
    Ok(CreationKey {
        key: keys.creation_code(&parts(&[actor.as_bytes(), key.as_bytes()])),
        request: keys.creation_code(&parts(&[path.as_bytes(), body])),
        expires: call.now().plus(REMEMBERED),
    })
}

/// The same value for every order of members and every white space: programs that send a request again may write it anew.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(members.into_iter().collect())
        }
        other => other,
    }
}

/// Each part with its length before it, so that no two lists of parts are the same bytes.
fn parts(parts: &[&[u8]]) -> Vec<u8> {
    let part = |part: &&[u8]| [&(part.len() as u64).to_be_bytes(), *part].concat();
    parts.iter().flat_map(part).collect()
}
