//! A copy of the store as it is at one moment, made while others read and write.
//!
//! `VACUUM INTO` reads in one snapshot, which holds up nobody, and what it writes is one file without a write-ahead
//! log. (sqlx has no way to `SQLite`'s backup interface, which would begin anew with every commit of another process.)
//! The copy grows under a name of its own, is checked as a restore would check it, brought to the disk, and gets its
//! name last: a file of that name is a whole backup.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use sqlx::{Connection, SqliteConnection};

use super::claim::claim;
use super::connect;
use super::fill::{FillError, fill};
use super::folder::{self, database_files, with_suffix};
use super::inspect::{self, Depth};
use super::open::{OpenError, blocking};
use crate::contents::Contents;
use crate::copy::{Source, SourceError};
use crate::opening::Opening;
use crate::postgres::Endpoint;

/// What the name of a backup ends with while it is made.
const PARTIAL: &str = ".partial";

/// A backup that was made.
#[derive(Debug)]
pub struct Backup {
    /// What is in it.
    pub contents: Contents,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Copies the store in `folder` to `file`, which must not be there. Every commit that was acknowledged before is in
/// the copy; the master key is neither needed nor in it.
pub async fn backup(folder: &Path, file: &Path) -> Result<Backup, BackupError> {
    let path = folder.to_owned();
    let claim = blocking(move || claim(&path, Opening::Existing)).await?;
    let store = claim.file().to_owned();
    connect::probe(&store).await?.require_store(&store)?;
    let _in_use = claim.opened();
    // Relative to the root, since SQLite takes a name that begins with `file:` for a URI.
    let target = std::path::absolute(file).map_err(|source| failed("find", file, source))?;
    let draft = blocking(move || Draft::make(target)).await?;
    copy(&store, &draft.path).await?;
    let contents = check(&draft.path).await?;
    let bytes = blocking(move || draft.publish()).await?;
    Ok(Backup { contents, bytes })
}

/// Copies the store at `endpoint` to `file`, as it is at one moment: a backup like any other.
pub async fn backup_postgres(endpoint: &Endpoint, file: &Path) -> Result<Backup, BackupError> {
    let mut source = Source::postgres(endpoint).await?;
    let target = std::path::absolute(file).map_err(|source| failed("find", file, source))?;
    let draft = blocking(move || Draft::make(target)).await?;
    fill(&draft.path, &mut source).await?;
    source.close().await.map_err(|error| not_copied(&error))?;
    let contents = check(&draft.path).await?;
    let bytes = blocking(move || draft.publish()).await?;
    Ok(Backup { contents, bytes })
}

async fn copy(store: &Path, draft: &Path) -> Result<(), BackupError> {
    let name = draft.to_str().ok_or_else(|| BackupError::NotUnicode { file: draft.to_owned() })?;
    let mut connection = connect::looker(store).await.map_err(|error| not_copied(&error))?;
    let copied = sqlx::query("VACUUM INTO $1").bind(name).execute(&mut connection).await;
    let copied = copied.map(drop).map_err(|error| not_copied(&error));
    close(connection).await?;
    copied
}

/// What is in the copy, once it is known to be sound.
async fn check(draft: &Path) -> Result<Contents, BackupError> {
    let mut connection = connect::looker(draft).await.map_err(|error| not_copied(&error))?;
    let problems = inspect::problems(&mut connection, Depth::Full).await;
    let problems = problems.map_err(|error| not_copied(&error))?;
    if let Some(problem) = problems.into_iter().next() {
        return Err(BackupError::Damaged(problem));
    }
    let contents = inspect::contents(&mut connection).await;
    close(connection).await?;
    contents.map_err(|error| BackupError::Damaged(error.to_string()))
}

async fn close(connection: SqliteConnection) -> Result<(), BackupError> {
    connection.close().await.map_err(|error| not_copied(&error))
}

fn not_copied(error: &sqlx::Error) -> BackupError {
    if connect::is_damage(error) {
        BackupError::Damaged(error.to_string())
    } else {
        BackupError::NotCopied(error.to_string())
    }
}

/// A backup that is being made; removed where it does not become one.
struct Draft {
    target: PathBuf,
    path: PathBuf,
    /// Its lock keeps a second backup of the same name away.
    file: File,
    published: bool,
}

impl Draft {
    fn make(target: PathBuf) -> Result<Self, BackupError> {
        let path = with_suffix(&target, PARTIAL);
        let file = open_draft(&path).map_err(|source| failed("make", &path, source))?;
        let busy = || BackupError::Busy { file: target.clone() };
        file.try_lock().map_err(|why| match why {
            TryLockError::WouldBlock => busy(),
            TryLockError::Error(source) => failed("lock", &path, source),
        })?;
        // Between opening and locking it may have become somebody else's backup.
        if !is_at(&file, &path) {
            return Err(busy());
        }
        let draft = Self { target, path, file, published: false };
        if fs::symlink_metadata(&draft.target).is_ok() {
            return Err(BackupError::Exists { file: draft.target.clone() });
        }
        // A backup that was killed may have left a part. SQLite takes an empty file.
        draft.file.set_len(0).map_err(|source| failed("empty", &draft.path, source))?;
        Ok(draft)
    }

