//! The demo API, which any team's API is like: section 4 of the contract, row by row.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use jeton_core::Algorithm;
use jeton_core::model::State;
use jeton_testkit::{ResponseExt as _, TestServer};

/// A service whose scope is granted, and one whose is not.
const BILLING: &str = "/demo/voice/billing";
const CUSTOMERS: &str = "/demo/voice/customers";

fn assert_challenge(answer: &Response<Bytes>, status: u16, parts: &[&str]) {
    assert_eq!(answer.status(), status, "{:?}", answer.body());
    let challenge = answer.one("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer realm=\"production\""), "{challenge}");
    for part in parts {
        assert!(challenge.contains(part), "{challenge} has no {part}");
    }
    assert_eq!(challenge.contains("error="), !parts.is_empty(), "{challenge}");
    assert_eq!(answer.one("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn granted_scopes_open_their_services_and_no_others() {
    let server = TestServer::start().await;
    let token = server.client("production").oauth2().token().await;
    for (path, scope) in jeton_server::VOICE_SERVICES {
        let answer = server.get("production", path).bearer(&token).send().await;
        if matches!(scope, "voice.billing" | "voice.numbers") {
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.json()["service"], scope);
            assert_eq!(answer.json()["company"], "acme");
        } else {
            let needed = format!("scope=\"{scope}\"");
            assert_challenge(&answer, 403, &["error=\"insufficient_scope\"", &needed]);
        }
    }
}

#[tokio::test]
async fn a_narrower_token_opens_less() {
    let server = TestServer::start().await;
    let token = server.client("production").gateway().scope("voice.numbers").token().await;
    assert_eq!(server.get("production", "/demo/voice/numbers").bearer(&token).send().await.status(), 200);
    let refused = server.get("production", BILLING).bearer(&token).send().await;
    assert_challenge(&refused, 403, &["insufficient_scope", "scope=\"voice.billing\""]);
}

#[tokio::test]
async fn no_token_or_another_scheme() {
    let server = TestServer::start().await;
    let call = || server.get("production", BILLING);
    let client = server.client("production");
    assert_challenge(&call().send().await, 401, &[]);
    assert_challenge(&call().basic(&client.id, &client.secret).send().await, 401, &[]);
    assert_challenge(&call().header("authorization", "").send().await, 401, &[]);
    let token = client.json().token().await;
    assert_challenge(&call().header("authorization", &token).send().await, 401, &[]);
    let queried = call().target(format!("{BILLING}?access_token={token}")).send().await;
    assert_challenge(&queried, 401, &[]);
}

#[tokio::test]
async fn headers_that_are_not_one_bearer_token() {
    let server = TestServer::start().await;
    let token = server.client("production").json().token().await;
    let call = || server.get("production", BILLING);
    let invalid_request = ["error=\"invalid_request\""];
    for value in ["Bearer".to_owned(), "Bearer ".to_owned(), format!("Bearer {token} {token}")] {
        let answer = call().header("authorization", value).send().await;
        assert_challenge(&answer, 400, &invalid_request);
    }
    let twice = call().bearer(&token).add_header("authorization", format!("Bearer {token}")).send().await;
    assert_challenge(&twice, 400, &invalid_request);
    let lower = call().header("authorization", format!("bearer {token}")).send().await;
    assert_eq!(lower.status(), 200);
}

#[tokio::test]
async fn tokens_that_are_not_accepted() {
    let server = TestServer::start().await;
    let token = server.client("production").json().token().await;
    let invalid_token = ["error=\"invalid_token\""];
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = rest.split_once('.').unwrap();
    let sandbox = server.client("sandbox").json().token().await;
    for bad in [
        "garbage".to_owned(),
        format!("{rest}."),
        format!("{header}.{payload}.AAAA{}", &signature[4..]),
        format!("{header}.{}.{signature}", sandbox.split('.').nth(1).unwrap()),
        format!("eyJhbGciOiJub25lIn0.{payload}."),
        sandbox,
    ] {
        assert_challenge(&server.get("production", BILLING).bearer(&bad).send().await, 401, &invalid_token);
    }
}

/// Of the same issuer and key, and for another API.
#[tokio::test]
async fn a_token_for_another_api() {
    let server = TestServer::start().await;
    let client = server.new_client("production", &["messages"]).await;
    let token = client.oauth2().token().await;
    let refused = server.get("production", BILLING).bearer(&token).send().await;
    assert_challenge(&refused, 401, &["error=\"invalid_token\""]);
    client.add_grant("voice").await;
    server.poll().await;
    let token = client.oauth2().token().await;
    assert_eq!(server.get("production", CUSTOMERS).bearer(&token).send().await.status(), 200);
}

#[tokio::test]
async fn a_token_lives_until_its_end() {
    let server = TestServer::start().await;
    let leeway = Duration::from_secs(5);
    for (token, lifetime) in [
        (server.client("production").gateway().token().await, Duration::from_mins(30)),
        (server.client("production").json().token().await, Duration::from_hours(1)),
    ] {
        let status = async || server.get("production", BILLING).bearer(&token).send().await.status();
        let issued = jeton_testkit::claims_of(&token)["iat"].as_i64().unwrap();
        let end = jeton_core::Timestamp::from_seconds(issued).plus(lifetime + leeway);
        server.clock.set_wall(end.minus(Duration::from_secs(1)));
        assert_eq!(status().await, 200);
        server.clock.set_wall(end);
        assert_eq!(status().await, 401);
        server.clock.set_wall(jeton_core::Timestamp::from_seconds(issued));
    }
}

#[tokio::test]
async fn keys_that_come_later_are_known() {
    let server = TestServer::start().await;
    server.create_api("orders", &["orders.read"], Algorithm::Rs256).await;
    server.poll().await;
    let token = server.client("production").json().token().await;
    assert_eq!(server.get("production", BILLING).bearer(&token).send().await.status(), 200);
}

#[tokio::test]
async fn the_demo_is_read_and_only_where_it_is_wanted() {
    let server = TestServer::start().await;
    let token = server.client("sandbox").json().token().await;
    assert_eq!(server.get("sandbox", BILLING).bearer(&token).send().await.status(), 200);
    let posted = server.get("sandbox", BILLING).method(Method::POST).bearer(&token).send().await;
    assert_eq!(posted.status(), 405);
    let without = TestServer::builder().without_demo().start().await;
    let answer = without.get("production", BILLING).send().await;
    crate::support::assert_problem(&answer, 404);
}

#[tokio::test]
async fn a_token_that_was_taken_back() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let token = client.oauth2().token().await;
    let call = async |token: &str| server.get("production", BILLING).bearer(token).send().await;
    assert_eq!(call(&token).await.status(), 200);
    client.set_state(State::Suspended).await;
    client.set_state(State::Active).await;
    server.poll().await;
    assert_challenge(&call(&token).await, 401, &["error=\"invalid_token\""]);
    let next = client.oauth2().token().await;
    assert_eq!(call(&next).await.status(), 200);
    // Nobody can say for a server that has not followed its store for too long.
    server.clock.advance(Duration::from_secs(31));
    assert_eq!(call(&next).await.status(), 503);
    server.poll().await;
    assert_eq!(call(&next).await.status(), 200);
}
