//! What the commands share that measure: a release server, a client, what the kernel says of a process, statistics.
//!
//! A command that measures is a module beside this one, whose header says what it compares with what. It prints what it
//! measured and the verdict; only a requirement that is not met makes it fail, an aim does not.

pub(crate) mod descriptors;
pub(crate) mod haproxy;
pub(crate) mod http;
pub(crate) mod load;
pub(crate) mod postgres;
pub(crate) mod scratch;
pub(crate) mod secret;
pub(crate) mod server;
pub(crate) mod statistics;
pub(crate) mod usage;

use std::path::PathBuf;
use std::time::Instant;

use crate::process::{self, Outcome, cargo};
use crate::workspace;

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Measured {
    /// This release binary, instead of building one
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

impl Measured {
    /// The binary that was named, or the one that it builds.
    pub(crate) fn binary(self) -> Outcome<PathBuf> {
        if let Some(binary) = self.binary {
            return Ok(binary);
        }
        process::run(cargo(&["build", "--release", "--package", "jeton-cli"]))?;
        Ok(workspace::target_folder().join("release/jeton"))
    }
}

/// The real time.
#[expect(clippy::disallowed_methods, reason = "what is measured is real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
