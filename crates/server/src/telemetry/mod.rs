//! Logs: one line an event, on standard error; unless the configuration says otherwise, for people on a terminal and
//! as JSON elsewhere.
//!
//! Only our own events are shown below warnings, whatever the level: what libraries print at their lower levels
//! (headers, frames, statements) may hold secrets. A line that finds no room is dropped and counted, since no request
//! may wait for a full pipe.

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt};

use crate::config::{Log, LogFormat, LogLevel};

mod json_lines;
mod line_writer;

pub use json_lines::JsonLines;
pub use line_writer::LineWriter;

/// Starts logging. What is logged is written out by the time that this is dropped.
pub fn start(log: Log) -> LineWriter {
    let LogLevel(level) = log.level;
    let terminal = std::io::stderr().is_terminal();
    let as_text = match log.format {
        LogFormat::Auto => terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let writer = LineWriter::start(std::io::stderr());
    let lines = writer.lines();
    let ours = Targets::new().with_target("jeton", level).with_default(LevelFilter::WARN.min(level));
    let layer = if as_text {
        let layer = fmt::layer().with_writer(lines);
        // On a terminal the default stands, which heeds NO_COLOR.
        let layer = if terminal { layer } else { layer.with_ansi(false) };
        layer.with_target(false).boxed()
    } else {
        JsonLines::new(move |line: &[u8]| lines.append(line)).boxed()
    };
    // A second start in one process keeps the first one's subscriber.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layer.with_filter(ours)));
    log_panics();
    writer
}

/// Logs where a panic was, and not what it said, which may be data.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic: this is a fault of Jeton's, please report it");
    }));
}
