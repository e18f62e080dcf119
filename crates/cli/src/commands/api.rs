//! `jeton api`.

use std::collections::BTreeMap;

use jeton_core::id::ApiId;
use serde::Serialize;
use serde_json::{Value, json};

use super::object;
use crate::args::Api;
use crate::client::{Desk, Request};
use crate::failure::Failure;

/// What people see of each.
const COLUMNS: [&str; 4] = ["id", "audience", "scopes", "algorithm"];

pub(super) async fn run(desk: &Desk, command: Api) -> Result<(), Failure> {
    let request = match command {
        Api::List { id_prefix } => {
            let list = Request::get(["apis"]).with("id_prefix", id_prefix);
            return desk.show_list(&COLUMNS, list).await;
        }
        Api::Get { id } => return desk.show(Request::get(path(&id))).await,
        Api::Create { id, audience, audience_in, scope, alg } => {
            let audience_in: BTreeMap<_, _> = audience_in.into_iter().collect();
            let new = object([
                ("id", json!(id)),
                ("audience", json!(audience)),
                ("audience_in", if audience_in.is_empty() { Value::Null } else { json!(audience_in) }),
                ("scopes", some(&scope)),
                ("algorithm", json!(alg.to_string())),
            ]);
            Request::post(["apis"], new)
        }
        Api::Update { id, audience, audience_in, add_scope, remove_scope, alg } => {
            let audience_in: BTreeMap<_, _> = audience_in.into_iter().collect();
            let update = object([
                ("audience", json!(audience)),
                ("audience_in", if audience_in.is_empty() { Value::Null } else { json!(audience_in) }),
                ("add_scopes", some(&add_scope)),
                ("remove_scopes", some(&remove_scope)),
                ("algorithm", json!(alg.map(|alg| alg.to_string()))),
            ]);
            Request::patch(path(&id), update)
        }
        Api::Delete { id } => {
            desk.confirm("This deletes the API.", &id)?;
            Request::delete(path(&id))
        }
    };
    desk.show_change(request).await
}

fn path(id: &ApiId) -> [&str; 2] {
    ["apis", id.as_str()]
}

/// A list that says something.
fn some(items: &[impl Serialize]) -> Value {
    if items.is_empty() { Value::Null } else { json!(items) }
}
