//! `token explain`: words for everything, for a good token, a bad one, and one that nobody can judge.

use serde_json::Value;

use super::{AUDIENCE, Demo, Issuer, judge, now};

fn object(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// The meaning of a claim.
fn meaning<'a>(explained: &'a Value, name: &str) -> &'a str {
    let claims = explained["claims"].as_array().unwrap();
    let claim = claims.iter().find(|claim| claim["name"] == name);
    claim.unwrap_or_else(|| panic!("no {name}: {explained}"))["meaning"].as_str().unwrap()
}

#[test]
fn a_good_token_in_words() {
    let demo = Demo::start();
    let token = demo.token();
    let options = format!("--issuer {} --audience {AUDIENCE} --scope voice.billing", demo.issuer());
    let told = judge(&format!("explain {options}"), &token).ok();
    for part in [
        "The token verifies.",
        "an access token (RFC 9068)",
        "who issued it",
        " minutes",
        "the company that owns the credential",
        "Checked and right: form, type, algorithm, key, signature, claims, issuer, audience, time, \
         revocation, scope.",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("Not checked"), "{told}");
    let signature = token.rsplit('.').next().unwrap();
    assert!(!told.contains(signature) && !told.contains(&token), "{told}");

    let explained = object(&judge(&format!("explain -o json {options}"), &token).ok());
    assert_eq!((&explained["verified"], &explained["failed"]), (&Value::Bool(true), &Value::Null));
    assert!(!explained.to_string().contains(signature));
    let names: Vec<&str> =
        explained["claims"].as_array().unwrap().iter().map(|claim| claim["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["iss", "sub", "client_id", "aud", "iat", "exp", "jti", "scope", "company", "rev"]);
    assert!(meaning(&explained, "exp").starts_with("expires 20"));
}

#[test]
fn without_keys_it_says_that_anybody_may_have_written_it() {
    let issuer = Issuer::new();
    let told = judge("explain", &issuer.token(|_| ())).ok();
    assert!(
        told.contains("NOT verified") && told.contains("key, signature, claims (there are no keys"),
        "{told}"
    );
    let explained = object(&judge("explain -o json", &issuer.token(|_| ())).ok());
    assert_eq!((&explained["verified"], &explained["failed"]), (&Value::Bool(false), &Value::Null));
    // What can be seen without keys is enough to refuse it.
    for (token, options, check) in [
        (issuer.token(|claims| claims.exp = now() - 3600), "", "time"),
        (issuer.token(|claims| claims.nbf = Some(now() + 3600)), "", "time"),
        (issuer.token(|_| ()), "--audience x:y", "audience"),
        (issuer.token(|_| ()), "--scope voice.customers", "scope"),
        ("no token".to_owned(), "", "form"),
    ] {
        let run = judge(&format!("explain -o json {options}"), &token);
        assert_eq!(run.code, Some(7), "{run:?}");
        assert_eq!(object(&run.stdout)["failed"]["check"], check);
        assert_eq!(object(&run.stderr)["exit_code"], 7);
    }
}

#[test]
fn a_bad_token_is_explained_and_exit_code_7() {
    let issuer = Issuer::new();
    let token = issuer.token(|claims| claims.exp = now() - 7200);
    let run = judge(&format!("explain --audience {AUDIENCE} {}", issuer.options()), &token);
    assert_eq!(run.code, Some(7), "{run:?}");
    for part in [
        "The token does NOT verify: it has expired.",
        "check     time",
        "expected  a time before its `exp`, 20",
        "2 hours ago",
        "to do     Get a new token",
        "Not checked: revocation, scope (an earlier check failed).",
        "client-1",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    assert!(
        run.stderr.starts_with("jeton: the token does not verify: it has expired (check: time;"),
        "{run:?}"
    );
    assert!(!run.stdout.contains(token.rsplit('.').next().unwrap()));
}

#[test]
fn keys_that_are_out_of_reach_do_not_keep_it_from_explaining() {
    let demo = Demo::start();
    let (token, issuer) = (demo.token(), demo.issuer());
    demo.server.stop();
    let run = judge(&format!("explain --issuer {issuer}"), &token);
    assert_eq!(run.code, Some(6), "{run:?}");
    assert!(run.stdout.contains("demo-production") && run.stdout.contains("NOT verified"), "{run:?}");
    assert!(run.stderr.contains("no connection"), "{run:?}");
}

#[test]
fn strange_claims_are_shown_as_they_are_and_move_no_terminal() {
    let issuer = Issuer::new();
    let token = issuer.token(|claims| {
        claims.client_id = "\u{1b}[2Jevil\u{202e}\n".into();
        claims.scope = Some("a b".into());
        claims.iat = 0;
    });
    let told = judge("explain", &token).ok();
    assert!(told.contains("\\u{1b}[2Jevil\\u{202e}\\u{a}"), "{told}");
    assert!(told.contains("issued 1970-01-01T00:00:00Z"), "{told}");
    assert!(!told.contains(['\u{1b}', '\u{202e}']), "{told:?}");
    // {"alg":"ES256","typ":"at+jwt","kid":"k"} and {"exp":1e400,"x":[1,{"y":null}],"aud":[]}
    let odd = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImsifQ.\
               eyJleHAiOjFlNDAwLCJ4IjpbMSx7InkiOm51bGx9XSwiYXVkIjpbXX0.AAAA";
    let told = judge("explain", odd).ok();
    assert!(told.contains("1e400") && told.contains(r#"[1,{"y":null}]"#), "{told}");
    assert!(told.contains("not known to Jeton"), "{told}");
}

#[test]
fn what_is_no_token_gets_a_hint_and_is_not_repeated() {
    let secret = "jtn_production_c4n4ry";
    for (input, hint) in [
        (secret.to_owned(), "a secret"),
        (format!("Bearer {secret}"), "`Bearer`"),
        (format!("Authorization: Bearer {secret}"), "`Bearer`"),
        (format!(r#"{{"access_token":"{secret}"}}"#), "`access_token` alone"),
        ("a.b.c.d.e".to_owned(), "encrypted"),
        ("\u{fffd}\u{0}".to_owned(), "whole access token"),
    ] {
        let run = judge("explain", &input);
        assert_eq!(run.code, Some(7), "{run:?}");
        assert!(run.stdout.contains(hint), "{input}: {}", run.stdout);
        assert!(!format!("{run:?}").contains("c4n4ry"), "{run:?}");
    }
}
