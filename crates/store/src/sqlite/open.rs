//! From a path to a store that is open, or a sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jeton_core::Store as _;
use jeton_core::model::Sequence;
use sqlx::sqlite::SqlitePool;

use super::claim::claim;
use super::high_water::{self, HighWater};
use super::{SqliteEngine, SqliteStore, connect, inspect};
use crate::connection::Connection;
use crate::engine::SqlStore;
use crate::opening::Opening;
use crate::rows::Columns;
use crate::schema::{self, NotMigrated, Plan};
use crate::sql::changes as sql;
use crate::statement::values;

impl SqliteStore {
    /// Opens the store in `folder`, and brings its schema up to date.
    ///
    /// From before the first connection until the schema is up to date a file lock keeps others out: first
    /// starts would otherwise race, since `SQLite` has no lock that spans a migration.
    pub async fn open(folder: &Path, how: Opening) -> Result<Self, OpenError> {
        let path = folder.to_owned();
        let (claim, mark) = blocking(move || Ok((claim(&path, how)?, high_water::read(&path)))).await?;
        let file = claim.file();
        let identity = connect::probe(file).await?;
        if identity != connect::Identity::Empty || how == Opening::Existing {
            identity.require_store(file)?;
        }
        let writers = connect::writers(file).await?;
        let ready = async {
            if identity == connect::Identity::Jeton {
                inspect::require_known_schema(
                    &mut *writers.acquire().await.map_err(|why| connect::failed(&why))?,
                    file,
                )
                .await?;
            }
            migrate(&writers, file).await
        };
        if let Err(error) = ready.await {
            writers.close().await;
            return Err(error);
        }
        let high_water = HighWater::of(folder);
        let behind = behind(&writers, &high_water, mark).await;
        let readers = connect::readers(file);
        let in_use = Arc::new(claim.opened());
        Ok(SqlStore(SqliteEngine { readers, writers, high_water, behind, in_use }))
    }

    /// Whether the store was behind its high-water mark when it was opened.
    pub fn behind(&self) -> Option<Behind> {
        self.0.behind
    }
}

/// An older copy of the store stands in its place, put there by hand: what was changed since is as if it had not
/// been, and secrets that were revoked since are accepted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an older copy of the store was put back by hand: it ends with commit {}, and commit {} was seen here before. \
     Secrets that were revoked since are accepted again, and tokens that were revoked may be good. To put a backup \
     back, use `jeton db restore`, which takes care of what can be taken care of",
    .sequence.0, .high_water.0
)]
pub struct Behind {
    /// The store's last commit when it was opened.
    pub sequence: Sequence,
    /// The last one that was seen before.
    pub high_water: Sequence,
}

/// Takes notice of the store's sequence. One that cannot be read is the business of whoever reads it next.
async fn behind(writers: &SqlitePool, high_water: &Arc<HighWater>, mark: Option<Sequence>) -> Option<Behind> {
    let mut writer = writers.acquire().await.ok()?;
    let row = Connection::Sqlite(&mut writer).fetch_optional(sql::SEQUENCE, values![]).await.ok()??;
    let sequence = Columns(&row).sequence("sequence").ok()?;
    high_water.note(sequence);
    mark.filter(|mark| *mark > sequence).map(|high_water| Behind { sequence, high_water })
}

/// Brings the store in `folder` up to date, and says what that took.
pub async fn migrate_sqlite(folder: &Path) -> Result<Plan, OpenError> {
    let plan = inspect::migrations_sqlite(folder).await?;
    SqliteStore::open(folder, Opening::Existing).await?.close().await;
    Ok(plan)
}

/// Brings the schema up to date. Whoever calls it holds the file lock: sqlx's own is none on `SQLite`.
pub(super) async fn migrate(writers: &SqlitePool, file: &Path) -> Result<(), OpenError> {
    let migrated = schema::migrator(|texts| texts.sqlite).run(writers).await;
    migrated.map_err(|error| match error.into() {
        NotMigrated::Other(why) => OpenError::OtherSchema { file: file.to_owned(), why },
        NotMigrated::Failed(why) => OpenError::Failed(why),
    })
}

/// Runs what waits for the file system on a thread of its own.
pub(super) async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<OpenError> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| OpenError::Failed(error.to_string()))?
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
    /// Not even what it is can be read to the end.
    #[error("{} is damaged ({why}): put a backup back with `jeton db restore FILE --replace`", .file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What `SQLite` says.
        why: String,
    },
    /// A newer Jeton has taken something away that this one needs.
    #[error(
        "a newer Jeton has changed {} so that this one cannot work on it (it must know schema {least}, and knows \
         {known}): use the newer version", .file.display()
    )]
    NewerSchema {
        /// The file.
        file: PathBuf,
        /// The number that a binary must know.
        least: i64,
        /// The newest that this binary knows.
        known: i64,
    },
    /// Somebody has it open, and it was to be replaced.
    #[error("the store in {} is in use: stop `jeton serve` and every other program that has it open", .folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
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
