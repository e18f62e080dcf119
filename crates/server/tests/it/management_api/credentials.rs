//! `/credentials` with grants and secrets, and `/apis`.

use http::Method;
use jeton_core::operator::{OperatorScope, OperatorScopes};
use jeton_testkit::{Management, ResponseExt as _};
use serde_json::{Value, json};

use super::problem;

#[tokio::test]
async fn a_credential_is_made_granted_rotated_and_deleted() {
    let api = Management::on_sqlite().await;
    let new = json!({
        "company": "acme", "environment": "sandbox", "client_id": "orders", "label": "Orders",
        "networks": ["192.0.2.0/24"], "grants": [{ "api": "voice", "scopes": ["voice.numbers"] }],
    });
    let made = api.post("/credentials", &new).await;
    assert_eq!(made.status(), 201, "{:?}", made.body());
    let shown = made.json();
    assert!(shown["client_secret"].as_str().unwrap().starts_with("jtn_"));
    assert_eq!(shown["grants"], json!(["voice:voice.numbers"]));
    assert_eq!(shown["networks"], json!(["192.0.2.0/24"]));
    assert_eq!(shown["secrets"][0]["unused_for"], "0s, never used");
    let at = "/credentials/sandbox/orders";
    let got = api.get(at).await;
    assert_eq!(got.json()["client_secret"], Value::Null);
    assert_eq!(got.one("etag"), made.one("etag"));
    let granted = api.post(&format!("{at}/grants"), &json!({ "api": "voice" })).await;
    assert_eq!(granted.json()["grants"][0].as_str().unwrap().matches("voice.").count(), 4);
    let some = "?scope=voice.numbers&scope=voice.billing";
    let taken = api.call(Method::DELETE, &format!("{at}/grants/voice{some}")).send().await;
    assert_eq!(taken.json()["grants"], json!(["voice:voice.addresses,voice.customers"]));
    let changed = api.call(Method::PATCH, at);
    let changed = changed.json(&json!({ "label": null, "expires": "2100-01-01T00:00:00Z" })).send().await;
    assert_eq!(
        (&changed.json()["label"], &changed.json()["expires"]),
        (&Value::Null, &json!("2100-01-01T00:00:00Z"))
    );
    assert_eq!(changed.json()["networks"], json!(["192.0.2.0/24"]), "what is left out stays");
    let rotated = api.post(&format!("{at}/secrets"), &json!({ "overlap_seconds": 3600 })).await;
    assert_eq!(rotated.status(), 201);
    let secret = rotated.json()["client_secret"].as_str().unwrap().to_owned();
    let found = api.post("/secrets/find", &json!({ "secret": secret })).await;
    assert_eq!(found.json()["client_id"], "orders");
    let unknown = api.post("/secrets/find", &json!({ "secret": "hunter2" })).await;
    problem(&unknown, 404, "not-found", 3);
    problem(&api.post(&format!("{at}/secrets"), &json!({})).await, 409, "conflict", 5);
    let all = api.post(&format!("{at}/secrets/revoke"), &json!({ "all": true })).await;
    assert!(all.json()["items"].as_array().unwrap().iter().all(|one| one["state"] == "revoked"));
    let revoked = api.post(&format!("{at}/revoke-token"), &json!({ "jti": "abc" })).await;
    assert_eq!(revoked.json()["jti"], "abc");
    let deleted = api.call(Method::DELETE, at).send().await;
    let left = json!({ "client_id": "orders", "environment": "sandbox", "state": "deleted" });
    assert_eq!(deleted.json(), left);
    problem(&api.get(at).await, 404, "not-found", 3);
}

