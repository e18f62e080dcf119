//! The commands, a file for each noun. Those of [`run`] work on the store.

mod answer;
mod api;
mod company;
pub(crate) mod config;
mod credential;
pub(crate) mod db;
mod grant;
pub(crate) mod health;
mod key;
pub(crate) mod master_key;
mod secret;
pub(crate) mod token;

use std::io::Read as _;
use std::sync::Arc;

use jeton_core::Store;
use jeton_core::admin::Admin;
use jeton_core::id::Text;
use jeton_core::secret::{Secret, WeakSecret};
use zeroize::Zeroizing;

use crate::ambient::{SystemClock, SystemRandom, cli_actor};
use crate::args::{Format, Manage};
use crate::data::{self, Place};
use crate::failure::Failure;

/// Bytes to read of a secret: more than any may have, so that one that is too long is told from one that fits.
const MOST: usize = 1024;

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
        Manage::Key(command) => key::run(&admin, command, format).await,
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
        actor: cli_actor(),
        reason,
    };
    Ok((data.store, admin))
}

/// The secret on standard input, for a credential to have.
fn secret_from_stdin(asked: bool) -> Result<Option<Secret>, Failure> {
    if !asked {
        return Ok(None);
    }
    let secret = Secret::set_by_operator(text_from_stdin()?);
    secret.map(Some).map_err(|why| Failure::usage(why.to_string()))
}

/// The secret on standard input, without the line's end.
fn text_from_stdin() -> Result<Zeroizing<String>, Failure> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST));
    let read = std::io::stdin().take(MOST as u64).read_to_end(&mut bytes);
    read.map_err(|why| Failure::failed(format!("standard input cannot be read: {why}")))?;
    if bytes.len() == MOST {
        // Cut off, perhaps within a character.
        return Err(Failure::usage(WeakSecret::Length.to_string()));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| Failure::usage("a secret must be UTF-8"))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    Ok(Zeroizing::new(text.to_owned()))
}
