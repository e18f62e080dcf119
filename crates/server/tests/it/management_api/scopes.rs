//! Every operation of the document asks for its scope, and for no other.

use http::Method;
use jeton_core::operator::{OperatorScope, OperatorScopes};
use jeton_testkit::{Management, ResponseExt as _};
use serde_json::{Value, json};

use super::document::operations;
use super::problem;

/// A path with something in the place of each variable.
fn filled(path: &str) -> String {
    let path = path.strip_prefix("/management/v1").unwrap();
    let path = path.replace("{environment}", "sandbox").replace("{number}", "7");
    ["{id}", "{client_id}", "{api}", "{kid}"].iter().fold(path, |path, name| path.replace(name, "nobody"))
}

#[tokio::test]
async fn every_operation_takes_its_scope_and_no_other_will_do() {
    let api = Management::on_sqlite().await;
    for (path, method, operation) in operations() {
        let Some(needed) = operation["security"][0]["operator"][0].as_str() else {
            assert_eq!(path, "/management/v1/whoami", "only this is for everyone");
            continue;
        };
        let needed = OperatorScope::from_word(needed).unwrap();
        let others: OperatorScopes =
            OperatorScope::ALL.iter().copied().filter(|scope| *scope != needed).collect();
        let method: Method = method.parse().unwrap();
        for scopes in [OperatorScopes::none(), others] {
            let call = api.call(method.clone(), &filled(&path)).with_scopes(scopes);
            let detail = problem(&call.json(&json!({})).send().await, 403, "forbidden", 4);
            assert!(detail.contains(needed.as_str()), "{method} {path}: {detail}");
        }
        let own: OperatorScopes = [needed].into_iter().collect();
        // Where operators live takes a second scope, and no environment can mean that one too.
        let elsewhere = json!({ "environment": "sandbox" });
        let answer = api.call(method.clone(), &filled(&path)).with_scopes(own).json(&elsewhere).send().await;
        assert_ne!(answer.status(), 403, "{method} {path}: {:?}", answer.body());
    }
}

#[tokio::test]
async fn whoami_says_who_asks() {
    let api = Management::on_sqlite().await;
    let scopes: OperatorScopes = [OperatorScope::AuditRead, OperatorScope::ApisRead].into_iter().collect();
    let answer = api.call(Method::GET, "/whoami").with_scopes(scopes).send().await;
    let said =
        json!({ "actor": "operator:tester", "scopes": ["apis.read", "audit.read"], "address": Value::Null });
    assert_eq!(answer.json(), said);
}
