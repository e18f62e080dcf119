//! What was counted, as people see it; and what a kill costs.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Credential, PATIENCE, Store, form_token, now, sql};

/// Outcomes with their counts.
fn counted(store: &Store, credential: &Credential) -> Vec<(String, i64)> {
    let rows = store.json(&format!("usage show {} --environment production --by day", credential.id));
    let one = |row: &Value| (row["outcome"].as_str().unwrap().to_owned(), row["count"].as_i64().unwrap());
    rows.as_array().unwrap().iter().map(one).collect()
}

#[test]
fn a_clean_end_loses_no_count() {
    let store = Store::with_acme();
    let server = store.start();
    let credential = store.credential("--client-id x --grant voice");
    let wrong = Credential { secret: "wrong".to_owned(), ..credential.clone() };
    let stranger = Credential { id: "stranger".to_owned(), ..credential.clone() };
    for who in [&credential, &credential, &wrong, &stranger, &stranger] {
        form_token(&server.production(), who);
    }
    server.stop();
    let shown = store.json("usage show x --environment production --since 2h --by minute");
    let of = |outcome: &str| shown.as_array().unwrap().iter().find(|row| row["outcome"] == outcome).unwrap();
    assert_eq!(of("issued")["count"], 2, "{shown}");
    assert_eq!(of("issued")["endpoint"], "/oauth/v2/token");
    assert!(credential.secret.ends_with(of("issued")["secret_ends_with"].as_str().unwrap()));
    assert_eq!(of("wrong_secret")["count"], 1);
    assert_eq!(of("wrong_secret")["secret"], Value::Null);
    let top = store.json("usage top --environment production");
    let row = |client: Value, issued: i64, refused: i64| json!({ "environment": "production", "client_id": client, "issued": issued, "refused": refused });
    assert_eq!(top, json!([row(json!("x"), 2, 1), row(Value::Null, 0, 2)]));
    assert_eq!(store.json("usage top --refused --limit 1"), json!([row(Value::Null, 0, 2)]));
    let table = store.ok("usage show x --environment production");
    assert!(table.starts_with("TIME") && table.contains("wrong_secret"), "{table}");
    assert!(sql(store.path(), "SELECT * FROM usage_writers").is_empty());
    store.refused(3, "usage show stranger --environment production");
    store.refused(2, "usage show x --environment production --since soon");
}

#[test]
fn a_listing_says_when_a_secret_was_last_used() {
    let store = Store::with_acme();
    let server = store.start();
    let credential = store.credential("--client-id x --grant voice");
    store.ok("secret rotate x --environment production");
    form_token(&server.production(), &credential);
    server.stop();
    let secrets = store.json("secret list x --environment production");
    let (never, used) = (&secrets[0], &secrets[1]);
    assert_eq!(never["last_used"], Value::Null, "{secrets}");
    assert!(never["unused_for"].as_str().unwrap().ends_with(", never used"), "{secrets}");
    assert!(used["last_used"].is_string() && used["last_use"]["address"] == "127.0.0.1", "{secrets}");
    assert!(used["last_use"]["tracking_id"].is_string(), "{secrets}");
    let said = store.run("secret list x --environment production");
    assert!(said.stdout.contains("LAST USED") && said.stdout.contains("UNUSED FOR"), "{said:?}");
    assert!(said.stderr.contains("up to a minute late"), "{said:?}");
    let got = store.json("credential get x --environment production");
    assert_eq!(got["secrets"], secrets);
}

#[test]
fn a_kill_loses_one_batch_at_most_and_the_next_start_says_so() {
    const SAID: &str = "ended without writing its last counts";
    let store = Store::with_acme();
    let server = store.start();
    let credential = store.credential("--client-id x --grant voice");
    for _ in 0..3 {
        form_token(&server.production(), &credential);
    }
    let begun = now();
    while counted(&store, &credential) != [("issued".to_owned(), 3)] {
        assert!(now() - begun < PATIENCE, "it was never written");
    }
    for _ in 0..2 {
        form_token(&server.production(), &credential);
    }
    server.signal(Signal::KILL);
    server.end();
    // As if that had been a while ago: until then it might be a server of the same name that runs.
    sql(store.path(), "UPDATE usage_writers SET written = written - 300000000");
    let mut server = store.start();
    server.stderr.find(SAID).expect("it says that counts are missing");
    let left = counted(&store, &credential)[0].1;
    assert!((3..=5).contains(&left), "{left}");
    form_token(&server.production(), &credential);
    server.stop();
    assert_eq!(counted(&store, &credential), [("issued".to_owned(), left + 1)]);
    let ended = store.start().stop();
    assert!(!ended.stderr.contains(SAID), "it was said before: {ended:?}");
}
