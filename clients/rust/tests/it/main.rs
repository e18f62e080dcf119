//! What the program says where it was not told enough. What it does with a server is tried with those of the other
//! languages (`crates/cli/tests/it/clients`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::process::{Command, Output};

fn run(variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_token-client"));
    command.env_clear().envs(variables.iter().copied()).output().unwrap()
}

#[test]
fn what_is_missing_is_named() {
    let all = [
        ("JETON_DIALECT", "json"),
        ("JETON_CLIENT_SECRET", "not-a-secret"),
        ("JETON_TOKEN_URL", "http://localhost/"),
        ("JETON_CLIENT_ID", "x"),
        ("API_URL", "http://localhost/"),
    ];
    for (missing, _) in all {
        let others: Vec<_> = all.into_iter().filter(|(name, _)| *name != missing).collect();
        let output = run(&others);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), said.trim_end()),
            (Some(2), format!("not set: {missing}").as_str())
        );
    }
}

#[test]
fn another_dialect_is_none() {
    assert_eq!(run(&[("JETON_DIALECT", "saml")]).status.code(), Some(2));
}
