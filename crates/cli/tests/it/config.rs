//! `jeton config`, and what the configuration does to every command.

use std::fs;

use crate::support::{Run, Store, files, jeton};

fn with_file(text: &str) -> Store {
    let store = Store::unmade();
    fs::write(store.around().join("jeton.toml"), text).unwrap();
    store
}

/// A command that does not say where the data is.
fn bare(store: &Store, line: &str) -> std::process::Command {
    let mut command = jeton();
    command.args(crate::support::words(line)).current_dir(store.around());
    command
}

#[test]
fn what_is_shown_is_a_file_that_says_the_same() {
    let store = with_file("[limits]\ndrain = \"3s\"\n[store]\ndata = \"here\"\n");
    let line = "config show --origin --config jeton.toml --listen 127.0.0.1:0 --management-listen off";
    let mut command = bare(&store, line);
    command.env("JETON_LOG__LEVEL", "debug");
    let shown = Run::of(&mut command).ok();
    let here = format!("data = \"{}\"  # jeton.toml:4:8\n", store.around().join("here").display());
    for part in [
        "public = [\"127.0.0.1:0\"]  # --listen\n",
        "management = \"off\"  # --management-listen\n",
        "level = \"debug\"  # JETON_LOG__LEVEL\n",
        "drain = \"3s\"  # jeton.toml:2:9\n",
        "body = \"10s\"  # default\n",
        &here,
    ] {
        assert!(shown.contains(part), "{part}{shown}");
    }
    fs::write(store.around().join("shown.toml"), &shown).unwrap();
    let again = Run::of(&mut bare(&store, "config show --config shown.toml")).ok();
    let plain: String =
        shown.lines().map(|line| line.split("  # ").next().unwrap().to_owned() + "\n").collect();
    assert_eq!(again, plain);
    assert_eq!(files(store.around()).len(), 2, "no data is made");
}

#[test]
fn what_is_shown_to_programs() {
    let store = with_file("[limits]\nstreams = 7\n");
    let shown = Run::of(&mut bare(&store, "-o json config show --origin --config jeton.toml")).ok();
    let settings: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let find = |key: &str| settings.as_array().unwrap().iter().find(|one| one["key"] == key).unwrap().clone();
    assert_eq!(find("limits.streams")["value"], 7);
    assert_eq!(find("limits.streams")["origin"], "jeton.toml:2:11");
    assert!(find("master_key.file")["value"].is_null());
    assert_eq!(find("environment[1].hosts")["value"][0], "sandbox.localhost");
}

#[test]
fn a_good_configuration_is_called_good() {
    let store = with_file("[listen]\nmanagement = \"off\"\n");
    assert!(Run::of(&mut bare(&store, "config check --config jeton.toml")).ok().contains("good"));
    assert_eq!(Run::of(&mut bare(&store, "-o json config check")).ok(), "{\n  \"ok\": true\n}\n");
    assert_eq!(files(store.around()).len(), 1, "no data is made");
}

#[test]
fn check_says_all_that_is_wrong_and_so_does_serve() {
    let store = with_file("[limits]\nbody = \"1d\"\n[lgo]\n");
    for line in
        ["config check --config jeton.toml", "serve --config jeton.toml", "company list --config jeton.toml"]
    {
        let mut command = bare(&store, line);
        command.env("JETON_LIMITS__HEDER", "1s");
        let told = Run::of(&mut command).refused(78);
        for part in [
            "jeton: jeton.toml:2:8: ",
            "\njeton.toml:3:2: ",
            "\nJETON_LIMITS__HEDER: ",
            "JETON_LIMITS__HEADER?",
        ] {
            assert!(told.contains(part), "{line}: {part}: {told}");
        }
        assert_eq!(files(store.around()).len(), 1, "{line}: nothing is made");
    }
}

#[test]
fn check_reads_the_files_that_are_named() {
    let text = "[master_key]\nfile = \"m\"\n[store]\ndata = \"jeton.toml\"\n[[tls]]\ncertificate = \"c\"\nkey = \"k\"\n";
    let store = with_file(text);
    let told = Run::of(&mut bare(&store, "config check --config jeton.toml")).refused(78);
    for part in ["jeton.toml:2:8: the master key m", "jeton.toml:4:8: the data folder", "jeton.toml:6:15: "] {
        assert!(told.contains(part), "{part}: {told}");
    }
    fs::write(store.around().join("c"), "nothing").unwrap();
    let told = Run::of(&mut bare(&store, "config check --config jeton.toml")).refused(78);
    assert!(told.contains("c holds no certificate"), "{told}");
}

#[test]
fn every_command_finds_the_data_of_the_file() {
    let store = Store::new();
    let text = format!("[store]\ndata = \"{}\"\n", store.path().display());
    fs::write(store.around().join("jeton.toml"), text).unwrap();
    Run::of(&mut bare(&store, "company create acme --name Acme --config jeton.toml")).ok();
    let mut command = bare(&store, "company get acme");
    command.env("JETON_CONFIG", "jeton.toml");
    Run::of(&mut command).ok();
    command.env("JETON_DATA", "elsewhere");
    assert!(Run::of(&mut command).refused(78).contains("elsewhere"), "the variable wins");
    command.arg("--data").arg(store.path());
    Run::of(&mut command).ok();
}

#[test]
fn the_master_key_of_the_file() {
    let store = Store::new();
    let moved = store.around().join("moved.key");
    fs::rename(store.path().join("master.key"), &moved).unwrap();
    fs::write(store.around().join("jeton.toml"), "[master_key]\nfile = \"moved.key\"\n").unwrap();
    store.refused(78, "company list");
    store.ok("company list --config jeton.toml");
    fs::remove_file(moved).unwrap();
    let told = store.refused(78, "company list --config jeton.toml");
    assert!(told.contains("the master key moved.key that jeton.toml:2:8 names"), "{told}");
}
