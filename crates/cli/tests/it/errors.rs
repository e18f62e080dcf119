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

/// What a command is told that cannot go on, and the end of it: what to do.
const INSTRUCTIONS: [(&str, i32, &str); 41] = [
    ("company get nobody", 3, "`jeton company list` shows those that there are"),
    ("company create acme --name Acme", 5, "choose another id, or change the one that is there"),
    ("company delete operators", 5, "in the environment management"),
    ("company delete acme", 5, "delete them first"),
    ("company list -o env", 2, "take -o json or -o jsonl, or ask for one"),
    ("api get nothing", 3, "`jeton api list` shows those that there are"),
    ("api create voice2 --audience https://api.example/voice", 5, "choose another"),
    ("credential get y --environment production", 3, "`jeton credential list` shows those that there are"),
    ("credential get x --environment nowhere", 3, "choose among production, sandbox"),
    ("key remove nokey --yes", 3, "`jeton key list` shows those that there are"),
    ("key import --alg ES256 --environment production", 2, "give it as PKCS#8 in PEM, `BEGIN PRIVATE KEY`"),
    ("hash-key drop 9 --yes", 3, "`jeton hash-key list` shows those that there are"),
    ("secret find", 3, "and say `jeton secret revoke`"),
    ("audit verify --checkpoint missing", 2, "Name what `jeton audit export` wrote"),
    ("audit verify --checkpoint empty", 2, "Name what `jeton audit export` wrote"),
    ("audit verify --checkpoint cut-off", 2, "export again"),
    ("audit verify --checkpoint wrong.yaml", 2, "give the line that `jeton audit export` ended with"),
    ("apply -f missing", 2, "Name what can be read"),
    ("apply -f wrong.yaml", 2, "`jeton export` shows how it is written"),
    ("diff -f wrong.yaml", 2, "`jeton export` shows how it is written"),
    ("token verify --audience a --environment production", 2, "give the token there, on one line"),
    (
        "token get --dialect oauth2 --token-url http://127.0.0.1:1/t --client-id a --secret-stdin",
        2,
        "on one line",
    ),
    (
        "token get --dialect oauth2 --token-url http://127.0.0.1:1/t --client-id a --secret-env NOPE",
        2,
        "or name another",
    ),
    (
        "token get --dialect oauth2 --token-url http://127.0.0.1:1/t --client-id a --secret-file missing",
        2,
        "Name a file that can",
    ),
    (
        "token get --dialect oauth2 --token-url http://a.example/ --client-id a --secret-file s",
        2,
        "or --danger-plain-http if that is meant",
    ),
    ("health --management-listen 127.0.0.1:1", 6, "is that the listen.management of its configuration?"),
    ("health --management-listen off", 78, "give it an address"),
    ("whoami --profile none", 3, "`jeton login` makes one"),
    ("profile use none", 3, "`jeton login` makes one"),
    ("logout", 3, "as `jeton profile list` shows them"),
    ("company list --url nonsense", 2, "such as https://jeton.example or http://127.0.0.1:9080"),
    ("company list --url http://127.0.0.1:1 --data x", 2, "say one of the two"),
    ("serve --dev --data x", 2, "or --dev to keep your data"),
    ("serve --config missing", 78, "`jeton config check` judges it again"),
    ("config check --config wrong.yaml", 78, "`jeton config check` judges it again"),
    ("db status --data nowhere", 78, "or let `jeton serve` make one"),
    ("db restore wrong.yaml", 7, "name one that `jeton db backup` wrote"),
    ("db restore missing", 1, "and a place that can be written"),
    ("master-key create s", 5, "choose another name"),
    ("init", 5, "`jeton credential list --company operators`"),
    ("login --url http://127.0.0.1:1 --client-id x", 2, "give --secret-stdin or --secret-file"),
];

/// Not by the words alone: nothing stands behind them.
#[test]
fn each_error_ends_with_what_to_do() {
    let store = Store::with_acme();
    store.ok("init");
    store.credential("--client-id x --grant voice");
    for (name, text) in
        [("empty", ""), ("cut-off", "{}\n"), ("wrong.yaml", "unheard: of\n"), ("s", "a-secret-of-nobody-01")]
    {
        std::fs::write(store.around().join(name), text).unwrap();
    }
    let mut wrong = vec![];
    for (line, code, instruction) in INSTRUCTIONS {
        // What is about servers goes without the store that others are led to.
        let alone = ["--url nonsense", "--profile none", "login"].iter().any(|part| line.contains(part));
        let mut command = if alone { jeton() } else { store.command(line) };
        if alone {
            command.args(words(line));
        }
        command.env("HOME", store.around()).current_dir(store.around());
        let run = Run::with_input(&mut command, b"");
        let told = run.stderr.trim_end();
        if run.code != Some(code) || !told.ends_with(instruction) {
            wrong.push(format!("{line}: {:?} {told}", run.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
