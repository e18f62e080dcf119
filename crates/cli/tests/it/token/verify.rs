//! `token verify`: keys from each place, and every check that can fail.

use std::fs;

use serde_json::Value;

use super::{AUDIENCE, Demo, Issuer, judge, now};
use crate::support::{Http, Run, jeton, words};

#[test]
fn keys_by_issuer_by_url_and_from_the_store() {
    let demo = Demo::start();
    let (token, issuer) = (demo.token(), demo.issuer());
    let data = demo.folder.display();
    for (options, not_checked) in [
        (format!("--issuer {issuer} --scope voice.billing"), vec![]),
        (format!("--issuer {issuer} --jwks {issuer}/.well-known/jwks.json"), vec!["revocation", "scope"]),
        (
            format!("--environment production --data '{data}' --scope voice.billing"),
            vec!["issuer", "revocation"],
        ),
        (format!("--environment production --data '{data}' --issuer {issuer}"), vec!["revocation", "scope"]),
    ] {
        let told = judge(&format!("verify -o json --audience {AUDIENCE} {options}"), &token).ok();
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["verified"], true);
        assert_eq!(told["client_id"], demo.credential.id.as_str());
        assert_eq!(told["scope"], "voice.billing voice.numbers");
        let left_out: Vec<&Value> =
            told["not_checked"].as_array().unwrap().iter().map(|one| &one["check"]).collect();
        assert_eq!(left_out, not_checked, "{options}");
        judge(&format!("verify --audience {AUDIENCE} {options}"), &format!("\n  {token}\r\n\n")).ok();
    }
    let told = judge(&format!("verify --audience {AUDIENCE} --environment sandbox --data '{data}'"), &token);
    let told = told.refused(7);
    assert!(told.contains("check: key") && told.contains("sandbox"), "{told}");
    let told = judge(&format!("verify --audience {AUDIENCE} --environment nowhere --data '{data}'"), &token);
    assert!(told.refused(3).contains("production, sandbox"));
    let told = judge(
        &format!(
            "verify --audience {AUDIENCE} --environment production --data '{data}' --issuer https://x.example"
        ),
        &token,
    );
    assert!(told.refused(7).contains("check: issuer"));
}

#[test]
fn each_failed_check_is_named_with_expected_found_and_advice() {
    let issuer = Issuer::new();
    let stranger = Issuer::new();
    let good = issuer.token(|_| ());
    let (head, signature) = good.rsplit_once('.').unwrap();
    let other = issuer.token(|claims| claims.jti = "other".into());
    let (other_head, _) = other.rsplit_once('.').unwrap();
    let id_token = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsifQ.e30.AAAA";
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0Iiwia2lkIjoiayJ9.e30.";
    for (token, more, check, found) in [
        ("x".to_owned(), "", "form", "three segments"),
        ("a.b.c.d.e".to_owned(), "", "form", "three segments"),
        ("eyJ9".repeat(5000), "", "form", "longer than"),
        (format!("Bearer {good}"), "", "form", "characters"),
        (format!("\"{good}\""), "", "form", "characters"),
        (id_token.to_owned(), "", "type", "found: JWT"),
        (unsigned.to_owned(), "", "algorithm", "found: none"),
        (stranger.token(|_| ()), "", "key", "`kid`"),
        (format!("{other_head}.{signature}"), "", "signature", "another"),
        (format!("{head}.{}", &signature[..40]), "", "signature", "another"),
        (
            issuer.token(|claims| claims.iss = "https://other.example".into()),
            "",
            "issuer",
            "https://other.example",
        ),
        (
            issuer.token(|claims| claims.iss = "https://auth.example/".into()),
            "",
            "issuer",
            "https://auth.example/",
        ),
        (issuer.token(|claims| claims.aud = vec!["x:y".into(), "x:z".into()]), "", "audience", "x:y, x:z"),
        (issuer.token(|claims| claims.exp = now() - 7200), "", "time", "2 hours ago"),
        (issuer.token(|claims| claims.nbf = Some(now() + 500)), "", "time", "in 8 minutes"),
        (good.clone(), "--scope voice.customers", "scope", "found: voice.billing"),
        (good.clone(), "--scope voice.bill", "scope", "found: voice.billing"),
        (issuer.token(|claims| claims.scope = None), "--scope voice.billing", "scope", "found: nothing"),
    ] {
        let line =
            |format: &str| format!("{format} verify --audience {AUDIENCE} {} {more}", issuer.options());
        let run = |format: &str| {
            let mut command = jeton();
            let line = line("").trim_start().to_owned();
            Run::with_input(command.args(words(format)).arg("token").args(words(&line)), token.as_bytes())
        };
        let told = run("").refused(7);
        assert!(told.contains(&format!("check: {check};")), "{check}: {told}");
        assert!(told.contains("expected: ") && told.contains("found: ") && told.contains(found), "{told}");
        assert!(told.trim_end().lines().count() == 1 && told.len() < 1000, "{told}");
        let problem = run("-o json").problem(7);
        assert_eq!(problem["status"], 422);
        for part in [signature, "c4n4ry"] {
            assert!(!told.contains(part), "{told}");
        }
    }
}

