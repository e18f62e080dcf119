//! Putting a backup in the store's place: all of it or nothing, whenever the process is killed.
//!
//! [`Restore::prepare`] keeps everybody out, copies the backup beside the store, checks the copy, and finds out what
//! would be lost. The caller asks its own questions (above all whether the master key at hand is the backup's), and
//! [`Restore::install`] brings the copy beyond everything that was ever seen in the folder and renames it over the
//! store. Until that rename the old store stands untouched; what a killed restore leaves is cleared by whoever opens
//! the store next. In a `PostgreSQL` the copy takes the store's place row by row, in one transaction. Why the counter and the generations jump: `docs/adr/0009-restoring-an-older-backup.md`.

mod database;
mod draft;
mod loss;
mod new_folder;
mod standing;
mod swap;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use jeton_core::intent::Change;
use jeton_core::model::Sequence;

use tempfile::TempDir;

use self::database::Database;
use self::draft::Draft;
pub use self::loss::Loss;
pub(crate) use self::new_folder::NewFolder;
pub use self::standing::Standing;
use super::claim::{Claim, claim_alone};
use super::high_water;
use super::open::{OpenError, blocking};
use crate::contents::Contents;
use crate::copy::CopyError;
use crate::postgres::{Endpoint, PostgresError};

/// How far the counter jumps beyond the highest sequence that is known: farther than the high-water mark can have
/// lagged, so that no number is given out twice.
const JUMP: i64 = 1_000_000;

/// A backup that was checked, beside the store that it is to replace. Nobody of ours opens that store meanwhile.
#[derive(Debug)]
pub struct Restore {
    // Dropped in this order: the draft is removed while others are still kept out.
    draft: Draft,
    place: Place,
    backup: Contents,
    standing: Standing,
    high_water: Option<Sequence>,
    loss: Loss,
}

/// What takes the backup; others are kept out of it.
#[derive(Debug)]
enum Place {
    Folder {
        claim: Claim,
        folder: PathBuf,
    },
    /// The draft has a folder of its own, which is thrown away.
    Database {
        database: Box<Database>,
        _around: TempDir,
    },
}

/// What the operator agreed to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Consent {
    /// To replacing a store that is there. In a folder it is kept beside.
    pub replace: bool,
    /// To losing commits, and so to taking back revocations.
    pub danger_older: bool,
}

/// A restore that was done.
#[derive(Debug)]
pub struct Restored {
    /// The commit that it counts as.
    pub sequence: Sequence,
    /// Where the store is that was there before, if it was kept.
    pub kept: Option<PathBuf>,
    /// Whether every generation was raised, since a revocation may have been lost.
    pub generations_raised: bool,
}

impl Restore {
    /// Checks the backup in `file`, and whether the store in `folder` can be replaced. The folder is made where it is
    /// missing. Changes neither store nor backup.
    pub async fn prepare(folder: &Path, file: &Path) -> Result<Self, RestoreError> {
        let (folder, file) = (folder.to_owned(), file.to_owned());
        let copying = (folder.clone(), file.clone());
        let (claim, draft) = blocking(move || {
            let (folder, file) = copying;
            let backup = File::open(&file).map_err(|source| failed("read", &file, source))?;
            draft::require_no_log(&file)?;
            let claim = claim_alone(&folder)?;
            let draft = Draft::copy(backup, &folder)?;
            Ok::<_, RestoreError>((claim, draft))
        })
        .await?;
        let backup = draft.check(&file).await?;
        let high_water = high_water::read(&folder);
        let (standing, log) = standing::look(claim.file(), &folder, &backup).await?;
        let loss = loss::assess(&backup, &standing, log, high_water);
        Ok(Self { draft, place: Place::Folder { claim, folder }, backup, standing, high_water, loss })
    }

    /// Checks the backup in `file`, and whether the store at `endpoint` can be replaced, whose schema is brought up to
    /// date, and whose tables are made where they are missing. From now on nobody else writes there; readers go on.
    pub async fn prepare_postgres(endpoint: &Endpoint, file: &Path) -> Result<Self, RestoreError> {
        let path = file.to_owned();
        let (draft, around) = blocking(move || {
            let backup = File::open(&path).map_err(|source| failed("read", &path, source))?;
            draft::require_no_log(&path)?;
            let around = tempfile::Builder::new().prefix("jeton-restore-").tempdir();
            let around =
                around.map_err(|source| failed("make a folder in", &std::env::temp_dir(), source))?;
            let draft = Draft::copy(backup, around.path())?;
            Ok::<_, RestoreError>((draft, around))
        })
        .await?;
        let backup = draft.check(file).await?;
        draft.migrate().await?;
        let (database, standing, log) = Database::claim(endpoint, &backup).await?;
        let loss = loss::assess(&backup, &standing, log, None);
        let place = Place::Database { database: Box::new(database), _around: around };
        Ok(Self { draft, place, backup, standing, high_water: None, loss })
    }

