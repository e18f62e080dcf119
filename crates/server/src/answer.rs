//! What every answer has, whoever gives it.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, PRAGMA};
use http::{HeaderName, HeaderValue, Response};
use http_body_util::Full;
use jeton_dialect::tracking_id::X_TRACKING_ID;
use jeton_dialect::{Problem, ProblemKind, TrackingId, WireResponse};

/// An answer. All of them are whole before they are sent.
pub(crate) type Answer = Response<Full<Bytes>>;

/// The header that names the request in every answer.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Makes a dialect's answer one that HTTP can send. Nobody may keep it: it may be a token (RFC 6749 section 5.1).
pub(crate) fn from_wire(wire: WireResponse) -> Answer {
    let mut answer = Response::new(Full::from(wire.body));
    *answer.status_mut() = wire.status;
    answer.headers_mut().extend(wire.headers);
    not_to_be_kept(&mut answer);
    answer
}

/// Problem details for what belongs to no dialect. The path is not repeated: nobody knows what stands in one that
/// leads nowhere.
pub(crate) fn problem(kind: ProblemKind, detail: &str, request_id: &str) -> Answer {
    let problem = Problem {
        kind,
        detail: detail.into(),
        instance: &format!("urn:uuid:{request_id}"),
        trace_id: request_id,
        errors: std::collections::BTreeMap::new(),
    };
    from_wire(problem.to_response())
}

/// Says which methods there are (RFC 9110 section 10.2.1).
pub(crate) fn allow(mut answer: Answer, methods: &'static str) -> Answer {
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    answer
}

/// Keeps every cache from keeping it.
pub(crate) fn not_to_be_kept(answer: &mut Answer) {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
}

/// Adds the ids by which the answer is found again.
pub(crate) fn identify(answer: &mut Answer, request_id: &str, tracking_id: TrackingId<'_>) {
    let headers = answer.headers_mut();
    // Both are visible ASCII: the one is ours, the other was read as such.
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(X_REQUEST_ID, value);
    }
    if let Some(Ok(value)) = tracking_id.to_answer(request_id).map(HeaderValue::from_str) {
        headers.insert(X_TRACKING_ID, value);
    }
}
