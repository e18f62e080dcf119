//! `jeton key`.

use jeton_core::id::KeyId;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::given::bytes_from_stdin;
use super::object;
use crate::args::Key;
use crate::client::{Desk, Request};
use crate::failure::Failure;
use crate::output;

/// Bytes of a key file: more than any has.
const MOST: usize = 64 * 1024;

/// What people see of each.
const COLUMNS: [&str; 7] =
    ["kid", "environment", "algorithm", "state", "active_from", "rotates_at", "remove_after"];

/// What people see of each that was rotated.
const ROTATED: [&str; 6] = ["kid", "environment", "algorithm", "state", "active_from", "retires"];

pub(super) async fn run(desk: &Desk, command: Key) -> Result<(), Failure> {
    let request = match command {
        Key::List => {
            return output::many(desk.format(), &COLUMNS, &desk.all(Request::get(["keys"])).await?);
        }
        Key::Rotate { environment, alg, danger_unpublished } => {
            let body = object([
                ("environment", json!(environment)),
                ("algorithm", json!(alg.map(|alg| alg.to_string()))),
                ("danger_unpublished", on(danger_unpublished)),
            ]);
            let Some(mut rotated) = desk.change(Request::post(["keys", "rotate"], body)).await? else {
                return Ok(());
            };
            let Value::Array(rotated) = rotated["items"].take() else {
                return Err(Failure::failed(
                    "the answer does not say which keys were rotated: look at them with `jeton key list`",
                ));
            };
            return output::many(desk.format(), &ROTATED, &rotated);
        }
        Key::Retire { kid, danger_unpublished } => {
            let body = object([("danger_unpublished", on(danger_unpublished))]);
            Request::post(["keys", kid.as_str(), "retire"], body)
        }
        Key::Remove { kid, danger_invalidates_tokens } => {
            desk.confirm("This takes the key away: every token that it signed becomes worthless.", &kid)?;
            remove(&kid, danger_invalidates_tokens)
        }
        Key::Import { environment, alg, danger_unpublished } => {
            let pem = bytes_from_stdin(MOST)?;
            // What is no key is said here, before it goes anywhere.
            PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|_| {
                Failure::usage(
                    "standard input holds no private key: give it as PKCS#8 in PEM, `BEGIN PRIVATE KEY`",
                )
            })?;
            let body = object([
                ("environment", json!(environment)),
                ("algorithm", json!(alg.to_string())),
                ("private_key", json!(String::from_utf8_lossy(&pem))),
                ("danger_unpublished", on(danger_unpublished)),
            ]);
            Request::post(["keys", "import"], body)
        }
        Key::Panic { environment, alg, danger_invalidates_tokens } => {
            desk.confirm(
                "This replaces the keys of the environment: every token that they signed becomes worthless.",
                &environment,
            )?;
            let body = object([
                ("environment", json!(environment)),
                ("algorithm", json!(alg.map(|alg| alg.to_string()))),
                ("danger_invalidates_tokens", on(danger_invalidates_tokens)),
            ]);
            Request::post(["keys", "panic"], body)
        }
    };
    desk.show_change(request).await
}

fn remove(kid: &KeyId, danger_invalidates_tokens: bool) -> Request {
    let danger = danger_invalidates_tokens.then_some(true);
    Request::delete(["keys", kid.as_str()]).with("danger_invalidates_tokens", danger)
}

fn on(flag: bool) -> Value {
    if flag { json!(true) } else { Value::Null }
}
