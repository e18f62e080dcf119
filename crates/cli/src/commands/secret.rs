//! `jeton secret`.

use jeton_core::Timestamp;
use jeton_core::admin::Admin;
use jeton_core::intent::WhichSecrets;
use jeton_core::model::StoredSecret;
use serde_json::{Value, json};

use super::secret_from_stdin;
use crate::args::{Format, Secret, Which};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(admin: &Admin, command: Secret, format: Format) -> Result<(), Failure> {
    match command {
        Secret::Rotate { which: Which { client_id, environment }, secret_stdin } => {
            let given = secret_from_stdin(secret_stdin)?;
            let new = admin.rotate_secret(&environment, &client_id, given).await?;
            let id = &new.stored.id;
            let shown = json!({
                "client_id": client_id,
                "client_secret": new.secret.expose(),
                "environment": environment,
                "secret_id": id,
            });
            let revoke = format!("`secret revoke {client_id} --environment {environment} --secret {id}`");
            output::once(format, &shown, &format!("revoke it with {revoke}, and rotate again"))?;
        }
        Secret::List(which) => list(admin, &which, format).await?,
        Secret::Revoke { which, secret, all } => {
            let secrets = match (secret, all) {
                (Some(id), _) => WhichSecrets::One(id),
                (None, true) => WhichSecrets::All,
                (None, false) => WhichSecrets::TheOnlyOne,
            };
            admin.revoke_secrets(&which.environment, &which.client_id, secrets).await?;
            list(admin, &which, format).await?;
        }
    }
    Ok(())
}

/// What is known of a secret.
pub(super) fn show(secret: &StoredSecret, now: Timestamp) -> Value {
    let state = match (secret.revoked, secret.is_live(now)) {
        (Some(_), _) => "revoked",
        (None, true) => "live",
        (None, false) => "expired",
    };
    json!({
        "id": secret.id,
        "kind": secret.kind,
        "ends_with": secret.last_four,
        "state": state,
        "created": output::time(secret.created),
        "expires": secret.expires.map(output::time),
        "revoked": secret.revoked.map(output::time),
    })
}

async fn list(admin: &Admin, which: &Which, format: Format) -> Result<(), Failure> {
    let now = admin.clock.now();
    let secrets = admin.secrets(&which.environment, &which.client_id).await?;
    let secrets: Vec<Value> = secrets.iter().map(|secret| show(secret, now)).collect();
    output::many(format, &["id", "state", "kind", "ends_with", "created", "revoked"], &secrets)?;
    Ok(())
}
