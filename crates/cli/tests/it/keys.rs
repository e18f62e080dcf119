//! `key list`, and the day a key leaks.

use jeton_jose::UnverifiedToken;
use serde_json::{Value, json};

use crate::killing::{kill_after, rounds};
use crate::support::{Run, Seeded, Server, Store, claims, form_token, key_set, now, sql};

const REPLACE: &str = "key panic --environment production --danger-invalidates-tokens";

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
    assert_eq!(environments, ["management", "production", "sandbox"]);
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
    let told = store.refused(5, "key panic --environment production");
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
    let told = store.refused(3, "key panic --environment staging");
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
        // Those of the operators come first.
        assert_eq!(listed[1]["kid"], after.as_str());
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

/// The kid of the key in that state, of an environment and ES256.
fn kid(store: &Store, environment: &str, state: &str) -> String {
    let keys = store.json("key list");
    let mut own = keys
        .as_array()
        .unwrap()
        .iter()
        .filter(|key| key["environment"] == environment && key["state"] == state);
    own.next().unwrap()["kid"].as_str().unwrap().to_owned()
}

#[test]
fn a_rotation_by_hand_is_published_first() {
    let store = Store::with_acme();
    let server = store.start();
    let credential = store.credential("--grant voice");
    let active = kid(&store, "production", "active");
    let token = form_token(&server.production(), &credential).token();
    let begun = store.json("key rotate --environment production");
    assert_eq!((&begun[0]["state"], &begun[0]["retires"]), (&json!("next"), &json!(null)));
    let next = kid(&store, "production", "next");
    // Nobody knows it yet, so it does not sign: what that would cost is said.
    for line in ["key rotate --environment production".to_owned(), format!("key retire {active}")] {
        let told = store.refused(5, &line);
        for said in ["5 minutes", "ES256", "production", "Wait for 24 h", "--danger-unpublished"] {
            assert!(told.contains(said), "{said}: {told}");
        }
    }
    assert_eq!(kid(&store, "production", "active"), active);
    let ended = store.json("key rotate --environment production --danger-unpublished");
    assert_eq!((ended[0]["kid"].as_str(), ended[0]["retires"].as_str()), (Some(&*next), Some(&*active)));
    let done = now();
    let signed_by = |token: String| UnverifiedToken::parse(&token).unwrap().kid().to_owned();
    while signed_by(form_token(&server.production(), &credential).token()) != next {
        assert!((now() - done).as_secs() < 1, "not taken up within a second");
    }
    // The retired one verifies on.
    assert_eq!(claims(&key_set(&server.production()), &token).client_id, credential.id);
    assert_eq!(kid(&store, "sandbox", "active").len(), 43, "another environment was not meant");
}

#[test]
fn a_key_that_tokens_need_is_not_removed_unless_somebody_agrees() {
    let store = Store::new();
    let active = kid(&store, "production", "active");
    let costs = |told: &str| {
        for said in ["worthless", "401", "--danger-invalidates-tokens"] {
            assert!(told.contains(said), "{said}: {told}");
        }
    };
    let told = store.refused(5, &format!("key remove {active}"));
    costs(&told);
    assert!(told.contains("is active") && told.contains("key rotate"), "{told}");
    // A next one has signed nothing.
    store.ok("key rotate --environment production");
    let next = kid(&store, "production", "next");
    let told = store.refused(5, &format!("key retire {next}"));
    assert!(told.contains("signs nothing"), "{told}");
    store.ok(&format!("key remove {next}"));
    store.refused(3, &format!("key remove {next}"));
    // A thumbprint may begin like an option.
    for line in [
        "key remove -Yes --danger-invalidates-tokens",
        "key remove --danger-invalidates-tokens -Yes",
        "key retire -Yes",
    ] {
        let told = store.refused(3, line);
        assert!(told.contains("-Yes"), "{told}");
    }
    store.ok("key rotate --environment production --danger-unpublished");
    let told = store.refused(5, &format!("key remove {active}"));
    costs(&told);
    assert!(told.contains("is retiring") && told.contains("Wait for 25 h"), "{told}");
    store.ok(&format!("key remove {active} --danger-invalidates-tokens"));
    // Of an active one somebody takes the place.
    let active = kid(&store, "production", "active");
    let removed = store.json(&format!("key remove {active} --danger-invalidates-tokens"));
    assert_eq!(removed["signs"], kid(&store, "production", "active").as_str());
    assert_ne!(removed["signs"], active.as_str());
}

#[test]
fn a_key_from_elsewhere_is_published_and_signs_when_it_is_known() {
    let store = Store::new();
    let pem = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let line = "-o json key import --environment production --alg ES256";
    let import = |line: &str, pem: &str| Run::with_input(&mut store.command(line), pem.as_bytes());
    let taken: Value = serde_json::from_str(&import(line, &pem).ok()).unwrap();
    assert_eq!(taken["state"], "next");
    assert_eq!(taken["kid"], kid(&store, "production", "next").as_str());
    let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
    assert!(import(line, &other).refused(5).contains("to sign next"));
    let edwards = "key import --environment production --alg EdDSA";
    for (line, pem) in [(edwards, pem.as_str()), (line, "no key"), (line, ""), (line, &pem[..100])] {
        let told = import(line, pem).refused(2);
        assert!(told.contains("PKCS#8"), "{told}");
        assert!(!told.contains(&pem[pem.len().min(30)..pem.len().min(60)]) || pem.len() < 60, "{told}");
    }
    // The first of an algorithm signs at once.
    let edwards_pem = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().serialize_pem();
    let taken: Value =
        serde_json::from_str(&import(&format!("-o json {edwards}"), &edwards_pem).ok()).unwrap();
    assert_eq!(taken["state"], "active");
}