#[test]
fn a_good_token_by_a_file_of_keys() {
    let issuer = Issuer::new();
    let told =
        judge(&format!("verify --audience {AUDIENCE} {}", issuer.options()), &issuer.token(|_| ())).ok();
    assert!(told.contains("client-1") && told.contains("acme"), "{told}");
}

#[test]
fn what_cannot_be_checked_is_exit_code_2() {
    let issuer = Issuer::new();
    let (options, token) = (issuer.options(), issuer.token(|_| ()));
    fs::write(issuer.folder.path().join("broken.json"), "{\"keys\":{}}").unwrap();
    let folder = issuer.folder.path().display();
    let audience = format!("--audience {AUDIENCE}");
    for (line, input, named) in [
        (format!("verify {options}"), token.as_str(), "--audience"),
        (format!("verify {audience}"), &token, "--issuer"),
        (format!("verify {audience} --jwks x.json"), &token, "--issuer"),
        (format!("verify {audience} {options} --environment production"), &token, "--jwks"),
        (format!("verify {audience} --issuer https://a.example --data '{folder}'"), &token, "--environment"),
        (
            format!("verify {audience} --issuer https://a.example --jwks '{folder}/none.json'"),
            &token,
            "none.json",
        ),
        (
            format!("verify {audience} --issuer https://a.example --jwks '{folder}/broken.json'"),
            &token,
            "no key set",
        ),
        (format!("verify {audience} --issuer http://auth.example"), &token, "plain http"),
        (format!("verify {audience} --issuer auth.example"), &token, "https URL"),
        (format!("verify {audience} --issuer ''"), &token, "https URL"),
        (format!("verify --audience '' {options}"), &token, "--audience"),
        (format!("verify {audience} {options} --scope 'a\"'"), &token, "--scope"),
        (format!("verify {audience} {options}"), "", "nothing on standard input"),
        (format!("verify {audience} {options}"), " \n\n", "nothing on standard input"),
        (format!("verify {audience} {options}"), "a\nb\n", "several lines"),
        (format!("explain {options}"), &format!("{token}\n{token}\n"), "several lines"),
    ] {
        let told = judge(&line, input).refused(2);
        assert!(told.contains(named), "{line}: {told}");
        assert!(!told.contains(&token), "{told}");
    }
}

#[test]
fn keys_that_are_out_of_reach_are_exit_code_6_and_wrong_ones_1() {
    let demo = Demo::start();
    let (token, issuer) = (demo.token(), demo.issuer());
    let verify = |options: &str| judge(&format!("verify --audience {AUDIENCE} {options}"), &token);
    let by_address = issuer.replace("localhost", "127.0.0.1");
    let told = verify(&format!("--issuer {by_address}")).refused(1);
    assert!(told.contains("another issuer") && told.contains("to the byte"), "{told}");
    verify(&format!("--issuer {issuer} --jwks {issuer}/nowhere")).refused(1);
    demo.server.stop();
    let told = verify(&format!("--issuer {issuer}")).refused(6);
    assert!(told.contains("no connection"), "{told}");
}

#[test]
fn what_the_issuer_revoked_does_not_verify() {
    let demo = Demo::start();
    let (revoked, good, issuer) = (demo.token(), demo.token(), demo.issuer());
    let answer = Http::to(&demo.server).unwrap().revoke(&demo.credential, &revoked).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let options = format!("--issuer {issuer} --audience {AUDIENCE}");
    let told = judge(&format!("verify {options}"), &revoked).refused(7);
    assert!(told.contains("it is revoked (check: revocation;"), "{told}");
    judge(&format!("verify {options}"), &good).ok();
    let run = judge(&format!("explain {options}"), &revoked);
    assert_eq!(run.code, Some(7), "{run:?}");
    assert!(run.stdout.contains("The token does NOT verify: it is revoked."), "{run:?}");
    // Nobody asks the issuer here.
    let told = judge(&format!("verify {options} --jwks {issuer}/.well-known/jwks.json"), &revoked).ok();
    assert!(told.contains("the issuer's feed says it"), "{told}");
}

#[test]
fn a_feed_that_is_not_there_is_not_checked_and_said() {
    let issuer = Issuer::new();
    for (metadata, why) in [
        ("", "it names no revocation_feed"),
        (r#","revocation_feed":"URL/feed""#, "status 404"),
        (r#","revocation_feed":"ftp://URL""#, "revocation_feed may not be fetched"),
        // Anything may be there.
        (r#","revocation_feed":"URL/keys""#, "not a signed head"),
    ] {
        let url = issuer.serve(metadata);
        let token = issuer.token(|claims| claims.iss = url.clone().into());
        let options = format!("--issuer {url} --audience {AUDIENCE}");
        let told = judge(&format!("verify -o json {options}"), &token).ok();
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["not_checked"][0]["check"], "revocation", "{told}");
        let said = told["not_checked"][0]["why"].as_str().unwrap();
        assert!(
            said.starts_with(&format!("what {url} revoked is not known: ")) && said.contains(why),
            "{said}"
        );
        let told = judge(&format!("explain {options}"), &token).ok();
        assert!(told.contains("The token verifies.") && told.contains(why), "{told}");
    }
}
