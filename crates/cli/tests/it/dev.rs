//! `serve --dev` where output is no terminal: values in a file, and everything gone at the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    Credential, DIALECTS, Run, Server, bearer, claims, clean, files, get, jeton, key_set, mode, token, words,
};

/// A demo with its throw-away folder in a folder of the test's own.
struct Demo {
    server: Server,
    folder: PathBuf,
    export: String,
    values: Value,
}

fn command(around: &Path, more: &str) -> Command {
    let mut command = jeton();
    command.env("TMPDIR", around).current_dir(around);
    command.args(words("serve --dev --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0")).args(words(more));
    command
}

#[track_caller]
fn demo(around: &Path, more: &str) -> Demo {
    let server = Server::start(&mut command(around, more), 2);
    let said = server.stdout.so_far();
    let line = |start: &str| {
        let line = said.lines().find(|line| line.starts_with(start));
        line.unwrap_or_else(|| panic!("no {start:?} in {said}")).to_owned()
    };
    let file = PathBuf::from(line("demo credentials: ").trim_start_matches("demo credentials: "));
    let values = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    Demo { server, folder: file.parent().unwrap().to_owned(), export: line("export JETON_DATA="), values }
}

impl Demo {
    fn credential(&self, environment: &str) -> Credential {
        Credential::of(&self.values[environment])
    }

    fn text(&self, pointer: &str) -> &str {
        self.values.pointer(pointer).unwrap().as_str().unwrap()
    }
}

#[test]
fn the_values_are_in_a_file_that_nobody_else_can_read() {
    let around = TempDir::new().unwrap();
    let demo = demo(around.path(), "");
    assert_eq!(mode(&demo.folder), 0o700, "the throw-away folder");
    for file in files(&demo.folder) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    let said = demo.server.stop();
    for secret in ["/production/client_secret", "/sandbox/client_secret"] {
        let secret = demo.values.pointer(secret).unwrap().as_str().unwrap();
        assert!(!said.stdout.contains(secret) && !said.stderr.contains(secret), "{said:?}");
    }
}

#[test]
fn the_values_work_with_every_dialect_in_both_environments() {
    let around = TempDir::new().unwrap();
    let demo = demo(around.path(), "");
    for environment in ["production", "sandbox"] {
        for dialect in DIALECTS {
            let url = demo.text(&format!("/{environment}/token_endpoints/{dialect}"));
            let token = token(dialect, url, &demo.credential(environment)).token();
            let granted = bearer(demo.text(&format!("/{environment}/demo_api/granted")), &token);
            assert_eq!(granted.status, 200, "{environment} {dialect} {granted:?}");
            let refused = bearer(demo.text(&format!("/{environment}/demo_api/not_granted")), &token);
            assert_eq!(refused.status, 403, "{environment} {dialect} {refused:?}");
            assert!(refused.head.contains("insufficient_scope"), "{refused:?}");
        }
    }
}

#[test]
fn the_demo_api_has_its_four_services_and_knows_its_environment() {
    let around = TempDir::new().unwrap();
    let demo = demo(around.path(), "");
    let url = demo.text("/production/token_endpoints/oauth2");
    let production = token("oauth2", url, &demo.credential("production")).token();
    let statuses = |origin: &str, token: &str| {
        ["numbers", "addresses", "billing", "customers"]
            .map(|service| bearer(&format!("{origin}/demo/voice/{service}"), token).status)
    };
    assert_eq!(statuses(&demo.server.production(), &production), [200, 403, 200, 403]);
    assert_eq!(statuses(&demo.server.sandbox(), &production), [401; 4], "another world");
    assert_eq!(get(&format!("{}/demo/voice/billing", demo.server.production())).status, 401);
    let foreign =
        token("oauth2", demo.text("/sandbox/token_endpoints/oauth2"), &demo.credential("production"));
    assert_eq!(foreign.status, 401, "a production credential in the sandbox: {foreign:?}");
}

#[test]
fn the_export_line_makes_the_command_line_find_the_store() {
    let around = TempDir::new().unwrap();
    // Pasted into a shell, whatever the folder is called.
    let odd = around.path().join("a folder; with 'quotes' & $HOME");
    fs::create_dir(&odd).unwrap();
    let demo = demo(&odd, "");
    let mut bash = Command::new("bash");
    clean(&mut bash);
    let script = format!("{}\n\"$0\" -o json credential list", demo.export);
    bash.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_jeton")).current_dir(around.path());
    let list: Value = serde_json::from_str(&Run::of(&mut bash).ok()).unwrap();
    let ids: Vec<&str> =
        list.as_array().unwrap().iter().map(|one| one["client_id"].as_str().unwrap()).collect();
    assert_eq!(ids, [demo.text("/production/client_id"), demo.text("/sandbox/client_id")]);
}

