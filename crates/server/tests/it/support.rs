//! What several files share.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use jeton_server::config::{Config, Dialect};
use jeton_testkit::{Client, ResponseExt as _};
use serde_json::{Value, json};

/// How long a test waits for what must come. It comes at once, or the test has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The configuration that a TOML text says.
pub(crate) fn config(text: &str) -> Config {
    read(text).unwrap_or_else(|why| panic!("{why}"))
}

/// What comes of a TOML text.
pub(crate) fn read(text: &str) -> Result<Config, jeton_server::config::ConfigErrors> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Config::read(file.path())
}

/// A body in pieces, whose length no header says.
pub(crate) fn pieces(pieces: Vec<Bytes>) -> impl http_body::Body<Data = Bytes> + Send + Unpin {
    let frames = pieces.into_iter().map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
    StreamBody::new(futures_util::stream::iter(frames))
}

/// What every answer that nobody may keep has.
pub(crate) fn assert_complete(answer: &Response<Bytes>) {
    assert_eq!(answer.one("cache-control"), Some("no-store"));
    assert_eq!(answer.one("pragma"), Some("no-cache"));
    assert!(!answer.request_id().is_empty());
    assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("access-control-")));
    if answer.status() == StatusCode::UNAUTHORIZED {
        assert!(answer.one("www-authenticate").unwrap().contains(" realm=\""));
    }
    if matches!(answer.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        assert!(answer.one("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    }
}

/// Problem details of this status, complete.
pub(crate) fn assert_problem(answer: &Response<Bytes>, status: u16) {
    assert_eq!(answer.status(), status, "{:?}", answer.body());
    assert_eq!(answer.one("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    assert_eq!(problem["extensions"]["traceId"], answer.request_id());
    for name in ["type", "title", "detail", "instance"] {
        assert!(problem[name].as_str().is_some_and(|text| !text.is_empty()), "{name} of {problem}");
    }
    assert_complete(answer);
}

/// The answer of a dialect to one and the same thing: status, and for `gateway` the code, reason and message, for
/// `oauth2` the error.
pub(crate) fn assert_answer(
    dialect: Dialect,
    answer: &Response<Bytes>,
    status: u16,
    [code, reason, message]: [&str; 3],
    error: &str,
) {
    assert_eq!(answer.status(), status, "{dialect}: {:?}", answer.body());
    assert_complete(answer);
    match dialect {
        Dialect::Gateway => {
            assert_eq!(answer.json(), json!({ "code": code, "reason": reason, "message": message }));
        }
        Dialect::OAuth2 => assert_eq!(answer.json()["error"], error),
        Dialect::Json => assert_problem(answer, status),
    }
}

pub(crate) fn assert_invalid_client(dialect: Dialect, answer: &Response<Bytes>) {
    let words = ["002", "Authentication error", "The authorization parameter is not valid."];
    assert_answer(dialect, answer, 401, words, "invalid_client");
}

pub(crate) fn assert_unavailable(dialect: Dialect, answer: &Response<Bytes>) {
    let words = ["001", "service unavailable", "The service is temporarily unavailable"];
    assert_answer(dialect, answer, 503, words, "temporarily_unavailable");
}

pub(crate) fn assert_internal(dialect: Dialect, answer: &Response<Bytes>) {
    let words = ["001", "Internal error", "An unknown internal error occurred"];
    assert_answer(dialect, answer, 500, words, "server_error");
}

pub(crate) fn assert_no_key(dialect: Dialect, answer: &Response<Bytes>) {
    let words = ["002", "internal error", "O Auth server failed."];
    assert_answer(dialect, answer, 500, words, "server_error");
}

/// An answer without what differs from request to request: two that are equal here look alike to a client.
pub(crate) fn likeness(answer: &Response<Bytes>) -> (u16, Vec<(String, String)>, Value) {
    let request_id = answer.request_id();
    let text = |text: &str| text.replace(request_id, "ID");
    let headers = answer.headers().iter();
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), text(value.to_str().unwrap()))).collect();
    headers.sort();
    (answer.status().as_u16(), headers, serde_json::from_str(&text(answer.text())).unwrap())
}

/// The status of a right request of this client in each dialect.
pub(crate) async fn statuses(client: &Client<'_>) -> [u16; 3] {
    let mut statuses = [0; 3];
    for (status, dialect) in statuses.iter_mut().zip(Dialect::ALL) {
        *status = client.call(dialect).send().await.status().as_u16();
    }
    statuses
}

/// Every byte as `%XX`, which form-decoding turns back.
pub(crate) fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"))
}
