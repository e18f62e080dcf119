//! `/companies`, and what holds of every resource: entity tags, problems, strict bodies.

use http::Method;
use jeton_testkit::{Management, ResponseExt as _};
use serde_json::json;

use super::problem;

#[tokio::test]
async fn a_company_lives_and_is_deleted() {
    let api = Management::on_sqlite().await;
    let made = api.post("/companies", &json!({ "id": "globex", "name": "Globex" })).await;
    assert_eq!(made.status(), 201, "{:?}", made.body());
    let tag = made.one("etag").unwrap().to_owned();
    let shown = made.json();
    assert_eq!(
        (&shown["id"], &shown["state"], &shown["credential_limit"]),
        (&json!("globex"), &json!("active"), &json!(5))
    );
    let update = api.call(Method::PATCH, "/companies/globex").header("if-match", &tag);
    let updated = update.json(&json!({ "name": "Globex Corporation" })).send().await;
    assert_eq!((updated.status().as_u16(), &updated.json()["name"]), (200, &json!("Globex Corporation")));
    assert_ne!(updated.one("etag"), Some(&*tag));
    assert_eq!(api.get("/companies/globex").await.json(), updated.json());
    assert_eq!(api.post("/companies/globex/suspend", &json!({})).await.json()["state"], "suspended");
    let again = api.post("/companies/globex/suspend", &json!({})).await;
    problem(&again, 409, "conflict", 5);
    assert_eq!(api.post("/companies/globex/resume", &json!({})).await.json()["state"], "active");
    let deleted = api.call(Method::DELETE, "/companies/globex").send().await;
    assert_eq!(deleted.json(), json!({ "id": "globex", "state": "deleted" }));
    problem(&api.get("/companies/globex").await, 404, "not-found", 3);
}

#[tokio::test]
async fn what_was_changed_meanwhile_is_left_alone() {
    let api = Management::on_sqlite().await;
    let tag = api.get("/companies/acme").await.one("etag").unwrap().to_owned();
    for (method, path, body) in [
        (Method::PATCH, "/companies/acme", json!({ "name": "Other" })),
        (Method::DELETE, "/companies/acme", json!({})),
        (Method::POST, "/companies/acme/suspend", json!({})),
        (Method::POST, "/companies/acme/revoke-tokens", json!({})),
    ] {
        let call = || api.call(method.clone(), path).json(&body);
        for old in ["\"1\"", "\"never\"", "\"0\""] {
            problem(&call().header("if-match", old).send().await, 412, "changed", 5);
        }
        for malformed in ["1", "\"1", "W/\"1\"", "\"1\", \"2\"", ""] {
            problem(&call().header("if-match", malformed).send().await, 400, "malformed", 2);
        }
    }
    let right = api.call(Method::PATCH, "/companies/acme").header("if-match", &tag);
    assert_eq!(right.json(&json!({ "name": "Acme" })).send().await.status(), 200);
    let any = api.call(Method::PATCH, "/companies/acme").header("if-match", "*");
    assert_eq!(any.json(&json!({ "name": "Acme Inc." })).send().await.status(), 200);
}

#[tokio::test]
async fn of_two_changes_to_one_revision_one_is_done() {
    for api in [Management::on_sqlite().await, Management::on_postgres().await] {
        let tag = api.get("/companies/acme").await.one("etag").unwrap().to_owned();
        let change = |name: &'static str| {
            let call = api.call(Method::PATCH, "/companies/acme").header("if-match", &tag);
            call.json(&json!({ "name": name })).send()
        };
        let (one, other) = tokio::join!(change("One"), change("Other"));
        let mut statuses = [one.status().as_u16(), other.status().as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
    }
}

/// Whatever raises a revision is judged with it in one step, so that of two which saw the same thing one is done.
#[tokio::test]
async fn of_two_that_race_with_one_tag_one_is_done() {
    for api in [Management::on_sqlite().await, Management::on_postgres().await] {
        let new = json!({ "company": "acme", "environment": "sandbox", "client_id": "a" });
        assert_eq!(api.post("/credentials", &new).await.status(), 201);
        let at = "/credentials/sandbox/a";
        for (one, other) in [("revoke-tokens", "revoke-tokens"), ("suspend", "revoke-tokens")] {
            for _ in 0..10 {
                // Where it was suspended; elsewhere there is nothing to resume.
                api.post(&format!("{at}/resume"), &json!({})).await;
                let tag = api.get(at).await.one("etag").unwrap().to_owned();
                let call = async |verb: &str| {
                    let path = format!("{at}/{verb}");
                    api.call(Method::POST, &path).header("if-match", &tag).send().await.status().as_u16()
                };
                let (one, other) = tokio::join!(call(one), call(other));
                let mut statuses = [one, other];
                statuses.sort_unstable();
                assert_eq!(statuses, [200, 412]);
            }
        }
    }
}

/// One that came too late does nothing: neither to one token, nor to those of a whole company.
#[tokio::test]
async fn tokens_are_revoked_of_what_was_seen() {
    for api in [Management::on_sqlite().await, Management::on_postgres().await] {
        let new = json!({ "company": "acme", "environment": "sandbox", "client_id": "a" });
        assert_eq!(api.post("/credentials", &new).await.status(), 201);
        for (thing, name, body) in [
            ("/credentials/sandbox/a", "revoke-token", Some(json!({ "jti": "t1" }))),
            ("/credentials/sandbox/a", "revoke-tokens", None),
            ("/companies/acme", "revoke-tokens", None),
        ] {
            let seen = api.get(thing).await.one("etag").unwrap().to_owned();
            assert_eq!(api.post(&format!("{thing}/suspend"), &json!({})).await.status(), 200);
            let path = format!("{thing}/{name}");
            let call = |tag: &str| {
                let call = api.call(Method::POST, &path).header("if-match", tag);
                if let Some(body) = &body { call.json(body) } else { call }
            };
            problem(&call(&seen).send().await, 412, "changed", 5);
            let now = api.get(thing).await.one("etag").unwrap().to_owned();
            assert_eq!(call(&now).send().await.status(), 200, "{path}");
            assert_eq!(api.post(&format!("{thing}/resume"), &json!({})).await.status(), 200);
        }
    }
}

