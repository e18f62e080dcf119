//! `jeton secret`, and secrets from standard input.

use serde_json::{Value, json};

use crate::support::{Credential, Run, Store, form_token};

/// 32 bytes, 16 different ones.
const SET: &str = "abcdefghijklmnopabcdefghijklmnop";

#[test]
fn two_secrets_live_and_a_third_is_refused() {
    let store = Store::with_acme();
    let first = store.credential("--client-id x --grant voice");
    let made = store.json("secret rotate x --environment production");
    assert_eq!((&made["client_id"], &made["environment"]), (&json!("x"), &json!("production")));
    let second = Credential::of(&made);
    let server = store.start();
    for credential in [&first, &second] {
        assert_eq!(form_token(&server.production(), credential).status, 200);
    }
    let told = store.refused(5, "secret rotate x --environment production");
    assert!(told.contains("revoke one first") && told.contains("`secret revoke x"), "{told}");
    let list = store.json("secret list x --environment production");
    let newest = &list[0];
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(newest["id"], made["secret_id"], "the newest first");
    assert_eq!((&newest["state"], &newest["kind"]), (&json!("live"), &json!("generated")));
    assert!(second.secret.ends_with(newest["ends_with"].as_str().unwrap()));
    assert_eq!(newest["ends_with"].as_str().unwrap().len(), 4);
}

#[test]
fn a_revocation_says_which_where_two_live() {
    let store = Store::with_acme();
    let first = store.credential("--client-id x --grant voice");
    let old = store.json("secret list x --environment production")[0]["id"].as_str().unwrap().to_owned();
    let second = Credential::of(&store.json("secret rotate x --environment production"));
    let told = store.refused(5, "secret revoke x --environment production");
    assert!(told.contains("--secret ID") && told.contains("--all"), "{told}");
    store.refused(3, "secret revoke x --environment production --secret unknown");
    let told = store.refused(2, &format!("secret revoke x --environment production --secret {old} --all"));
    assert!(told.contains("--all"), "{told}");

    let list = store.json(&format!("secret revoke x --environment production --secret {old}"));
    let states: Vec<&Value> = list.as_array().unwrap().iter().map(|secret| &secret["state"]).collect();
    assert_eq!(states, ["live", "revoked"]);
    store.refused(3, &format!("secret revoke x --environment production --secret {old}"));
    let server = store.start();
    assert_eq!(form_token(&server.production(), &first).status, 401);
    assert_eq!(form_token(&server.production(), &second).status, 200);
    // One is left, so nobody needs to say which.
    store.ok("secret revoke x --environment production");
}

#[test]
fn without_a_secret_every_call_is_refused_until_the_next_rotate() {
    let store = Store::with_acme();
    let first = store.credential("--client-id x --grant voice");
    store.ok("secret rotate x --environment production");
    store.ok("secret revoke x --environment production --all");
    for more in ["", "--all"] {
        let told = store.refused(3, &format!("secret revoke x --environment production {more}"));
        assert!(told.contains("no secret of \"x\" lives"), "{told}");
    }
    let server = store.start();
    assert_eq!(form_token(&server.production(), &first).status, 401);
    let next = Credential::of(&store.json("secret rotate x --environment production"));
    server.stop();
    let server = store.start();
    assert_eq!(form_token(&server.production(), &next).status, 200);
    assert_eq!(form_token(&server.production(), &first).status, 401);
}

