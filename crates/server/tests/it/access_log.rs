//! The one line that every request has.

use std::collections::BTreeMap;

use http::Method;
use jeton_core::model::State;
use jeton_core::{Algorithm, Reason};
use jeton_server::config::Dialect;
use jeton_testkit::{COMPANY, Call, Fault, Read, ResponseExt as _, TestServer, claims_of, logs};
use serde_json::{Value, json};

/// Sends it, and finds its line, of which there must be one.
async fn line(call: Call<'_>) -> Value {
    logs::capture();
    logs::request(call.send().await.request_id())
}

fn fields(line: &Value, names: &[&str]) -> BTreeMap<String, Value> {
    names.iter().map(|name| ((*name).to_owned(), line.get(*name).cloned().unwrap_or_default())).collect()
}

#[tokio::test]
async fn an_issued_token() {
    logs::capture();
    let server = TestServer::start().await;
    for dialect in Dialect::ALL {
        for environment in jeton_testkit::ENVIRONMENTS {
            let client = server.client(environment);
            let answer = client.call(dialect).tracking_id("order-4711").send().await;
            let mut line = logs::request(answer.request_id());
            let line = line.as_object_mut().unwrap();
            assert!(line.remove("timestamp").is_some());
            let expected = json!({
                "level": "INFO",
                "target": "jeton::request",
                "message": "request",
                "request_id": answer.request_id(),
                "tracking_id": "order-4711",
                "environment": environment,
                "dialect": dialect.as_str(),
                "client_id": client.id,
                "company": COMPANY,
                "status": 200,
                "outcome": "issued",
                "jti": claims_of(&answer.token())["jti"],
                // Time stands still.
                "duration_us": 0,
            });
            assert_eq!(Value::Object(line.clone()), expected);
        }
    }
}

#[tokio::test]
async fn the_address_of_the_caller() {
    let server = TestServer::start().await;
    let peer = Some("192.0.2.7".parse().unwrap());
    let call = server.client("production").json().on(jeton_server::Connection { peer, ..Default::default() });
    assert_eq!(line(call.header("x-forwarded-for", "198.51.100.1")).await["address"], "192.0.2.7");
}

/// The wire says one thing of all of these; the log says which.
#[tokio::test]
async fn the_true_reason() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let new = async || server.new_client("production", &["voice"]).await;
    let (suspended, deleted, revoked, rotated, bare) =
        (new().await, new().await, new().await, new().await, server.new_client("production", &[]).await);
    suspended.set_state(State::Suspended).await;
    deleted.set_state(State::Deleted).await;
    revoked.revoke_secrets().await;
    rotated.revoke_secrets().await;
    rotated.rotate_secret().await;
    server.poll().await;
    let damaged = format!("{}x", &client.secret[..client.secret.len() - 1]);
    let sandbox = server.client("sandbox");
    for (call, reason, client_id) in [
        (client.with_id("nobody").gateway(), Reason::UnknownClient, None),
        (client.with_id("no id").gateway(), Reason::UnknownClient, None),
        (client.with_secret("wrong").gateway(), Reason::WrongSecret, Some(&client.id)),
        (client.with_secret(&damaged).json(), Reason::BadChecksum, Some(&client.id)),
        (sandbox.in_environment("production").oauth2(), Reason::WrongEnvironment, None),
        (suspended.oauth2(), Reason::SuspendedCredential, Some(&suspended.id)),
        (deleted.json(), Reason::DeletedCredential, Some(&deleted.id)),
        (revoked.json(), Reason::RevokedSecret, Some(&revoked.id)),
        (revoked.with_secret("wrong").json(), Reason::NoSecret, Some(&revoked.id)),
        (rotated.json(), Reason::RevokedSecret, Some(&rotated.id)),
        (bare.json(), Reason::NoGrant, Some(&bare.id)),
        (client.gateway().scope("no.such"), Reason::ScopeNotGranted, Some(&client.id)),
        (client.gateway().scope(" "), Reason::ScopeMalformed, Some(&client.id)),
        (client.oauth2().param("resource", "https://a.example"), Reason::TargetNotGranted, Some(&client.id)),
        (client.gateway().without("x-tracking-id"), Reason::TrackingIdMissing, None),
        (client.gateway().param("a", "b"), Reason::ParameterUnsupported, None),
        (client.json().member("clientId", 1), Reason::FieldInvalid, None),
        (client.json().body("{"), Reason::BodyUndecodable, None),
        (client.json().body(vec![b' '; 70_000]), Reason::BodyTooLarge, None),
        (client.oauth2().method(Method::GET), Reason::MethodNotAllowed, None),
        (client.oauth2().param("client_secret", "a"), Reason::TwoMechanisms, None),
    ] {
        let line = line(call).await;
        let expected = fields(
            &json!({ "outcome": "refused", "reason": reason.as_str(), "client_id": client_id }),
            &["outcome", "reason", "client_id", "jti"],
        );
        assert_eq!(fields(&line, &["outcome", "reason", "client_id", "jti"]), expected);
    }
}

