//! `jeton audit`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jeton_core::Clock as _;
use serde_json::{Value, json};

use super::object;
use crate::ambient::SystemClock;
use crate::args::{Audit, AuditFilter};
use crate::client::{Desk, PAGE, Request};
use crate::failure::Failure;
use crate::output;

/// What people see of each.
const COLUMNS: [&str; 6] = ["time", "actor", "type", "environment", "subject", "outcome"];

/// The largest file that a checkpoint is looked for in, in bytes.
const MOST: u64 = 1024 * 1024 * 1024;

pub(super) async fn run(desk: &Desk, command: Audit) -> Result<(), Failure> {
    match command {
        Audit::List(filter) => list(desk, filter).await,
        Audit::Verify { checkpoint } => {
            let checkpoint = checkpoint.as_deref().map(read_checkpoint).transpose()?;
            verify(desk, checkpoint).await
        }
        Audit::Export { since } => export(desk, since).await,
    }
}

async fn list(desk: &Desk, filter: AuditFilter) -> Result<(), Failure> {
    let request = Request::get(["audit"])
        .with("since", filter.since.and_then(ago))
        .with("until", filter.until.and_then(ago))
        .with("actor", filter.actor)
        .with("kind", filter.kind)
        .with("target", filter.target)
        .with("environment", filter.environment)
        .with("company", filter.company)
        .with("outcome", filter.refused.then_some("refused"))
        .with("limit", Some(filter.limit.min(PAGE)));
    let mut events = desk.first(request, filter.limit as usize).await?;
    if desk.format().is_for_people() {
        for event in &mut events {
            let mut data = event["data"].take();
            for name in ["actor", "environment", "outcome", "reason", "address"] {
                event[name] = data[name].take();
            }
        }
    }
    output::many(desk.format(), &COLUMNS, &events)
}

async fn verify(desk: &Desk, checkpoint: Option<String>) -> Result<(), Failure> {
    // It looks, and changes nothing, so a dry run does it too.
    let body = object([("checkpoint", json!(checkpoint))]);
    let report = desk.get(Request::post(["audit", "verify"], body)).await?;
    output::one(desk.format(), &report)?;
    if report["whole"] == true {
        return Ok(());
    }
    let first =
        report["findings"].get(0).map(|first| format!("at {}, {}", text(first, "at"), text(first, "what")));
    let first = first.unwrap_or_else(|| "the checkpoint speaks of another history".to_owned());
    Err(Failure::check_failed(format!(
        "the record of changes is not as it was written: {first}. Keep the database as it is, and compare it with an export"
    )))
}

/// All entries, a line each, and the checkpoint as the last line: without it, the export was cut off.
async fn export(desk: &Desk, since: Option<Duration>) -> Result<(), Failure> {
    let request = Request::get(["audit"])
        .with("order", Some("oldest"))
        .with("since", since.and_then(ago))
        .with("limit", Some(PAGE));
    desk.each(request, |event| output::say(&event.to_string())).await?;
    let made = desk.get(Request::post(["audit", "checkpoint"], object([]))).await?;
    output::say(&json!({ "checkpoint": made["checkpoint"] }).to_string())
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// The checkpoint in a file: the whole of it, or the last line of an export.
fn read_checkpoint(path: &Path) -> Result<String, Failure> {
    let faulty = |why: String| Failure::usage(format!("--checkpoint: {}: {why}", path.display()));
    let unreadable = |why: std::io::Error| faulty(format!("{why}. Name what `jeton audit export` wrote"));
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > MOST {
        return Err(faulty("it is too large: give the last line of the export alone".to_owned()));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    let last = last.ok_or_else(|| faulty("it is empty. Name what `jeton audit export` wrote".to_owned()))?;
    match serde_json::from_str::<Value>(last) {
        Ok(line) => line["checkpoint"].as_str().map(str::to_owned).ok_or_else(|| {
            faulty(
                "its last line is no checkpoint, as of an export that was cut off: export again".to_owned(),
            )
        }),
        Err(_) => Ok(last.to_owned()),
    }
}

/// A point in time as the API reads it.
fn ago(time: Duration) -> Option<String> {
    output::time(SystemClock.now().minus(time)).as_str().map(str::to_owned)
}
