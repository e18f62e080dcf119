//! The store that stands where the backup is to go.

use std::path::Path;

use jeton_core::model::Sequence;
use sqlx::{Connection as _, Error};

use super::draft::require_no_log;
use super::loss::Log;
use super::{RestoreError, refused};
use crate::connection::Connection;
use crate::contents::Contents;
use crate::sqlite::connect::{self, Identity};
use crate::sqlite::open::OpenError;

/// What stands where the backup is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No store, or one that nothing was ever committed to.
    Nothing,
    /// A store.
    Store {
        /// Its last commit.
        sequence: Sequence,
    },
    /// A store whose file cannot be read.
    Damaged {
        /// Why not.
        why: String,
    },
}

impl Standing {
    /// Its last commit, if that can be read.
    pub(super) fn sequence(&self) -> Option<Sequence> {
        match self {
            Self::Store { sequence } => Some(*sequence),
            Self::Nothing | Self::Damaged { .. } => None,
        }
    }
}

/// Finds out what is there, and what it has that the backup lacks; no such log where it is another store.
///
/// A damaged one is looked at and no more: its log may be what mends it.
pub(super) async fn look(
    file: &Path,
    folder: &Path,
    backup: &Contents,
) -> Result<(Standing, Option<Log>), RestoreError> {
    if !file.exists() {
        return Ok((Standing::Nothing, None));
    }
    let damaged = |why: String| Ok((Standing::Damaged { why }, None));
    let identity = match connect::probe(file).await {
        Ok(Identity::NoDatabase) => return damaged("it is no database".to_owned()),
        Err(OpenError::Damaged { why, .. }) => return damaged(why),
        other => other?,
    };
    if identity == Identity::Other {
        return Err(OpenError::NotJeton { file: file.to_owned() }.into());
    }
    match alone(file, backup).await {
        Err(error) if connect::is_in_use(&error) => {
            Err(OpenError::InUse { folder: folder.to_owned() }.into())
        }
        Err(error) if connect::is_damage(&error) => damaged(error.to_string()),
        Err(error) => Err(refused(&error)),
        Ok(_) if require_no_log(file).is_err() => Err(OpenError::InUse { folder: folder.to_owned() }.into()),
        Ok(_) if identity == Identity::Empty => Ok((Standing::Nothing, None)),
        Ok(seen) => Ok(seen),
    }
}

/// Reads it with nobody else there, and folds the write-ahead log into the file, since a log must not stand beside
/// another file than its own. This also finds programs that know nothing of our locks.
async fn alone(file: &Path, backup: &Contents) -> Result<(Standing, Option<Log>), Error> {
    let mut connection = connect::alone(file).await?;
    let seen = match sqlx::raw_sql("BEGIN EXCLUSIVE; COMMIT").execute(&mut connection).await {
        Ok(_) => Ok(read(&mut Connection::Sqlite(&mut connection), backup).await),
        Err(error) => Err(error),
    };
    // The last connection folds the log on its way out. (Leaving the mode of the log instead would do so too, but
    // rewrite the file's head, which a kill leaves half-done.)
    connection.close().await?;
    seen
}

/// What a connection finds there.
pub(super) async fn read(connection: &mut Connection<'_>, backup: &Contents) -> (Standing, Option<Log>) {
    match Contents::read(connection).await {
        Err(why) => (Standing::Damaged { why: why.to_string() }, None),
        Ok(Contents { sequence: Sequence(0), .. }) => (Standing::Nothing, None),
        Ok(Contents { sequence, master_key_check, .. }) => {
            let same_store = master_key_check == backup.master_key_check;
            // A log that cannot be read says nothing of what is lost, and is no reason to stop.
            let log = Log::after(connection, backup.sequence).await;
            (Standing::Store { sequence }, log.filter(|_| same_store))
        }
    }
}
