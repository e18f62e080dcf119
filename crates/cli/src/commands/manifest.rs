//! `jeton apply`, `jeton diff` and `jeton export`: everything as files that people keep under version control.

mod files;

use serde_json::{Value, json};

use crate::args::{Export, Manifest};
use crate::client::{Desk, Request};
use crate::failure::Failure;
use crate::output;

/// What people see of each step.
const COLUMNS: [&str; 5] = ["action", "kind", "id", "environment", "changes"];

/// Shows the plan, has it confirmed, and does exactly that.
pub(super) async fn apply(desk: &Desk, command: Manifest) -> Result<(), Failure> {
    let mut body = body(&command)?;
    let plan = desk.get(Request::post(["plan"], body.clone())).await?;
    let steps = steps(&plan);
    if desk.is_dry_run() || steps.is_empty() {
        show(desk, &plan)?;
        output::note(if steps.is_empty() {
            "Everything is as the manifest says."
        } else {
            "Nothing was changed: without --dry-run, this would be done, all of it or nothing."
        });
        return Ok(());
    }
    let gone = steps.iter().filter(|step| step["action"] == "delete").count();
    let lines: Vec<String> = steps.iter().map(as_line).collect();
    let count = format!("{} in all, of which {gone} delete: one change, all of it or nothing.", steps.len());
    desk.confirm(&format!("{}\n{count}", lines.join("\n")), "apply")?;
    body["digest"] = plan["digest"].clone();
    let Some(done) = desk.change(Request::post(["apply"], body)).await? else { return Ok(()) };
    show(desk, &done)
}

/// Shows the plan; exit code 7 where there is something to do.
pub(super) async fn diff(desk: &Desk, command: Manifest) -> Result<(), Failure> {
    let plan = desk.get(Request::post(["plan"], body(&command)?)).await?;
    show(desk, &plan)?;
    match steps(&plan).len() {
        0 => Ok(()),
        1 => Err(Failure::check_failed("one thing is not as the manifest says: `jeton apply` makes it so")),
        many => {
            let why = format!("{many} things are not as the manifest says: `jeton apply` makes them so");
            Err(Failure::check_failed(why))
        }
    }
}

/// Writes down what is there.
pub(super) async fn export(desk: &Desk, command: Export) -> Result<(), Failure> {
    let answer = desk.get(Request::get(["export"]).with("company", command.company)).await?;
    let manifest = serde_json::from_value(answer).map_err(|why| {
        Failure::failed(format!("the answer is no manifest: {why}: is the server a newer one?"))
    })?;
    output::text_as_it_is(&files::write(&manifest, command.format)?)
}

fn body(command: &Manifest) -> Result<Value, Failure> {
    let manifest = files::read(&command.files)?;
    Ok(json!({ "manifest": manifest, "prune": command.prune }))
}

fn steps(plan: &Value) -> Vec<Value> {
    plan["steps"].as_array().cloned().unwrap_or_default()
}

/// The plan for programs; for people its steps.
fn show(desk: &Desk, plan: &Value) -> Result<(), Failure> {
    if !desk.format().is_for_people() {
        return output::one(desk.format(), plan);
    }
    let lines: Vec<Value> = steps(plan).iter().map(for_people).collect();
    output::many(desk.format(), &COLUMNS, &lines)
}

/// A step in one line.
fn as_line(step: &Value) -> String {
    let step = for_people(step);
    let words = COLUMNS.iter().filter_map(|name| step[*name].as_str()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("  ")
}

/// A step, its changes as `field: from -> to`.
fn for_people(step: &Value) -> Value {
    let mut step = step.clone();
    let changes = step["changes"].as_array().into_iter().flatten();
    let changes: Vec<String> = changes.map(one_change).collect();
    step["changes"] = Value::String(changes.join("; "));
    step
}

fn one_change(change: &Value) -> String {
    let field = change["field"].as_str().unwrap_or_default();
    match &change["from"] {
        Value::Null => format!("{field}: {}", output::text(&change["to"])),
        from => format!("{field}: {} -> {}", output::text(from), output::text(&change["to"])),
    }
}
