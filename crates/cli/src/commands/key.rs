//! `jeton key`.

use jeton_core::admin::Admin;
use jeton_core::model::StoredSigningKey;
use serde_json::{Value, json};

use crate::args::{Format, Key};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(admin: &Admin, command: Key, format: Format) -> Result<(), Failure> {
    match command {
        Key::List => {
            let keys: Vec<Value> = admin.signing_keys().await?.iter().map(show).collect();
            let columns = ["kid", "environment", "algorithm", "state", "published", "active_from"];
            output::many(format, &columns, &keys)
        }
        Key::Replace { environment, alg, danger_invalidates_tokens } => {
            let replaced = admin.replace_signing_keys(&environment, alg, danger_invalidates_tokens).await?;
            let mut shown = show(&replaced.new);
            shown["replaces"] = json!(replaced.removed.iter().map(ToString::to_string).collect::<Vec<_>>());
            output::one(format, &shown)
        }
    }
}

/// What may be known of a key.
fn show(key: &StoredSigningKey) -> Value {
    json!({
        "kid": key.kid.as_str(),
        "environment": key.environment,
        "algorithm": key.algorithm.to_string(),
        "state": key.state,
        "published": output::time(key.published),
        "active_from": output::time(key.active_from),
        "sign_until": key.sign_until.map(output::time),
        "remove_after": key.remove_after.map(output::time),
    })
}
