//! `jeton credential`.

use jeton_core::Clock as _;
use jeton_core::admin::GrantRequest;
use jeton_core::id::{EnvironmentName, Text};
use serde_json::{Value, json};

use super::usage::say_late;
use super::{given, merge, object};
use crate::ambient::SystemClock;
use crate::args::{Credential, When, Which};
use crate::client::{Desk, Request};
use crate::failure::Failure;
use crate::output;

/// What people see of each.
const COLUMNS: [&str; 6] = ["client_id", "environment", "company", "state", "label", "grants"];

pub(super) async fn run(desk: &Desk, command: Credential) -> Result<(), Failure> {
    let request = match command {
        Credential::List { company, environment, id_prefix } => {
            let list = Request::get(["credentials"])
                .with("company", company)
                .with("environment", environment)
                .with("id_prefix", id_prefix);
            return desk.show_list(&COLUMNS, list).await;
        }
        Credential::Get(which) => return show(desk, Request::get(path(&which))).await,
        Credential::Create { company, environment, client_id, label, owner, allow, grant, secret } => {
            let new = object([
                ("company", json!(company)),
                ("environment", json!(environment)),
                ("client_id", json!(client_id)),
                ("label", json!(label)),
                ("owner", json!(owner)),
                ("networks", if allow.is_empty() { Value::Null } else { json!(allow) }),
                ("grants", grant.iter().map(self::grant).collect()),
                ("secret", given::read(&secret)?.unwrap_or_default()),
            ]);
            return create(desk, new, &environment).await;
        }
        Credential::Update { which, label, owner, allow, allow_any, expires, never_expires } => {
            let mut update =
                object([("networks", if allow.is_empty() { Value::Null } else { json!(allow) })]);
            // `null` takes away what a member that is left out leaves alone.
            for (name, text) in [("label", label), ("owner", owner)] {
                if let Some(text) = text {
                    update[name] = emptied(text)?;
                }
            }
            if allow_any {
                update["networks"] = Value::Null;
            }
            if let Some(expires) = expires {
                update["expires"] = moment(expires);
            }
            if never_expires {
                update["expires"] = Value::Null;
            }
            Request::patch(path(&which), update)
        }
        Credential::Suspend(which) => return set_state(desk, &which, "suspend").await,
        Credential::Resume(which) => return set_state(desk, &which, "resume").await,
        Credential::Delete(which) => {
            desk.confirm(
                "This deletes the credential with its secrets, and its client id is not given out again.",
                &which.client_id,
            )?;
            Request::delete(path(&which))
        }
    };
    desk.show_change(request).await
}

/// The path of a credential.
pub(super) fn path(which: &Which) -> [&str; 3] {
    ["credentials", which.environment.as_str(), which.client_id.as_str()]
}

/// What is done to a credential.
pub(super) fn action(which: &Which, what: &[&str], body: Value) -> Request {
    Request::post(path(which).iter().chain(what), body)
}

/// A grant as the API reads it.
pub(super) fn grant(grant: &GrantRequest) -> Value {
    object([("api", json!(grant.api)), ("scopes", json!(grant.scopes))])
}

async fn create(desk: &Desk, new: Value, environment: &EnvironmentName) -> Result<(), Failure> {
    let Some(created) = desk.change(Request::post(["credentials"], new)).await? else { return Ok(()) };
    if created["client_secret"].is_null() {
        return output::one(desk.format(), &created);
    }
    let id = created["client_id"].as_str().unwrap_or_default();
    let if_lost = format!("make another with `secret rotate {id} --environment {environment}`");
    // What somebody copies stands first.
    let mut shown = json!({ "client_id": id, "client_secret": created["client_secret"] });
    merge(&mut shown, created);
    output::once(desk.format(), &shown, &if_lost)
}

async fn set_state(desk: &Desk, which: &Which, how: &str) -> Result<(), Failure> {
    if desk.change(action(which, &[how], json!({}))).await?.is_none() {
        return Ok(());
    }
    show(desk, Request::get(path(which))).await
}

async fn show(desk: &Desk, request: Request) -> Result<(), Failure> {
    desk.show(request).await?;
    say_late(desk.format());
    Ok(())
}

/// A point in time as the API reads it.
fn moment(when: When) -> Value {
    match when {
        When::At(at) => json!(at.to_string()),
        When::In(span) => output::time(SystemClock.now().plus(span)),
    }
}

fn emptied(text: String) -> Result<Value, Failure> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    Text::try_from(text).map(|text| json!(text)).map_err(|why| Failure::usage(why.to_string()))
}
