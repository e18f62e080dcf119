//! Tokens that are refused before they expire: the endpoints, the feed, and the nodes that follow one another.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use http_body_util::{BodyExt as _, Full};
use jeton_core::Clock as _;
use jeton_core::intent::Intent;
use jeton_core::model::State;
use jeton_jose::{JwkSet, UnverifiedStatement, UnverifiedToken, VerifyingKey};
use jeton_server::{App, Connection, Housekeeper, Poller};
use jeton_testkit::{COMPANY, Call, Client, Fault, Read, ResponseExt as _, TestServer, claims_of, id};
use serde_json::{Value, json};

const HEAD: &str = "/oauth/v2/revocations";

fn inactive() -> Value {
    json!({ "active": false })
}

fn presenting<'a>(client: &Client<'a>, path: &str, token: &str) -> Call<'a> {
    client.oauth2().target(path).param("token", token)
}

async fn revoke(client: &Client<'_>, token: &str) -> Response<Bytes> {
    presenting(client, "/oauth/v2/revoke", token).send().await
}

async fn introspect(client: &Client<'_>, token: &str) -> Value {
    let answer = presenting(client, "/oauth/v2/introspect", token).send().await;
    assert_eq!(answer.status(), 200, "{:?}", answer.body());
    assert_eq!(answer.one("cache-control"), Some("no-store"));
    answer.json()
}

/// The answer of a node that is not the test server's own.
async fn at(node: &Arc<App>, call: Call<'_>) -> Response<Bytes> {
    let request = call.into_request();
    let answer = node.answer(Connection::default(), request.map(Full::new)).await;
    let (head, body) = answer.into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}

