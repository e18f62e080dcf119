//! The OpenAPI document, and the page that shows it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use jeton_server::management::ManagementApi;
use jeton_testkit::{Management, ResponseExt as _};
use serde_json::Value;

/// Every operation: path, method and what the document says of it.
pub(super) fn operations() -> Vec<(String, String, Value)> {
    let document: Value = serde_json::from_str(&ManagementApi::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let operations = item.as_object().unwrap().iter();
            operations.map(|(method, operation)| (path.clone(), method.to_uppercase(), operation.clone()))
        })
        .collect()
}

#[test]
fn the_document_is_the_one_that_is_committed() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("JETON_GOLDEN").is_some_and(|how| how == "write") {
        fs::write(&path, ManagementApi::openapi()).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap();
    assert!(
        found == ManagementApi::openapi(),
        "docs/openapi.json is not what the code says: JETON_GOLDEN=write cargo test -p jeton-server"
    );
}

#[test]
fn every_operation_is_described() {
    let document: Value = serde_json::from_str(&ManagementApi::openapi()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations() {
        let name = format!("{method} {path}");
        assert!(path.starts_with("/management/v1/"), "{name}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{name}");
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{name}");
        assert_eq!(operation["security"].as_array().unwrap().len(), 1, "{name}");
        assert!(operation["security"][0]["operator"].is_array(), "{name}");
        for status in ["400", "401", "403", "503"] {
            assert!(operation["responses"][status].is_object(), "{name}: {status}");
        }
    }
    assert!(ids.len() > 40, "{}", ids.len());
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, document: &Value) {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        match value {
            Value::Object(members) => members.values().for_each(|member| walk(member, document)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, document)),
            _ => {}
        }
    }
    let document: Value = serde_json::from_str(&ManagementApi::openapi()).unwrap();
    walk(&document, &document);
}

/// A schema's name stands for one type: of two with one name, the document would keep one without a word.
#[test]
fn bodies_refuse_what_their_schema_does_not_name() {
    let document: Value = serde_json::from_str(&ManagementApi::openapi()).unwrap();
    for (path, method, operation) in operations() {
        let Some(body) = operation.pointer("/requestBody/content/application~1json/schema/$ref") else {
            continue;
        };
        let schema = document.pointer(body.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
        assert_eq!(schema["additionalProperties"], false, "{method} {path}");
    }
}

#[tokio::test]
async fn the_page_takes_nothing_from_elsewhere() {
    let api = Management::on_sqlite().await;
    let page = api.elsewhere("/docs").send().await;
    assert_eq!(page.one("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.one("content-security-policy").unwrap();
    for part in ["default-src 'none'", "script-src 'self';", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("http"), "{policy}");
    assert!(!page.text().contains("://"), "{}", page.text());
    assert!(!page.text().contains("<script>"), "{}", page.text());
    for script in page.text().split("src=\"").skip(1) {
        let path = script.split('"').next().unwrap();
        let answer = api.elsewhere(path).send().await;
        assert_eq!(answer.one("content-type"), Some("text/javascript; charset=utf-8"), "{path}");
        assert_eq!(answer.one("x-content-type-options"), Some("nosniff"));
        assert!(!answer.body().is_empty());
    }
    let start = api.elsewhere("/docs/start.js").send().await;
    assert!(!start.text().contains("://"), "{}", start.text());
    let document = api.elsewhere("/openapi.json").send().await;
    assert_eq!(document.text(), ManagementApi::openapi());
}
