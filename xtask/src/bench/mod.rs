//! `cargo xtask bench`: what a token costs, beside a practical ceiling and other servers, and what a gateway's question does.
//!
//! The server is pinned to one core, `wrk` with 64 connections to another. All sides of a part run in turn, as often as there
//! are rounds; a ratio is that of two sides within a round, and the median of those. The figure that noise spoils least is
//! the processor time of the server's process, user and system, for each request that was answered. Servers beside each other
//! are [`beside`]; what takes hours is measured where it is asked for: [`scale`], [`caches`], [`nodes`] and
//! [`overload`].
//!
//! `--instructions` counts the instructions of a request instead, under callgrind: see [`instructions`]. `--write` puts what was
//! measured into `docs/performance.md`. To add a part: a variant of [`Part`], what it measures in
//! [`Part::measure`], a pair of markers in that document. To add a server to compare with: a variant of [`side::Side`].

mod beside;
mod caches;
mod filled;
mod instructions;
mod nodes;
mod overload;
mod peers;
mod plot;
mod report;
mod scale;
mod side;
mod warm;
mod wrk;

use std::path::{Path, PathBuf};

use crate::measure::Measured;
use crate::measure::descriptors;
use crate::measure::scratch::Scratch;
use crate::measure::server::{Pinned, Server};
use crate::packages::{self, Program};
use crate::process::{self, Outcome, cargo};
use crate::workspace;
use filled::Database;
use report::Section;
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
    /// How many credentials ask, at random; a store is filled with them once
    #[arg(long, default_value_t = 100_000)]
    credentials: u32,
    /// How many credentials the store of the part `scale` has; ten million take 10 GB in the embedded store, and 13 GB in
    /// PostgreSQL
    #[arg(long, default_value_t = 10_000_000)]
    stored: u32,
    /// How many credentials the cache of the part `caches` holds at the most
    #[arg(long, default_value_t = 1_000_000)]
    cached: u32,
    /// How many seconds are waited after a run of the parts `caches` and `nodes`, until what it counted is written
    #[arg(long, default_value_t = 70)]
    pause: u64,
    /// The stores of the parts `scale` and `caches`
    #[arg(long = "store", value_enum, value_delimiter = ',', default_values_t = [Database::Sqlite, Database::Postgresql])]
    stores: Vec<Database>,
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
    /// A token, by how many credentials are in memory; only where it is asked for
    Caches,
    /// Nodes behind HAProxy on one PostgreSQL; only where it is asked for
    Nodes,
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
    let with_what = report::Measured::now()?;
    let parts = if options.parts.is_empty() { &PARTS } else { options.parts.as_slice() };
    for part in parts {
        let section = part.measure(&binaries, options)?;
        println!("\n{}", section.text);
        section.verdicts.iter().for_each(|verdict| println!("{verdict}"));
        if options.write {
            report::write(*part, &section, &with_what)?;
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

    /// Jeton on a data folder, alone on the servers' core.
    fn serve(&self, data: &str, scratch: &Scratch) -> Outcome<Server> {
        self.serve_with(&["--data", data], &[], scratch.path("log"))
    }

    /// Jeton on any store, with these variables, on the servers' core. Its log goes to a file.
    fn serve_with(&self, store: &[&str], settings: &[String], log: String) -> Outcome<Server> {
        let binary = self.jeton.display().to_string();
        let mut arguments: Vec<&str> = settings.iter().map(String::as_str).collect();
        arguments.extend([binary.as_str(), "serve"]);
        arguments.extend(store);
        arguments.extend(["--listen", "production=127.0.0.1:0", "--management-listen", "127.0.0.1:0"]);
        let pinned = Pinned { core: SERVERS_CORE, log, management: true };
        Server::start_pinned(Path::new("env"), &arguments, &pinned)
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
            Self::Caches => "caches",
            Self::Nodes => "nodes",
            Self::Overload => "overload",
        }
    }

    fn measure(self, binaries: &Binaries, options: &Options) -> Outcome<Section> {
        use side::{
            Algorithm::{EdDsa, Es256, Rs256},
            Dialect::{Gateway, Json, OAuth2},
        };
        match self {
            Self::Token => beside::measure(
                self,
                &[
                    Side::Ceiling(Es256),
                    Side::Jeton(Es256, OAuth2),
                    Side::Jeton(Es256, Gateway),
                    Side::Jeton(Es256, Json),
                    Side::Ceiling(EdDsa),
                    Side::Jeton(EdDsa, OAuth2),
                    Side::Ceiling(Rs256),
                    Side::Jeton(Rs256, OAuth2),
                ],
                binaries,
                options,
            ),
            Self::Peers => beside::measure(
                self,
                &[Side::Ceiling(Es256), Side::Jeton(Es256, OAuth2), Side::OidcProvider, Side::Authlib],
                binaries,
                options,
            ),
            Self::ForwardAuth => beside::measure(self, &[Side::Hello, Side::ForwardAuth], binaries, options),
            Self::Scale => scale::measure(binaries, options),
            Self::Caches => caches::measure(binaries, options),
            Self::Nodes => nodes::measure(binaries, options),
            Self::Overload => overload::measure(binaries, options),
        }
    }
}