/// The payload of a head, which the environment's keys must have signed.
async fn opened(server: &TestServer, environment: &str, head: &Response<Bytes>) -> Value {
    assert_eq!(head.status(), 200, "{:?}", head.body());
    assert_eq!(head.one("content-type"), Some("application/revocations+jwt"));
    let set = server.get(environment, "/.well-known/jwks.json").send().await;
    let set = JwkSet::parse(set.body()).unwrap();
    assert!(UnverifiedToken::parse(head.text()).is_err(), "it passes for no access token");
    let statement = UnverifiedStatement::parse(head.text(), "revocations+jwt", 65_536).unwrap();
    let key = set.keys().iter().find(|key| key.kid() == statement.kid()).unwrap();
    let payload = statement.verify(&VerifyingKey::from_jwk(key).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

/// What the feed of an environment says, line by line, and its head.
async fn feed(server: &TestServer, environment: &str) -> (Vec<String>, Value) {
    let head = opened(server, environment, &server.get(environment, HEAD).send().await).await;
    let mut lines = Vec::new();
    for hash in head["chunks"].as_array().unwrap() {
        let chunk = server.get(environment, &format!("{HEAD}/{}", hash.as_str().unwrap())).send().await;
        assert_eq!(chunk.status(), 200);
        assert_eq!(chunk.one("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(chunk.one("cache-control"), Some("public, max-age=86400, immutable"));
        lines.extend(chunk.text().lines().map(str::to_owned));
    }
    (lines, head)
}

/// Lets the server take up what changed, and the next head be another one.
async fn a_second_later(server: &TestServer) {
    server.clock.advance(Duration::from_secs(1));
    server.poll().await;
}

#[tokio::test]
async fn a_token_is_active_until_it_is_revoked() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let token = client.oauth2().token().await;
    let claims = claims_of(&token);
    let mut expected = claims.clone();
    expected.as_object_mut().unwrap().remove("rev");
    expected["active"] = json!(true);
    expected["token_type"] = json!("Bearer");
    assert_eq!(introspect(&client, &token).await, expected);

    let answer = revoke(&client, &token).await;
    assert_eq!((answer.status().as_u16(), answer.text()), (200, ""));
    assert_eq!(answer.one("cache-control"), Some("no-store"));
    assert_eq!(introspect(&client, &token).await, inactive(), "before any poll");
    let (lines, head) = feed(&server, "production").await;
    assert_eq!(lines, [format!("t {}", claims["jti"].as_str().unwrap())]);
    assert_eq!(head["iss"], claims["iss"]);
    let next = client.oauth2().token().await;
    assert_eq!(introspect(&client, &next).await["active"], true, "the others live on");
    assert_eq!(claims_of(&next)["rev"], claims["rev"]);
    assert_eq!(revoke(&client, &token).await.status(), 200, "again is no error");
}

/// Whoever revokes follows the store itself, beside the poller.
#[tokio::test]
async fn two_that_follow_at_once_add_nothing_twice() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let claims = claims_of(&client.oauth2().token().await);
    let [client_id, jti] = ["client_id", "jti"].map(|claim| claims[claim].as_str().unwrap());
    server.admin().revoke_token(&id("production"), &id(client_id), &id(jti)).await.unwrap();
    let mut other = Poller::new(Arc::clone(server.app()));
    let mut first = server.store.hold(Read::Other);
    tokio::join!(server.poll(), async {
        first.reached().await;
        let mut second = server.store.hold(Read::Changes);
        tokio::join!(other.poll(), async {
            second.reached().await;
            second.release();
            // The other goes on to where it reads what was revoked, or waits.
            for _ in 0..16 {
                tokio::task::yield_now().await;
            }
            first.release();
        });
    });
    assert_eq!(feed(&server, "production").await.0, [format!("t {jti}")]);
}

#[tokio::test]
async fn what_is_stored_is_revoked_though_this_node_cannot_read_it_yet() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let token = client.oauth2().token().await;
    server.store.fail(Read::Other, Fault::Unavailable);
    assert_eq!(revoke(&client, &token).await.status(), 200);
    assert_eq!(introspect(&client, &token).await["active"], true, "nobody could tell this node");
    server.store.heal();
    server.poll().await;
    assert_eq!(introspect(&client, &token).await, inactive());
}

#[tokio::test]
async fn another_node_refuses_it_too_and_so_does_one_that_starts_later() {
    let server = TestServer::start().await;
    let node = server.start_another().await.unwrap();
    let client = server.client("production");
    let token = client.oauth2().token().await;
    let ask = || presenting(&client, "/oauth/v2/introspect", &token);
    assert_eq!(at(&node, ask()).await.json()["active"], true);
    revoke(&client, &token).await;
    Poller::new(Arc::clone(&node)).poll().await;
    assert_eq!(at(&node, ask()).await.json(), inactive());
    a_second_later(&server).await;
    Poller::new(Arc::clone(&node)).poll().await;

    let (lines, head) = feed(&server, "production").await;
    assert_eq!(lines.len(), 1);
    let of_node = opened(&server, "production", &at(&node, server.get("production", HEAD)).await).await;
    assert_eq!((&of_node["chunks"], &of_node["seq"]), (&head["chunks"], &head["seq"]));
    let later = server.start_another().await.unwrap();
    assert_eq!(at(&later, ask()).await.json(), inactive());
    let of_later = opened(&server, "production", &at(&later, server.get("production", HEAD)).await).await;
    assert_eq!(of_later["chunks"], head["chunks"], "memory that was loaded is cut the same way");
    // A chunk that this node never named in a head, since nobody asked it for one.
    let fresh = server.start_another().await.unwrap();
    let path = format!("{HEAD}/{}", head["chunks"][0].as_str().unwrap());
    assert_eq!(at(&fresh, server.get("production", &path)).await.status(), 200);
}

#[tokio::test]
async fn suspending_ends_what_was_issued_and_resuming_brings_nothing_back() {
    let server = TestServer::start().await;
    let [asking, client] = [server.new_client("production", &["voice"]).await, server.client("production")];
    server.poll().await;
    for suspend_company in [false, true] {
        let (token, own) = (client.oauth2().token().await, asking.oauth2().token().await);
        for state in [State::Suspended, State::Active] {
            if suspend_company {
                server.admin().set_company_state(&id(COMPANY), state).await.unwrap();
            } else {
                client.set_state(state).await;
            }
        }
        a_second_later(&server).await;
        assert_eq!(introspect(&asking, &token).await, inactive());
        assert_eq!(introspect(&asking, &own).await["active"], !suspend_company);
        let fresh = client.oauth2().token().await;
        assert_eq!(introspect(&asking, &fresh).await["active"], true);
    }
    let (lines, _) = feed(&server, "production").await;
    let own = claims_of(&client.oauth2().token().await)["rev"].as_str().unwrap().to_owned();
    let (handle, generation) = own.split_once('.').unwrap();
    assert!(lines.contains(&format!("g {handle} {generation}")), "{lines:?}");
    assert!(lines.iter().all(|line| line.starts_with("g ") && !line.contains("acme")), "{lines:?}");
    client.set_state(State::Deleted).await;
    a_second_later(&server).await;
    assert!(feed(&server, "production").await.0.len() > lines.len());
}

#[tokio::test]
async fn an_operator_revokes_one_and_all() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let [one, other] = [client.oauth2().token().await, client.oauth2().token().await];
    let claims = claims_of(&one);
    let (environment, client_id) = (id("production"), id(claims["client_id"].as_str().unwrap()));
    let jti = id(claims["jti"].as_str().unwrap());
    server.admin().revoke_token(&environment, &client_id, &jti).await.unwrap();
    server.poll().await;
    assert_eq!(introspect(&client, &one).await, inactive());
    assert_eq!(introspect(&client, &other).await["active"], true);
    server.admin().revoke_tokens(&environment, &client_id).await.unwrap();
    server.poll().await;
    assert_eq!(introspect(&client, &other).await, inactive());
    let next = client.oauth2().token().await;
    assert_eq!(introspect(&client, &next).await["active"], true, "new tokens say the new generation");
    server.admin().revoke_tokens_of_company(&id(COMPANY)).await.unwrap();
    server.poll().await;
    assert_eq!(introspect(&client, &next).await, inactive());
}

