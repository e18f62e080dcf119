//! The ways to write what comes of a command, and what is data and what is not.

use std::process::Command;

use serde_json::Value;

use crate::support::{Run, Store};

#[test]
fn lines_of_json_are_one_thing_each() {
    let store = Store::with_acme();
    store.ok("company create beta --name 'Beta & sons'");
    let lines = store.ok("company list -o jsonl");
    let things: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Value::Array(things.clone()), store.json("company list"));
    assert_eq!(things.len(), 2);
    assert_eq!(store.ok("credential list -o jsonl"), "");
    let one = store.ok("company get acme -o jsonl");
    assert_eq!(one.lines().count(), 1);
    assert_eq!(serde_json::from_str::<Value>(&one).unwrap(), store.json("company get acme"));
    let problem = store.run("company get nobody -o jsonl").problem(3);
    assert!(problem["detail"].as_str().unwrap().contains("nobody"));
}

#[test]
fn a_wide_table_shows_what_a_narrow_one_leaves_out() {
    let store = Store::with_acme();
    let (narrow, wide) = (store.ok("company list"), store.ok("company list -o wide"));
    assert!(!narrow.contains("CREATED") && wide.contains("CREATED"), "{wide}");
    for column in narrow.lines().next().unwrap().split_whitespace() {
        assert!(wide.lines().next().unwrap().contains(column), "{column}: {wide}");
    }
}

#[test]
fn a_shell_reads_what_is_written_for_it_and_nothing_in_it_is_run() {
    let store = Store::new();
    store.ok("company create acme --name 'A $(touch pwned) `touch pwned`'");
    let line = "credential create --company acme --environment sandbox --client-id x-1 -o env";
    let env = store.ok(line);
    let script = format!("{env}\necho \"$CLIENT_ID $ENVIRONMENT ${{#CLIENT_SECRET}}\"");
    let bash = Command::new("bash").args(["-uec", &script]).current_dir(store.around()).output().unwrap();
    let told = String::from_utf8(bash.stdout).unwrap();
    assert!(told.starts_with("x-1 sandbox "), "{told} {env}");
    assert!(told.trim().rsplit(' ').next().unwrap().parse::<usize>().unwrap() > 40, "{told}");
    let name = store.ok("company get acme -o env");
    let script = format!("{name}\necho \"$NAME\"");
    let bash = Command::new("bash").args(["-uec", &script]).current_dir(store.around()).output().unwrap();
    assert_eq!(String::from_utf8(bash.stdout).unwrap().trim(), "A $(touch pwned) `touch pwned`");
    assert!(!store.around().join("pwned").exists());
    let told = store.run("company list -o env").refused(2);
    assert!(told.contains("-o json"), "{told}");
}

#[test]
fn nothing_is_coloured_where_nobody_looks_or_nobody_wants_it() {
    let store = Store::with_acme();
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb"), ("CLICOLOR", "0")] {
        for line in ["--help", "company list", "company get nobody", "company bogus"] {
            let run = Run::of(store.command(line).env(name, value));
            assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'), "{line}: {run:?}");
        }
    }
}
