//! `cargo xtask fuzz`: what `crates/fuzz` says must hold of the parsers, put to libFuzzer for a while. It stands apart from
//! the tests, which replay the inputs in `fuzz/corpus`, because its first build takes minutes and its end is chosen.
//!
//! No sanitizer, and so no nightly toolchain: our code is safe Rust, and aws-lc's C is built by its own script, without
//! instruments. Dependencies have the versions that ship. What libFuzzer learns stays in Cargo's target folder; an input
//! that fails is in `fuzz/artifacts`, and belongs in `fuzz/corpus` under a name that says what it is, once it is mended.
//!
//! To add a target: `crates/fuzz/src/lib.rs` says how.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::{self, Outcome, cargo, succeeds};
use crate::workspace;

/// An input that takes longer, in seconds, is a finding: each must be read at once.
const TIME_OUT: u32 = 5;

pub(crate) fn run(seconds: u32, chosen: Vec<String>) -> Outcome {
    let known = names(&folder().join("fuzz_targets"))?;
    if let Some(unknown) = chosen.iter().find(|name| !known.contains(name)) {
        return Err(format!("there is no target {unknown}: they are {}", known.join(", ")));
    }
    if !succeeds(cargo(&["fuzz", "--version"])) {
        println!("cargo-fuzz is missing; `cargo install --locked cargo-fuzz` takes some minutes");
        process::run(cargo(&["install", "--locked", "cargo-fuzz"]))?;
    }
    let lock = fs::copy(workspace::root().join("Cargo.lock"), folder().join("Cargo.lock"));
    lock.map_err(|why| format!("Cargo.lock cannot be copied to fuzz/: {why}"))?;
    let targets = if chosen.is_empty() { known } else { chosen };
    for target in &targets {
        process::run(cargo_fuzz("build", target))?;
    }
    let mut found = Vec::new();
    for target in &targets {
        if let Err(why) = fuzz(target, seconds) {
            println!("{target}: {why}");
            found.push(target.as_str());
        }
    }
    if found.is_empty() { Ok(()) } else { Err(format!("not as it must be: {}", found.join(", "))) }
}

/// Runs one target, and says in a line what came of it.
fn fuzz(target: &str, seconds: u32) -> Outcome {
    let grown = workspace::target_folder().join("fuzz/corpus").join(target);
    fs::create_dir_all(&grown).map_err(|why| format!("{} cannot be made: {why}", grown.display()))?;
    let mut command = cargo_fuzz("run", target);
    // New inputs go to the first folder.
    command.arg(grown).arg(folder().join("corpus").join(target));
    command.args(["--", "-print_final_stats=1", &format!("-timeout={TIME_OUT}")]);
    command.arg(format!("-max_total_time={seconds}"));
    let dictionary = folder().join("dictionaries").join(format!("{target}.dict"));
    if dictionary.exists() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    let (succeeded, said) = watched(command)?;
    let executions = said.iter().find_map(|line| executions(line));
    match executions.filter(|_| succeeded) {
        Some(executions) => {
            println!("{target}: {executions} executions in {seconds} s, nothing found");
            Ok(())
        }
        None => Err(format!("FAILED\n{}", said.join("\n"))),
    }
}

/// Runs to the end, and gives what libFuzzer says, all of which comes on standard error.
fn watched(mut command: Command) -> Outcome<(bool, Vec<String>)> {
    let failed = |why| format!("cargo-fuzz cannot be run: {why}");
    let mut child = command.stderr(Stdio::piped()).spawn().map_err(failed)?;
    let stderr = child.stderr.take().expect("it was asked for in the line above");
    let lines = BufReader::new(stderr).split(b'\n').map(|line| line.map_err(failed));
    let said = lines.map(|line| line.map(|line| String::from_utf8_lossy(&line).into_owned()));
    // Each new input has a line, which nobody needs.
    let said =
        said.filter(|line| !line.as_ref().is_ok_and(|line| line.starts_with('#'))).collect::<Outcome<_>>()?;
    Ok((child.wait().map_err(failed)?.success(), said))
}

/// `stat::number_of_executed_units: 1024`
fn executions(line: &str) -> Option<u64> {
    line.strip_prefix("stat::number_of_executed_units:")?.trim().parse().ok()
}

fn cargo_fuzz(command: &str, target: &str) -> Command {
    let mut command = cargo(&["fuzz", command, "--sanitizer", "none", "--target-dir"]);
    command.arg(workspace::target_folder().join("fuzz")).arg(target);
    command
}

fn folder() -> PathBuf {
    workspace::root().join("fuzz")
}

/// The names of the programs in a folder.
fn names(folder: &Path) -> Outcome<Vec<String>> {
    let unreadable = |why| format!("{} cannot be read: {why}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::executions;

    #[test]
    fn the_count_is_found_among_the_statistics() {
        assert_eq!(executions("stat::number_of_executed_units: 1024"), Some(1024));
        assert_eq!(executions("stat::average_exec_per_sec:     341"), None);
        assert_eq!(executions("#1024 DONE cov: 420 ft: 1345"), None);
    }
}