#[tokio::test]
async fn one_client_revokes_and_learns_only_what_it_may() {
    let server = TestServer::start().await;
    let [client, sandbox] = [server.client("production"), server.client("sandbox")];
    let other = server.new_client("production", &["voice"]).await;
    server.poll().await;
    let token = other.oauth2().token().await;
    let answer = revoke(&client, &token).await;
    assert_eq!((answer.status().as_u16(), &answer.json()["error"]), (400, &json!("invalid_grant")));
    assert_eq!(introspect(&client, &token).await["active"], true, "any client may ask");

    let foreign = sandbox.oauth2().token().await;
    let (head, tail) = token.split_at(token.len() - 9);
    let other = if head.ends_with('A') { "B" } else { "A" };
    let damaged = format!("{}{other}{tail}", &head[..head.len() - 1]);
    let unsigned = token.rsplit_once('.').unwrap().0.to_owned() + ".";
    let giant = "x".repeat(60_000);
    for text in [foreign.as_str(), &damaged, &unsigned, &giant, "no token", "..", "\u{0}"] {
        assert_eq!(introspect(&client, text).await, inactive());
        let answer = revoke(&client, text).await;
        assert_eq!((answer.status().as_u16(), answer.text()), (200, ""));
    }
    a_second_later(&server).await;
    assert_eq!(feed(&server, "production").await.0, [] as [String; 0]);
    assert_eq!(feed(&server, "sandbox").await.0, [] as [String; 0]);
    assert_eq!(introspect(&sandbox, &foreign).await["active"], true);

    let mine = client.oauth2().token().await;
    server.clock.advance(Duration::from_hours(1));
    server.poll().await;
    assert_eq!(introspect(&client, &mine).await, inactive(), "its time has passed");
    assert_eq!(revoke(&client, &mine).await.status(), 200);
}

