//! `cargo xtask test`: everything that must hold before a change lands, in one command, on a machine that may lack the
//! tools. Every step runs even where an earlier one failed (but for the set-up, without which the others say nothing),
//! so that one run tells all; the last line is the counts, alone.
//!
//! To add a step: a variant of [`Step`], its place in [`STEPS`] (quick ones first), and an arm in [`Step::run`]. Never
//! skip one silently: what cannot be checked is a failure that says what to do.

mod counts;
mod set_up;

use std::process::ExitCode;
use std::time::Instant;

use crate::process::{Outcome, cargo, run_watched};
use crate::{documents, process, walls};
use counts::Counts;

/// One thing that a test run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Step {
    /// Install the tools that the other steps and the tests need
    SetUp,
    /// rustfmt changes nothing
    Format,
    /// Clippy says nothing
    Clippy,
    /// What `cargo xtask walls` checks
    Walls,
    /// Links and anchors of the documents resolve, code in them is cut from files, and no file names a folder of one machine
    Documents,
    /// Clippy over jeton-verify with each set of its features, which the workspace builds with all of them
    Features,
    /// All tests of the workspace, documentation tests too
    Tests,
}

const STEPS: [Step; 7] =
    [Step::SetUp, Step::Format, Step::Walls, Step::Documents, Step::Clippy, Step::Features, Step::Tests];

/// Arguments that choose each set of jeton-verify's features: nobody else has optional ones.
const FEATURES: [&[&str]; 5] = [
    &[],
    &["--features", "cache"],
    &["--features", "tower"],
    &["--features", "axum"],
    &["--features", "fetch"],
];

/// Runs all steps, or one.
pub(crate) fn run(only: Option<Step>) -> ExitCode {
    let mut counts = Counts::default();
    let mut failures = Vec::new();
    for step in STEPS.into_iter().filter(|step| only.is_none_or(|only| only == *step)) {
        println!("==> {}", step.name());
        let start = now();
        let outcome = step.run(&mut counts);
        println!("==> {}: {} in {:.1} s\n", step.name(), said(&outcome), start.elapsed().as_secs_f64());
        if let Err(why) = outcome {
            failures.push(format!("{}: {why}", step.name()));
            if step == Step::SetUp {
                break;
            }
        }
    }
    for failure in &failures {
        println!("FAILED {failure}");
    }
    if only.is_none_or(|only| only == Step::Tests) {
        println!("{counts}");
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Step {
    fn run(self, counts: &mut Counts) -> Outcome {
        match self {
            Self::SetUp => set_up::run(),
            Self::Format => process::run(cargo(&["fmt", "--all", "--check"])),
            Self::Clippy => clippy(&["--workspace"]),
            Self::Walls => walls::run(),
            Self::Documents => documents::run(),
            Self::Features => FEATURES.iter().try_for_each(|chosen| {
                clippy(&[&["--package", "jeton-verify", "--no-default-features"], *chosen].concat())
            }),
            Self::Tests => tests(counts),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::SetUp => "set-up",
            Self::Format => "format",
            Self::Clippy => "clippy",
            Self::Walls => "walls",
            Self::Documents => "documents",
            Self::Features => "features",
            Self::Tests => "tests",
        }
    }
}

fn clippy(which: &[&str]) -> Outcome {
    process::run(cargo(
        &[&["clippy", "--locked", "--all-targets"], which, &["--", "--deny", "warnings"]].concat(),
    ))
}

/// Cargo's own runner: it is there already, and it runs documentation tests.
fn tests(counts: &mut Counts) -> Outcome {
    let command = cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]);
    let outcome = run_watched(command, |line| counts.add_line(line));
    if outcome.is_err() && counts.failed == 0 {
        // Something did not compile, or a test binary died before its result: no line of its output says so.
        counts.failed = 1;
    }
    outcome
}

fn said(outcome: &Outcome) -> &'static str {
    if outcome.is_ok() { "ok" } else { "FAILED" }
}

#[expect(clippy::disallowed_methods, reason = "how long a step takes is nobody's parameter")]
fn now() -> Instant {
    Instant::now()
}
