//! From a path to a store that is open, or a sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};

use super::{SqliteStore, connect, folder, schema};

/// Whether a store may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The folder and the store are made where they are missing: for `serve` alone.
    MakeIfMissing,
    /// The store must be there.
    Existing,
}

impl SqliteStore {
    /// Opens the store in `folder`, and brings its schema up to date.
    ///
    /// From before the first connection until the schema is up to date a file lock keeps others out: first
    /// starts would otherwise race, since `SQLite` has no lock that spans a migration.
    pub async fn open(folder: &Path, how: Opening) -> Result<Self, OpenError> {
        let path = folder.to_owned();
        let claim = tokio::task::spawn_blocking(move || folder::claim(&path, how)).await;
        let claim = claim.map_err(|error| OpenError::Failed(error.to_string()))??;
        let file = claim.file();
        match connect::probe(file).await? {
            connect::Identity::Jeton => {}
            connect::Identity::Empty if how == Opening::MakeIfMissing => {}
            connect::Identity::Empty => return Err(OpenError::NoStore { folder: folder.to_owned() }),
            connect::Identity::Other => return Err(OpenError::NotJeton { file: file.to_owned() }),
        }
        let writers = connect::writers(file).await?;
        if let Err(error) = schema::migrate(&writers, file).await {
            writers.close().await;
            return Err(error);
        }
        Ok(Self { readers: connect::readers(file), writers })
    }
}

/// Why a store cannot be opened, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder is missing.
    #[error("there is no data folder {}: name the right one with `--data DIR`, or let `jeton serve` make one", .folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder has no store.
    #[error("there is no store in {}: name the right folder with `--data DIR`, or let `jeton serve` make one", .folder.display())]
    NoStore {
        /// The folder.
        folder: PathBuf,
    },
    /// Something that is no folder has its place.
    #[error("{} is no folder: name one with `--data DIR`", .path.display())]
    NotAFolder {
        /// What has its place.
        path: PathBuf,
    },
    /// It belongs to another user, who could not open the files that this one would leave there.
    #[error("{} belongs to {owner}: run this as {owner}, with `sudo -u {owner}`", .path.display())]
    OtherOwner {
        /// The folder or file.
        path: PathBuf,
        /// The user's name, or `#` and the number.
        owner: String,
    },
    /// Other users have rights that would let them read the file or replace it.
    #[error("other users may use {} (mode {mode:04o}): take that away with `chmod {right:o} {}`", .path.display(), .path.display())]
    OpenToOthers {
        /// The folder or file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
        /// What it should be.
        right: u32,
    },
    /// The file is something else.
    #[error("{} is no Jeton store: move it away, or name another folder with `--data DIR`", .file.display())]
    NotJeton {
        /// The file.
        file: PathBuf,
    },
    /// A newer Jeton made it.
    #[error("a newer Jeton has written {} (schema {found}, this one knows {known}): use that version", .file.display())]
    NewerSchema {
        /// The file.
        file: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest that this binary knows.
        known: i64,
    },
    /// Its schema is none that was ever released.
    #[error("the schema of {} is not the one that this Jeton knows ({why}): restore a backup", .file.display())]
    OtherSchema {
        /// The file.
        file: PathBuf,
        /// In which way.
        why: String,
    },
    /// The `SQLite` that this binary was built with can damage its write-ahead log.
    #[error("this Jeton was built with SQLite {found}, which can lose data: build it with {least} or newer")]
    SqliteTooOld {
        /// Its version.
        found: String,
        /// What is needed.
        least: &'static str,
    },
    /// The operating system refuses.
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// `SQLite` refuses.
    #[error("the store cannot be opened: {0}")]
    Failed(String),
}
