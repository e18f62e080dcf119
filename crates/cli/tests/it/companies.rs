//! `jeton company`.

use serde_json::json;

use crate::support::Store;

#[test]
fn a_company_from_creation_to_deletion() {
    let store = Store::new();
    let made = store.json("company create acme --name 'Acme Ltd'");
    assert_eq!(made["id"], "acme");
    assert_eq!(made["name"], "Acme Ltd");
    assert_eq!(
        (&made["state"], &made["credentials"], &made["credential_limit"]),
        (&json!("active"), &json!(0), &json!(5))
    );
    assert!(made["created"].as_str().unwrap().ends_with('Z'), "{made}");

    assert_eq!(store.json("company update acme --name Acme")["name"], "Acme");
    let updated = store.json("company update acme --limit 7");
    assert_eq!((&updated["name"], &updated["credential_limit"]), (&json!("Acme"), &json!(7)));
    assert_eq!(store.json("company suspend acme")["state"], "suspended");
    assert_eq!(store.json("company resume acme")["state"], "active");
    assert_eq!(store.json("company get acme"), store.json("company list")[0]);
    assert_eq!(store.json("company delete acme"), json!({ "id": "acme", "state": "deleted" }));
    assert_eq!(store.json("company list"), json!([]));
    store.refused(3, "company get acme");
}

#[test]
fn what_people_see_has_the_same_values() {
    let store = Store::new();
    let made = store.ok("company create acme --name Acme --limit 2");
    assert!(made.lines().any(|line| line.split_whitespace().eq(["credential_limit", "2"])), "{made}");
    let list = store.ok("company list");
    assert!(
        list.lines().nth(1).unwrap().split_whitespace().eq(["acme", "Acme", "active", "0", "2"]),
        "{list}"
    );
}

#[test]
fn an_id_is_given_out_once() {
    let store = Store::new();
    store.ok("company create acme --name Acme");
    let told = store.refused(5, "company create acme --name Other");
    assert!(told.contains("exists already"), "{told}");
    store.ok("company delete acme");
    let told = store.refused(5, "company create acme --name Acme");
    assert!(told.contains("was deleted") && told.contains("choose another"), "{told}");
    let told = store.refused(5, "company create operators --name Us");
    assert!(told.contains("reserved"), "{told}");
}

#[test]
fn a_state_that_it_is_in_already_is_refused() {
    let store = Store::new();
    store.ok("company create acme --name Acme");
    assert!(store.refused(5, "company resume acme").contains("active already"));
    store.ok("company suspend acme");
    assert!(store.refused(5, "company suspend acme").contains("suspended already"));
}

#[test]
fn a_company_with_credentials_is_not_deleted() {
    let store = Store::with_acme();
    let credential = store.credential("--client-id x");
    let told = store.refused(5, "company delete acme");
    assert!(told.contains("delete them first"), "{told}");
    // Suspended ones count.
    store.ok(&format!("credential suspend {} --environment production", credential.id));
    store.refused(5, "company delete acme");
    store.ok("credential delete x --environment production");
    store.ok("company delete acme");
}

#[test]
fn a_suspended_company_gets_no_credential() {
    let store = Store::with_acme();
    store.ok("company suspend acme");
    let told = store.refused(5, "credential create --company acme --environment production");
    assert!(told.contains("suspended") && told.contains("resume it first"), "{told}");
}

#[test]
fn ids_names_and_limits_have_their_grammar() {
    let store = Store::new();
    for id in ["Acme", "-acme", "a_b", "a.b", "''", "a b", "ä", &"a".repeat(64)] {
        let told = store.refused(2, &format!("company create '{id}' --name Acme").replace("''''", "''"));
        assert!(told.contains("company") || told.contains("argument"), "{id}: {told}");
    }
    store.ok(&format!("company create {} --name Acme", "a".repeat(63)));
    store.ok("company create 0-a --name Acme");
    for name in ["''".to_owned(), "'a\tb'".to_owned(), format!("'{}'", "n".repeat(201))] {
        let told = store.refused(2, &format!("company create other --name {name}"));
        assert!(told.contains("1 to 200 characters"), "{told}");
    }
    // Characters, not bytes.
    store.ok(&format!("company create long --name '{}'", "ä".repeat(200)));
    for limit in ["-1", "five", "4294967296"] {
        store.refused(2, &format!("company create other --name Other --limit={limit}"));
    }
    let told = store.refused(2, "company update long");
    assert!(told.contains("--name") && told.contains("--limit"), "both ways are named: {told}");
}