#[test]
fn a_secret_from_standard_input_is_taken_as_it_is() {
    let store = Store::with_acme();
    let server = store.start();
    let long = format!("{SET}é +%/:{}", "ü".repeat(100));
    for (at, (input, secret)) in [
        (SET.to_owned(), SET),
        (format!("{SET}\n"), SET),
        (format!("{SET}\r\n"), SET),
        (format!(" {SET} \n"), &format!(" {SET} ")),
        (long.clone(), &long),
    ]
    .into_iter()
    .enumerate()
    {
        let line = format!(
            "-o json credential create --company acme --environment production --client-id c{at} --grant voice \
             --secret-stdin"
        );
        let made = Run::with_input(&mut store.command(&line), input.as_bytes()).ok();
        let made: Value = serde_json::from_str(&made).unwrap();
        assert_eq!(made["client_secret"], secret);
        assert_eq!(made["secrets"][0]["kind"], "set");
        let body = json!({ "clientId": format!("c{at}"), "clientSecret": secret }).to_string();
        let url = format!("{}/authentication/api/v1/oauth2/token", server.production());
        let answer = crate::support::curl(&["-H", "Content-Type: application/json", "-d", &body, &url]);
        assert_eq!(answer.status, 200, "{input:?}: {answer:?}");
    }
    let rotated = "-o json secret rotate c0 --environment production --secret-stdin";
    let rotated = Run::with_input(&mut store.command(rotated), b"ponmlkjihgfedcbaponmlkjihgfedcba").ok();
    let rotated = Credential::of(&serde_json::from_str(&rotated).unwrap());
    assert_eq!(rotated.secret, "ponmlkjihgfedcbaponmlkjihgfedcba");
}

#[test]
fn a_weak_secret_is_refused_and_not_repeated() {
    let store = Store::with_acme();
    store.credential("--client-id x");
    let two = "abcdefghijklmnop\nabcdefghijklmnop";
    for (input, named) in [
        (SET.as_bytes()[..31].to_vec(), "32 to 256 bytes"),
        (vec![], "32 to 256 bytes"),
        (SET.repeat(9).into_bytes(), "32 to 256 bytes"),
        (SET.repeat(100).into_bytes(), "32 to 256 bytes"),
        (format!("a{}", "é".repeat(2000)).into_bytes(), "32 to 256 bytes"),
        ("abcdefghijk".repeat(4).into_bytes(), "12 different"),
        (b"a".repeat(64), "12 different"),
        (two.as_bytes().to_vec(), "control characters"),
        (format!("{SET}\0").into_bytes(), "control characters"),
        ([SET.as_bytes(), &[0xFF]].concat(), "UTF-8"),
    ] {
        for line in [
            "credential create --company acme --environment production --client-id y --secret-stdin",
            "secret rotate x --environment production --secret-stdin",
        ] {
            let told = Run::with_input(&mut store.command(line), &input).refused(2);
            assert!(told.contains(named), "{}: {told}", String::from_utf8_lossy(&input));
            assert!(input.len() < 8 || !told.contains("abcdefgh"), "{told}");
            let json = Run::with_input(&mut store.command(&format!("-o json {line}")), &input);
            json.problem(2);
        }
    }
    store.refused(3, "credential get y --environment production");
    assert_eq!(store.json("secret list x --environment production").as_array().unwrap().len(), 1);
}

fn states(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|secret| secret["state"].as_str().unwrap()).collect()
}

#[test]
fn a_rotation_says_when_the_old_one_ends() {
    let store = Store::with_acme();
    let first = store.credential("--client-id x --grant voice");
    let made = store.json("secret rotate x --environment production --overlap 7d --expires-in 90d");
    assert!(made["expires"].is_string(), "{made}");
    let list = store.json("secret list x --environment production");
    assert_eq!(states(&list), ["live", "live"]);
    let day = |at: usize, name: &str| list[at][name].as_str().unwrap()[..10].to_owned();
    assert!(day(1, "expires") > day(1, "created") && day(0, "expires") > day(1, "expires"), "{list}");
    let table = store.ok("secret list x --environment production");
    assert!(table.contains("EXPIRES"), "{table}");
    store.refused(5, "secret rotate x --environment production --overlap 1d");
    // Nothing is left of the old one where there is to be no overlap.
    store.ok("secret revoke x --environment production --secret {}"
        .replace("{}", list[1]["id"].as_str().unwrap())
        .as_str());
    let third = Credential::of(&store.json("secret rotate x --environment production --overlap 0"));
    let server = store.start();
    assert_eq!(form_token(&server.production(), &first).status, 401);
    assert_eq!(form_token(&server.production(), &Credential::of(&made)).status, 401);
    assert_eq!(form_token(&server.production(), &third).status, 200);
}

