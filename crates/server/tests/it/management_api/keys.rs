//! `/keys`, `/hash-keys` and `/usage`.

use http::Method;
use jeton_core::operator::OperatorScope;
use jeton_testkit::{Management, ResponseExt as _};
use serde_json::json;

use super::problem;

#[tokio::test]
async fn keys_rotate_and_private_halves_stay() {
    let api = Management::on_sqlite().await;
    let keys = api.get("/keys?environment=sandbox").await.json();
    let kid = keys["items"][0]["kid"].as_str().unwrap().to_owned();
    assert!(keys["items"].as_array().unwrap().iter().all(|key| key["environment"] == "sandbox"));
    assert!(keys["items"][0].get("private").is_none());
    let rotated = api.post("/keys/rotate", &json!({ "environment": "sandbox" })).await;
    assert_eq!(rotated.json()["items"][0]["state"], "next", "{:?}", rotated.body());
    let retired = api.post(&format!("/keys/{kid}/retire"), &json!({})).await;
    problem(&retired, 409, "conflict", 5);
    let removed = api.call(Method::DELETE, &format!("/keys/{kid}")).send().await;
    problem(&removed, 409, "conflict", 5);
    let at = format!("/keys/{kid}?danger_invalidates_tokens=true");
    assert_eq!(api.call(Method::DELETE, &at).send().await.json()["removed"], kid);
    let panic = json!({ "environment": "production" });
    problem(&api.post("/keys/panic", &panic).await, 409, "conflict", 5);
    let panic = json!({ "environment": "production", "danger_invalidates_tokens": true });
    assert_eq!(api.post("/keys/panic", &panic).await.json()["replaces"].as_array().unwrap().len(), 1);
    let import = json!({ "environment": "sandbox", "algorithm": "ES256", "private_key": "hunter2" });
    problem(&api.post("/keys/import", &import).await, 422, "invalid", 2);
}

#[tokio::test]
async fn a_key_has_no_revision_that_could_be_asked_for() {
    let api = Management::on_sqlite().await;
    let keys = api.get("/keys?environment=sandbox").await.json();
    let kid = keys["items"][0]["kid"].as_str().unwrap().to_owned();
    assert_eq!(api.call(Method::POST, "/hash-keys").send().await.status(), 201);
    for (method, path, body) in [
        (Method::POST, format!("/keys/{kid}/retire"), Some(json!({ "danger_unpublished": true }))),
        (Method::DELETE, format!("/keys/{kid}?danger_invalidates_tokens=true"), None),
        (Method::DELETE, "/hash-keys/1?danger_locks_out=true".to_owned(), None),
    ] {
        let call = |tag: &'static str| {
            let call =
                api.call(method.clone(), &path).header("if-match", tag).header("jeton-dry-run", "true");
            if let Some(body) = &body { call.json(body) } else { call }
        };
        assert!(problem(&call("\"1\"").send().await, 412, "changed", 5).contains("no revision"), "{path}");
        assert_ne!(call("*").send().await.status(), 412, "{path}");
    }
}

/// With a key of one's own in the operators' environment, one could sign oneself any scope.
#[tokio::test]
async fn keys_of_operators_take_a_scope_of_their_own() {
    let api = Management::on_sqlite().await;
    let keys = api.get("/keys?environment=management").await.json();
    let kid = keys["items"][0]["kid"].as_str().unwrap().to_owned();
    let keys_alone = || [OperatorScope::KeysRead, OperatorScope::KeysWrite].into_iter().collect();
    let danger = json!({ "environment": "management", "danger_invalidates_tokens": true });
    let import = json!({ "environment": "management", "algorithm": "ES256", "private_key": "hunter2" });
    for (method, path, body) in [
        (Method::POST, "/keys/rotate".to_owned(), json!({ "environment": "management" })),
        // No environment is every one, that of the operators too.
        (Method::POST, "/keys/rotate".to_owned(), json!({})),
        (Method::POST, "/keys/rotate".to_owned(), json!({ "danger_unpublished": true })),
        (Method::POST, "/keys/rotate".to_owned(), json!({ "environment": null, "algorithm": "ES256" })),
        (Method::POST, "/keys/import".to_owned(), import),
        (Method::POST, "/keys/panic".to_owned(), danger),
        (Method::POST, format!("/keys/{kid}/retire"), json!({})),
        (Method::DELETE, format!("/keys/{kid}?danger_invalidates_tokens=true"), json!(null)),
    ] {
        let call = api.call(method, &path).with_scopes(keys_alone());
        let call = if body.is_null() { call } else { call.json(&body) };
        let detail = problem(&call.send().await, 403, "forbidden", 4);
        assert!(detail.contains("operators.write"), "{path}: {detail}");
    }
    assert_eq!(api.get("/keys?environment=management").await.json(), keys);
}

#[tokio::test]
async fn hash_keys_are_added_and_dropped() {
    let api = Management::on_sqlite().await;
    let added = api.call(Method::POST, "/hash-keys").send().await;
    assert_eq!((added.status().as_u16(), added.json()["items"].as_array().unwrap().len()), (201, 2));
    problem(&api.call(Method::DELETE, "/hash-keys/2").send().await, 409, "conflict", 5);
    let dropped = api.call(Method::DELETE, "/hash-keys/1").send().await;
    assert_eq!(dropped.json(), json!({ "dropped": 1, "locked_out": [] }));
}

#[tokio::test]
async fn usage_is_of_a_credential_that_exists() {
    let api = Management::on_sqlite().await;
    let new = json!({ "company": "acme", "environment": "sandbox", "client_id": "a" });
    assert_eq!(api.post("/credentials", &new).await.status(), 201);
    let usage = api.get("/usage?environment=sandbox&client_id=a&since=7d&by=day").await;
    assert_eq!(usage.json(), json!({ "items": [], "next": null }));
    problem(&api.get("/usage?environment=sandbox&client_id=b").await, 404, "not-found", 3);
    problem(&api.get("/usage?environment=sandbox").await, 400, "malformed", 2);
    problem(&api.get("/usage?environment=sandbox&client_id=a&since=soon").await, 400, "malformed", 2);
    assert_eq!(api.get("/usage/top?refused=true&limit=3").await.status(), 200);
    problem(&api.get("/usage/top?limit=0").await, 400, "malformed", 2);
}
