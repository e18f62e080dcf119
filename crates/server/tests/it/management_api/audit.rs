//! `/audit`: what was done and refused, and whether the record is whole.

use http::Method;
use jeton_core::operator::OperatorScopes;
use jeton_testkit::{Management, ResponseExt as _};
use serde_json::{Value, json};

use super::problem;

async fn items(api: &Management, path: &str) -> Vec<Value> {
    let answer = api.get(path).await;
    assert_eq!(answer.status(), 200, "{path}: {:?}", answer.body());
    answer.json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_was_done_is_listed_page_by_page_and_filtered() {
    for api in [Management::on_sqlite().await, Management::on_postgres().await] {
        let reason = api.call(Method::POST, "/companies").header("jeton-reason", "contract 7");
        reason.json(&json!({ "id": "globex", "name": "Globex" })).send().await;
        api.post("/companies/globex/suspend", &json!({})).await;
        let newest = &items(&api, "/audit?limit=1").await[0];
        assert_eq!(
            (&newest["type"], &newest["subject"]),
            (&json!("jeton.company.suspended"), &json!("globex"))
        );
        assert_eq!((&newest["specversion"], &newest["data"]["outcome"]), (&json!("1.0"), &json!("done")));
        assert!(newest["digest"].is_string(), "{newest}");
        assert_eq!(newest["time"], "2026-01-01T00:00:00.000000Z");
        let made = items(&api, "/audit?target=globex&kind=company.created").await;
        assert_eq!((made.len(), &made[0]["data"]["reason"]), (1, &json!("contract 7")));
        assert!(made[0]["data"]["actor"].as_str().unwrap().starts_with("operator:"));
        assert_eq!(items(&api, "/audit?company=globex").await.len(), 2);
        assert_eq!(items(&api, "/audit?actor=operator:").await.len(), 2);
        assert!(items(&api, "/audit?since=2999-01-01T00:00:00Z").await.is_empty());
        // All of them, by pages, in either order.
        let mut oldest = vec![];
        let mut path = "/audit?order=oldest&limit=3".to_owned();
        loop {
            let page = api.get(&path).await.json();
            oldest.extend(page["items"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/audit?order=oldest&limit=3&cursor={next}");
        }
        let mut newest = items(&api, "/audit?limit=500").await;
        newest.reverse();
        assert_eq!(oldest, newest);
        let cursor = api.get("/audit?limit=1").await.json()["next"].as_str().unwrap().to_owned();
        problem(&api.get(&format!("/audit?order=oldest&cursor={cursor}")).await, 400, "malformed", 2);
        problem(&api.get("/audit?since=yesterday").await, 400, "malformed", 2);
    }
}

#[tokio::test]
async fn the_record_is_whole_and_a_checkpoint_holds() {
    for api in [Management::on_sqlite().await, Management::on_postgres().await] {
        // The environment of operators has its key from the first start on.
        let made = api.post("/audit/checkpoint", &json!({})).await;
        assert_eq!(made.status(), 200, "{:?}", made.body());
        let checkpoint = made.json()["checkpoint"].clone();
        api.post("/companies", &json!({ "id": "globex", "name": "Globex" })).await;
        let report = api.post("/audit/verify", &json!({ "checkpoint": checkpoint })).await.json();
        assert_eq!((&report["whole"], &report["checkpoint"]), (&json!(true), &json!("holds")), "{report}");
        assert_eq!(report["unchained"], 0, "the chain begins with the store: {report}");
        assert!(!report["cannot_find"].as_array().unwrap().is_empty());
        let without = api.post("/audit/verify", &json!({})).await.json();
        assert_eq!((&without["whole"], &without["checkpoint"]), (&json!(true), &Value::Null));
        problem(
            &api.post("/audit/verify", &json!({ "checkpoint": "no.such.thing" })).await,
            422,
            "invalid",
            2,
        );
    }
}

#[tokio::test]
async fn refused_calls_of_operators_are_written_down_but_not_without_end() {
    for api in [Management::on_sqlite().await, Management::on_postgres().await] {
        let without = |path: &str| api.call(Method::GET, path).with_scopes(OperatorScopes::none());
        problem(&without("/companies/acme").send().await, 403, "forbidden", 4);
        problem(&api.post("/companies", &json!({ "id": "acme", "name": "x" })).await, 409, "conflict", 5);
        // What cannot be read, or is only looked for, is no refusal; nor is a dry run.
        problem(&api.get("/companies/nobody").await, 404, "not-found", 3);
        problem(&api.post("/companies", &json!({ "id": "UPPER" })).await, 422, "invalid", 2);
        let dry = api.call(Method::DELETE, "/companies/acme").header("jeton-dry-run", "true").send().await;
        assert!(dry.status() == 200 || dry.status() == 409, "{dry:?}");
        let refused = items(&api, "/audit?outcome=refused&order=oldest").await;
        let targets: Vec<&str> = refused.iter().map(|one| one["subject"].as_str().unwrap()).collect();
        assert_eq!(targets[..2], ["GET /management/v1/companies/{id}", "POST /management/v1/companies"]);
        assert_eq!(refused[0]["data"]["reason"], "forbidden");
        assert_eq!(refused[0]["type"], "jeton.management.refused");
        for _ in 0..60 {
            problem(&without("/companies/acme").send().await, 403, "forbidden", 4);
        }
        assert!(items(&api, "/audit?outcome=refused&limit=500").await.len() <= 31);
        assert_eq!(api.post("/audit/verify", &json!({})).await.json()["whole"], true);
    }
}
