//! `key list`, and the day a key leaks.

use serde_json::{Value, json};

use crate::killing::{kill_after, rounds};
use crate::support::{Run, Seeded, Server, Store, claims, form_token, key_set, now, sql};

const REPLACE: &str = "key replace --environment production --danger-invalidates-tokens";

/// The key ids that an environment publishes.
fn kids(server: &Server) -> Vec<String> {
    key_set(&server.production()).keys().iter().map(|key| key.kid().to_owned()).collect()
}

#[test]
fn the_list_says_where_each_key_stands() {
    let store = Store::new();
    let keys = store.json("key list");
    let keys = keys.as_array().unwrap();
    let environments: Vec<&Value> = keys.iter().map(|key| &key["environment"]).collect();
    assert_eq!(environments, ["production", "sandbox"]);
    for key in keys {
        assert_eq!((&key["algorithm"], &key["state"]), (&json!("ES256"), &json!("active")));
        for field in ["kid", "published", "active_from"] {
            assert!(key[field].is_string(), "{field}: {key}");
        }
        for field in ["sign_until", "remove_after"] {
            assert!(key[field].is_null(), "{field}: {key}");
        }
        assert!(!key.to_string().contains("private"), "{key}");
    }
    let told = store.ok("key list");
    assert!(told.starts_with("KID") && told.contains(keys[0]["kid"].as_str().unwrap()), "{told}");
}

#[test]
fn a_replacement_must_be_agreed_to() {
    let store = Store::new();
    let before = store.json("key list");
    let told = store.refused(5, "key replace --environment production");
    for said in ["ES256", "production", "an hour", "5 minutes", "--danger-invalidates-tokens"] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert_eq!(store.json("key list"), before);
}

#[test]
fn a_replaced_key_signs_and_verifies_no_more() {
    let store = Store::with_acme();
    let server = store.start();
    let credential = store.credential("--grant voice");
    let [old] = &kids(&server)[..] else { panic!("one key: {:?}", kids(&server)) };
    let sandbox = key_set(&server.sandbox()).to_json();
    let replaced = store.json(&format!("{REPLACE} --reason 'found in a public repository'"));
    let done = now();
    assert_eq!(replaced["replaces"], json!([old]));
    let new = replaced["kid"].as_str().unwrap();
    while kids(&server) != [new] {
        assert!((now() - done).as_secs() < 1, "not served within a second");
    }
    let token = form_token(&server.production(), &credential).token();
    assert_eq!(claims(&key_set(&server.production()), &token).client_id, credential.id);
    assert_eq!(key_set(&server.sandbox()).to_json(), sandbox, "another environment keeps its key");
    let rows = "SELECT COUNT(DISTINCT sequence), COUNT(*), MIN(reason) FROM changes WHERE reason IS NOT NULL";
    assert_eq!(sql(store.path(), rows), [[json!(1), json!(2), json!("found in a public repository")]]);
    drop(server);
    assert_eq!(kids(&store.start()), [new]);
}

#[test]
fn which_key_is_meant_must_be_clear() {
    let store = Store::with_acme();
    store.ok("api update mail --alg RS256");
    let told = store.refused(5, REPLACE);
    assert!(told.contains("ES256 and RS256") && told.contains("--alg"), "{told}");
    let replaced = store.json(&format!("{REPLACE} --alg RS256"));
    assert_eq!(replaced["algorithm"], "RS256");
    let told = store.refused(3, &format!("{REPLACE} --alg PS256"));
    assert!(told.contains("signing key") && told.contains("PS256"), "{told}");
    let told = store.refused(3, "key replace --environment staging");
    assert!(told.contains("production, sandbox"), "{told}");
}

#[test]
fn of_many_replacements_each_removes_what_it_saw() {
    let store = Store::new();
    let started: Vec<_> = (0..8).map(|_| Run::begin(&mut store.command(REPLACE))).collect();
    let runs = started.into_iter().map(Run::end_of);
    let (done, refused): (Vec<Run>, Vec<Run>) = runs.partition(|run| run.code == Some(0));
    assert!(!done.is_empty());
    for run in refused {
        let told = run.refused(5);
        assert!(told.contains("meanwhile") && told.contains("key list"), "{told}");
    }
    let states =
        "SELECT state, COUNT(*) FROM signing_keys WHERE environment = 'production' GROUP BY 1 ORDER BY 1";
    assert_eq!(
        sql(store.path(), states),
        [[json!("active"), json!(1)], [json!("removed"), json!(done.len())]]
    );
}

#[test]
fn a_replacement_that_is_killed_leaves_the_old_key_or_the_new() {
    let store = Store::with_acme();
    let server = store.start();
    let credential = store.credential("--grant voice");
    let active = || {
        let keys = sql(
            store.path(),
            "SELECT kid FROM signing_keys WHERE environment = 'production' AND state <> 'removed'",
        );
        assert_eq!(keys.len(), 1, "{keys:?}");
        keys[0][0].as_str().unwrap().to_owned()
    };
    let whole = kill_after(u64::MAX, &mut store.command(REPLACE)).looks;
    let mut seeded = Seeded(9);
    for round in 0..rounds() {
        let before = active();
        let line = format!("-o json {REPLACE}");
        let killed = kill_after(seeded.below(whole + whole / 4), &mut store.command(&line));
        let after = active();
        if let Ok(replaced) = serde_json::from_str::<Value>(&killed.printed) {
            assert_eq!(replaced["kid"], after.as_str(), "round {round}: shown, so done");
            assert_eq!(replaced["replaces"], json!([before]));
        }
        let listed = store.json("key list");
        assert_eq!(listed[0]["kid"], after.as_str());
        let done = now();
        while kids(&server) != [after.as_str()] {
            assert!((now() - done).as_secs() < 1, "round {round}: not served within a second");
        }
        assert_eq!(form_token(&server.production(), &credential).status, 200);
    }
    drop(server);
    assert_eq!(sql(store.path(), "PRAGMA integrity_check"), [[json!("ok")]]);
    assert_eq!(kids(&store.start()), [active()]);
}
