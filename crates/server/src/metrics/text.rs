//! Prometheus's text format, version 0.0.4, which every scraper and `promtool` reads.
//!
//! The library writes `OpenMetrics`, which differs in one thing that matters here: there a counter's family is named
//! without the `_total` that its samples have, so that this format would find samples of no known family.

use prometheus_client::encoding::text::encode_registry;
use prometheus_client::registry::Registry;

/// The `Content-Type` of what [`render`] gives.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn render(registry: &Registry) -> String {
    let mut open_metrics = String::new();
    // A `String` takes everything.
    encode_registry(&mut open_metrics, registry).expect("writing into memory does not fail");
    let mut text = String::with_capacity(open_metrics.len() + 1024);
    let mut lines = open_metrics.lines().peekable();
    while let Some(line) = lines.next() {
        let of_counter = match line.strip_prefix("# HELP ") {
            Some(_) => lines.peek().is_some_and(|next| is_counter_type(next)),
            None => is_counter_type(line),
        };
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            [hash, kind, name, rest] if of_counter => {
                text.extend([hash, " ", kind, " ", name, "_total ", rest]);
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

fn is_counter_type(line: &str) -> bool {
    line.starts_with("# TYPE ") && line.ends_with(" counter")
}
