//! `--dry-run`: what can be known without a change is checked, and nothing is changed.

use serde_json::{Value, json};

use crate::support::{Run, Store, sql};

fn changes(store: &Store) -> usize {
    sql(store.path(), "SELECT sequence FROM changes").len()
}

#[test]
fn nothing_changes_and_the_request_is_shown() {
    let store = Store::with_acme();
    store.credential("--client-id x --grant voice");
    let before = changes(&store);
    for (line, method, path) in [
        ("company create beta --name Beta", "POST", "/management/v1/companies"),
        ("company update acme --name Other", "PATCH", "/management/v1/companies/acme"),
        ("company suspend acme", "POST", "/management/v1/companies/acme/suspend"),
        ("api update voice --add-scope voice.more", "PATCH", "/management/v1/apis/voice"),
        ("credential create --company acme --environment sandbox", "POST", "/management/v1/credentials"),
        (
            "credential suspend x --environment production",
            "POST",
            "/management/v1/credentials/production/x/suspend",
        ),
        (
            "grant remove x --environment production voice",
            "DELETE",
            "/management/v1/credentials/production/x/grants/voice",
        ),
        (
            "secret rotate x --environment production",
            "POST",
            "/management/v1/credentials/production/x/secrets",
        ),
        ("token revoke --company acme", "POST", "/management/v1/companies/acme/revoke-tokens"),
        ("key rotate", "POST", "/management/v1/keys/rotate"),
        ("hash-key add", "POST", "/management/v1/hash-keys"),
    ] {
        let shown = store.json(&format!("{line} --dry-run"));
        assert_eq!(shown["dry_run"], true, "{line}");
        assert_eq!((&shown["method"], &shown["path"]), (&json!(method), &json!(path)), "{line}");
        assert_eq!(changes(&store), before, "{line}");
    }
    let shown = store.json("company create beta --name Beta --limit 7 --dry-run");
    assert_eq!(shown["body"], json!({ "id": "beta", "name": "Beta", "credential_limit": 7 }));
}

#[test]
fn what_is_not_there_or_is_there_already_or_has_another_revision_is_refused() {
    let store = Store::with_acme();
    assert!(store.refused(3, "company update nobody --name x --dry-run").contains("nobody"));
    store.credential("--client-id y --grant voice");
    // What only the store knows is known too.
    assert!(store.refused(5, "company delete acme --dry-run").contains("still has credentials"));
    assert!(store.refused(5, "api delete voice --dry-run").contains("granted"));
    assert!(store.refused(5, "company create acme --name x --dry-run").contains("acme"));
    assert!(store.refused(3, "credential suspend x --environment production --dry-run").contains("\"x\""));
    let revision = store.json("company get acme")["revision"].as_u64().unwrap();
    store.json(&format!("company update acme --name x --if-revision {revision} --dry-run"));
    store.refused(5, &format!("company update acme --name x --if-revision {} --dry-run", revision + 1));
}

#[test]
fn a_change_of_what_was_changed_meanwhile_is_refused() {
    let store = Store::with_acme();
    let revision = store.json("company get acme")["revision"].as_u64().unwrap();
    store.ok("company update acme --name Meanwhile");
    let told = store.refused(5, &format!("company update acme --name Late --if-revision {revision}"));
    assert!(told.contains("--if-revision"), "{told}");
    assert_eq!(store.json("company get acme")["name"], "Meanwhile");
    let revision = store.json("company get acme")["revision"].as_u64().unwrap();
    store.ok(&format!("company update acme --name Now --if-revision {revision}"));
}

#[test]
fn a_secret_that_is_given_is_not_shown() {
    let store = Store::with_acme();
    let line = "-o json credential create --company acme --environment sandbox --secret-stdin --dry-run";
    let canary = b"nobodys-secret-canary-77aa41bf-0001";
    let shown = Run::with_input(&mut store.command(line), canary).ok();
    assert!(!shown.contains("canary"), "{shown}");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["body"]["secret"]["value"], "(not shown)");
}
