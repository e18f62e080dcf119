//! Any bytes at any endpoint: no panic, and always a status of the contract.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::Full;
use jeton_server::Connection;
use jeton_server::config::Dialect;
use jeton_testkit::{ResponseExt as _, TestServer};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

const CASES: u32 = 512;

const HEADERS: [&str; 12] = [
    "authorization",
    "content-type",
    "content-length",
    "x-tracking-id",
    "accept",
    "host",
    "if-none-match",
    "expect",
    "transfer-encoding",
    "forwarded",
    "cookie",
    "x-request-id",
];

/// Pieces of what is right, so that requests come far before they go wrong.
const PIECES: [&str; 24] = [
    "Basic ",
    "Bearer ",
    "bGl2ZTpzZWNyZXQ=",
    "application/x-www-form-urlencoded",
    "application/json",
    "; charset=utf-8",
    "text/plain;q=0.5",
    "grant_type=client_credentials",
    "&scope=voice.billing",
    "&resource=https://api.example/voice",
    "client_id=a&client_secret=b",
    "{\"clientId\":\"a\",",
    "\"clientSecret\":\"b\"",
    ",\"audienceUrl\":\"https://api.example/voice\"}",
    "\"\\ud800\"",
    "[[[[{\"a\":",
    "%zz",
    "%41",
    "+",
    ",",
    "\"",
    "localhost",
    ":8080",
    "\u{feff}",
];

fn soup() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => prop::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..24),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn headers() -> impl Strategy<Value = HeaderMap> {
    vec((prop::sample::select(&HEADERS[..]), soup()), 0..8).prop_map(|headers| {
        let headers = headers.into_iter().filter_map(|(name, value)| {
            // What no header can carry never gets here.
            Some((HeaderName::from_static(name), HeaderValue::from_bytes(&value).ok()?))
        });
        headers.collect()
    })
}

fn methods() -> impl Strategy<Value = Method> {
    prop_oneof![8 => Just(Method::POST), 2 => Just(Method::GET), 1 => Just(Method::HEAD), 1 => Just(Method::PUT)]
}

fn targets() -> impl Strategy<Value = String> {
    let paths = Dialect::ALL.map(Dialect::default_path).into_iter().chain([
        "/.well-known/jwks.json",
        "/.well-known/openid-configuration",
        "/demo/voice/billing",
        "/",
    ]);
    let path = prop::sample::select(paths.map(str::to_owned).collect::<Vec<_>>());
    let query = prop_oneof![3 => Just(String::new()), 1 => "\\?[ -~&&[^ \"<>`{}|\\\\^#]]{0,20}"];
    (path, query).prop_map(|(path, query)| path + &query)
}

/// The statuses that the contract knows. 500 and 503 have their causes, and none of them is here.
fn is_expected(target: &str, status: u16) -> bool {
    let known: &[u16] = if target.contains("token") {
        &[200, 400, 401, 405, 413, 415, 421]
    } else if target.starts_with("/.well-known/") {
        &[200, 304, 405, 421]
    } else if target.starts_with("/demo/") {
        &[200, 400, 401, 403, 405, 421]
    } else {
        &[404, 421]
    };
    known.contains(&status)
}

#[test]
fn any_request_has_an_answer_of_the_contract() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(TestServer::start());
    let mut runner = TestRunner::new(ProptestConfig::with_cases(CASES));
    let strategy = (methods(), targets(), headers(), any::<bool>(), soup());
    let outcome = runner.run(&strategy, |(method, target, headers, known_host, body)| {
        let body = Full::new(Bytes::from(body));
        let mut request = Request::builder().method(method).uri(&target).body(body).unwrap();
        *request.headers_mut() = headers;
        if known_host {
            request.headers_mut().insert("host", HeaderValue::from_static("localhost"));
        }
        let answer = runtime.block_on(server.answer(Connection::default(), request));
        let status = answer.status().as_u16();
        prop_assert!(is_expected(&target, status), "{target}: {status}");
        prop_assert!(!answer.request_id().is_empty());
        Ok(())
    });
    outcome.unwrap();
}

/// F19 of the security checklist, at the endpoint: as deep and as wide as the limit allows.
#[tokio::test]
async fn bodies_that_are_deep_and_wide() {
    const LIMIT: usize = 65_536;
    let server = TestServer::start().await;
    let client = server.client("production");
    for body in [
        "[".repeat(LIMIT),
        "{\"a\":".repeat(LIMIT / 5),
        format!("{{{}\"b\":0}}", "\"a\":0,".repeat(LIMIT / 6 - 2)),
        "\"".repeat(LIMIT),
        "\\".repeat(LIMIT),
    ] {
        assert_eq!(client.json().body(body.clone()).send().await.status(), 400);
        assert_eq!(client.gateway().body(body.clone()).send().await.status(), 400);
        assert_eq!(client.oauth2().body(body).send().await.status(), 400);
    }
    for body in ["&".repeat(LIMIT), "a&".repeat(LIMIT / 2), "a=%".repeat(LIMIT / 3), "+".repeat(LIMIT)] {
        assert_eq!(client.gateway().body(body.clone()).send().await.status(), 400);
        assert_eq!(client.oauth2().body(body).send().await.status(), 400);
    }
}

/// F20 of the security checklist: tokens that are large, or have many parts.
#[tokio::test]
async fn tokens_that_are_none() {
    let server = TestServer::start().await;
    let token = server.client("production").json().token().await;
    for bad in [
        ".".repeat(1 << 20),
        "a".repeat(1 << 20),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{token}"),
        format!("{}.a.a", "A".repeat(100_000)),
        token.replace('.', ""),
        token.replace('.', ".."),
        format!("{token}="),
    ] {
        let answer = server.get("production", "/demo/voice/billing").bearer(&bad).send().await;
        assert_eq!(answer.status(), 401);
    }
}
