//! Commands while the server runs: it serves the change within a second of the command's end.

use std::time::Duration;

use jeton_core::Algorithm;

use crate::support::{Credential, Server, Store, claims, form_token, get, key_set, now};

/// What the README promises.
const SECOND: Duration = Duration::from_secs(1);

/// Runs a command, then asks until the server shows its change; fails if that takes more than a second.
#[track_caller]
fn served(store: &Store, line: &str, shows: impl Fn() -> bool) {
    store.ok(line);
    let done = now();
    while !shows() {
        assert!(now() - done < SECOND, "{line}: not served within a second");
    }
    assert!(now() - done < SECOND, "{line}: not served within a second");
}

fn status(server: &Server, credential: &Credential) -> u16 {
    form_token(&server.production(), credential).status
}

#[test]
fn a_new_credential_is_served_at_once() {
    let store = Store::with_acme();
    let server = store.start();
    // Asked for before it is there, so that the failure is remembered.
    let early = Credential { id: "x".to_owned(), secret: "not yet".to_owned() };
    assert_eq!(status(&server, &early), 401);
    let credential = store.credential("--client-id x --grant voice");
    let done = now();
    while status(&server, &credential) != 200 {
        assert!(now() - done < SECOND, "not served within a second");
    }
    let unasked = store.credential("--client-id y --grant voice");
    assert_eq!(status(&server, &unasked), 200, "who was never asked for is served at the first request");
}

#[test]
fn suspending_and_resuming_a_credential() {
    let store = Store::with_acme();
    let server = store.start();
    let credential = store.credential("--client-id x --grant voice");
    let before = form_token(&server.production(), &credential).token();
    served(&store, "credential suspend x --environment production", || status(&server, &credential) == 401);
    served(&store, "credential resume x --environment production", || status(&server, &credential) == 200);
    let keys = key_set(&server.production());
    let after = form_token(&server.production(), &credential).token();
    let generation = |token: &str| {
        let rev = claims(&keys, token).rev.expect("a token has a rev").into_owned();
        let (handle, generation) = rev.rsplit_once('.').unwrap();
        (handle.to_owned(), generation.parse::<u64>().unwrap())
    };
    assert_eq!(generation(&before).0, generation(&after).0);
    assert!(generation(&before).1 < generation(&after).1, "the tokens of before are revoked");
    served(&store, "credential delete x --environment production", || status(&server, &credential) == 401);
}

#[test]
fn suspending_and_resuming_a_company() {
    let store = Store::with_acme();
    let server = store.start();
    let (one, two) = (store.credential("--grant voice"), store.credential("--grant mail"));
    let statuses = || [status(&server, &one), status(&server, &two)];
    assert_eq!(statuses(), [200, 200]);
    served(&store, "company suspend acme", || statuses() == [401, 401]);
    served(&store, "company resume acme", || statuses() == [200, 200]);
}

#[test]
fn rotating_and_revoking_secrets() {
    let store = Store::with_acme();
    let server = store.start();
    let first = store.credential("--client-id x --grant voice");
    assert_eq!(status(&server, &first), 200);
    let second = Credential::of(&store.json("secret rotate x --environment production"));
    let done = now();
    while status(&server, &second) != 200 {
        assert!(now() - done < SECOND, "not served within a second");
    }
    assert_eq!(status(&server, &first), 200, "both live");
    let list = store.json("secret list x --environment production");
    let old = list[1]["id"].as_str().unwrap();
    let revoke = format!("secret revoke x --environment production --secret {old}");
    served(&store, &revoke, || status(&server, &first) == 401);
    assert_eq!(status(&server, &second), 200);
    served(&store, "secret revoke x --environment production", || status(&server, &second) == 401);
}

#[test]
fn taking_grants_away_and_giving_them() {
    let store = Store::with_acme();
    let server = store.start();
    let credential = store.credential("--client-id x --grant voice");
    let scope = || form_token(&server.production(), &credential).json()["scope"].clone();
    assert_eq!(scope(), "voice.billing voice.numbers");
    let remove = "grant remove x --environment production voice:voice.numbers";
    served(&store, remove, || scope() == "voice.billing");
    served(&store, "grant add x --environment production mail", || scope() == "mail.send voice.billing");
    let keys = key_set(&server.production());
    let audience = || {
        let token = form_token(&server.production(), &credential).token();
        claims(&keys, &token).aud.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    served(&store, "api update mail --audience urn:mail", || audience().contains(&"urn:mail".to_owned()));
    served(&store, "grant remove x --environment production mail", || scope() == "voice.billing");
    served(&store, "grant remove x --environment production voice", || status(&server, &credential) == 400);
}

#[test]
fn another_algorithm_brings_its_key_into_every_key_set() {
    let store = Store::with_acme();
    let server = store.start();
    let origins = [server.production(), server.sandbox()];
    for (name, algorithm) in
        [("RS256", Algorithm::Rs256), ("PS256", Algorithm::Ps256), ("EdDSA", Algorithm::EdDsa)]
    {
        served(&store, &format!("api update voice --alg {name}"), || {
            let has = |origin: &String| key_set(origin).keys().iter().any(|key| key.algorithm() == algorithm);
            origins.iter().all(has)
        });
        let credential = store.credential(&format!("--client-id {name} --grant voice"));
        let token = form_token(&server.production(), &credential).token();
        assert_eq!(claims(&key_set(&server.production()), &token).client_id, name);
        store.ok(&format!("grant remove {name} --environment production voice"));
    }
    let etag = |origin: &str| get(&format!("{origin}/.well-known/jwks.json")).head;
    assert!(etag(&origins[0]).contains("etag: \""), "{}", etag(&origins[0]));
}
