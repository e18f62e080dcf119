//! `jeton db status`.
//!
//! To check one thing more: a sentence in [`failed_checks`], and what it was found by in [`show`].

use std::path::Path;

use jeton_store::{Behind, Contents, Depth, OpenError, Status};
use serde_json::{Value, json};

use super::{MasterKey, master_key, schema_is_newer};
use crate::args::Format;
use crate::data::Place;
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(place: &Place, folder: &Path, depth: Depth, format: Format) -> Result<(), Failure> {
    let status = jeton_store::inspect(folder, depth).await.map_err(|why| match why {
        OpenError::Damaged { .. } => Failure::check_failed(why.to_string()),
        other => other.into(),
    })?;
    let check = status.contents.as_ref().ok().and_then(|contents| contents.master_key_check.as_ref());
    let master_key = master_key(place, check);
    output::one(format, &show(folder, &status, &master_key))?;
    let failed = failed_checks(&status, &master_key);
    if failed.is_empty() { Ok(()) } else { Err(Failure::check_failed(failed.join("; "))) }
}

fn show(folder: &Path, status: &Status, master_key: &MasterKey) -> Value {
    let contents = status.contents.as_ref().ok();
    let count = |of: fn(&Contents) -> u32| contents.map(of);
    let sizes = status.files.iter().filter_map(|(file, bytes)| {
        Some((file.file_name()?.to_string_lossy().into_owned(), Value::from(*bytes)))
    });
    json!({
        "folder": folder.display().to_string(),
        "sqlite": status.sqlite,
        "schema": status.schema,
        "newest_schema": status.newest_schema,
        "integrity": if status.problems.is_empty() { json!("ok") } else { json!(status.problems) },
        "sequence": contents.map(|contents| contents.sequence),
        "high_water": status.high_water,
        "companies": count(|contents| contents.companies),
        "credentials": count(|contents| contents.credentials),
        "apis": count(|contents| contents.apis),
        "signing_keys": count(|contents| contents.signing_keys),
        "master_key": master_key.as_str(),
        "bytes": sizes.collect::<serde_json::Map<_, _>>(),
    })
}

/// A sentence for each check that failed.
fn failed_checks(status: &Status, master_key: &MasterKey) -> Vec<String> {
    let mut failed = vec![];
    if let Some(problem) = status.problems.first() {
        failed
            .push(format!("the database is damaged ({problem}): put a backup back with `jeton db restore`"));
    }
    match &status.contents {
        Err(why) => failed.push(why.to_string()),
        Ok(Contents { sequence, .. }) => {
            if let Some(high_water) = status.high_water.filter(|mark| mark > sequence) {
                failed.push(Behind { sequence: *sequence, high_water }.to_string());
            }
        }
    }
    failed.extend(status.least_schema.map(schema_is_newer));
    if let MasterKey::Wrong(why) = master_key {
        failed.push(why.clone());
    }
    failed
}
