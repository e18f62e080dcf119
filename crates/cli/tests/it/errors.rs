//! What every refusal has in common, and what is told to somebody who mistyped.

use std::fs::File;
use std::process::Stdio;

use crate::support::{Reaped, Run, Store, jeton, sql, words};

/// Command lines that clap refuses, with what people must be told.
const USAGE: [(&str, &str); 14] = [
    ("", "subcommand"),
    ("company", "subcommand"),
    ("secret", "subcommand"),
    ("bogus", "bogus"),
    ("company bogus", "bogus"),
    ("api create voice", "--audience"),
    ("company create acme", "--name"),
    ("company create", "--name"),
    ("credential create --company acme", "--environment"),
    ("credential get x", "--environment"),
    ("company create Acme_1 --name Acme", "1 to 63 of a-z"),
    ("credential create --company acme --environment production --client-id 'a b'", "1 to 128 of A-Z"),
    ("api create voice --audience voice", "absolute URI"),
    ("api create voice --audience https://a.example --alg HS256", "ES256, EdDSA, RS256 and PS256"),
];

#[test]
fn usage_errors_are_one_problem_object_that_says_what_is_missing() {
    for (line, named) in USAGE {
        for format in ["-o json", "--output=json", "-ojson", "--output json"] {
            let problem = Run::of(jeton().args(words(&format!("{format} {line}")))).problem(2);
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(named), "{line}: {detail}");
            assert!(!detail.trim().is_empty() && !detail.contains("\u{1b}["), "{line}: {detail:?}");
        }
        let told = Run::of(jeton().args(words(line))).refused(2);
        assert!(!told.is_empty() && !told.starts_with('{'), "{told}");
    }
}

#[test]
fn the_format_may_stand_anywhere() {
    let store = Store::new();
    store.run("company get nobody -o json").problem(3);
    store.run("company -o json get nobody").problem(3);
    store.run("-o json company get nobody").problem(3);
    store.run("company create -o json").problem(2);
}

#[test]
fn help_and_version_are_no_errors() {
    for line in ["--help", "help", "serve --help", "credential create -h", "-o json --help", "--version"] {
        let told = Run::of(jeton().args(words(line))).ok();
        assert!(told.contains("Usage:") || told.starts_with("jeton "), "{line}: {told}");
    }
    let told = Run::of(jeton().arg("--help")).ok();
    for code in ["0", "1", "2", "3", "4", "5", "6", "7", "78"] {
        assert!(
            told.lines().any(|line| line.trim_start().starts_with(&format!("{code}  "))),
            "{code}: {told}"
        );
    }
}

#[test]
fn an_unknown_environment_is_not_found_and_the_known_ones_are_named() {
    let store = Store::with_acme();
    for line in [
        "credential create --company acme --environment staging",
        "credential update x --environment staging --label y",
        "credential suspend x --environment staging",
        "credential resume x --environment staging",
        "credential delete x --environment staging",
        "credential list --environment staging",
        "credential get x --environment staging",
        "grant add x --environment staging voice",
        "grant remove x --environment staging voice",
        "secret rotate x --environment staging",
        "secret list x --environment staging",
        "secret revoke x --environment staging",
        "api create x --audience https://x.example --audience-in staging=https://y.example",
        "api update voice --audience-in staging=https://y.example",
    ] {
        let told = store.refused(3, line);
        assert!(told.contains("production, sandbox"), "{line}: {told}");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let store = Store::with_acme();
    for (line, named) in [
        ("company get nobody", "company \"nobody\""),
        ("company update nobody --limit 7", "company \"nobody\""),
        ("company suspend nobody", "company \"nobody\""),
        ("company delete nobody", "company \"nobody\""),
        ("api get nothing", "API \"nothing\""),
        ("api update nothing --alg RS256", "API \"nothing\""),
        ("api delete nothing", "API \"nothing\""),
        ("credential create --company nobody --environment production", "company \"nobody\""),
        ("credential create --company acme --environment production --grant nothing", "API \"nothing\""),
        ("credential list --company nobody", "company \"nobody\""),
        ("credential get x --environment production", "credential \"x\""),
        ("credential update x --environment production --label y", "credential \"x\""),
        ("credential suspend x --environment production", "credential \"x\""),
        ("credential delete x --environment production", "credential \"x\""),
        ("grant add x --environment production voice", "credential \"x\""),
        ("grant remove x --environment production voice", "credential \"x\""),
        ("secret rotate x --environment production", "credential \"x\""),
        ("secret list x --environment production", "credential \"x\""),
        ("secret revoke x --environment production", "credential \"x\""),
    ] {
        let told = store.refused(3, line);
        assert!(told.contains(named), "{line}: {told}");
    }
}

#[test]
fn empty_lists_are_empty_arrays() {
    let store = Store::new();
    for line in ["company list", "api list", "credential list", "credential list --environment sandbox"] {
        assert_eq!(store.ok(&format!("-o json {line}")).trim(), "[]", "{line}");
        assert_eq!(store.ok(line).lines().count(), 1, "the heading alone: {line}");
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let store = Store::with_acme();
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let run = |line: &str| {
        let mut command = store.command(line);
        let child = command.stdout(full()).stderr(Stdio::piped()).spawn().unwrap();
        Run::end_of(Reaped(child))
    };
    let told = run("credential create --company acme --environment production --client-id x").refused(1);
    assert!(told.contains("secret rotate"), "the secret is lost, the credential is there: {told}");
    let told = run("secret rotate x --environment production").refused(1);
    assert!(told.contains("secret revoke"), "the secret is lost, and lives: {told}");
    run("company list").refused(1);
    run("-o json company list").problem(1);
}

#[test]
fn the_reason_is_kept_with_the_change() {
    let store = Store::new();
    store.ok("company create acme --name Acme --reason 'contract 4711'");
    let rows = sql(store.path(), "SELECT reason, actor FROM changes WHERE target = 'acme'");
    assert_eq!(rows[0][0], "contract 4711");
    assert!(rows[0][1].as_str().unwrap().starts_with("cli:"), "{rows:?}");
}