#[tokio::test]
async fn a_tag_is_for_what_has_a_revision() {
    let api = Management::on_sqlite().await;
    for (path, body) in [
        ("/companies", json!({ "id": "b", "name": "B" })),
        ("/keys/rotate", json!({})),
        ("/hash-keys", json!({})),
        ("/plan", json!({ "manifest": {} })),
    ] {
        for tag in ["\"1\"", "*", "x"] {
            let call = api.call(Method::POST, path).header("if-match", tag).json(&body).send().await;
            assert!(problem(&call, 400, "malformed", 2).contains("If-Match"), "{path}");
        }
    }
    problem(&api.get("/companies/b").await, 404, "not-found", 3);
}

#[tokio::test]
async fn a_body_has_one_reading_and_no_unknown_member() {
    let api = Management::on_sqlite().await;
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let cases = [
        ("", 400),
        ("{", 400),
        ("[]", 422),
        ("null", 422),
        (r#"{"id":"a","id":"b","name":"A"}"#, 400),
        (r#"{"id":"a","name":"A","nmae":"A"}"#, 422),
        (r#"{"id":"a","name":"\ud800"}"#, 400),
        (r#"{"id":"a","name":"A","credential_limit":-1}"#, 422),
        (r#"{"id":"a","name":"A","credential_limit":1e400}"#, 400),
        (r#"{"id":"a","name":"A","credential_limit":1.5}"#, 422),
        (r#"["a","A"]"#, 422),
        (r#"{"id":"A","name":"A"}"#, 422),
        (r#"{"id":"a","name":"A\u0000"}"#, 422),
        (r#"{"id":"a"}"#, 422),
        (&deep, 400),
    ];
    for (body, status) in cases {
        let answer = api.call(Method::POST, "/companies").bytes(body.to_owned()).send().await;
        assert_eq!(answer.status().as_u16(), status, "{body}: {:?}", answer.body());
    }
    let secret = r#"{"id":"a","name":"A","hunter2-hunter2":"x"}"#;
    let answer = api.call(Method::POST, "/companies").bytes(secret).send().await;
    assert!(!answer.text().contains("hunter2"), "{}", answer.text());
    let wrong_type =
        api.post("/companies", &json!({ "id": "a", "name": "A", "credential_limit": "hunter2" })).await;
    assert!(!wrong_type.text().contains("hunter2"), "{}", wrong_type.text());
    let no_json = api.call(Method::POST, "/companies").header("content-type", "text/plain").send().await;
    problem(&no_json, 415, "not-json", 2);
    let large = api.call(Method::POST, "/companies").bytes(vec![b' '; 65_537]).send().await;
    problem(&large, 413, "too-large", 2);
}

#[tokio::test]
async fn what_hears_no_body_takes_none() {
    let api = Management::on_sqlite().await;
    for (method, path) in [
        (Method::GET, "/companies"),
        (Method::GET, "/companies/acme"),
        (Method::POST, "/companies/acme/suspend"),
        (Method::POST, "/companies/acme/revoke-tokens"),
        (Method::DELETE, "/companies/acme"),
    ] {
        for body in [r#"{"reason":"because"}"#, "[]", "{", "null"] {
            let answer = api.call(method.clone(), path).bytes(body).send().await;
            assert!(problem(&answer, 400, "malformed", 2).contains("no body"), "{method} {path}");
        }
    }
    assert_eq!(api.get("/companies/acme").await.json()["state"], "active");
    // What many programs send with every POST says nothing.
    assert_eq!(api.post("/companies/acme/suspend", &json!({})).await.status(), 200);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let api = Management::on_sqlite().await;
    problem(&api.get("/nothing").await, 404, "not-found", 3);
    let put = api.call(Method::PUT, "/companies").send().await;
    problem(&put, 405, "method-not-allowed", 2);
    let allowed: Vec<&str> = put.one("allow").unwrap().split(',').map(str::trim).collect();
    assert!(allowed.contains(&"GET") && allowed.contains(&"POST"), "{allowed:?}");
    problem(&api.get("/companies/UPPER").await, 400, "malformed", 2);
    problem(&api.get("/companies/%ff").await, 400, "malformed", 2);
    problem(&api.get("/companies?lmit=3").await, 400, "malformed", 2);
    problem(&api.get("/companies?limit=1&limit=2").await, 400, "malformed", 2);
    problem(&api.get("/companies?id_prefix=%00").await, 400, "malformed", 2);
    problem(&api.get("/companies?id_prefix=%ff").await, 400, "malformed", 2);
}

#[tokio::test]
async fn the_reason_stands_in_the_change() {
    let api = Management::on_sqlite().await;
    let update = |reason: &'static [u8]| {
        let call = api.call(Method::PATCH, "/companies/acme").header("jeton-reason", reason);
        call.json(&json!({ "name": "Acme" })).send()
    };
    assert_eq!(update("größer".as_bytes()).await.status(), 200);
    problem(&update(b"\xff").await, 400, "malformed", 2);
}
