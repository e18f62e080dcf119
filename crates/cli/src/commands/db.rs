//! `jeton db`: the database as a whole. None of it needs the master key, so none of it opens the store as the other
//! commands do; where the key is at hand, it is checked.

mod copy;
mod migrate;
mod postgres;
mod restore;
mod status;

use std::path::Path;

use jeton_core::id::Text;
use jeton_core::key_ring::prove_master_keys;
use jeton_core::master_key::Sealed;
use jeton_store::{BackupError, Consent, Depth};
use serde_json::json;

use crate::args::{Db, Format};
use crate::data::{self, Home, Place};
use crate::failure::{Failure, ROOM};
use crate::output;

/// Runs one of them.
pub(crate) async fn run(
    command: Db,
    place: &Place,
    reason: Option<Text>,
    format: Format,
) -> Result<(), Failure> {
    match (command, &place.home) {
        (Db::Status { full }, Home::Folder(folder)) => {
            let depth = if full { Depth::Full } else { Depth::Quick };
            status::run(place, folder, depth, format).await
        }
        (Db::Status { .. }, Home::Postgres(postgres)) => postgres::status(place, postgres, format).await,
        (Db::Migrate { plan }, _) => migrate::run(place, plan, format).await,
        (Db::Backup { file }, home) => backup(home, &file, format).await,
        (Db::Restore { file, replace, danger_older }, _) => {
            let consent = Consent { replace, danger_older };
            restore::run(place, &file, consent, reason, format).await
        }
        (Db::Copy(to), _) => copy::run(place, &to, format).await,
    }
}

async fn backup(home: &Home, file: &Path, format: Format) -> Result<(), Failure> {
    let made = match home {
        Home::Folder(folder) => jeton_store::backup(folder, file).await,
        Home::Postgres(postgres) => jeton_store::backup_postgres(postgres.direct(), file).await,
    };
    let made = made.map_err(|why| match why {
        BackupError::Open(why) => why.into(),
        BackupError::Source(why) => copy::source_failed(why),
        BackupError::Exists { .. } | BackupError::Busy { .. } => Failure::conflict(why.to_string()),
        BackupError::Damaged(_) => Failure::check_failed(why.to_string()),
        BackupError::NotUnicode { .. } => Failure::usage(why.to_string()),
        BackupError::NotCopied(_) | BackupError::Io { .. } => Failure::failed(why.to_string()).or(ROOM),
    })?;
    let shown = json!({
        "file": file.display().to_string(),
        "sequence": made.contents.sequence,
        "bytes": made.bytes,
    });
    output::one(format, &shown)?;
    if format.is_for_people() {
        output::note(
            "The master key is not in it, and without it the backup is worth nothing: back that up too, elsewhere.",
        );
    }
    Ok(())
}

/// For a check that failed: what a binary must know to work on the store.
fn schema_is_newer(least: i64) -> String {
    format!(
        "a newer Jeton has changed the database so that this one, which does not know schema {least}, cannot \
             work on it: use the newer version"
    )
}

/// What a master key at hand is to the store's check value.
enum MasterKey {
    Right,
    Wrong(String),
    NotGiven,
    /// The store has no keys yet.
    NothingToOpen,
}

impl MasterKey {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong(_) => "wrong",
            Self::NotGiven => "not given",
            Self::NothingToOpen => "nothing to open yet",
        }
    }
}

fn master_key(place: &Place, check: Option<&Sealed>) -> MasterKey {
    match (data::read_master_key(place), check) {
        (Err(why), _) => MasterKey::Wrong(why.message().to_owned()),
        (Ok(None), _) => MasterKey::NotGiven,
        (Ok(Some(_)), None) => MasterKey::NothingToOpen,
        (Ok(Some(master)), Some(check)) => match prove_master_keys(check, &master) {
            Ok(()) => MasterKey::Right,
            Err(why) => MasterKey::Wrong(format!("the master key is not that of the store: {why}")),
        },
    }
}
