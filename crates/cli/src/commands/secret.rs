//! `jeton secret`.

use serde_json::{Value, json};

use super::credential::{action, path};
use super::given::{self, text_from_stdin};
use super::usage::say_late;
use super::{object, secret_contain};
use crate::args::{Secret, Which};
use crate::client::{Desk, Request};
use crate::failure::Failure;
use crate::output;

/// What people see of each.
const COLUMNS: [&str; 9] =
    ["id", "state", "kind", "ends_with", "created", "expires", "revoked", "last_used", "unused_for"];

pub(super) async fn run(desk: &Desk, command: Secret) -> Result<(), Failure> {
    let request = match command {
        Secret::List(which) => return list(desk, &which).await,
        Secret::Find => return find(desk).await,
        Secret::Contain { replace } => return secret_contain::run(desk, replace).await,
        Secret::Rotate { which, secret, overlap, expires_in } => {
            let rotation = object([
                ("secret", given::read(&secret)?.unwrap_or_default()),
                ("overlap_seconds", json!(overlap.map(|time| time.as_secs()))),
                ("expires_in_seconds", json!(expires_in.map(|time| time.as_secs()))),
            ]);
            return rotate(desk, &which, rotation).await;
        }
        Secret::Retire { which, secret, after } => {
            let body = object([("secret_id", json!(secret)), ("in_seconds", json!(after.as_secs()))]);
            action(&which, &["secrets", "retire"], body)
        }
        Secret::Extend { which, secret, after, forever } => {
            let body = object([
                ("secret_id", json!(secret)),
                ("to_seconds", json!(after.map(|time| time.as_secs()))),
                ("forever", if forever { json!(true) } else { Value::Null }),
            ]);
            action(&which, &["secrets", "extend"], body)
        }
        Secret::Revoke { which, secret, all } => {
            if all {
                desk.confirm(
                    "This refuses every secret of the credential from now on, until the next rotate.",
                    &which.client_id,
                )?;
            }
            let body =
                object([("secret_id", json!(secret)), ("all", if all { json!(true) } else { Value::Null })]);
            action(&which, &["secrets", "revoke"], body)
        }
    };
    match desk.change(request).await? {
        Some(secrets) => show(desk, secrets["items"].as_array().map_or(&[], Vec::as_slice)),
        None => Ok(()),
    }
}

/// Adds a secret. What was generated is in the answer, this once.
pub(super) async fn rotate(desk: &Desk, which: &Which, rotation: Value) -> Result<(), Failure> {
    let request = action(which, &["secrets"], rotation);
    let Some(rotated) = desk.change(request).await? else { return Ok(()) };
    if rotated["client_secret"].is_null() {
        return list(desk, which).await;
    }
    let id = rotated["secret_id"].as_str().unwrap_or_default();
    let Which { client_id, environment } = which;
    let revoke = format!("`secret revoke {client_id} --environment {environment} --secret {id}`");
    output::once(desk.format(), &rotated, &format!("revoke it with {revoke}, and rotate again"))
}

/// Says whose the secret on standard input is, and what it says of itself where it is nobody's.
async fn find(desk: &Desk) -> Result<(), Failure> {
    let found = ask_whose(desk, &text_from_stdin()?).await?;
    output::one(desk.format(), &found)?;
    let of = |name: &str| found[name].as_str().unwrap_or_default();
    if found["secret"]["state"] == "live" {
        let id = found["secret"]["id"].as_str().unwrap_or_default();
        let revoke =
            format!("secret revoke {} --environment {} --secret {id}", of("client_id"), of("environment"));
        output::note(&format!("It is accepted: `jeton {revoke}` ends that at once."));
    }
    Ok(())
}

/// Whose a secret is.
pub(super) async fn ask_whose(desk: &Desk, secret: &str) -> Result<Value, Failure> {
    // It looks, and changes nothing, so a dry run does it too.
    desk.get(Request::post(["secrets", "find"], json!({ "secret": secret }))).await
}

async fn list(desk: &Desk, which: &Which) -> Result<(), Failure> {
    let secrets = desk.all(Request::get(path(which).iter().chain(&["secrets"]))).await?;
    show(desk, &secrets)
}

fn show(desk: &Desk, secrets: &[Value]) -> Result<(), Failure> {
    output::many(desk.format(), &COLUMNS, secrets)?;
    say_late(desk.format());
    Ok(())
}
