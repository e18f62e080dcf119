//! What can be typed about what was counted.

use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use jeton_core::id::EnvironmentName;
use jeton_core::usage::Span;

use super::{Which, time};

#[derive(Debug, Subcommand)]
pub(crate) enum Usage {
    /// Show how often a credential got tokens or was refused, and why. Counts are 10 s late, a minute at the most.
    Show {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        window: Window,
    },
    /// Show who sent the most requests. Counts are 10 s late, a minute at the most. A row without a client id is everybody
    /// whom the store does not know.
    Top {
        /// In one environment.
        #[arg(long, value_name = "NAME")]
        environment: Option<EnvironmentName>,
        /// Those that were refused the most.
        #[arg(long)]
        refused: bool,
        /// At most so many.
        #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        #[command(flatten)]
        window: Window,
    },
}

/// Which counts.
#[derive(Debug, clap::Args)]
pub(crate) struct Window {
    /// From so long ago on, such as 7d.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = time)]
    pub(crate) since: Duration,
    /// By which times to count, in UTC: minutes are kept for 48 hours, hours for 90 days, days for two years.
    #[arg(long, value_enum, default_value_t = By::Hour)]
    pub(crate) by: By,
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    Minute,
    Hour,
    Day,
}

impl By {
    pub(crate) fn span(self) -> Span {
        match self {
            Self::Minute => Span::Minute,
            Self::Hour => Span::Hour,
            Self::Day => Span::Day,
        }
    }
}
