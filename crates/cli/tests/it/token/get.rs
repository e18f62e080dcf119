//! `token get` against the real server, and what is refused before anything is sent.

use std::fs;

use jeton_jose::UnverifiedToken;
use serde_json::Value;
use tempfile::TempDir;

use super::{AUDIENCE, Demo, get};
use crate::support::{Credential, DIALECTS, Run, bearer, jeton, words};

#[test]
fn the_bare_token_of_each_dialect() {
    let demo = Demo::start();
    for (dialect, more) in [
        ("gateway", ""),
        ("gateway", "--scope voice.billing --tracking-id mine-1"),
        ("oauth2", ""),
        ("oauth2", "--scope 'voice.billing voice.numbers'"),
        ("oauth2", "--scope voice.billing --scope voice.numbers --audience https://api.example/voice"),
        ("oauth2", "--tracking-id mine-2"),
        ("json", ""),
        ("json", "--audience https://api.example/voice"),
    ] {
        let told = demo.get(dialect, more).ok();
        let token = told.strip_suffix('\n').unwrap();
        assert!(UnverifiedToken::parse(token).is_ok(), "{dialect} {more}: nothing but the token");
        let answer = bearer(&format!("{}/demo/voice/billing", demo.issuer()), token);
        assert_eq!(answer.status, 200, "{dialect} {more}");
    }
}

#[test]
fn the_members_of_the_answer() {
    let demo = Demo::start();
    for (dialect, members) in [
        ("gateway", vec!["access_token", "token_type", "expires_in", "scope"]),
        ("oauth2", vec!["token_type", "expires_in", "access_token", "scope"]),
        ("json", vec!["access_token"]),
    ] {
        let shown: Value = serde_json::from_str(&demo.get(dialect, "-o json").ok()).unwrap();
        let names: Vec<&String> = shown.as_object().unwrap().keys().collect();
        assert_eq!(names, members, "{dialect}");
        assert!(UnverifiedToken::parse(shown["access_token"].as_str().unwrap()).is_ok());
    }
}

#[test]
fn the_secret_may_be_in_a_file_or_on_standard_input() {
    let (demo, folder) = (Demo::start(), TempDir::new().unwrap());
    let Credential { id, secret } = &demo.credential;
    let url = demo.endpoint("oauth2");
    for ending in ["", "\n", "\r\n"] {
        let file = folder.path().join("secret");
        fs::write(&file, format!("{secret}{ending}")).unwrap();
        let line = format!("token get --token-url {url} --dialect oauth2 --client-id {id}");
        Run::of(jeton().args(words(&line)).arg("--secret-file").arg(&file)).ok();
        let input = format!("{secret}{ending}");
        Run::with_input(jeton().args(words(&line)).arg("--secret-stdin"), input.as_bytes()).ok();
    }
}

#[test]
fn a_wrong_secret_is_exit_code_4_in_the_servers_words() {
    let demo = Demo::start();
    for (dialect, words) in [
        ("gateway", "code 002, Authentication error: The authorization parameter is not valid"),
        ("oauth2", "invalid_client: The client could not be authenticated"),
        ("json", "Unauthorized: The client could not be authenticated"),
    ] {
        for credential in [
            Credential { id: demo.credential.id.clone(), secret: "c4n4ry-secret".into() },
            Credential { id: "nobody".into(), secret: demo.credential.secret.clone() },
        ] {
            let run = |more: &str| get(dialect, &demo.endpoint(dialect), &credential, more);
            let told = run("--tracking-id mine-3").refused(4);
            assert!(told.contains(words) && told.contains("401"), "{told}");
            assert!(told.contains("tracking id mine-3") && told.contains("request id 0"), "{told}");
            assert!(told.contains("Check the client id and its secret"), "{told}");
            assert!(!told.contains(&credential.secret), "{told}");
            let problem = run("-o json").problem(4);
            assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
        }
    }
}

#[test]
fn what_is_not_granted_is_exit_code_4() {
    let demo = Demo::start();
    for (dialect, more, words) in [
        ("gateway", "--scope voice.customers", "code 005"),
        ("oauth2", "--scope voice.customers", "invalid_scope"),
        ("oauth2", "--scope unheard.of", "invalid_scope"),
        ("oauth2", "--audience https://api.example/messages", "invalid_target"),
        ("json", "--audience https://api.example/messages", "audienceUrl"),
    ] {
        let told = demo.get(dialect, more).refused(4);
        assert!(told.contains(words) && told.contains("than the credential is granted"), "{told}");
    }
}

