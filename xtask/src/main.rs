//! Developer commands that need more than Cargo: `cargo xtask test`, `walls`, `audit`, `faults`, and those that measure.
//!
//! A command is a variant of [`Command`] and a module with a `run` that returns an [`process::Outcome`]. What every test
//! run must check is a step of [`mod@test`]; what takes over five minutes to install or to run is a command of its own, as
//! [`audit`] is, and all that build on [`measure`]. Only std and clap: this is compiled before anything else on a fresh
//! machine.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "these commands talk to a developer's terminal"
)]

mod audit;
mod bench;
mod clients;
mod documents;
mod faults;
mod feed;
mod figures;
mod fuzz;
mod guesses;
mod libraries;
mod measure;
mod packages;
mod process;
mod restarts;
mod schemathesis;
mod stalls;
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
    /// Look for inputs that break a parser (installs cargo-fuzz, which takes minutes, as does the first build)
    Fuzz {
        /// How long each target runs
        #[arg(long, default_value_t = 30)]
        seconds: u32,
        /// These targets alone
        #[arg(value_name = "TARGET")]
        targets: Vec<String>,
    },
    /// Build the client programs of all languages, and have each do what a client must (installs compilers, which takes
    /// minutes)
    Clients,
    /// Break something again and again, and check what was acknowledged; without a name, lists what there is
    Faults {
        /// What to break
        name: Option<String>,
        /// How often
        #[arg(long)]
        rounds: Option<u64>,
    },
    /// Hold the management API against its document on both databases, by Schemathesis
    Schemathesis {
        /// How many examples of each operation
        #[arg(long, default_value_t = 100)]
        examples: u32,
        /// Where its randomness begins
        #[arg(long, default_value_t = 1)]
        seed: u32,
    },
    /// Measure whether an unknown client can be told from a wrong secret by the time of the answer
    Timing {
        /// How many pairs
        #[arg(long, default_value_t = 200_000)]
        pairs: usize,
        /// On how many connections
        #[arg(long, default_value = "8")]
        connections: std::num::NonZeroUsize,
        #[command(flatten)]
        measured: measure::Measured,
    },
    /// Measure what 10,000 stalled connections do to the waiting time of honest clients
    Stalls {
        #[command(flatten)]
        options: stalls::Options,
        #[command(flatten)]
        measured: measure::Measured,
    },
    /// Restart servers behind HAProxy (which must be installed) under load, and count requests that fail: none may
    Restarts {
        /// How many restarts
        #[arg(long, default_value_t = 200)]
        rounds: usize,
        #[command(flatten)]
        measured: measure::Measured,
    },
    /// Measure the processor time that 10,000 wrong secrets a minute take
    Guesses {
        /// How long each run lasts
        #[arg(long, default_value_t = 20)]
        seconds: u64,
        #[command(flatten)]
        measured: measure::Measured,
    },
    /// Measure what the revocation feed costs with 100,000 entries and 1,000 verifiers (needs Python 3)
    Feed {
        #[command(flatten)]
        options: feed::Options,
        #[command(flatten)]
        measured: measure::Measured,
    },
    /// Measure what a token costs, beside a bare-hyper ceiling and other servers
    Bench {
        #[command(flatten)]
        options: bench::Options,
        #[command(flatten)]
        measured: measure::Measured,
    },
    /// Measure the time from start to ready, memory at rest, and the size of the binary
    Figures {
        /// How many starts
        #[arg(long, default_value_t = 20)]
        starts: usize,
        #[command(flatten)]
        measured: measure::Measured,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Test { only } => return test::run(only),
        Command::Walls => walls::run(),
        Command::Audit { without_advisories } => audit::run(without_advisories),
        Command::Fuzz { seconds, targets } => fuzz::run(seconds, targets),
        Command::Clients => clients::run(),
        Command::Faults { name, rounds } => faults::run(name.as_deref(), rounds),
        Command::Schemathesis { examples, seed } => schemathesis::run(examples, seed),
        Command::Timing { pairs, connections, measured } => timing::run(pairs, connections, measured),
        Command::Stalls { options, measured } => stalls::run(&options, measured),
        Command::Restarts { rounds, measured } => restarts::run(rounds, measured),
        Command::Guesses { seconds, measured } => guesses::run(seconds, measured),
        Command::Feed { options, measured } => feed::run(&options, measured),
        Command::Bench { options, measured } => bench::run(&options, measured),
        Command::Figures { starts, measured } => figures::run(starts, measured),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
