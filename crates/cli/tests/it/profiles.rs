//! Where a command works, and as whom, as far as that needs no server: what wins, what contradicts itself, what is kept.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Run, Store, jeton, mode, words};

/// A user with a home of their own.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn command(&self, line: &str) -> Command {
        let mut command = jeton();
        command.args(words(line)).current_dir(self.0.path()).env("HOME", self.0.path());
        command
    }

    #[track_caller]
    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&Run::of(self.command(line).args(["-o", "json"])).ok()).unwrap()
    }

    #[track_caller]
    fn refused(&self, code: i32, line: &str) -> String {
        Run::of(&mut self.command(line)).refused(code)
    }

    fn file(&self) -> PathBuf {
        self.0.path().join(".config/jeton/config.toml")
    }
}

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:1";

#[test]
fn profiles_are_made_chosen_changed_and_removed() {
    let home = Home::new();
    assert_eq!(home.json("profile list"), json!([]));
    home.json(&format!("profile set one --url {NOBODY}/ --client-id op-1"));
    home.json("profile set two --url https://jeton.example/behind/a/proxy/");
    assert_eq!(mode(&home.file()), 0o600);
    assert_eq!(mode(home.file().parent().unwrap()), 0o700);
    home.json("profile use two");
    assert_eq!(
        home.json("profile list"),
        json!([
            { "profile": "one", "in_use": false, "url": "http://127.0.0.1:1/", "client_id": "op-1", "secret_kept_in": null },
            { "profile": "two", "in_use": true, "url": "https://jeton.example/behind/a/proxy", "client_id": null,
              "secret_kept_in": null },
        ])
    );
    home.json("profile set two --client-id op-2");
    home.json("profile remove one");
    let left = home.json("profile list");
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!((&left[0]["client_id"], &left[0]["in_use"]), (&json!("op-2"), &json!(true)));
    for line in ["profile use one", "profile remove one", "logout --profile one", "whoami --profile one"] {
        let told = home.refused(3, line);
        assert!(told.contains("\"one\"") && told.contains("two"), "{line}: {told}");
    }
    home.json("profile remove two");
    assert!(home.refused(3, "logout").contains("jeton profile list"));
}

#[test]
fn a_profile_has_a_name_that_can_name_a_file_and_a_url() {
    let home = Home::new();
    for name in ["../evil", ".hidden", "a/b", "-x", "", "a b"] {
        let told = Run::of(home.command("profile use").arg("--").arg(name)).refused(2);
        assert!(told.contains("1 to 64"), "{name}: {told}");
    }
    assert!(home.refused(2, "profile set one").contains("--url"));
    for url in ["ftp://x", "https://u:p@x.example", "https://x.example/?a=b", "x.example", "https://"] {
        let told = home.refused(2, &format!("profile set one --url {url}"));
        assert!(told.contains("--url") && !told.contains("u:p"), "{url}: {told}");
    }
    assert!(!home.file().exists());
}

#[test]
fn what_contradicts_itself_is_a_wrong_usage() {
    let home = Home::new();
    home.json(&format!("profile set one --url {NOBODY} --client-id op-1"));
    for line in [
        "company list --url http://127.0.0.1:1 --data x",
        "company list --profile one --data x",
        "company list --profile one --config x",
        "company list --profile one --url https://other.example",
        "serve --url http://127.0.0.1:1",
        "db status --profile one",
        "config show --url http://127.0.0.1:1",
        "master-key re-encrypt --profile one",
        "login --data x",
    ] {
        let told = home.refused(2, line);
        assert!(told.contains("--"), "{line}: {told}");
    }
    let both = [("JETON_URL", NOBODY), ("JETON_DATA", "x")];
    let told = Run::of(home.command("company list").envs(both)).refused(2);
    assert!(told.contains("JETON_URL") && told.contains("JETON_DATA"), "{told}");
    let told = Run::of(home.command("company list").envs([
        ("JETON_URL", NOBODY),
        ("JETON_CLIENT_ID", "x"),
        ("JETON_CLIENT_SECRET", "x"),
        ("JETON_CLIENT_SECRET_FILE", "x"),
    ]));
    assert!(told.refused(2).contains("unset"));
}

