//! The commands, a file for each noun. Those of [`run`] work on the store.

mod answer;
mod api;
mod company;
pub(crate) mod config;
mod credential;
pub(crate) mod db;
mod given;
mod grant;
mod hash_key;
pub(crate) mod health;
pub(crate) mod init;
mod key;
pub(crate) mod master_key;
mod secret;
pub(crate) mod token;
mod usage;

use std::sync::Arc;

use jeton_core::Store;
use jeton_core::admin::{Admin, Asked};
use jeton_core::id::Text;
use serde_json::Value;

use crate::ambient::{SystemClock, SystemRandom, cli_actor};
use crate::args::{Format, Manage};
use crate::data::{self, Place};
use crate::failure::Failure;

/// Runs one of them.
pub(crate) async fn run(
    command: Manage,
    place: &Place,
    reason: Option<Text>,
    format: Format,
) -> Result<(), Failure> {
    let (store, admin) = open(place, reason).await?;
    let result = match command {
        Manage::Company(command) => company::run(&admin, command, format).await,
        Manage::Api(command) => api::run(&admin, command, format).await,
        Manage::Credential(command) => credential::run(&admin, command, format).await,
        Manage::Grant(command) => grant::run(&admin, command, format).await,
        Manage::Secret(command) => secret::run(&admin, command, place.secret_overlap, format).await,
        Manage::Key(command) => key::run(&admin, command, &place.rotation, format).await,
        Manage::HashKey(command) => hash_key::run(&admin, command, format).await,
        Manage::Usage(command) => usage::run(&admin, command, format).await,
    };
    store.close().await;
    result
}

/// The store, for whoever is at the command line.
async fn open(place: &Place, reason: Option<Text>) -> Result<(Arc<dyn Store>, Admin), Failure> {
    let data = data::open(place).await?;
    let admin = Admin {
        store: Arc::clone(&data.store),
        master: data.master,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        asked: Asked::by(cli_actor()).because(reason),
    };
    Ok((data.store, admin))
}

/// Adds the fields of one object to another, whose own stay.
fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        for (name, value) in from {
            into.entry(name).or_insert(value);
        }
    }
}