#[test]
fn the_overlap_of_the_configuration_holds_where_none_is_said() {
    let store = Store::with_acme();
    store.credential("--client-id x --grant voice");
    let rotate = |overlap: &str, more: &str| {
        let line = format!("secret rotate x --environment production {more}");
        Run::of(store.command(&line).env("JETON_SECRETS__OVERLAP", overlap))
    };
    assert!(rotate("a week", "").refused(78).contains("JETON_SECRETS__OVERLAP"));
    rotate("7d", "").ok();
    let list = store.json("secret list x --environment production");
    assert!(list[0]["expires"].is_null() && list[1]["expires"].is_string(), "{list}");
    store.ok(&format!(
        "secret revoke x --environment production --secret {}",
        list[1]["id"].as_str().unwrap()
    ));
    rotate("7d", "--overlap 0").ok();
    assert_eq!(states(&store.json("secret list x --environment production")), ["live", "revoked", "revoked"]);
}

#[test]
fn an_end_is_brought_nearer_and_put_off() {
    let store = Store::with_acme();
    store.credential("--client-id x --grant voice");
    let told = store.refused(5, "secret extend x --environment production --to 9d");
    assert!(told.contains("no end"), "{told}");
    let list = store.json("secret retire x --environment production --in 7d");
    assert!(list[0]["expires"].is_string() && list[0]["state"] == "live", "{list}");
    let told = store.refused(5, "secret retire x --environment production --in 8d");
    assert!(told.contains("secret extend"), "{told}");
    let told = store.refused(5, "secret extend x --environment production --to 6d");
    assert!(told.contains("secret retire"), "{told}");
    store.ok("secret extend x --environment production --to 30d");
    let list = store.json("secret extend x --environment production --forever");
    assert!(list[0]["expires"].is_null(), "{list}");
    for line in ["retire x --environment production", "extend x --environment production"] {
        store.refused(2, &format!("secret {line}"));
    }
    for time in ["soon", "-1d", "1y", "999999d", "7 d"] {
        let told = store.refused(2, &format!("secret retire x --environment production '--in={time}'"));
        assert!(told.contains("7d"), "{told}");
    }
    store.refused(2, "secret extend x --environment production --to 7d --forever");
    store.ok("secret rotate x --environment production");
    let told = store.refused(5, "secret retire x --environment production --in 7d");
    assert!(told.contains("--secret ID"), "{told}");
    store.refused(3, "secret retire x --environment production --in 7d --secret none");
    store.refused(3, "secret retire nobody --environment production --in 7d");
    store.refused(3, "secret retire x --environment nowhere --in 7d");
}

