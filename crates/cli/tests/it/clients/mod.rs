//! Client and verifier libraries that people really use, in programs of a few lines (`tests/clients`), against the
//! started binary. `tokens` asks for tokens, `secrets` does so with secrets that libraries write differently, `verifiers`
//! checks tokens as APIs do, `revocations` follows the feed as they do, `schemathesis` holds the management API against its
//! document; `world` is the server. `programs` runs those of `clients/`, which people copy from, through what happens to a
//! client; `libraries` writes the table of all libraries.
//!
//! `cargo xtask test --only set-up` installs the libraries of `python` and `node`, at the versions of `requirements.txt` and
//! `package-lock.json`; `cargo xtask clients` those of the other folders. To add one: its line there, a program beside the
//! others, and a row in the table of a test.

mod libraries;
mod programs;
mod relay;
mod revocations;
mod schemathesis;
mod secrets;
mod tokens;
mod verifiers;
mod world;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use world::World;

use crate::support::{Run, clean};

/// What was installed, which is what the sources ask for, or the test cannot say anything.
const PYTHON: (&str, &[&str]) = ("python", &[include_str!("../../clients/python/requirements.txt")]);
const NODE: (&str, &[&str]) = (
    "node",
    &[include_str!("../../clients/node/package.json"), include_str!("../../clients/node/package-lock.json")],
);
const NODE_MORE: (&str, &[&str]) = (
    "node-more",
    &[
        include_str!("../../clients/node-more/package.json"),
        include_str!("../../clients/node-more/package-lock.json"),
    ],
);

/// Runs a program of `tests/clients`, such as `node/jose_verifier.mjs`, and gives what it says.
#[track_caller]
fn run(program: &str, task: &Value) -> Value {
    let (command, _folder) = command(program);
    say(command, program, task)
}

/// What a program says of a task.
#[track_caller]
fn say(mut command: Command, program: &str, task: &Value) -> Value {
    clean(&mut command);
    let output = Run::with_input(command.env("LANG", "C.UTF-8"), task.to_string().as_bytes());
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{program} says {}", output.stdout);
    serde_json::from_str(&output.stdout).unwrap()
}

fn command(program: &str) -> (Command, Option<TempDir>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(program);
    if program.starts_with(PYTHON.0) {
        return (python(&path), None);
    }
    // Node looks for modules beside the program, and nowhere else.
    let wanted = if program.starts_with(NODE_MORE.0) { NODE_MORE } else { NODE };
    let folder = TempDir::new().unwrap();
    symlink(installed(wanted).join("node_modules"), folder.path().join("node_modules")).unwrap();
    for file in [path.as_path(), &path.with_file_name("../node/talk.mjs")] {
        fs::copy(file, folder.path().join(file.file_name().unwrap())).unwrap();
    }
    let mut command = Command::new("node");
    // Older ones warn of signatures that are new to them.
    command.arg("--no-warnings").arg(folder.path().join(path.file_name().unwrap()));
    (command, Some(folder))
}

/// A program in Python, with the libraries.
fn python(path: &Path) -> Command {
    let mut command = Command::new(installed(PYTHON).join("bin/python"));
    // -B: no bytecode beside the sources.
    command.arg("-B").arg(path);
    command
}

/// Where the set-up has put the libraries, and beside them what it was asked for.
#[track_caller]
fn installed((language, wanted): (&str, &[&str])) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join("clients").join(language);
    let found = fs::read_to_string(folder.join("installed-for")).unwrap_or_default();
    assert!(
        found == wanted.concat(),
        "the {language} clients are not there: run `cargo xtask test --only set-up`, or `cargo xtask clients`"
    );
    folder
}

/// A word of a command. `SOURCE` is this folder, `BUILT` where `cargo xtask clients` puts what it builds, `TARGET` where
/// Cargo does.
#[track_caller]
fn place(word: &str, source: &Path) -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_jeton")).parent().unwrap();
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("clients/programs");
    for (name, folder) in [("SOURCE", source), ("TARGET", target), ("BUILT", &built)] {
        if let Some(rest) = word.strip_prefix(name) {
            let place = PathBuf::from(format!("{}{rest}", folder.display()));
            assert!(place.exists(), "{} is not there: `cargo xtask clients` builds it", place.display());
            return place;
        }
    }
    PathBuf::from(word)
}
