//! Logs: one line an event, on standard error; unless the configuration says otherwise, for people on a terminal and
//! as JSON elsewhere.
//!
//! Only our own events are shown below warnings, whatever the level: what libraries print at their lower levels
//! (headers, frames, statements) may hold secrets. A line that cannot be written at once is dropped, since no
//! request may wait for a full pipe.

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt};

use crate::config::{Log, LogFormat, LogLevel};

/// Starts logging. What is logged is written out by the time the guard is dropped.
pub fn start(log: Log) -> WorkerGuard {
    let LogLevel(level) = log.level;
    let terminal = std::io::stderr().is_terminal();
    let as_text = match log.format {
        LogFormat::Auto => terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let ours = Targets::new().with_target("jeton", level).with_default(LevelFilter::WARN.min(level));
    let layer = fmt::layer().with_writer(writer);
    // On a terminal the default stands, which heeds NO_COLOR.
    let layer = if terminal { layer } else { layer.with_ansi(false) };
    let layer = if as_text {
        layer.with_target(false).boxed()
    } else {
        layer.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
    };
    // A second start in one process keeps the first one's subscriber.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layer.with_filter(ours)));
    log_panics();
    guard
}

/// Logs where a panic was, and not what it said, which may be data.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic: this is a fault of Jeton's, please report it");
    }));
}
