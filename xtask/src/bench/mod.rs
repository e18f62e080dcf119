//! `cargo xtask bench`: what a token costs, beside a practical ceiling and other servers, and what a gateway's question does.
//!
//! The server is pinned to one core, `wrk` with 64 connections to another. All sides of a part run in turn, as often as there
//! are rounds; a ratio is that of two sides within a round, and the median of those. The figure that noise spoils least is
//! the processor time of the server's process, user and system, for each request that was answered.
//!
//! `--instructions` counts the instructions of a request instead, under callgrind: see [`instructions`]. `--write` puts what was
//! measured into `docs/performance.md`. To add a part: a variant of [`Part`], its sides in [`Part::sides`], a pair of markers in
//! that document. To add a server to compare with: a variant of [`side::Side`].

mod filled;
mod instructions;
mod overload;
mod peers;
mod plot;
mod report;
mod scale;
mod side;
mod wrk;

use std::path::PathBuf;

use crate::measure::Measured;
use crate::measure::descriptors;
use crate::measure::scratch::Scratch;
use crate::measure::server::{Pinned, Server};
use crate::packages::{self, Program};
use crate::process::{self, Outcome, cargo};
use crate::workspace;
use filled::Filled;
use report::Row;
use side::Side;
use wrk::SERVERS_CORE;

/// How much is measured, and what becomes of it.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// These parts alone
    #[arg(value_enum, value_name = "PART")]
    parts: Vec<Part>,
    /// How long each run lasts
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// How often each side runs
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// How many credentials ask, at random; a store is filled with them once, at about 600 a second
    #[arg(long, default_value_t = 100_000)]
    credentials: u32,
    /// How many credentials the store of the part `scale` has; ten million take 6 GB
    #[arg(long, default_value_t = 10_000_000)]
    stored: u32,
    /// Count instructions of a request instead, and fail where they are 5 % more than is written down
    #[arg(long)]
    instructions: bool,
    /// Write what was measured into docs/performance.md
    #[arg(long)]
    write: bool,
}

/// What is measured side by side.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// A token, by algorithm and dialect, beside the ceiling
    Token,
    /// A token, beside other servers
    Peers,
    /// A gateway's question about a token, beside an empty answer
    ForwardAuth,
    /// Starting, lists and tokens with millions of credentials; only where it is asked for
    Scale,
    /// More load than can be served; only where it is asked for
    Overload,
}

const PARTS: [Part; 3] = [Part::Token, Part::Peers, Part::ForwardAuth];

/// What it is measured with.
const PROGRAMS: &[Program] = &[
    Program { name: "which", asked: "wrk", package: "wrk" },
    Program { name: "taskset", asked: "--version", package: "util-linux" },
    Program { name: "valgrind", asked: "--version", package: "valgrind" },
    Program { name: "sqlite3", asked: "--version", package: "sqlite3" },
];

pub(crate) fn run(options: &Options, measured: Measured) -> Outcome {
    if options.parts.contains(&Part::Overload)
        && let Some(outcome) = descriptors::raised(overload::DESCRIPTORS)
    {
        return outcome;
    }
    packages::install(PROGRAMS)?;
    let binaries = Binaries::build(measured)?;
    if options.instructions {
        return instructions::run(&binaries, options.write);
    }
    let parts = if options.parts.is_empty() { &PARTS } else { options.parts.as_slice() };
    for part in parts {
        // Those whose figures are of other kinds write their own tables.
        let own = match part {
            Part::Scale => Some(scale::measure(&binaries, options.credentials, options.stored)?),
            Part::Overload => Some(overload::measure(&binaries, options.credentials, options.seconds)?),
            Part::Token | Part::Peers | Part::ForwardAuth => None,
        };
        if let Some(table) = own {
            println!("\n{table}");
            if options.write {
                report::write_section(*part, &table)?;
            }
            continue;
        }
        let rows = part.measure(&binaries, options)?;
        println!("\n{}", report::table(&rows));
        if options.write {
            report::write(*part, &rows, options)?;
        }
    }
    Ok(())
}

/// What is built here.
pub(crate) struct Binaries {
    pub(crate) jeton: PathBuf,
    pub(crate) ceiling: PathBuf,
    pub(crate) fill: PathBuf,
    pub(crate) load: PathBuf,
}

impl Binaries {
    fn build(measured: Measured) -> Outcome<Self> {
        let packages = ["--package", "bench-ceiling", "--package", "bench-fill", "--package", "bench-load"];
        process::run(cargo(&[["build", "--release", "--locked"].as_slice(), &packages].concat()))?;
        let release = workspace::target_folder().join("release");
        Ok(Self {
            jeton: measured.binary()?,
            ceiling: release.join("bench-ceiling"),
            fill: release.join("bench-fill"),
            load: release.join("bench-load"),
        })
    }

    /// Jeton on a store, alone on the servers' core.
    fn serve(&self, data: &str, scratch: &Scratch) -> Outcome<Server> {
        let listen = ["--listen", "production=127.0.0.1:0", "--management-listen", "127.0.0.1:0"];
        let arguments = [["serve", "--data", data].as_slice(), &listen].concat();
        let pinned = Pinned { core: SERVERS_CORE, log: scratch.path("log"), management: true };
        Server::start_pinned(&self.jeton, &arguments, &pinned)
    }
}

impl Part {
    /// As the document's markers and plots are called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Peers => "peers",
            Self::ForwardAuth => "forward-auth",
            Self::Scale => "scale",
            Self::Overload => "overload",
        }
    }

    /// Each with what it is compared with, by its place among them.
    fn sides(self) -> Vec<(Side, Option<usize>)> {
        use side::{
            Algorithm::{EdDsa, Es256, Rs256},
            Dialect,
        };
        match self {
            Self::Token => vec![
                (Side::Ceiling(Es256), None),
                (Side::Jeton(Es256, Dialect::OAuth2), Some(0)),
                (Side::Jeton(Es256, Dialect::Gateway), Some(0)),
                (Side::Jeton(Es256, Dialect::Json), Some(0)),
                (Side::Ceiling(EdDsa), None),
                (Side::Jeton(EdDsa, Dialect::OAuth2), Some(4)),
                (Side::Ceiling(Rs256), None),
                (Side::Jeton(Rs256, Dialect::OAuth2), Some(6)),
            ],
            Self::Peers => vec![
                (Side::Ceiling(Es256), None),
                (Side::Jeton(Es256, Dialect::OAuth2), Some(0)),
                (Side::OidcProvider, Some(1)),
                (Side::Authlib, Some(1)),
            ],
            Self::ForwardAuth => vec![(Side::Hello, None), (Side::ForwardAuth, Some(0))],
            // Nothing runs beside it.
            Self::Scale | Self::Overload => vec![],
        }
    }

    fn measure(self, binaries: &Binaries, options: &Options) -> Outcome<Vec<Row>> {
        let scratch = Scratch::new()?;
        let mut rows: Vec<Row> = Vec::new();
        let sides = self.sides();
        for (side, against) in &sides {
            peers::install(*side)?;
            rows.push(Row::new(side.name(), *against));
        }
        for round in 0..options.rounds {
            for ((side, _), row) in sides.iter().zip(&mut rows) {
                let filled = Filled::for_side(*side, binaries, options.credentials)?;
                let run = side.measure(binaries, &filled, &scratch, options.seconds)?;
                println!("round {}: {}: {run}", round + 1, row.name);
                row.runs.push(run);
            }
        }
        Ok(rows)
    }
}
