//! What every answer has, whoever gives it.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, PRAGMA};
use http::{HeaderName, HeaderValue, Response};
use http_body_util::Full;
use jeton_dialect::tracking_id::X_TRACKING_ID;
use jeton_dialect::{Problem, ProblemKind, WireResponse};

/// An answer. All of them are whole before they are sent.
pub(crate) type Answer = Response<Full<Bytes>>;

/// The header that names the request in every answer.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is added to a dialect's: two for caches, two ids, and `connection` and `date` by HTTP itself.
const HEADERS_OF_OURS: usize = 6;

/// Makes a dialect's answer one that HTTP can send. Nobody may keep it: it may be a token (RFC 6749 section 5.1).
pub(crate) fn from_wire(wire: WireResponse) -> Answer {
    let mut answer = Response::new(Full::from(wire.body));
    *answer.status_mut() = wire.status;
    let headers = answer.headers_mut();
    headers.reserve(wire.headers.len() + HEADERS_OF_OURS);
    for (name, value) in wire.headers {
        headers.insert(name, value);
    }
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
pub(crate) fn identify(answer: &mut Answer, request_id: &str, tracking_id: Option<&str>) {
    let headers = answer.headers_mut();
    // Both are visible ASCII: the one is ours, the other was read as such.
    let value = |text| HeaderValue::from_str(text).ok();
    let id = value(request_id);
    // A caller that sent no id of its own is given ours.
    let tracking_id = if tracking_id == Some(request_id) { id.clone() } else { tracking_id.and_then(value) };
    for (name, value) in [(X_REQUEST_ID, id), (X_TRACKING_ID, tracking_id)] {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
}
