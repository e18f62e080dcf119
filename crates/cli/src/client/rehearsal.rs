//! `--dry-run`: the server, or the store, tries the change and takes it back, so whatever would be refused is refused.

use http::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::request::Request;
use super::{Desk, json_of};
use crate::failure::Failure;
use crate::output;

/// Asks for a change to be tried only.
const DRY_RUN: HeaderName = HeaderName::from_static("jeton-dry-run");

/// Members whose values are secrets.
const SECRETS: [&str; 4] = ["secret", "value", "hash", "private_key"];

/// Has it tried, and shows the request.
pub(super) async fn run(desk: &Desk, request: &Request) -> Result<(), Failure> {
    let mut headers = desk.conditions()?;
    headers.push((DRY_RUN, HeaderValue::from_static("true")));
    let tried = json_of(&desk.send(request, &headers).await?)?;
    if tried["dry_run"] != true {
        return Err(Failure::failed(
            "the server does not know dry runs, and has done it: look at what is there now",
        ));
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
    output::note(
        "Nothing was changed. It was tried, and nothing stands in the way: without --dry-run it is done.",
    );
    Ok(())
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
