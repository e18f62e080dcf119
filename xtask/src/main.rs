//! Developer commands that need more than Cargo: `cargo xtask test`, `walls` and `audit`.
//!
//! A command is a variant of [`Command`] and a module with a `run` that returns an [`process::Outcome`]. What every test
//! run must check is a step of [`mod@test`]; what takes over five minutes to install or to run is a command of its own, as
//! [`audit`] is. Only std and clap: this is compiled before anything else on a fresh machine.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these commands talk to a developer's terminal"
)]

mod audit;
mod documents;
mod process;
mod test;
mod timing;
mod walls;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer commands of Jeton", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what is lacking, then check and test everything; the last line is the counts
    Test {
        /// Run this step alone
        #[arg(long, value_name = "STEP")]
        only: Option<test::Step>,
    },
    /// Check which crate may use which, what no module may name, and how long files are
    Walls,
    /// Check dependencies for advisories, licences, bans and sources (installs cargo-deny, which takes minutes)
    Audit {
        /// Go on when the advisory database is out of reach, and leave the advisories unchecked
        #[arg(long)]
        without_advisories: bool,
    },
    /// Measure whether an unknown client can be told from a wrong secret by the time of the answer
    Timing {
        /// How many pairs
        #[arg(long, default_value_t = 200_000)]
        pairs: usize,
        /// This release binary, instead of building one
        #[arg(long, value_name = "FILE")]
        binary: Option<std::path::PathBuf>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Test { only } => return test::run(only),
        Command::Walls => walls::run(),
        Command::Audit { without_advisories } => audit::run(without_advisories),
        Command::Timing { pairs, binary } => timing::run(pairs, binary),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
