//! `jeton doctor`: what it finds at a server and beside it, and from a client's side.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::{Place, Run, Server, Store};
use crate::token::Demo;

/// The findings, by check; several of one check stand in their order.
fn findings(run: &Run) -> Vec<(String, String, String)> {
    let all: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let all = all.as_array().unwrap().iter();
    for one in all.clone() {
        // What is not good says what to do.
        assert_eq!(one["state"] == "bad", one["fix"].is_string(), "{one}");
    }
    all.map(|one| (text(one, "check"), text(one, "state"), text(one, "found"))).collect()
}

fn state(findings: &[(String, String, String)], check: &str) -> Vec<String> {
    findings.iter().filter(|(own, ..)| own == check).map(|(_, state, _)| state.clone()).collect()
}

#[test]
fn a_server_that_is_well_has_no_finding() {
    for place in Place::both() {
        let management = "127.0.0.1:0";
        let mut command =
            place.command(&format!("serve --listen 127.0.0.1:0 --management-listen {management}"));
        let server = Server::start(&mut command, 2);
        let at = server.address("management");
        let run = Run::of(place.command("-o json doctor").env("JETON_LISTEN__MANAGEMENT", &at));
        let found = findings(&run);
        assert_eq!(run.code, Some(0), "{found:?}");
        for check in ["configuration", "master key", "schema", "store", "signing keys", "clock", "server"] {
            assert!(state(&found, check).iter().all(|state| state == "good"), "{check}: {found:?}");
            assert!(!state(&found, check).is_empty(), "{check}: {found:?}");
        }
    }
}

#[test]
fn what_is_wrong_is_found_with_what_to_do() {
    let store = Store::new();
    let run = |line: &str| Run::of(store.command(line).env("JETON_LISTEN__MANAGEMENT", "127.0.0.1:1"));
    // Nobody serves any more.
    let found = findings(&run("-o json doctor"));
    assert_eq!(state(&found, "server"), ["bad"]);
    let key = store.path().join("master.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(store.path(), Permissions::from_mode(0o755)).unwrap();
    let exposed = run("-o json doctor");
    assert_eq!(exposed.code, Some(7), "{exposed:?}");
    let found = findings(&exposed);
    assert!(state(&found, "master key").contains(&"bad".to_owned()), "{found:?}");
    assert_eq!(state(&found, "data folder"), ["bad"]);
    let problem: Value = serde_json::from_str(exposed.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(problem["exit_code"], 7);
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(store.path(), Permissions::from_mode(0o700)).unwrap();
    fs::remove_file(&key).unwrap();
    assert_eq!(state(&findings(&run("-o json doctor")), "store"), ["bad"]);
    let file = store.around().join("jeton.toml");
    fs::write(&file, "[listen]\npublik = \"x\"\n").unwrap();
    let line = format!("-o json doctor --config {}", file.display());
    assert_eq!(state(&findings(&run(&line)), "configuration"), ["bad"]);
}

#[test]
fn a_folder_without_a_store_says_how_to_make_one() {
    let store = Store::new();
    let nowhere = store.around().join("nowhere");
    let mut command = crate::support::jeton();
    let run = Run::of(command.args(["-o", "json", "doctor", "--data"]).arg(&nowhere));
    assert_eq!(run.code, Some(7), "{run:?}");
    assert!(run.stdout.contains("jeton init"), "{run:?}");
    assert!(!nowhere.exists());
}

#[test]
fn a_client_sees_what_it_would_meet() {
    let (store, demo) = (Store::new(), Demo::start());
    let issuer = demo.issuer();
    let id = &demo.credential.id;
    let ask = |more: &str, secret: &str| {
        let line = format!("-o json doctor --issuer {issuer} {more}");
        Run::with_input(&mut store.command(&line), secret.as_bytes())
    };
    let named = findings(&ask("", ""));
    assert_eq!(state(&named, "token endpoint"), ["good"], "{named:?}");
    let well = ask(&format!("--client-id {id} --secret-stdin"), &demo.credential.secret);
    assert_eq!(state(&findings(&well), "token"), ["good"], "{well:?}");
    assert!(!well.stdout.contains(&demo.credential.secret));
    let refused = ask(&format!("--client-id {id} --secret-stdin"), "wrong-secret-of-nobody-canary");
    assert_eq!(refused.code, Some(7), "{refused:?}");
    assert!(!refused.stdout.contains("canary") && refused.stdout.contains("request id"), "{refused:?}");
    let nobody = Run::of(&mut store.command("-o json doctor --issuer http://127.0.0.1:1"));
    assert_eq!(state(&findings(&nobody), "connection"), ["bad"]);
    let plain = Run::of(&mut store.command("-o json doctor --issuer http://auth.example"));
    assert_eq!(state(&findings(&plain), "issuer"), ["bad"]);
    store.run("doctor --client-id x").refused(2);
}