    /// What is in the backup.
    pub fn backup(&self) -> &Contents {
        &self.backup
    }

    /// What stands in its place now.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// What would be lost.
    pub fn loss(&self) -> &Loss {
        &self.loss
    }

    /// Puts the backup in the store's place.
    pub async fn install(self, consent: Consent, change: &Change) -> Result<Restored, RestoreError> {
        self.require(consent)?;
        // In this order, since what is bound last is dropped first.
        let Self { place, draft, backup, standing, high_water, loss } = self;
        let known = [Some(backup.sequence), high_water, standing.sequence()].into_iter().flatten().max();
        let sequence = Sequence(known.unwrap_or_default().0.saturating_add(JUMP));
        let generations_raised = loss != Loss::Nothing;
        let by = generations_raised.then_some(sequence.0.saturating_sub(backup.sequence.0));
        let (claim, folder) = match place {
            Place::Folder { claim, folder } => (claim, folder),
            Place::Database { database, _around } => {
                database.replace(&draft, change, backup.sequence, sequence, by).await?;
                return Ok(Restored { sequence, kept: None, generations_raised });
            }
        };
        draft.advance(change, backup.sequence, sequence, by).await?;
        let kept = blocking(move || {
            let (claim, draft) = (claim, draft);
            let kept = swap::swap(&folder, claim.file(), draft.path(), &standing, high_water)?;
            // One that is missing or too low rises with the next who opens the store, so this is no failure.
            if let Err(error) = high_water::raise_in(&folder, sequence) {
                tracing::warn!(%error, "the high-water mark cannot be written");
            }
            Ok::<_, RestoreError>(kept)
        })
        .await?;
        Ok(Restored { sequence, kept, generations_raised })
    }

    fn require(&self, consent: Consent) -> Result<(), RestoreError> {
        if self.standing != Standing::Nothing && !consent.replace {
            return Err(match &self.place {
                Place::Folder { folder, .. } => RestoreError::Occupied { folder: folder.clone() },
                Place::Database { database, .. } => {
                    RestoreError::OccupiedDatabase { endpoint: database.endpoint().clone() }
                }
            });
        }
        match &self.loss {
            Loss::Commits { .. } if !consent.danger_older => {
                Err(RestoreError::Older { backup: self.backup.sequence, loss: self.loss.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Why nothing was restored, and what to do about it. The store is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The folder or its store cannot be used, or the backup is of a newer Jeton.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be used.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// The file is no backup of Jeton's.
    #[error("{} is no backup of a Jeton store: name one that `jeton db backup` wrote", .file.display())]
    NotABackup {
        /// The file.
        file: PathBuf,
    },
    /// What belongs to the file is in another one beside it.
    #[error("{} is not whole: what it lacks is in {}. Name a file that `jeton db backup` wrote", .file.display(), .log.display())]
    NotWhole {
        /// The file.
        file: PathBuf,
        /// The log beside it.
        log: PathBuf,
    },
    /// The backup is damaged.
    #[error("the backup {} is damaged, so it was not restored: use another ({problem})", .file.display())]
    Damaged {
        /// The backup.
        file: PathBuf,
        /// The first thing that is wrong.
        problem: String,
    },
    /// A store is there, and nobody said that it may be replaced.
    #[error("there is a store in {} already: say `--replace` to put the backup in its place (it is kept beside)", .folder.display())]
    Occupied {
        /// The folder.
        folder: PathBuf,
    },
    /// A store is in the database, and nobody said that it may be replaced.
    #[error(
        "there is a store at {endpoint} already: say `--replace` to put the backup in its place. It is not kept: back it \
         up first"
    )]
    OccupiedDatabase {
        /// Where.
        endpoint: Endpoint,
    },
    /// What the backup holds did not get there.
    #[error("the backup cannot be restored: {0}")]
    Copy(#[from] CopyError),
    /// Later commits would be lost, and nobody agreed to that.
    #[error(
        "the backup ends with commit {}, and {loss} would be lost: secrets that they revoked, and credentials that \
         they suspended or deleted, would be accepted again. Use a newer backup, or say `--danger-older`, and then \
         revoke again what has to be", .backup.0
    )]
    Older {
        /// The backup's last commit.
        backup: Sequence,
        /// What would be lost.
        loss: Loss,
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
    #[error("the backup cannot be restored: {0}")]
    Failed(String),
}

fn failed(doing: &'static str, path: &Path, source: io::Error) -> RestoreError {
    RestoreError::Io { doing, path: path.to_owned(), source }
}

fn refused(error: &sqlx::Error) -> RestoreError {
    RestoreError::Failed(error.to_string())
}