#[tokio::test]
async fn a_request_is_refused_in_the_words_of_the_oauth2_dialect() {
    let server = TestServer::start().await;
    let client = server.client("production");
    for path in ["/oauth/v2/revoke", "/oauth/v2/introspect"] {
        let error = async |call: Call<'_>| {
            let answer = call.target(path).send().await;
            (answer.status().as_u16(), answer.json()["error"].as_str().unwrap().to_owned())
        };
        let said = |status: u16, error: &str| (status, error.to_owned());
        let call = || client.oauth2().param("token", "t");
        assert_eq!(error(client.oauth2()).await, said(400, "invalid_request"));
        assert_eq!(error(client.oauth2().param("token", "")).await, said(400, "invalid_request"));
        assert_eq!(error(call().param("token", "u")).await, said(400, "invalid_request"));
        assert_eq!(error(call().header("content-type", "text/plain")).await, said(400, "invalid_request"));
        assert_eq!(error(call().without("authorization")).await, said(401, "invalid_client"));
        assert_eq!(error(call().method(Method::GET)).await, said(405, "invalid_request"));
        assert_eq!(error(call().body("token=".to_owned() + &"x".repeat(70_000))).await.0, 413);
        let wrong = client.with_secret("wrong").oauth2().param("token", "t");
        let answer = wrong.clone().target(path).send().await;
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.one("www-authenticate"), Some("Basic realm=\"production\""));
        assert_eq!(
            server
                .client("sandbox")
                .in_environment("production")
                .oauth2()
                .param("token", "t")
                .target(path)
                .send()
                .await
                .status(),
            401
        );
    }
}

#[tokio::test]
async fn a_client_that_revokes_a_hundred_tokens_revokes_all_with_the_next() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let kept = client.oauth2().token().await;
    for _ in 0..101 {
        let token = client.oauth2().token().await;
        assert_eq!(revoke(&client, &token).await.status(), 200);
    }
    let next = client.oauth2().token().await;
    assert_ne!(claims_of(&next)["rev"], claims_of(&kept)["rev"], "before the poll already");
    a_second_later(&server).await;
    assert_eq!(introspect(&client, &kept).await, inactive());
    assert_eq!(introspect(&client, &next).await["active"], true);
    let (lines, head) = feed(&server, "production").await;
    assert_eq!(lines.iter().filter(|line| line.starts_with("t ")).count(), 100);
    assert_eq!(lines.iter().filter(|line| line.starts_with("g ")).count(), 1);
    assert!(head["chunks"].as_array().unwrap().len() <= 14, "{head}");

    for _ in 0..99 {
        let token = client.oauth2().token().await;
        assert_eq!(revoke(&client, &token).await.status(), 200);
    }
    let token = client.oauth2().token().await;
    let answer = revoke(&client, &token).await;
    assert_eq!(answer.status(), 429, "and no client fills the store");
    assert!(answer.one("retry-after").is_some());
}

#[tokio::test]
async fn nothing_is_said_that_is_not_known() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let token = client.oauth2().token().await;
    server.store.fail(Read::Changes, Fault::Unavailable);
    assert_eq!(server.get("production", HEAD).send().await.status(), 200);
    server.clock.advance(Duration::from_secs(31));
    server.poll().await;
    let head = server.get("production", HEAD).send().await;
    assert_eq!(head.status(), 503);
    assert!(head.one("retry-after").is_some());
    assert_eq!(presenting(&client, "/oauth/v2/introspect", &token).send().await.status(), 503);
    server.store.heal();
    server.poll().await;
    assert_eq!(server.get("production", HEAD).send().await.status(), 200);
    assert_eq!(introspect(&client, &token).await["active"], true);
    server.store.inner().close().await;
    let answer = revoke(&client, &token).await;
    assert_eq!(answer.status(), 503, "it was not revoked, so nobody says so");
}