#[test]
fn a_generated_tracking_id_is_told() {
    let demo = Demo::start();
    let credential = Credential { id: "nobody".into(), secret: "x".into() };
    let told = get("gateway", &demo.endpoint("gateway"), &credential, "").refused(4);
    let (_, id) = told.split_once("tracking id ").unwrap();
    let id = id.split([',', ')']).next().unwrap();
    assert!(id.starts_with("jeton-") && id.len() == 38, "{told}");
    let again = get("gateway", &demo.endpoint("gateway"), &credential, "").refused(4);
    assert!(!again.contains(id), "a new one each time");
}

#[test]
fn a_wrong_path_is_exit_code_1_and_nobody_there_6() {
    let demo = Demo::start();
    for dialect in DIALECTS {
        let told = get(dialect, &format!("{}/nowhere", demo.issuer()), &demo.credential, "").refused(1);
        assert!(told.contains("404") && told.contains("--token-url and --dialect"), "{told}");
    }
    // Another dialect's endpoint.
    let told = get("json", &demo.endpoint("oauth2"), &demo.credential, "").refused(1);
    assert!(told.contains("400") && told.contains("--token-url and --dialect"), "{told}");
    let url = demo.endpoint("oauth2");
    demo.server.stop();
    let credential = Credential { id: "x".into(), secret: "c4n4ry".into() };
    let told = get("oauth2", &url, &credential, "").refused(6);
    assert!(told.contains("no connection") && !told.contains("c4n4ry"), "{told}");
    get("oauth2", &url, &credential, "-o json").problem(6);
}

#[test]
fn what_makes_no_request_is_exit_code_2() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("empty"), "\n").unwrap();
    fs::write(folder.path().join("two"), "a\nb\n").unwrap();
    fs::write(folder.path().join("binary"), b"\xff\xfe").unwrap();
    let start = "token get --client-id x";
    let secret = "--secret-env THE_SECRET";
    let url = "--token-url https://auth.example/token";
    for (line, named) in [
        (format!("{url} --dialect oauth2"), "--secret-env"),
        (format!("{url} --dialect oauth2 {secret} --secret-stdin"), "cannot be used with"),
        (format!("{url} --dialect saml {secret}"), "gateway, oauth2, json"),
        (format!("{url} --dialect oauth2 --secret-env NOT_SET"), "NOT_SET"),
        (format!("{url} --dialect oauth2 --secret-env EMPTY"), "empty"),
        (format!("{url} --dialect oauth2 --secret-file empty"), "empty"),
        (format!("{url} --dialect oauth2 --secret-file two"), "one line"),
        (format!("{url} --dialect oauth2 --secret-file binary"), "UTF-8"),
        (format!("{url} --dialect oauth2 --secret-file missing"), "cannot be read"),
        (format!("{url} --dialect oauth2 --secret-stdin"), "empty"),
        (format!("{url} --dialect gateway {secret} --audience https://a.example"), "--audience"),
        (format!("{url} --dialect json {secret} --scope a"), "--scope"),
        (format!("{url} --dialect oauth2 {secret} --scope 'a\"b'"), "--scope"),
        (format!("{url} --dialect oauth2 {secret} --audience voice"), "absolute URI"),
        (format!("{url} --dialect gateway {secret} --tracking-id 'a b'"), "visible ASCII"),
        (format!("{url} --dialect gateway {secret} --tracking-id ''"), "visible ASCII"),
        (format!("--token-url http://auth.example/token --dialect oauth2 {secret}"), "--danger-plain-http"),
        (format!("--token-url http://10.0.0.1/token --dialect oauth2 {secret}"), "--danger-plain-http"),
        (format!("--token-url auth.example --dialect oauth2 {secret}"), "https URL"),
        (format!("--token-url https://u:c4n4ry@auth.example --dialect oauth2 {secret}"), "https URL"),
        (format!("--token-url file:///token --dialect oauth2 {secret}"), "https URL"),
    ] {
        for format in ["", "-o json "] {
            let mut command = jeton();
            command.current_dir(folder.path()).env("THE_SECRET", "c4n4ry").env("EMPTY", "");
            let told = Run::of(command.args(words(&format!("{format}{start} {line}")))).refused(2);
            assert!(told.contains(named) && !told.contains("c4n4ry"), "{line}: {told}");
        }
    }
    let audience = format!("{AUDIENCE}#fragment");
    let mut command = jeton();
    command.env("THE_SECRET", "x").args(words(&format!("{start} {url} --dialect json {secret} --audience")));
    Run::of(command.arg(audience)).refused(2);
}
