//! `jeton company`.

use jeton_core::id::CompanyId;
use serde_json::{Value, json};

use super::object;
use crate::args::Company;
use crate::client::{Desk, Request};
use crate::failure::Failure;

/// What people see of each.
const COLUMNS: [&str; 5] = ["id", "name", "state", "credentials", "credential_limit"];

pub(super) async fn run(desk: &Desk, command: Company) -> Result<(), Failure> {
    let request = match command {
        Company::List { id_prefix, name_prefix } => {
            let list =
                Request::get(["companies"]).with("id_prefix", id_prefix).with("name_prefix", name_prefix);
            return desk.show_list(&COLUMNS, list).await;
        }
        Company::Get { id } => return desk.show(Request::get(path(&id))).await,
        Company::Create { id, name, limit } => {
            let new = object([("id", json!(id)), ("name", json!(name)), ("credential_limit", json!(limit))]);
            Request::post(["companies"], new)
        }
        Company::Update { id, name, limit } => {
            let update = object([("name", json!(name)), ("credential_limit", json!(limit))]);
            Request::patch(path(&id), update)
        }
        Company::Suspend { id } => set_state(&id, "suspend"),
        Company::Resume { id } => set_state(&id, "resume"),
        Company::Delete { id } => {
            desk.confirm("This deletes the company, and its id is not given out again.", &id)?;
            Request::delete(path(&id))
        }
    };
    desk.show_change(request).await
}

fn path(id: &CompanyId) -> [&str; 2] {
    ["companies", id.as_str()]
}

fn set_state(id: &CompanyId, how: &str) -> Request {
    Request::post(["companies", id.as_str(), how], Value::Object([].into_iter().collect()))
}
