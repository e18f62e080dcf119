//! The contract's own cases (`tests/contract/cases.json`), each sent to both environments.
//!
//! `case` reads them, `check` holds an answer against what is expected, `token` looks into the tokens.

mod case;
mod check;
mod token;

use jeton_testkit::{ResponseExt as _, TestServer};
use serde_json::Value;

use case::Given;
use check::Seen;

/// Where one environment is, and where the other.
const PRODUCTION: (&str, &str, &str) = ("production", "localhost:8080", "sandbox.localhost:8080");
const SANDBOX: (&str, &str, &str) = ("sandbox", "sandbox.localhost:8080", "localhost:8080");

#[tokio::test]
async fn all_cases_pass_in_production() {
    replay(PRODUCTION).await;
}

#[tokio::test]
async fn all_cases_pass_in_the_sandbox() {
    replay(SANDBOX).await;
}

async fn replay((environment, host, other_host): (&str, &str, &str)) {
    let server = TestServer::start().await;
    let given = Given::new(&server.client(environment), host, other_host);
    let mut seen = Seen::default();
    let mut report = Vec::new();
    let cases = case::all();
    assert_eq!(cases.len(), 80);
    for case in cases {
        let answer = case.send(&server, &given).await;
        let faults = check::faults(&server, &case, &answer, &given, &mut seen).await;
        report.extend(faults.into_iter().map(|fault| format!("{}: {fault}", case.name)));
    }
    assert!(report.is_empty(), "\n{}", report.join("\n"));
}

/// Section 4: what the documents say, and that nothing in them is shared.
#[tokio::test]
async fn documents_of_the_environments() {
    let server = TestServer::start().await;
    let mut documents = Vec::new();
    for (environment, _, _) in [PRODUCTION, SANDBOX] {
        let document =
            async |name: &str| server.get(environment, &format!("/.well-known/{name}")).send().await.json();
        let metadata = document("oauth-authorization-server").await;
        assert_eq!(metadata, document("openid-configuration").await);
        assert_eq!(metadata["response_types_supported"], serde_json::json!([]));
        assert!(metadata["token_endpoint"].as_str().unwrap().ends_with("/oauth/v2/token"));
        assert!(metadata["jwks_uri"].as_str().unwrap().ends_with("/.well-known/jwks.json"));
        let keys = document("jwks.json").await;
        documents.push((metadata["issuer"].clone(), members(&keys, &["kid"]), members(&keys, &["x", "n"])));
    }
    let [(issuer, kids, numbers), (other_issuer, other_kids, other_numbers)] = &documents[..] else {
        panic!("there are two environments")
    };
    assert_ne!(issuer, other_issuer);
    assert!(!kids.is_empty() && !numbers.is_empty());
    assert!(kids.iter().all(|kid| !other_kids.contains(kid)));
    assert!(numbers.iter().all(|number| !other_numbers.contains(number)));
}

fn members(set: &Value, names: &[&str]) -> Vec<Value> {
    let keys = set["keys"].as_array().unwrap();
    keys.iter().flat_map(|key| names.iter().filter_map(|name| key.get(name).cloned())).collect()
}
