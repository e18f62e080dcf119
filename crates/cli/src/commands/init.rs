//! `jeton init`: makes store and keys where they are missing, and the first operator.

use std::sync::Arc;

use jeton_core::admin::{Admin, Asked};
use jeton_core::id::Text;
use serde_json::json;

use crate::ambient::{SystemClock, SystemRandom, cli_actor};
use crate::args::{Format, Init};
use crate::configuration::Given;
use crate::data::{self, Place};
use crate::dev_file;
use crate::failure::Failure;
use crate::output;

pub(crate) async fn run(
    Init { client_id, label }: Init,
    given: &Given,
    reason: Option<Text>,
    format: Format,
) -> Result<(), Failure> {
    let resolved = given.resolve(None)?;
    let place = Place::of(&resolved)?;
    let data = data::open_or_make(&place, &SystemRandom).await?;
    data::prove_master_key(&data, &place).await?;
    let admin = Admin {
        store: Arc::clone(&data.store),
        master: Arc::clone(&data.master),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        asked: Asked::by(cli_actor()).because(reason),
    };
    let made = admin.make_first_operator(client_id, label).await;
    data.store.close().await;
    let Some(made) = made? else {
        return Err(Failure::conflict(format!(
            "there is an operator {} already: make others with `jeton credential create --company operators --environment \
             management --grant management`, and see who there is with `jeton credential list --company operators`",
            place.home
        )));
    };
    let (credential, secret) = (&made.credential, made.secret.as_ref());
    let scopes: Vec<&str> =
        credential.grants.iter().flat_map(|grant| &grant.scopes).map(AsRef::as_ref).collect();
    let shown = json!({
        "client_id": credential.client_id,
        "client_secret": secret.map(jeton_core::secret::Secret::expose),
        "environment": credential.environment,
        "company": credential.company,
        "grants": [format!("management:{}", scopes.join(","))],
    });
    let client_id = &credential.client_id;
    let if_lost = format!("make another with `jeton secret rotate {client_id} --environment management`");
    output::once(format, &shown, &if_lost)?;
    if format.is_for_people() {
        let url = resolved.config.management.map(dev_file::url);
        let url = url.unwrap_or_else(|| "URL, once listen.management has an address".to_owned());
        output::note(&format!(
            "Next: start `jeton serve`, then `jeton login --url {url} --client-id {client_id}`."
        ));
    }
    Ok(())
}
