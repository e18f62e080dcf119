//! The commands, a file for each noun. Those of [`run`] ask the management API, by a [`Desk`].

pub(crate) mod answer;
mod api;
mod audit;
mod company;
pub(crate) mod config;
mod credential;
pub(crate) mod db;
pub(crate) mod doctor;
mod given;
mod grant;
mod hash_key;
pub(crate) mod health;
pub(crate) mod init;
mod key;
mod manifest;
pub(crate) mod master_key;
pub(crate) mod profile;
pub(crate) mod reference;
mod secret;
mod secret_contain;
pub(crate) mod token;
mod usage;

use std::sync::Arc;

use jeton_core::Store;
use jeton_core::admin::{Admin, Asked};
use jeton_core::id::Text;
use serde_json::{Map, Value};

use crate::ambient::{SystemClock, SystemRandom, cli_actor};
use crate::args::{Format, Manage, Manner, Reach};
use crate::client::Desk;
use crate::configuration::Given;
use crate::data::{self, Place};
use crate::failure::Failure;

/// Runs one of them.
pub(crate) async fn run(
    command: Manage,
    reach: &Reach,
    given: &Given,
    manner: Manner,
    format: Format,
) -> Result<(), Failure> {
    let desk = Desk::open(reach, given, manner, format).await?;
    let result = match command {
        Manage::Apply(command) => manifest::apply(&desk, command).await,
        Manage::Diff(command) => manifest::diff(&desk, command).await,
        Manage::Export(command) => manifest::export(&desk, command).await,
        Manage::Whoami => profile::whoami(&desk).await,
        Manage::Company(command) => company::run(&desk, command).await,
        Manage::Api(command) => api::run(&desk, command).await,
        Manage::Credential(command) => credential::run(&desk, command).await,
        Manage::Grant(command) => grant::run(&desk, command).await,
        Manage::Secret(command) => secret::run(&desk, command).await,
        Manage::Key(command) => key::run(&desk, command).await,
        Manage::HashKey(command) => hash_key::run(&desk, command).await,
        Manage::Usage(command) => usage::run(&desk, command).await,
        Manage::Audit(command) => audit::run(&desk, command).await,
    };
    desk.close().await;
    result
}

/// The store, for what no server does: the master key's work.
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

/// An object of the members that say something.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let said = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(said.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

/// Adds the fields of one object to another, whose own stay.
fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        for (name, value) in from {
            into.entry(name).or_insert(value);
        }
    }
}
