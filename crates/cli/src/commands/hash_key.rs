//! `jeton hash-key`.

use jeton_core::admin::{Admin, AdminError, HashKeyUse};
use jeton_core::intent::RefusedReason;
use serde_json::{Value, json};

use crate::args::{Format, HashKey};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(admin: &Admin, command: HashKey, format: Format) -> Result<(), Failure> {
    match command {
        HashKey::List => list(admin, format).await,
        HashKey::Add => {
            admin.add_hash_key().await?;
            list(admin, format).await
        }
        HashKey::Drop { number, danger_locks_out } => {
            let locked_out = match admin.drop_hash_key(number, danger_locks_out).await {
                Err(AdminError::Refused(why @ RefusedReason::HashKeyInUse { .. })) => {
                    let whose = named(&admin.locked_out_without(number).await?);
                    return Err(Failure::conflict(format!(
                        "{why}: {}. Wait until they were used once more, rotate them, or say --danger-locks-out",
                        whose.join(", ")
                    )));
                }
                other => other?,
            };
            output::one(format, &json!({ "dropped": number, "locked_out": named(&locked_out) }))
        }
    }
}

async fn list(admin: &Admin, format: Format) -> Result<(), Failure> {
    let keys: Vec<Value> = admin.hash_keys().await?.iter().map(show).collect();
    output::many(format, &["number", "created", "newest", "secrets"], &keys)
}

fn show(key: &HashKeyUse) -> Value {
    json!({
        "number": key.number,
        "created": output::time(key.created),
        "newest": key.newest,
        "secrets": key.secrets,
    })
}

/// Whose secrets they are, as people find them.
fn named<E: std::fmt::Display, C: std::fmt::Display, S>(secrets: &[(E, C, S)]) -> Vec<String> {
    let mut names: Vec<String> =
        secrets.iter().map(|(environment, client_id, _)| format!("{client_id} in {environment}")).collect();
    names.dedup();
    names
}
