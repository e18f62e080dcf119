//! `jeton grant`.

use serde_json::json;

use crate::support::Store;

#[test]
fn grants_are_added_and_taken_away_scope_by_scope() {
    let store = Store::with_acme();
    store.credential("--client-id x");
    let grant = |verb: &str, what: &str| {
        store.json(&format!("grant {verb} x --environment production {what}"))["grants"].clone()
    };
    assert_eq!(grant("add", "voice:voice.billing"), json!(["voice:voice.billing"]));
    assert_eq!(grant("add", "voice:voice.numbers"), json!(["voice:voice.billing,voice.numbers"]));
    assert_eq!(grant("add", "mail"), json!(["mail:mail.send", "voice:voice.billing,voice.numbers"]));
    assert_eq!(grant("remove", "voice:voice.numbers"), json!(["mail:mail.send", "voice:voice.billing"]));
    assert_eq!(
        grant("remove", "voice:voice.billing"),
        json!(["mail:mail.send"]),
        "the last scope takes the API"
    );
    assert_eq!(grant("remove", "mail"), json!([]));
    assert_eq!(
        grant("add", "voice:voice.billing,voice.numbers"),
        json!(["voice:voice.billing,voice.numbers"])
    );
    assert_eq!(grant("remove", "voice:voice.billing,voice.numbers"), json!([]));
}

#[test]
fn an_api_alone_means_the_scopes_that_it_has_now() {
    let store = Store::with_acme();
    store.credential("--client-id x --grant voice");
    store.ok("api update voice --add-scope voice.later");
    let grants = || store.json("credential get x --environment production")["grants"].clone();
    assert_eq!(grants(), json!(["voice:voice.billing,voice.numbers"]));
    store.ok("grant add x --environment production voice");
    assert_eq!(grants(), json!(["voice:voice.billing,voice.later,voice.numbers"]));
}

#[test]
fn what_is_not_there_cannot_be_granted_or_taken() {
    let store = Store::with_acme();
    store.credential("--client-id x --grant voice:voice.billing");
    for (line, named) in [
        ("grant add x --environment production unknown", "API \"unknown\""),
        ("grant add x --environment production voice:mail.send", "no scope \"mail.send\""),
        ("grant add x --environment sandbox voice", "credential \"x\""),
        ("grant remove x --environment production mail", "is not granted \"mail\""),
        (
            "grant remove x --environment production voice:voice.numbers",
            "is not granted \"voice:voice.numbers\"",
        ),
    ] {
        let told = store.refused(3, line);
        assert!(told.contains(named), "{line}: {told}");
    }
    let grants = store.json("credential get x --environment production")["grants"].clone();
    assert_eq!(grants, json!(["voice:voice.billing"]));
}

#[test]
fn the_apis_of_one_credential_share_one_algorithm() {
    let store = Store::with_acme();
    store.ok("api create rsa --audience urn:rsa --alg RS256 --scope rsa.read");
    store.credential("--client-id x --grant voice");
    let told = store.refused(5, "grant add x --environment production rsa");
    assert!(told.contains("share one algorithm") && told.contains("make another credential"), "{told}");
    store.ok("grant remove x --environment production voice");
    store.ok("grant add x --environment production rsa");
    let told = store.refused(5, "grant add x --environment production mail");
    assert!(told.contains("RS256") && told.contains("ES256"), "{told}");
}
