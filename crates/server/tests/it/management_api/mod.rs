//! The management API, as operators who were let in meet it: in process, on both databases where they could differ.

mod audit;
mod companies;
mod credentials;
mod document;
mod hostile;
mod keys;
mod lists;
mod once;
mod scopes;

use bytes::Bytes;
use http::Response;
use jeton_testkit::ResponseExt as _;

/// Checks that this is a problem of this kind, and gives back its detail.
#[track_caller]
fn problem(answer: &Response<Bytes>, status: u16, slug: &str, exit_code: u8) -> String {
    let body = answer.json();
    assert_eq!(answer.status().as_u16(), status, "{body}");
    assert_eq!(answer.one("content-type"), Some("application/problem+json"), "{body}");
    assert_eq!(body["type"], format!("urn:jeton:problem:{slug}"));
    assert_eq!(body["status"], status);
    assert_eq!(body["exit_code"], exit_code, "{body}");
    assert_eq!(body["instance"], "urn:uuid:01900000-0000-7000-8000-000000000000");
    body["detail"].as_str().unwrap().to_owned()
}