#[test]
fn whose_a_leaked_secret_is() {
    let store = Store::with_acme();
    let first = store.credential("--client-id x --grant voice --label 'billing run'");
    let sandbox = store.credential_in("sandbox", "--client-id x --grant voice");
    let find = |text: &str| Run::with_input(&mut store.command("-o json secret find"), text.as_bytes());
    for (credential, environment) in [(&first, "production"), (&sandbox, "sandbox")] {
        let found = find(&format!("{}\n", credential.secret)).ok();
        let found: Value = serde_json::from_str(&found).unwrap();
        assert_eq!((&found["client_id"], &found["environment"]), (&json!("x"), &json!(environment)));
        assert_eq!((&found["company"], &found["secret"]["state"]), (&json!("acme"), &json!("live")));
    }
    let mut people = store.command("secret find");
    let told = Run::with_input(&mut people, first.secret.as_bytes());
    assert!(told.stderr.contains("jeton secret revoke x --environment production --secret "), "{told:?}");
    assert!(!format!("{told:?}").contains(&first.secret), "{told:?}");
    // One that is dead is found as well.
    store.ok("secret revoke x --environment production");
    let found = find(&first.secret).ok();
    assert!(found.contains("revoked"), "{found}");

    let mut damaged = first.secret.clone();
    damaged.pop();
    let others = [
        (damaged.as_str(), "checksum"),
        (SET, "operator"),
        ("", "operator"),
        ("jtn_production_", "checksum"),
    ];
    for (text, why) in others {
        let detail = find(text).problem(3)["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(why), "{detail}");
    }
    let elsewhere = Store::with_acme().credential("--client-id y --grant voice");
    let detail = find(&elsewhere.secret).problem(3)["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("production") && !detail.contains(&elsewhere.secret), "{detail}");
    find(&"x".repeat(5000)).refused(2);
}

/// What another system made of [`KNOWN_ELSEWHERE`].
const HASHED: &str = "pbkdf2_sha256$1000$saltysaltysalt$ycxEkvCINDUKhM/wHZRj9UvAKNCy5HtwDFZMS6yQh0c=";
const KNOWN_ELSEWHERE: &str = "known-elsewhere-and-kept";

#[test]
fn a_hash_is_taken_over_and_its_owner_needs_no_new_secret() {
    let store = Store::with_acme();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hash");
    std::fs::write(&file, format!("{HASHED}\n")).unwrap();
    let file = file.display();
    let create = format!(
        "credential create --environment production --company acme --client-id moved --grant voice --hash-file {file}"
    );
    let told = store.refused(2, &create);
    assert!(told.contains("--danger-weak-hash") && told.contains("10,000 iterations"), "{told}");
    assert!(!told.contains("saltysalty"), "{told}");
    let made = store.json(&format!("{create} --danger-weak-hash"));
    assert_eq!(made.get("client_secret"), None, "{made}");
    let secret = &made["secrets"][0];
    assert_eq!((&secret["kind"], &secret["ends_with"]), (&json!("imported"), &Value::Null), "{made}");
    assert!(!made.to_string().contains("saltysalty"), "{made}");

    let server = store.start();
    let moved = Credential { id: "moved".to_owned(), secret: KNOWN_ELSEWHERE.to_owned() };
    assert_eq!(form_token(&server.production(), &moved).status, 200);

    // It is rotated like any other.
    let next = Credential::of(&store.json("secret rotate moved --environment production --overlap 0"));
    assert_eq!(form_token(&server.production(), &next).status, 200);
    let list = store.json("secret list moved --environment production");
    assert_eq!((&list[0]["kind"], &list[1]["state"]), (&json!("generated"), &json!("revoked")), "{list}");
    let rotate = format!("secret rotate moved --environment production --hash-file {file}");
    store.ok(&format!("{rotate} --danger-weak-hash --overlap 1d"));
    for credential in [&moved, &next] {
        assert_eq!(form_token(&server.production(), credential).status, 200);
    }
    let wrong = Credential { secret: "another".to_owned(), ..moved };
    assert_eq!(form_token(&server.production(), &wrong).status, 401);
}

#[test]
fn what_is_no_hash_is_not_taken_over() {
    let store = Store::with_acme();
    store.credential("--client-id x --grant voice");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hash");
    let rotate = format!("secret rotate x --environment production --hash-file {}", file.display());
    let told = store.refused(2, &rotate);
    assert!(told.contains("No such file"), "{told}");
    let costly = HASHED.replace("$1000$", "$4000000$");
    let texts = [
        (KNOWN_ELSEWHERE.as_bytes(), "bcrypt, PBKDF2"),
        (b"$2b$10$tooshort", "the bcrypt hash is malformed"),
        (costly.as_bytes(), "2,000,000 iterations"),
        (b"", "bcrypt, PBKDF2"),
        (b"\xff\xfe", "one line of text"),
        (&[b'x'; 5_000], "one line of text"),
    ];
    for (bytes, why) in texts {
        std::fs::write(&file, bytes).unwrap();
        let told = store.refused(2, &rotate);
        assert!(told.contains(why) && !told.contains("known-elsewhere"), "{told}");
    }
    let told = store.refused(2, &format!("{rotate} --secret-stdin"));
    assert!(told.contains("--secret-stdin"), "{told}");
    let told = store.refused(2, "secret rotate x --environment production --danger-weak-hash");
    assert!(told.contains("--hash-file"), "{told}");
}