    /// Gives it its name, once it is on the disk. Says how many bytes it has.
    fn publish(mut self) -> Result<u64, BackupError> {
        self.file.sync_all().map_err(|source| failed("sync", &self.path, source))?;
        let bytes = self.file.metadata().map_err(|source| failed("read", &self.path, source))?.len();
        rename_new(&self.path, &self.target).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists { file: self.target.clone() },
            _ => failed("rename", &self.path, source),
        })?;
        self.published = true;
        let folder = self.target.parent().unwrap_or(&self.target);
        folder::sync(folder).map_err(|source| failed("sync", folder, source))?;
        Ok(bytes)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published {
            for left in database_files(&self.path) {
                if let Err(error) = folder::remove(&left) {
                    tracing::warn!(%error, path = %left.display(), "what is left of a backup stays there");
                }
            }
        }
    }
}

/// Opens it for its owner alone, and follows no link that somebody else may have laid there.
fn open_draft(path: &Path) -> io::Result<File> {
    let no_link = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(no_link);
    let file = options.open(path)?;
    if file.metadata()?.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Whether the file is the one at that path.
fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(there)) => identity(open) == identity(there),
        _ => false,
    }
}

/// Renames, and never over something.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some network file systems cannot; linking says the same there.
        Err(rustix::io::Errno::INVAL) => fs::hard_link(from, to).and_then(|()| fs::remove_file(from)),
        other => other.map_err(io::Error::from),
    }
}

/// Why no backup was made, and what to do about it. Nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be copied from.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The name is taken.
    #[error("{} is there already, and a backup replaces nothing: choose another name", .file.display())]
    Exists {
        /// What is there.
        file: PathBuf,
    },
    /// Another backup gets that name.
    #[error("another backup is being written to {}: choose another name", .file.display())]
    Busy {
        /// The name.
        file: PathBuf,
    },
    /// `SQLite` takes names in UTF-8 alone.
    #[error("{} is not UTF-8: choose another name", .file.display())]
    NotUnicode {
        /// The name.
        file: PathBuf,
    },
    /// The store is damaged, or its copy is.
    #[error(
        "the store is damaged, so a copy of it is worth little: `jeton db status --full` says more ({0})"
    )]
    Damaged(String),
    /// `SQLite` could not read or write.
    #[error("the store cannot be copied: {0}")]
    NotCopied(String),
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
}

impl From<FillError> for BackupError {
    fn from(error: FillError) -> Self {
        match error {
            FillError::Open(why) => Self::Open(why),
            FillError::Copy(why) => Self::NotCopied(why.to_string()),
            FillError::Sqlite(why) => not_copied(&why),
        }
    }
}

fn failed(doing: &'static str, path: &Path, source: io::Error) -> BackupError {
    BackupError::Io { doing, path: path.to_owned(), source }
}
