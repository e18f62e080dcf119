//! The management API against its own document, by Schemathesis: requests as the document describes them, and requests that
//! break it in one place each, at every operation and on both databases; then the former alone once more, with ids that exist.
//! What it is told stands in `schemathesis.toml` and `schemathesis-ids.toml` in `tests/clients/python`.
//!
//! Here it is short, and the same in every run; `cargo xtask schemathesis` is the same with more examples and another seed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::python;
use crate::faults::say;
use crate::support::{Credential, Place, Run, Server, clean, curl, words};

/// `JETON_SCHEMATHESIS`, or what the tests do.
fn asked() -> String {
    std::env::var("JETON_SCHEMATHESIS").unwrap_or_else(|_| "--max-examples 3 --seed 1".to_owned())
}

#[track_caller]
fn runs_clean(place: &Place) {
    let made = Run::of(&mut place.command("-o json init")).ok();
    let operator = Credential::of(&serde_json::from_str(&made).unwrap());
    let line = "serve --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0 --management-listen 127.0.0.1:0";
    let server = Server::start(&mut place.command(line), 3);
    let origin = format!("http://{}", server.address("management"));
    let pair = format!("{}:{}", operator.id, operator.secret);
    let token =
        curl(&["-u", &pair, "-d", "grant_type=client_credentials", &format!("{origin}/oauth/v2/token")])
            .token();

    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/python");
    let told = |name: &str| fs::read_to_string(sources.join(name)).unwrap();
    let (rules, ids) = (told("schemathesis.toml"), told("schemathesis-ids.toml"));
    let name = if place.is_postgres() { "PostgreSQL" } else { "SQLite" };
    for (mode, rules) in [("all", rules.clone()), ("positive", rules + &ids)] {
        let file = place.around().join("schemathesis.toml");
        fs::write(&file, rules).unwrap();
        let mut command = python(Path::new("-m"));
        clean(&mut command);
        command.arg("schemathesis.cli").arg("--config-file").arg(&file);
        command.arg("run").arg(format!("{origin}/openapi.json")).args(["--url", &origin, "--mode", mode]);
        command.args(words("--phases examples,coverage,fuzzing --no-color --continue-on-failure"));
        command.args(words(&asked())).current_dir(place.around());
        // Files that it keeps between runs go where the test's do.
        command.env("HOME", place.around()).env("JETON_TOKEN", &token);
        let run = Run::end_within(Run::begin(&mut command), Duration::from_hours(1));
        assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
        let generated = run.stdout.lines().find(|line| line.contains(" generated, ")).unwrap();
        say(&format!("{name}, {mode}"), generated.trim());
    }
    // Had its own credential or key gone, all the rest would have been 401, and clean.
    let whoami = format!("{origin}/management/v1/whoami");
    assert_eq!(curl(&["-H", &format!("Authorization: Bearer {token}"), &whoami]).status, 200);
    server.stop();
}

#[test]
fn the_api_is_as_its_document_says_on_sqlite() {
    runs_clean(&Place::folder().with_acme());
}

#[test]
fn the_api_is_as_its_document_says_on_postgres() {
    runs_clean(&Place::postgres().with_acme());
}
