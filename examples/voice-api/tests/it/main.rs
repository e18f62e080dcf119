//! The program around the service. What it answers is tested with the real issuer, in `crates/cli/tests/it/voice_api.rs`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::net::TcpListener;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_voice-api")).env_clear().args(arguments).output().unwrap()
}

#[test]
fn what_it_must_be_told_is_named() {
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("--issuer") && told.contains("--audience"), "{told}");
}

#[test]
fn an_issuer_that_is_not_there_or_not_safe_is_found_at_the_start() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    for (issuer, why) in
        [(issuer.as_str(), "no connection"), ("http://auth.example", "plain http"), ("x", "https URL")]
    {
        let output =
            run(&["--issuer", issuer, "--audience", "https://api.example/voice", "--listen", "127.0.0.1:0"]);
        assert_eq!(output.status.code(), Some(1));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.starts_with("voice-api: ") && told.contains(why), "{told}");
        assert!(output.stdout.is_empty());
    }
}
