//! `--dry-run`: what can be known of a change without making it. The caller's scopes are held against what the operation
//! needs, by the API's own document; what is changed must be there, in the revision that was asked for; what is made must
//! not be. What only the store can know, such as a limit, is known when it is tried.

use jeton_server::management::ManagementApi;
use serde_json::{Value, json};

use super::Desk;
use super::request::Request;
use crate::failure::Failure;
use crate::output;

/// Members whose values are secrets.
const SECRETS: [&str; 4] = ["secret", "value", "hash", "private_key"];

/// Checks, and shows the request.
pub(super) async fn run(desk: &Desk, request: &Request) -> Result<(), Failure> {
    if let Some(scope) = scope_of(request) {
        let who = desk.get(Request::get(["whoami"])).await?;
        let has = who["scopes"].as_array().is_some_and(|scopes| scopes.iter().any(|one| *one == *scope));
        if !has {
            return Err(Failure::not_allowed(format!(
                "{} lacks the scope {scope}, which this needs: have an operator grant it",
                who["actor"].as_str().unwrap_or("whoever asks")
            )));
        }
    }
    if let Some(target) = &request.target {
        let found = desk.get(Request::get(target)).await?;
        if let Some(wanted) = desk.manner.if_revision
            && found["revision"].as_u64() != Some(wanted)
        {
            return Err(Failure::conflict(format!(
                "its revision is {}, not {wanted}: look at it again, then say its revision",
                found["revision"]
            )));
        }
    }
    if let Some(made) = &request.makes {
        match desk.get(Request::get(made)).await {
            Err(failure) if failure.is_not_found() => {}
            Err(failure) => return Err(failure),
            Ok(_) => {
                let id = made.last().map_or("", String::as_str);
                return Err(Failure::conflict(format!("{id} is there already: choose another id")));
            }
        }
    }
    let query = request.query().iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
    let mut shown =
        json!({ "dry_run": true, "method": request.method.as_str(), "path": desk.path_of(request) });
    if !request.query().is_empty() {
        shown["query"] = Value::Object(query.collect());
    }
    if let Some(body) = &request.body {
        shown["body"] = masked(body);
    }
    output::one(desk.format, &shown)?;
    output::note("Nothing was changed: without --dry-run, this would be asked for.");
    Ok(())
}

/// The scope that an operation needs, as the document has it.
fn scope_of(request: &Request) -> Option<String> {
    let document: Value = serde_json::from_str(&ManagementApi::openapi()).ok()?;
    let path = format!("/management/v1/{}", request.segments().join("/"));
    let method = request.method.as_str().to_lowercase();
    let paths = document["paths"].as_object()?;
    // A word that stands in the path goes before a variable in its place.
    let fitting = paths.iter().filter(|(template, _)| fits(template, &path));
    let (_, operations) = fitting.min_by_key(|(template, _)| template.matches('{').count())?;
    let needed = operations[&method]["security"].as_array()?.first()?.as_object()?.values().next()?;
    needed.as_array()?.first()?.as_str().map(str::to_owned)
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template.zip(path).all(|(wanted, found)| wanted.starts_with('{') || wanted == found)
}

/// A body as it may be shown.
fn masked(body: &Value) -> Value {
    match body {
        Value::Object(members) => {
            let shown = |(name, value): (&String, &Value)| {
                let hidden = SECRETS.contains(&name.as_str()) && value.is_string();
                (name.clone(), if hidden { json!("(not shown)") } else { masked(value) })
            };
            Value::Object(members.iter().map(shown).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(masked).collect()),
        other => other.clone(),
    }
}
