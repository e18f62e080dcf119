//! What can be typed about the server that runs.

use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

/// The longest that anybody who asks for health waits.
const LONGEST: Duration = Duration::from_mins(1);

#[derive(Debug, Args)]
pub(crate) struct Health {
    /// Ask whether it lives, not whether it is ready.
    #[arg(long)]
    pub(crate) live: bool,
    /// How long the whole exchange may take: "500ms", "2s".
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = timeout)]
    pub(crate) timeout: Duration,
    /// Ask here, in place of the configured address.
    #[arg(long, value_name = "ADDR")]
    pub(crate) management_listen: Option<String>,
}

/// A time as the configuration has it: with a unit, or else seconds.
fn timeout(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<u32>().map(|seconds| Duration::from_secs(seconds.into()));
    let time = seconds.ok().or_else(|| text.parse::<SignedDuration>().ok()?.try_into().ok());
    let bounded = time.filter(|time| (Duration::from_millis(1)..=LONGEST).contains(time));
    bounded.ok_or_else(|| "write \"500ms\" or \"2s\"; 1ms to 1m".to_owned())
}