/// What says where to work is named where nobody answers there.
#[test]
fn options_go_before_variables_and_those_before_the_profile_in_use() {
    let home = Home::new();
    for (name, port) in [("one", 1), ("two", 2)] {
        home.json(&format!("profile set {name} --url http://127.0.0.1:{port} --client-id op-{name}"));
    }
    home.json("profile use one");
    let credential = [("JETON_CLIENT_ID", "op"), ("JETON_CLIENT_SECRET", "canary-d41d8cd9")];
    let run = |line: &str, more: &[(&str, &str)]| {
        let mut command = home.command(line);
        command.envs(credential).envs(more.iter().copied());
        let told = Run::of(&mut command).refused(6);
        assert!(!told.contains("canary"), "{told}");
        told
    };
    let told = run("company list", &[]);
    assert!(told.contains(":1/ (profile one)"), "{told}");
    let told = run("company list", &[("JETON_PROFILE", "two")]);
    assert!(told.contains(":2/ (profile two)"), "{told}");
    let told = run("company list", &[("JETON_URL", "http://127.0.0.1:3")]);
    assert!(told.contains(":3/ (environment JETON_URL)"), "{told}");
    let told = run("company list --profile two", &[("JETON_URL", "http://127.0.0.1:3")]);
    assert!(told.contains(":2/ (flag --profile)"), "{told}");
    let told = run("company list --url http://127.0.0.1:4", &[("JETON_PROFILE", "two")]);
    assert!(told.contains(":4/ (flag --url)"), "{told}");
    let told = Run::of(home.command("company list --data nowhere").envs(credential)).refused(78);
    assert!(told.contains("nowhere"), "the option of a store goes before all that: {told}");
    let told = Run::of(home.command("company list").env("JETON_DATA", "nowhere")).refused(78);
    assert!(told.contains("nowhere"), "a variable goes before the profile: {told}");
}

#[test]
fn half_a_credential_is_refused_with_the_name_of_the_other_half() {
    let home = Home::new();
    let run = |variables: &[(&str, &str)], code| {
        let mut command = home.command("company list --url http://127.0.0.1:1");
        Run::of(command.envs(variables.iter().copied())).refused(code)
    };
    assert!(run(&[("JETON_CLIENT_ID", "x")], 2).contains("JETON_CLIENT_SECRET"));
    assert!(run(&[("JETON_CLIENT_SECRET", "x")], 2).contains("JETON_CLIENT_ID"));
    assert!(run(&[("JETON_CLIENT_SECRET_FILE", "/none")], 2).contains("/none"));
    assert!(run(&[], 4).contains("jeton login --url"));
}

#[test]
fn a_secret_leaves_this_machine_in_plain_text_only_where_that_is_said_aloud() {
    let home = Home::new();
    let credential = [("JETON_CLIENT_ID", "op"), ("JETON_CLIENT_SECRET", "canary-d41d8cd9")];
    let told = Run::of(home.command("whoami --url http://192.0.2.1:9080").envs(credential)).refused(2);
    assert!(told.contains("--danger-plain-url"), "{told}");
}

#[test]
fn the_file_of_profiles_is_read_strictly() {
    let home = Home::new();
    fs::create_dir_all(home.file().parent().unwrap()).unwrap();
    for text in ["in_use = 1", "[profiles.'../x']\nurl = 'x'", "secret = 'canary-1'", "not toml at all ="] {
        fs::write(home.file(), text).unwrap();
        let told = home.refused(78, "profile list");
        assert!(told.contains("config.toml") && !told.contains("canary"), "{told}");
        home.refused(78, "company list");
    }
}

#[test]
fn the_folder_of_the_xdg_specification_is_honoured() {
    let home = Home::new();
    let folder = home.0.path().join("elsewhere");
    let line = "profile set one --url https://jeton.example";
    Run::of(home.command(line).env("XDG_CONFIG_HOME", &folder)).ok();
    assert!(folder.join("jeton/config.toml").exists() && !home.file().exists());
    // Relative paths are to be ignored.
    Run::of(home.command(line).env("XDG_CONFIG_HOME", "elsewhere")).ok();
    assert!(home.file().exists());
    let told = Run::of(jeton().args(words(line))).refused(2);
    assert!(told.contains("HOME"), "{told}");
}

#[test]
fn nobody_is_asked_where_there_is_no_terminal() {
    let home = Home::new();
    for (line, option) in [
        ("login", "--url"),
        ("login --url http://127.0.0.1:1", "--client-id"),
        ("login --url http://127.0.0.1:1 --client-id op", "--secret-stdin"),
    ] {
        let told = home.refused(2, line);
        assert!(told.contains(option), "{line}: {told}");
    }
    let login = "login --url http://127.0.0.1:1 --client-id op --secret-stdin";
    let told = Run::with_input(&mut home.command(login), b"canary-d41d8cd9\n").refused(6);
    assert!(!told.contains("canary"), "{told}");
    assert!(!home.file().exists(), "what was not tried is not kept");
}

#[test]
fn on_the_store_whoami_says_that_and_everything_is_allowed() {
    let store = Store::new();
    let who = store.json("whoami");
    assert!(who["actor"].as_str().unwrap().starts_with("cli:"), "{who}");
    assert_eq!(who["scopes"].as_array().unwrap().len(), 12, "{who}");
    assert_eq!(who["store_from"], "flag --data");
    let home = Home::new();
    let who = Run::of(home.command("whoami -o json").env("JETON_DATA", store.path())).ok();
    let who: Value = serde_json::from_str(&who).unwrap();
    assert_eq!(who["store_from"], "environment JETON_DATA");
}
