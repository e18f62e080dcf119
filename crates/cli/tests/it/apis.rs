//! `jeton api`.

use serde_json::json;

use crate::support::{Store, sql};

#[test]
fn an_api_from_creation_to_deletion() {
    let store = Store::new();
    let made = store.json(
        "api create voice --audience https://api.example/voice --audience-in sandbox=https://sandbox.example/voice \
         --scope voice.billing voice.numbers --scope voice.customers",
    );
    assert_eq!(made["id"], "voice");
    assert_eq!(made["audience"], "https://api.example/voice");
    assert_eq!(made["audience_in"], json!({ "sandbox": "https://sandbox.example/voice" }));
    assert_eq!(made["scopes"], json!(["voice.billing", "voice.customers", "voice.numbers"]));
    assert_eq!(made["algorithm"], "ES256");

    let line = "api update voice --audience urn:voice --audience-in sandbox= --add-scope voice.new,voice.other \
                --remove-scope voice.customers --alg PS256";
    let updated = store.json(line);
    assert_eq!(updated["audience"], "urn:voice");
    assert_eq!(updated["audience_in"], json!({}));
    assert_eq!(updated["scopes"], json!(["voice.billing", "voice.new", "voice.numbers", "voice.other"]));
    assert_eq!(updated["algorithm"], "PS256");
    assert_eq!(store.json("api get voice"), updated);
    assert_eq!(store.json("api list"), json!([updated]));
    assert_eq!(store.json("api delete voice"), json!({ "id": "voice", "state": "deleted" }));
    assert_eq!(store.json("api list"), json!([]));
    store.refused(3, "api get voice");
    store.ok("api create voice --audience https://api.example/voice");
}

#[test]
fn every_algorithm_gets_its_key_in_every_environment_once() {
    let store = Store::new();
    for (at, algorithm) in ["ES256", "EdDSA", "RS256", "PS256"].iter().enumerate() {
        store.ok(&format!("api create a{at} --audience urn:a{at} --alg {algorithm}"));
        store.ok(&format!("api create b{at} --audience urn:b{at} --alg {algorithm}"));
    }
    let keys = "SELECT environment, algorithm, COUNT(*) FROM signing_keys GROUP BY 1, 2 ORDER BY 1, 2";
    let keys = sql(store.path(), keys);
    // The operators' own has no API, and needs one alone.
    let mut expected = vec![vec![json!("management"), json!("ES256"), json!(1)]];
    expected.extend(["production", "sandbox"].into_iter().flat_map(|environment| {
        ["ES256", "EdDSA", "PS256", "RS256"]
            .map(|algorithm| vec![json!(environment), json!(algorithm), json!(1)])
    }));
    assert_eq!(keys, expected);
}

#[test]
fn what_is_taken_is_refused() {
    let store = Store::new();
    store.ok("api create voice --audience https://api.example/voice --scope voice.billing");
    for (line, named) in [
        ("api create voice --audience https://api.example/other", "exists already"),
        ("api create other --audience https://api.example/voice", "choose another"),
        ("api create other --audience urn:o --audience-in sandbox=https://api.example/voice", "in sandbox"),
        ("api create other --audience urn:o --scope voice.billing", "belongs to the API \"voice\""),
    ] {
        let told = store.refused(5, line);
        assert!(told.contains(named), "{line}: {told}");
    }
    store.ok("api create other --audience urn:o");
    store.refused(5, "api update other --audience https://api.example/voice");
    store.refused(5, "api update other --add-scope voice.billing");
    store.refused(3, "api update voice --remove-scope voice.unknown");
    assert_eq!(store.json("api get other")["audience"], "urn:o", "a refusal changes nothing");
}

#[test]
fn what_is_granted_is_neither_removed_nor_changed() {
    let store = Store::with_acme();
    store.credential("--client-id x --grant voice:voice.billing");
    for line in ["api delete voice", "api update voice --alg RS256"] {
        let told = store.refused(5, line);
        let first = "`grant remove x --environment production voice`";
        assert!(told.contains("take it away first") && told.contains(first), "{line}: {told}");
    }
    let told = store.refused(5, "api update voice --remove-scope voice.billing");
    let first = "`grant remove x --environment production voice:voice.billing`";
    assert!(told.contains("take it away first") && told.contains(first), "{told}");
    // A scope that nobody is granted goes, and what the sentences say to do first helps.
    store.ok("api update voice --remove-scope voice.numbers");
    store.ok("grant remove x --environment production voice:voice.billing");
    store.ok("api update voice --alg RS256 --remove-scope voice.billing");
    store.ok("api delete voice");
}

#[test]
fn one_change_is_all_or_nothing() {
    let store = Store::with_acme();
    store.credential("--grant voice:voice.billing");
    let before = store.json("api get voice");
    store
        .refused(5, "api update voice --audience urn:new --add-scope voice.new --remove-scope voice.billing");
    store.refused(5, "api update voice --add-scope voice.new --alg RS256");
    assert_eq!(store.json("api get voice"), before);
    let keys = "SELECT COUNT(*) FROM signing_keys WHERE algorithm = 'RS256'";
    assert_eq!(sql(store.path(), keys)[0][0], 0, "nor a key for what was refused");
}

#[test]
fn ids_scopes_and_audiences_have_their_grammar() {
    let store = Store::new();
    for (line, named) in [
        ("api create Voice --audience urn:v", "an API id must be"),
        ("api create voice --audience https://api.example/#part", "an audience must be"),
        ("api create voice --audience /voice", "an audience must be"),
        ("api create voice --audience urn:v --scope 'a b'", "a scope name must be"),
        ("api create voice --audience urn:v --scope a,,b", "a scope name must be"),
        ("api create voice --audience urn:v --scope ä", "a scope name must be"),
        ("api create voice --audience urn:v --audience-in sandbox", "ENVIRONMENT=VALUE"),
        ("api create voice --audience urn:v --audience-in sandbox=x", "an audience must be"),
        ("api create voice --audience urn:v --alg none", "ES256, EdDSA, RS256 and PS256"),
        ("api update voice", "--audience"),
    ] {
        let told = store.refused(2, line);
        assert!(told.contains(named), "{line}: {told}");
    }
    store.ok(&format!("api create voice --audience urn:v --scope {}", "s".repeat(128)));
    store.refused(2, &format!("api update voice --add-scope {}", "s".repeat(129)));
}
