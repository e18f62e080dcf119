//! The time of a refusal: it does not say who exists. How well that holds is measured by `cargo xtask timing`.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;
use jeton_server::config::Dialect;
use jeton_testkit::{Call, TestServer};

/// When refusals of clients leave, at the earliest.
const STEP: Duration = Duration::from_millis(5);

async fn timed(call: Call<'_>) -> (Response<Bytes>, Duration) {
    #[expect(clippy::disallowed_methods, reason = "this measures real time")]
    let began = Instant::now();
    let answer = call.send().await;
    (answer, began.elapsed())
}

#[tokio::test]
async fn refusals_of_clients_are_held_back_known_or_not() {
    let server = TestServer::start().await;
    let known = server.client("production").with_secret("wrong");
    let unknown = server.client("production").with_id("nobody");
    for dialect in Dialect::ALL {
        for client in [&known, &unknown] {
            let (answer, took) = timed(client.call(dialect)).await;
            assert_eq!(answer.status(), 401);
            assert!(took >= STEP, "{dialect:?} took {took:?}");
        }
    }
}

#[tokio::test]
async fn refusals_beyond_the_limit_are_held_back_too() {
    let server = TestServer::start().await;
    let known = server.client("production").with_secret("wrong");
    let unknown = known.with_id("nobody");
    while known.oauth2().from_address("203.0.113.9").send().await.status() != 429 {}
    for client in [&known, &unknown] {
        let (answer, took) = timed(client.oauth2().from_address("203.0.113.9")).await;
        assert_eq!(answer.status(), 429);
        assert!(took >= STEP, "took {took:?}");
    }
}
