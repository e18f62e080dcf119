//! `jeton master-key`: the file that `master_key.file` names, and what is sealed under its keys. To make a file, or to
//! add to one that is named, no data folder is needed.

use std::path::Path;

use jeton_core::id::Text;
use jeton_core::master_key::MasterKeys;
use serde_json::json;

use crate::ambient::SystemRandom;
use crate::args::{Format, MasterKey};
use crate::configuration::Given;
use crate::data::{self, KeyFile, Place};
use crate::failure::Failure;
use crate::output;

/// Runs one of them.
pub(crate) async fn run(
    command: MasterKey,
    given: &Given,
    reason: Option<Text>,
    format: Format,
) -> Result<(), Failure> {
    match command {
        MasterKey::Create { file } => create(&file, format),
        MasterKey::Add { file: Some(file) } => add(&file, format),
        MasterKey::Add { file: None } => add(&data::master_key_path(&given.place()?)?, format),
        MasterKey::ReEncrypt => re_encrypt(&given.place()?, reason, format).await,
        MasterKey::Drop { name } => drop_key(&given.place()?, &name, format).await,
    }
}

fn create(file: &Path, format: Format) -> Result<(), Failure> {
    let made = data::write_master_key(file, &SystemRandom);
    if !made.map_err(|why| {
        Failure::failed(format!("{} cannot be made: {why}. Name another place", file.display()))
    })? {
        let why = format!("{} is there already, and stays as it is: choose another name", file.display());
        return Err(Failure::conflict(why));
    }
    output::one(format, &json!({ "file": file.display().to_string() }))?;
    if format.is_for_people() {
        output::note("Back it up, elsewhere: without it the store that is made with it cannot be opened.");
    }
    Ok(())
}

fn add(file: &Path, format: Format) -> Result<(), Failure> {
    let file = KeyFile::open(file)?;
    let path = file.path().display().to_string();
    let text = MasterKeys::add_to(file.text(), &SystemRandom)
        .map_err(|why| Failure::failed(format!("no key could be added to {path}: {why}. Try again")))?;
    let keys = file.replace(&text)?;
    output::one(format, &json!({ "file": path, "master_key": keys.newest() }))?;
    if format.is_for_people() {
        output::note(
            "Back it up, elsewhere. Give the file to every node, and restart each that got a copy at its start (as from \
             systemd); then run `jeton master-key re-encrypt`.",
        );
    }
    Ok(())
}

async fn re_encrypt(place: &Place, reason: Option<Text>, format: Format) -> Result<(), Failure> {
    let (store, admin) = super::open(place, reason).await?;
    let done = admin.re_encrypt().await;
    store.close().await;
    output::one(format, &json!({ "master_key": admin.master.newest(), "rows": done? }))?;
    if format.is_for_people() {
        output::note(
            "A node that does not have this master key yet says so in its log: give it the file, and restart it. Keep the \
             older keys for as long as a backup needs them, then `jeton master-key drop` them.",
        );
    }
    Ok(())
}

async fn drop_key(place: &Place, name: &str, format: Format) -> Result<(), Failure> {
    let file = KeyFile::open(&data::master_key_path(place)?)?;
    let path = file.path().display().to_string();
    if !file.keys().contains(name) {
        return Err(Failure::not_found(format!(
            "there is no master key {name:?} in {path}: its name is the first word of its line"
        )));
    }
    if file.keys().newest() == name {
        let why =
            format!("{name} is the newest master key, which seals: `jeton master-key add` another first");
        return Err(Failure::conflict(why));
    }
    let (store, admin) = super::open(place, None).await?;
    let sealed = admin.sealed_under(name).await;
    store.close().await;
    let sealed = sealed?;
    if !sealed.is_empty() {
        let rows: Vec<String> = sealed.iter().map(ToString::to_string).collect();
        let why =
            format!("under {name} are sealed: {}. Run `jeton master-key re-encrypt` first", rows.join(", "));
        return Err(Failure::conflict(why));
    }
    let text = MasterKeys::drop_from(file.text(), name);
    // The store's user may be one who cannot write where the file is.
    file.replace(&text).map_err(|why| {
        let why = why.message();
        Failure::failed(format!(
            "nothing is sealed under {name} any more, but {why}. Remove its line by hand"
        ))
    })?;
    output::one(format, &json!({ "file": path, "dropped": name }))
}
