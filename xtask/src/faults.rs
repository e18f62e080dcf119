//! `cargo xtask faults`: real faults, as often as `docs/reliability.md` reports. They are tests of the binary, which do the
//! same a few times in every test run; here they run one after the other on a release build, with their figures shown.
//!
//! To add one: a row in [`RUNS`]. Whatever takes longer with more rounds asks for them by `JETON_FAULT_ROUNDS`.

use crate::process::{self, Outcome, cargo};

/// A fault that is tried.
struct Run {
    name: &'static str,
    /// What is done to Jeton.
    what: &'static str,
    /// The tests, by a part of their names.
    tests: &'static str,
    /// How often, where nobody says otherwise.
    rounds: u64,
}

const RUNS: &[Run] = &[
    Run {
        name: "kills",
        what: "writers, and kill -9 of a node, of a writer, or of PostgreSQL",
        tests: "faults::kills",
        rounds: 1000,
    },
    Run {
        name: "power",
        what: "images of the embedded store as a loss of power could leave it",
        tests: "faults::power",
        rounds: 500,
    },
    Run {
        name: "disk",
        what: "the data folder's disk is full, or the log's",
        tests: "faults::disk",
        rounds: 200,
    },
    Run { name: "fsync", what: "a write or a sync ends with an error", tests: "faults::fsync", rounds: 200 },
    Run { name: "rows", what: "rows that no Jeton wrote", tests: "faults::rows", rounds: 10_000 },
    Run {
        name: "partition",
        what: "a node is cut off from PostgreSQL while another takes credentials away",
        tests: "faults::partition",
        rounds: 100,
    },
    Run {
        name: "staleness",
        what: "how soon three nodes refuse what was taken away",
        tests: "faults::staleness",
        rounds: 100,
    },
    Run {
        name: "revocation",
        what: "how soon an API and a node refuse a token that was revoked on another node",
        tests: "faults::revocation",
        rounds: 1000,
    },
    Run {
        name: "outage",
        what: "PostgreSQL stands still, is slow, crashes, or its standby takes over; seconds of each",
        tests: "faults::outage",
        rounds: 60,
    },
    Run {
        name: "exhausted",
        what: "PostgreSQL has no connection left, and clients that hang up; seconds of these",
        tests: "faults::exhausted",
        rounds: 300,
    },
    Run {
        name: "overlap",
        what: "a node is killed, a standby takes over, or a clock jumps while an old secret is about to end",
        tests: "faults::overlap",
        rounds: 20,
    },
    Run {
        name: "rotation",
        what: "signing keys that take each other's place under load, each minute, and sooner while others die",
        tests: "faults::rotation",
        rounds: 60,
    },
    Run { name: "clock", what: "a clock that is wrong, or jumps", tests: "faults::clock", rounds: 20 },
];

pub(crate) fn run(name: Option<&str>, rounds: Option<u64>) -> Outcome {
    let Some(name) = name else {
        for run in RUNS {
            println!("{:10} {:6} rounds: {}", run.name, run.rounds, run.what);
        }
        return Ok(());
    };
    let known = || RUNS.iter().map(|run| run.name).collect::<Vec<_>>().join(", ");
    let run = RUNS.iter().find(|run| run.name == name);
    let run = run.ok_or_else(|| format!("there is no run {name:?}: they are {}", known()))?;
    let mut command =
        cargo(&["test", "--release", "--package", "jeton-cli", "--test", "it", "--", run.tests]);
    command.args(["--nocapture", "--test-threads", "1"]);
    command.env("JETON_FAULT_ROUNDS", rounds.unwrap_or(run.rounds).to_string());
    process::run(command)
}
