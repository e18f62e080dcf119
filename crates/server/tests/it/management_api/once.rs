//! What is asked for twice with one `Idempotency-Key` is made once.

use std::time::Duration;

use http::Method;
use jeton_testkit::{Management, ResponseExt as _};
use serde_json::{Value, json};

use super::problem;

fn new(client_id: &str) -> Value {
    json!({ "company": "acme", "environment": "sandbox", "client_id": client_id })
}

#[tokio::test]
async fn a_creation_that_is_asked_for_again_happens_once() {
    for api in [Management::on_sqlite().await, Management::on_postgres().await] {
        let ask = |path: &'static str, body: Value| {
            api.call(Method::POST, path).header("idempotency-key", "k1").json(&body).send()
        };
        let (one, other) = tokio::join!(ask("/credentials", new("a")), ask("/credentials", new("a")));
        let mut statuses = [one.status().as_u16(), other.status().as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 201], "{:?} {:?}", one.body(), other.body());
        let (made, again) = if one.status() == 201 { (one, other) } else { (other, one) };
        assert!(made.json()["client_secret"].is_string());
        let again = again.json();
        assert_eq!((&again["client_id"], &again["replayed"]), (&json!("a"), &json!(true)));
        assert!(again.get("client_secret").is_none());
        assert!(again["note"].as_str().unwrap().contains("secret rotate"));
        let different = ask("/credentials", new("b")).await;
        problem(&different, 422, "idempotency-key-reused", 5);
        let elsewhere = ask("/companies", json!({ "id": "b", "name": "B" })).await;
        problem(&elsewhere, 422, "idempotency-key-reused", 5);
        api.clock.advance(Duration::from_hours(25));
        problem(&ask("/credentials", new("a")).await, 409, "conflict", 5);
    }
}

/// Programs that build the request anew do not write it byte for byte alike.
#[tokio::test]
async fn the_same_request_may_be_written_otherwise() {
    let api = Management::on_sqlite().await;
    let ask = |body: &'static str| {
        api.call(Method::POST, "/companies").header("idempotency-key", "k1").bytes(body).send()
    };
    assert_eq!(ask(r#"{"id":"b","name":"B","credential_limit":3}"#).await.status(), 201);
    let again = ask("{ \"credential_limit\": 3,\n  \"name\": \"\\u0042\", \"id\": \"b\" }").await;
    assert_eq!((again.status().as_u16(), &again.json()["replayed"]), (200, &json!(true)));
    let other = ask(r#"{"id":"b","name":"B","credential_limit":4}"#).await;
    problem(&other, 422, "idempotency-key-reused", 5);
}

#[tokio::test]
async fn a_rotation_that_is_asked_for_again_shows_no_secret() {
    let api = Management::on_sqlite().await;
    assert_eq!(api.post("/credentials", &new("a")).await.status(), 201);
    let rotate = || {
        let call = api.call(Method::POST, "/credentials/sandbox/a/secrets");
        call.header("idempotency-key", "r").json(&json!({})).send()
    };
    let made = rotate().await;
    let again = rotate().await;
    assert_eq!((made.status().as_u16(), again.status().as_u16()), (201, 200));
    assert_eq!(again.json()["secret_id"], made.json()["secret_id"]);
    assert!(again.json().get("client_secret").is_none());
}

#[tokio::test]
async fn a_key_is_visible_ascii() {
    let api = Management::on_sqlite().await;
    let long = "k".repeat(256);
    for key in ["", "a b", "\u{fc}", &long] {
        let call = api.call(Method::POST, "/credentials").header("idempotency-key", key);
        problem(&call.json(&new("a")).send().await, 400, "malformed", 2);
    }
}
