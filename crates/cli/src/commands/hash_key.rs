//! `jeton hash-key`.

use serde_json::json;

use crate::args::HashKey;
use crate::client::{Desk, Request};
use crate::failure::Failure;
use crate::output;

/// What people see of each.
const COLUMNS: [&str; 4] = ["number", "created", "newest", "secrets"];

pub(super) async fn run(desk: &Desk, command: HashKey) -> Result<(), Failure> {
    match command {
        HashKey::List => list(desk).await,
        HashKey::Add => match desk.change(Request::post(["hash-keys"], json!({}))).await? {
            Some(_) => list(desk).await,
            None => Ok(()),
        },
        HashKey::Drop { number, danger_locks_out } => {
            desk.confirm("This drops the hash key: what hangs on it cannot be used again.", number)?;
            let danger = danger_locks_out.then_some(true);
            let request = Request::delete(["hash-keys".to_owned(), number.to_string()]);
            desk.show_change(request.with("danger_locks_out", danger)).await
        }
    }
}

async fn list(desk: &Desk) -> Result<(), Failure> {
    output::many(desk.format(), &COLUMNS, &desk.all(Request::get(["hash-keys"])).await?)
}