#[tokio::test]
async fn a_head_is_signed_once_a_second_and_asked_for_conditionally() {
    let server = TestServer::start().await;
    let get = async || server.get("production", HEAD).send().await;
    let first = get().await;
    let claims = opened(&server, "production", &first).await;
    let now = server.clock.now();
    assert_eq!(claims["as_of"], now.0 / 1000);
    assert_eq!(claims["exp"], now.seconds() + 30);
    assert_eq!(first.one("cache-control"), Some("public, max-age=1"));
    assert_eq!(get().await.body(), first.body());
    let tag = first.one("etag").unwrap();
    let again = server.get("production", HEAD).header("if-none-match", tag).send().await;
    assert_eq!((again.status().as_u16(), again.body().len()), (304, 0));
    a_second_later(&server).await;
    let next = opened(&server, "production", &get().await).await;
    assert_eq!(next["as_of"], now.0 / 1000 + 1000);
    for method in [Method::POST, Method::DELETE] {
        let answer = server.get("production", HEAD).method(method).send().await;
        assert_eq!((answer.status().as_u16(), answer.one("allow")), (405, Some("GET, HEAD")));
    }
    for hash in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "a/b"] {
        assert_eq!(server.get("production", &format!("{HEAD}/{hash}")).send().await.status(), 404);
    }
    let other = server.get("sandbox", HEAD).send().await;
    assert_ne!(opened(&server, "sandbox", &other).await["iss"], claims["iss"]);
}

#[tokio::test]
async fn what_has_ended_leaves_memory_and_store() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let token = client.oauth2().token().await;
    revoke(&client, &token).await;
    a_second_later(&server).await;
    assert_eq!(feed(&server, "production").await.0.len(), 1);
    // An hour of life, the margin, the four hours of its bucket, and how far clocks differ.
    server.clock.advance(Duration::from_hours(10));
    server.commit(&[Intent::RevokeTokensOfCompany { id: id(COMPANY), expected: None }]).await;
    server.poll().await;
    assert!(feed(&server, "production").await.0.iter().all(|line| line.starts_with("g ")));
    let rows =
        async || server.store.inner().revocations(jeton_core::model::Sequence(0), 9).await.unwrap().rows;
    let before = rows().await.len();
    Housekeeper::new(Arc::clone(server.app())).tend().await;
    assert_eq!(rows().await.len(), before - 1);
    server.poll().await;
    assert_eq!(feed(&server, "production").await.0.len(), 1);
}

/// As a node's clock jumps ahead, and is put right.
#[tokio::test]
async fn a_clock_that_went_back_brings_back_what_was_let_go() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let token = client.oauth2().token().await;
    revoke(&client, &token).await;
    server.poll().await;
    let now = server.clock.now();
    server.clock.set_wall(now.plus(Duration::from_hours(48)));
    server.poll().await;
    server.clock.set_wall(now);
    server.poll().await;
    assert_eq!(introspect(&client, &token).await, inactive());
}

#[tokio::test]
async fn the_metadata_says_where_all_this_is() {
    let server = TestServer::start().await;
    let path = "/.well-known/oauth-authorization-server";
    let metadata = server.get("production", path).send().await.json();
    let origin = metadata["issuer"].as_str().unwrap();
    for (name, path) in [
        ("revocation_endpoint", "/oauth/v2/revoke"),
        ("introspection_endpoint", "/oauth/v2/introspect"),
        ("revocation_feed", HEAD),
    ] {
        assert_eq!(metadata[name], format!("{origin}{path}"));
    }
    let methods = json!(["client_secret_basic", "client_secret_post"]);
    assert_eq!(metadata["revocation_endpoint_auth_methods_supported"], methods);
    assert_eq!(metadata["introspection_endpoint_auth_methods_supported"], methods);
}
