//! Paths, methods and bodies, before any dialect reads anything.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::Method;
use http_body::Frame;
use http_body_util::StreamBody;
use jeton_server::config::Dialect;
use jeton_testkit::{ResponseExt as _, TestServer};

use crate::support::{assert_answer, assert_complete, assert_problem, pieces};

/// The contract's limit, in bytes.
const LIMIT: usize = 65_536;

const TOO_LARGE: [&str; 3] = ["001", "Payload too large", "The posted body is too large."];

#[tokio::test]
async fn what_is_nowhere_is_404() {
    let server = TestServer::start().await;
    for path in [
        "/",
        "/oauth/v2/token/",
        "/oauth/v2/token/more",
        "//oauth/v2/token",
        "/OAuth/v2/token",
        "/oauth/v2/%74oken",
        "/oauth/v2/../v2/token",
        "/oauth/v2/token;a=b",
        "/.well-known",
        "/.well-known/",
        "/.well-known/jwks.json/",
        "/.well-known/jwks",
        "/demo/voice/",
        "/demo/voice/numbers/1",
        "/livez",
        "/metrics",
    ] {
        for method in [Method::GET, Method::POST, Method::HEAD, Method::OPTIONS, Method::DELETE] {
            let answer = server.get("production", path).method(method.clone()).send().await;
            assert_problem(&answer, 404);
        }
    }
    // With a body that no endpoint would take, and with a query.
    let large = server.client("production").oauth2().target("/oauth/v2/tokens?a=b").body(vec![0; LIMIT + 1]);
    assert_problem(&large.send().await, 404);
}

#[tokio::test]
async fn other_methods_than_post_are_405() {
    let server = TestServer::start().await;
    let words = ["001", "Method not allowed", "The method is not supported by the endpoint."];
    for environment in jeton_testkit::ENVIRONMENTS {
        for dialect in Dialect::ALL {
            for method in ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "post", "QUERY"] {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let answer = server.client(environment).call(dialect).method(method).send().await;
                assert_answer(dialect, &answer, 405, words, "invalid_request");
                assert_eq!(answer.one("allow"), Some("POST"));
            }
        }
    }
}

#[tokio::test]
async fn the_method_is_judged_before_the_size() {
    let server = TestServer::start().await;
    for dialect in Dialect::ALL {
        let large = server.client("production").call(dialect).method(Method::PUT).body(vec![b'a'; LIMIT + 1]);
        assert_eq!(large.send().await.status(), 405);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let server = TestServer::start().await;
    for dialect in Dialect::ALL {
        let call = || server.client("production").call(dialect);
        let body = Bytes::from(vec![b'a'; LIMIT + 1]);
        let whole = call().body(body.clone()).send().await;
        assert_answer(dialect, &whole, 413, TOO_LARGE, "invalid_request");
        let streamed = call().send_streaming(pieces(body.chunks(4096).map(Bytes::copy_from_slice).collect()));
        assert_answer(dialect, &streamed.await, 413, TOO_LARGE, "invalid_request");
        // Before anything that is wrong with the request.
        let typed = call().header("content-type", "image/png").without("authorization").body(body).send();
        assert_answer(dialect, &typed.await, 413, TOO_LARGE, "invalid_request");
    }
}

/// More than is read and thrown away, and a client that waits to be told to go on.
#[tokio::test]
async fn a_body_far_over_the_limit_is_not_read_to_its_end() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let piece = || Ok::<_, Infallible>(Frame::data(Bytes::from(vec![b'a'; LIMIT])));
    let never_ends = StreamBody::new(stream::iter((0..64).map(|_| piece())).chain(stream::pending()));
    assert_eq!(client.oauth2().send_streaming(never_ends).await.status(), 413);
    let waiting = client.oauth2().header("expect", "100-continue").header("content-length", "65537");
    let never = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>());
    assert_eq!(waiting.send_streaming(never).await.status(), 413);
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let fill =
        |start: &str, end: &str| format!("{start}{}{end}", "a".repeat(LIMIT - start.len() - end.len()));
    let form = fill("grant_type=client_credentials&other=", "");
    let json = fill(
        &format!(r#"{{"clientId":"{}","clientSecret":"{}","other":""#, client.id, client.secret),
        r#""}"#,
    );
    for (dialect, body) in [(Dialect::OAuth2, form.clone()), (Dialect::Json, json)] {
        assert_eq!(body.len(), LIMIT);
        assert_eq!(client.call(dialect).body(body.clone()).send().await.status(), 200, "{dialect}");
        let streamed = client.call(dialect).send_streaming(pieces(vec![body.into()])).await;
        assert_eq!(streamed.status(), 200, "{dialect}");
    }
    // Here the parameter is not known: it was read.
    assert_eq!(client.gateway().body(form).send().await.json()["code"], "005");
}

/// Whatever the answer, it says what to call the request by.
#[tokio::test]
async fn every_answer_carries_the_tracking_id() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let token = client.json().token().await;
    let calls = [
        client.gateway(),
        client.oauth2(),
        client.json(),
        client.with_secret("wrong").oauth2(),
        client.gateway().method(Method::GET),
        client.json().body(vec![b'a'; LIMIT + 1]),
        client.oauth2().host("other.example"),
        server.get("production", "/nowhere"),
        server.get("production", "/.well-known/jwks.json"),
        server.get("production", "/.well-known/openid-configuration").method(Method::HEAD),
        server.get("production", "/.well-known/openid-configuration").method(Method::PUT),
        server.get("production", "/demo/voice/billing").bearer(&token),
        server.get("production", "/demo/voice/billing"),
        server.get("production", "/demo/voice/billing").method(Method::POST),
    ];
    let longest = "!".repeat(127) + "~";
    for call in calls {
        for given in ["a", "order 4711".split(' ').next_back().unwrap(), &longest] {
            let answer = call.clone().tracking_id(given).send().await;
            assert_eq!(answer.one("x-tracking-id"), Some(given));
            assert_ne!(answer.request_id(), given);
        }
        let none = call.clone().without("x-tracking-id").send().await;
        assert_eq!(none.one("x-tracking-id"), Some(none.request_id()));
        let malformed = ["", "two words", "\u{e9}", &"a".repeat(129), "a\tb"];
        for given in malformed {
            assert_eq!(call.clone().tracking_id(given).send().await.one("x-tracking-id"), None, "{given:?}");
        }
        let twice = call.clone().tracking_id("a").add_header("x-tracking-id", "a").send().await;
        assert_eq!(twice.one("x-tracking-id"), None);
    }
}

#[tokio::test]
async fn request_ids_are_the_servers_own_and_unique() {
    let server = TestServer::start().await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..100 {
        let answer = server.get("production", "/").header("x-request-id", "mine").send().await;
        assert_complete(&answer);
        assert!(seen.insert(answer.request_id().to_owned()));
    }
    assert!(!seen.contains("mine"));
}
