//! What can be typed after `jeton apply`, `diff` and `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jeton_core::id::CompanyId;

/// Which manifest, and what becomes of what it does not name.
#[derive(Debug, Args)]
pub(crate) struct Manifest {
    /// A manifest in TOML, YAML or JSON, a folder of such files, or `-` for YAML or JSON on standard input; may be
    /// repeated.
    #[arg(short, long = "file", value_name = "FILE|DIR", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Delete what is not named: of APIs, companies and credentials, those that the manifest speaks of at all.
    #[arg(long)]
    pub(crate) prune: bool,
}

/// What to write down.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// One company with its credentials, and the APIs that they are granted.
    #[arg(long, value_name = "ID")]
    pub(crate) company: Option<CompanyId>,
    /// As what.
    #[arg(long, value_enum, default_value_t = Notation::Toml)]
    pub(crate) format: Notation,
}

/// How a manifest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Notation {
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}
