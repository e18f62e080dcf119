//! `jeton audit`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jeton_core::Clock as _;
use serde_json::{Value, json};

use super::object;
use crate::ambient::SystemClock;
use crate::args::Audit;
use crate::client::{Desk, Request};
use crate::failure::Failure;
use crate::output;

/// What people see of each.
const COLUMNS: [&str; 7] = ["sequence", "time", "actor", "kind", "environment", "target", "outcome"];

/// The largest file that a checkpoint is looked for in, in bytes.
const MOST: u64 = 1024 * 1024 * 1024;

pub(super) async fn run(desk: &Desk, command: Audit) -> Result<(), Failure> {
    match command {
        Audit::List(filter) => {
            let limit = filter.limit.min(500);
            let request = Request::get(["audit"])
                .with("since", filter.since.and_then(ago))
                .with("until", filter.until.and_then(ago))
                .with("actor", filter.actor)
                .with("kind", filter.kind)
                .with("target", filter.target)
                .with("environment", filter.environment)
                .with("company", filter.company)
                .with("limit", Some(limit));
            let entries = desk.first(request, filter.limit as usize).await?;
            output::many(desk.format(), &COLUMNS, &entries)
        }
        Audit::Verify { checkpoint } => {
            let checkpoint = checkpoint.as_deref().map(read_checkpoint).transpose()?;
            verify(desk, checkpoint).await
        }
        Audit::Export { since } => {
            let exported =
                desk.text(Request::get(["audit", "export"]).with("since", since.and_then(ago))).await?;
            output::text_as_it_is(&exported)
        }
    }
}

async fn verify(desk: &Desk, checkpoint: Option<String>) -> Result<(), Failure> {
    // It looks, and changes nothing, so a dry run does it too.
    let body = object([("checkpoint", json!(checkpoint))]);
    let found = desk.get(Request::post(["audit", "verify"], body)).await?;
    let findings = found["findings"].as_array().cloned().unwrap_or_default();
    output::one(desk.format(), &found)?;
    if findings.is_empty() {
        return Ok(());
    }
    let told: Vec<String> =
        findings.iter().map(|finding| finding["detail"].as_str().unwrap_or_default().to_owned()).collect();
    Err(Failure::check_failed(format!(
        "the record of changes is not as it was written: {}. Keep the database as it is, and compare it with an export",
        told.join("; ")
    )))
}

/// The checkpoint in a file: the whole of it, or the last line of an export.
fn read_checkpoint(path: &Path) -> Result<String, Failure> {
    let faulty = |why: String| Failure::usage(format!("--checkpoint: {}: {why}", path.display()));
    let size = fs::metadata(path).map_err(|why| faulty(why.to_string()))?.len();
    if size > MOST {
        return Err(faulty("it is too large: give the last line of the export alone".to_owned()));
    }
    let text = fs::read_to_string(path).map_err(|why| faulty(why.to_string()))?;
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    let last = last.ok_or_else(|| faulty("it is empty".to_owned()))?;
    match serde_json::from_str::<Value>(last) {
        Ok(line) => line["checkpoint"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| faulty("its last line is no checkpoint: was the export cut off?".to_owned())),
        Err(_) => Ok(last.to_owned()),
    }
}

/// A point in time as the API reads it.
fn ago(time: Duration) -> Option<String> {
    output::time(SystemClock.now().minus(time)).as_str().map(str::to_owned)
}
