//! What can be typed about the record of changes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use jeton_core::id::{CompanyId, EnvironmentName};

use super::time;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Show who changed what, the newest first.
    List(AuditFilter),
    /// Check that no entry was changed, removed or put elsewhere, since the beginning or since a checkpoint.
    Verify {
        /// What an export ended with: its last line, or the whole export.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Print all entries as lines of JSON, the oldest first, and at the end a signed checkpoint.
    Export {
        /// From so long ago on, such as 7d [default: all].
        #[arg(long, value_name = "TIME", value_parser = time)]
        since: Option<Duration>,
    },
}

/// Which entries.
#[derive(Debug, Args)]
pub(crate) struct AuditFilter {
    /// From so long ago on, such as 7d.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) since: Option<Duration>,
    /// Until so long ago.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) until: Option<Duration>,
    /// By whom, such as operator:op-1 or cli:root.
    #[arg(long, value_name = "WHO")]
    pub(crate) actor: Option<String>,
    /// Of which kind, such as company.created.
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// What was changed.
    #[arg(long, value_name = "ID")]
    pub(crate) target: Option<String>,
    /// In which environment.
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<EnvironmentName>,
    /// Of which company.
    #[arg(long, value_name = "ID")]
    pub(crate) company: Option<CompanyId>,
    /// Those that were refused.
    #[arg(long)]
    pub(crate) refused: bool,
    /// At most so many.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
}
