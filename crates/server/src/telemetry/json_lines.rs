//! Events as lines of JSON.
//!
//! `tracing_subscriber` has such a layer too; at a line for each request it took a tenth of all instructions outside of
//! the signature (`docs/performance.md`). This one writes an event straight into one buffer.

use std::fmt::{Debug, Write as _};
use std::io::Write as _;
use std::time::SystemTime;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Room for the line of a request, so that it grows once or never.
const USUAL_LINE_BYTES: usize = 768;

/// A layer that makes a line of JSON of each event: `timestamp`, `level`, the event's own fields, `target`.
///
/// Spans are left out: Jeton has none.
#[derive(Debug)]
pub struct JsonLines<T>(T);

impl<T: Fn(&[u8])> JsonLines<T> {
    /// Gives each line, with its line feed, to `take`.
    pub fn new(take: T) -> Self {
        Self(take)
    }
}

impl<S: Subscriber, T: Fn(&[u8]) + 'static> Layer<S> for JsonLines<T>
where
    Self: 'static,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line(Vec::with_capacity(USUAL_LINE_BYTES));
        line.0.extend_from_slice(b"{\"timestamp\":\"");
        line.timestamp();
        line.0.extend_from_slice(b"\",\"level\":\"");
        line.0.extend_from_slice(event.metadata().level().as_str().as_bytes());
        line.0.push(b'"');
        event.record(&mut line);
        line.member("target");
        line.json(event.metadata().target());
        line.0.extend_from_slice(b"}\n");
        (self.0)(&line.0);
    }
}

struct Line(Vec<u8>);

impl Line {
    /// Now, by the machine's clock: a line says when it was written, whatever time a request was given.
    #[expect(clippy::disallowed_methods, reason = "the clock of the log, which no request sees")]
    fn timestamp(&mut self) {
        let now = jiff::Timestamp::try_from(SystemTime::now()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        // Writing into memory does not fail.
        let _ = write!(self.0, "{now:.6}");
    }

    /// The name of a member, which some line of code spells out: there is nothing to escape in it.
    fn member(&mut self, name: &str) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    fn json(&mut self, value: impl serde::Serialize) {
        // Texts, numbers and truth values always are JSON, and writing into memory does not fail.
        let _ = serde_json::to_writer(&mut self.0, &value);
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field.name());
        self.json(value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field.name());
        self.json(value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field.name());
        self.json(value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field.name());
        self.json(value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.member(field.name());
        self.json(value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.member(field.name());
        self.0.push(b'"');
        // A value that cannot be shown is as good as its beginning here.
        let _ = write!(Escaped(&mut self.0), "{value:?}");
        self.0.push(b'"');
    }
}

/// The inside of a JSON string.
struct Escaped<'a>(&'a mut Vec<u8>);

impl std::fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
            self.0.extend_from_slice(text.as_bytes());
        } else {
            let quoted = serde_json::to_string(text).map_err(|_| std::fmt::Error)?;
            self.0.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
        }
        Ok(())
    }
}
