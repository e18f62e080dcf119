//! `jeton master-key`: the file that `master_key.file` names. No data folder is needed.

use serde_json::json;

use crate::ambient::SystemRandom;
use crate::args::{Format, MasterKey};
use crate::data;
use crate::failure::Failure;
use crate::output;

/// Runs one of them.
pub(crate) fn run(command: MasterKey, format: Format) -> Result<(), Failure> {
    let MasterKey::Create { file } = command;
    let made = data::write_master_key(&file, &SystemRandom);
    if !made.map_err(|why| Failure::failed(format!("{} cannot be made: {why}", file.display())))? {
        let why = format!("{} is there already, and stays as it is: choose another name", file.display());
        return Err(Failure::conflict(why));
    }
    output::one(format, &json!({ "file": file.display().to_string() }))?;
    if format == Format::Table {
        output::note("Back it up, elsewhere: without it the store that is made with it cannot be opened.");
    }
    Ok(())
}