#[tokio::test]
async fn our_own_faults_are_failures() {
    let server = TestServer::start().await;
    for (fault, reason) in [(Fault::Panic, "internal"), (Fault::Unavailable, "unavailable")] {
        server.store.fail(Read::Credentials, fault);
        let line = line(server.client("production").oauth2()).await;
        let expected = json!({ "outcome": "failed", "reason": reason });
        assert_eq!(fields(&line, &["outcome", "reason"]), fields(&expected, &["outcome", "reason"]));
    }
    server.store.heal();
    // Granted, but its key has not been taken up.
    server.create_api("orders", &["orders.read"], Algorithm::EdDsa).await;
    let client = server.new_client("production", &["orders"]).await;
    let line = line(client.oauth2()).await;
    assert_eq!((&line["outcome"], &line["reason"]), (&json!("failed"), &json!("no_signing_key")));
}

#[tokio::test]
async fn requests_that_are_for_no_token() {
    let server = TestServer::start().await;
    let get = |path: &str| server.get("production", path);
    let token = server.client("production").json().token().await;
    for (call, dialect, outcome, status) in [
        (get("/.well-known/jwks.json"), "jwks", "answered", 200),
        (get("/.well-known/jwks.json").header("if-none-match", "*"), "jwks", "answered", 304),
        (get("/.well-known/openid-configuration"), "metadata", "answered", 200),
        (get("/.well-known/openid-configuration").method(Method::PUT), "metadata", "refused", 405),
        (get("/demo/voice/billing").bearer(&token), "demo", "answered", 200),
        (get("/demo/voice/billing"), "demo", "refused", 401),
        (get("/nowhere"), "none", "refused", 404),
        (get("/nowhere").host("other.example"), "none", "refused", 421),
    ] {
        let line = line(call).await;
        let expected = json!({ "dialect": dialect, "outcome": outcome, "status": status });
        let names = ["dialect", "outcome", "status"];
        assert_eq!(fields(&line, &names), fields(&expected, &names));
        assert_eq!(line.get("environment").is_none(), status == 421);
    }
}

/// A well-formed tracking id stands in the line, whatever becomes of the request; any other does not.
#[tokio::test]
async fn tracking_ids() {
    let server = TestServer::start().await;
    let client = server.client("production");
    for call in [client.gateway(), client.with_id("nobody").oauth2(), server.get("production", "/nowhere")] {
        assert_eq!(line(call.clone().tracking_id("#42/a~")).await["tracking_id"], "#42/a~");
        let missing = line(call.clone().without("x-tracking-id")).await;
        assert_eq!(missing["tracking_id"], missing["request_id"]);
        for malformed in ["", "two words", "\u{e9}"] {
            assert_eq!(line(call.clone().tracking_id(malformed)).await.get("tracking_id"), None);
        }
    }
}

/// Whoever goes away before the answer, or resets a stream of HTTP/2, leaves a line all the same.
#[tokio::test]
async fn a_caller_that_goes_away() {
    logs::capture();
    let server = TestServer::start().await;
    let mut held = server.store.hold(Read::Credentials);
    let call = server.client("production").oauth2().tracking_id("this-caller-goes-away");
    tokio::select! {
        _ = call.send() => panic!("the read is held back"),
        () = held.reached() => {}
    }
    let lines = logs::lines_with("this-caller-goes-away");
    let [line] = &lines[..] else { panic!("one line: {lines:?}") };
    assert_eq!(line["outcome"], "abandoned");
    assert_eq!(line.get("status"), None);
    assert_eq!(line["dialect"], "oauth2");
}

/// A failure that lasts is said when it begins and when it ends, not four times a second.
#[tokio::test]
async fn polls_that_fail_are_no_flood() {
    logs::capture();
    let server = TestServer::start().await;
    // In every line about keys that cannot be opened stands which.
    let kid = "key-that-nobody-can-open";
    let mut keys = server.store.inner().keys().await.unwrap().value.signing;
    let (sealed, mut broken) = (keys.remove(0), keys.remove(0));
    broken.private = sealed.private;
    broken.kid = jeton_testkit::id(kid);
    broken.algorithm = Algorithm::Rs256;
    server.commit(&[jeton_core::Intent::AddSigningKey(broken)]).await;
    for _ in 0..5 {
        server.poll().await;
    }
    let lines = logs::lines_with(kid);
    let about_keys = lines.iter().filter(|line| line["message"].as_str().unwrap().contains("taken up"));
    assert_eq!(about_keys.count(), 1);
}
