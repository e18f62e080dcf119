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
