//! What this process logged, at every level and of every library.
//!
//! There is one log a process, and tests run side by side: look for what is yours, such as a request id.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use jeton_server::telemetry::JsonLines;
use serde_json::Value;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, Registry};

/// The target of the line that every request has.
const REQUESTS: &str = "jeton::request";

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Begins to keep what is logged; a second call changes nothing. What was logged before is lost.
pub fn capture() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        let keep = JsonLines::new(|line: &[u8]| lock().extend_from_slice(line));
        let subscriber = Registry::default().with(keep.with_filter(LevelFilter::TRACE));
        tracing::subscriber::set_global_default(subscriber).expect("nobody else logs in tests");
    });
}

/// Everything.
pub fn text() -> String {
    String::from_utf8_lossy(&lock()).into_owned()
}

/// The lines that hold this text.
pub fn lines_with(part: &str) -> Vec<Value> {
    let text = text();
    let lines = text.lines().filter(|line| line.contains(part));
    lines.map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// The one line of the request with this id.
pub fn request(request_id: &str) -> Value {
    let mut lines = lines_with(request_id);
    lines.retain(|line| line["target"] == REQUESTS && line["request_id"] == request_id);
    assert_eq!(lines.len(), 1, "the lines of request {request_id}");
    lines.remove(0)
}

fn lock() -> MutexGuard<'static, Vec<u8>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}