#[test]
fn each_demo_credential_is_granted_the_voice_api_alone() {
    let around = TempDir::new().unwrap();
    let demo = demo(around.path(), "");
    let mut list = jeton();
    list.args(["-o", "json", "--data"]).arg(&demo.folder).args(["credential", "list"]);
    let list: Value = serde_json::from_str(&Run::of(&mut list).ok()).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 2);
    for credential in list.as_array().unwrap() {
        assert_eq!(credential["grants"], serde_json::json!(["voice:voice.billing,voice.numbers"]));
    }
    let mut apis = jeton();
    apis.args(["-o", "json", "--data"]).arg(&demo.folder).args(["api", "list"]);
    let apis: Value = serde_json::from_str(&Run::of(&mut apis).ok()).unwrap();
    assert_eq!(apis.as_array().unwrap().len(), 2, "the voice API and one more");
}

#[test]
fn the_folder_is_gone_after_either_signal() {
    for signal in [Signal::TERM, Signal::INT] {
        let around = TempDir::new().unwrap();
        let demo = demo(around.path(), "");
        assert!(demo.folder.join("jeton.db").exists());
        demo.server.signal(signal);
        let ended = demo.server.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(files(around.path()), [] as [PathBuf; 0], "after {signal:?}");
    }
}

#[test]
fn nothing_is_the_same_at_the_next_start() {
    let around = TempDir::new().unwrap();
    let (first, second) = (demo(around.path(), ""), demo(around.path(), ""));
    for environment in ["production", "sandbox"] {
        let secret = |demo: &Demo| demo.credential(environment).secret;
        assert_ne!(secret(&first), secret(&second));
        let kids = |demo: &Demo| key_set(&demo.server.origin(environment)).keys()[0].kid().to_owned();
        assert_ne!(kids(&first), kids(&second));
    }
    assert_ne!(first.credential("production").secret, first.credential("sandbox").secret);
}

#[test]
fn issuers_follow_the_real_ports_unless_one_is_given() {
    let around = TempDir::new().unwrap();
    let demo = demo(around.path(), "--issuer sandbox=https://sandbox.auth.example");
    let issuer = |origin: &str| {
        get(&format!("{origin}/.well-known/oauth-authorization-server")).json()["issuer"].clone()
    };
    assert_eq!(issuer(&demo.server.production()), demo.server.production());
    assert_eq!(demo.text("/production/issuer"), demo.server.production());
    assert_eq!(issuer(&demo.server.sandbox()), "https://sandbox.auth.example");
    let answer = token(
        "oauth2",
        &format!("{}/oauth/v2/token", demo.server.production()),
        &demo.credential("production"),
    );
    let token = answer.token();
    assert_eq!(claims(&key_set(&demo.server.production()), &token).iss, demo.server.production());
}

#[test]
fn a_data_folder_is_not_silently_left_aside() {
    let around = TempDir::new().unwrap();
    let told = Run::of(&mut command(around.path(), "--data kept")).refused(2);
    assert!(told.contains("--dev") && told.contains("--data"), "{told}");
    assert_eq!(files(around.path()), [] as [PathBuf; 0]);
    // The export line of the demo before, still in this shell, is no such wish.
    let mut with_variable = command(around.path(), "");
    with_variable.env("JETON_DATA", around.path().join("of-before"));
    Server::start(&mut with_variable, 2).stop();
    assert_eq!(files(around.path()), [] as [PathBuf; 0]);
}

#[test]
fn a_start_that_fails_leaves_no_folder() {
    let around = TempDir::new().unwrap();
    let other = demo(around.path(), "");
    let taken = other.server.address("production");
    let elsewhere = TempDir::new().unwrap();
    let told = Run::of(&mut command(elsewhere.path(), &format!("--listen {taken}"))).refused(1);
    assert!(told.contains("--listen") && told.contains(&taken), "{told}");
    assert_eq!(files(elsewhere.path()), [] as [PathBuf; 0]);
}