#[tokio::test]
async fn a_secret_comes_from_one_place() {
    let api = Management::on_sqlite().await;
    let with = |secret: Value| json!({ "company": "acme", "environment": "sandbox", "secret": secret });
    let none = api.post("/credentials", &with(Value::Null)).await;
    assert_eq!((none.status().as_u16(), &none.json()["secrets"]), (201, &json!([])));
    let chosen = "correct horse battery staple, and more";
    let set = api.post("/credentials", &with(json!({ "value": chosen }))).await;
    assert_eq!(set.json()["client_secret"], chosen);
    for refused in [
        json!({}),
        json!({ "generate": false }),
        json!({ "generate": true, "value": chosen }),
        json!({ "value": "short" }),
        json!({ "hash": "no hash" }),
        json!({ "value": chosen, "danger_weak_hash": true }),
        json!({ "secret": chosen }),
    ] {
        let answer = api.post("/credentials", &with(refused)).await;
        problem(&answer, 422, "invalid", 2);
        assert!(!answer.text().contains(chosen), "{}", answer.text());
    }
}

/// Whoever changes an operator's credential could give themselves any scope.
#[tokio::test]
async fn operators_own_credentials_take_a_scope_of_their_own() {
    let api = Management::on_sqlite().await;
    let scopes: OperatorScopes =
        [OperatorScope::CredentialsWrite, OperatorScope::TokensRevoke].into_iter().collect();
    let new = json!({ "company": "operators", "environment": "management" });
    let calls = [
        (Method::POST, "/credentials", new),
        (Method::PATCH, "/credentials/management/x", json!({})),
        (Method::DELETE, "/credentials/management/x", json!({})),
        (Method::POST, "/credentials/management/x/suspend", json!({})),
        (Method::POST, "/credentials/management/x/resume", json!({})),
        (Method::POST, "/credentials/management/x/revoke-tokens", json!({})),
        (Method::POST, "/credentials/management/x/revoke-token", json!({ "jti": "a" })),
        (Method::POST, "/credentials/management/x/grants", json!({ "api": "management" })),
        (Method::DELETE, "/credentials/management/x/grants/management", json!({})),
        (Method::POST, "/credentials/management/x/secrets", json!({})),
        (Method::POST, "/credentials/management/x/secrets/retire", json!({ "in_seconds": 1 })),
        (Method::POST, "/credentials/management/x/secrets/extend", json!({ "to_seconds": 1 })),
        (Method::POST, "/credentials/management/x/secrets/revoke", json!({})),
    ];
    for (method, path, body) in calls {
        let answer = api.call(method, path).with_scopes(scopes).json(&body).send().await;
        let detail = problem(&answer, 403, "forbidden", 4);
        assert!(detail.contains("operators.write"), "{path}: {detail}");
    }
}

#[tokio::test]
async fn an_api_is_made_changed_and_deleted() {
    let api = Management::on_sqlite().await;
    let new = json!({ "id": "mail", "audience": "https://api.example/mail", "scopes": ["mail.send"] });
    let made = api.post("/apis", &new).await;
    assert_eq!(
        (made.status().as_u16(), &made.json()["algorithm"]),
        (201, &json!("ES256")),
        "{:?}",
        made.body()
    );
    let change =
        json!({ "add_scopes": ["mail.read"], "audience_in": { "sandbox": "https://sandbox.example/mail" } });
    let changed = api.call(Method::PATCH, "/apis/mail").json(&change).send().await;
    assert_eq!(changed.json()["scopes"], json!(["mail.read", "mail.send"]));
    assert_eq!(changed.json()["audience_in"], json!({ "sandbox": "https://sandbox.example/mail" }));
    let back = api.call(Method::PATCH, "/apis/mail").json(&json!({ "audience_in": { "sandbox": null } }));
    assert_eq!(back.send().await.json()["audience_in"], json!({}));
    let deleted = api.call(Method::DELETE, "/apis/mail").send().await;
    assert_eq!(deleted.json(), json!({ "id": "mail", "state": "deleted" }));
    let none = json!({ "audience_in": { "nowhere": "https://x.example" } });
    problem(&api.call(Method::PATCH, "/apis/voice").json(&none).send().await, 404, "not-found", 3);
}
