//! The backup's copy in the data folder: what is checked is what will stand there, whatever becomes of the backup.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jeton_core::intent::Change;
use jeton_core::model::Sequence;
use jeton_core::revocation::KEEP_GENERATION;
use sqlx::Connection as _;

use super::{RestoreError, failed, refused};
use crate::changes;
use crate::connection::{Connection, Lent};
use crate::contents::Contents;
use crate::sql::{revocations, whole as sql};
use crate::sqlite::connect;
use crate::sqlite::folder::{self, DRAFT, database_files, with_suffix};
use crate::sqlite::inspect::{self, Depth};
use crate::sqlite::open::{self, OpenError};
use crate::statement::values;

/// A store that is being prepared; removed unless it was renamed.
#[derive(Debug)]
pub(super) struct Draft(PathBuf);

/// Refuses a file whose last commits are in a log beside it, as those of a store that is open or was killed are.
pub(super) fn require_no_log(file: &Path) -> Result<(), RestoreError> {
    for log in ["-wal", "-journal"].map(|end| with_suffix(file, end)) {
        if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(RestoreError::NotWhole { file: file.to_owned(), log });
        }
    }
    Ok(())
}

impl Draft {
    /// Copies an open backup into the folder.
    pub(super) fn copy(mut backup: File, folder: &Path) -> Result<Self, RestoreError> {
        let draft = Self(folder.join(DRAFT));
        let mut copy = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft.0)?;
            io::copy(&mut backup, &mut file).map(drop)
        };
        copy().map_err(|source| failed("write", &draft.0, source))?;
        Ok(draft)
    }

    /// An empty one.
    pub(super) fn empty(folder: &Path) -> Result<Self, RestoreError> {
        let path = folder.join(DRAFT);
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        made.map_err(|source| failed("make", &path, source))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// What is in it, once it is known to be a sound store of a schema that this binary knows. `backup` is the name
    /// for what is wrong.
    pub(super) async fn check(&self, backup: &Path) -> Result<Contents, RestoreError> {
        let file = || backup.to_owned();
        match connect::probe(&self.0).await {
            Ok(connect::Identity::Jeton) => {}
            Ok(_) => return Err(RestoreError::NotABackup { file: file() }),
            Err(OpenError::Damaged { why, .. }) => {
                return Err(RestoreError::Damaged { file: file(), problem: why });
            }
            Err(error) => return Err(error.into()),
        }
        let mut connection = connect::looker(&self.0).await.map_err(|error| refused(&error))?;
        let checked = async {
            let problems = inspect::problems(&mut connection, Depth::Full).await;
            if let Some(problem) = problems.map_err(|error| refused(&error))?.into_iter().next() {
                return Err(RestoreError::Damaged { file: file(), problem });
            }
            let damaged = |problem: String| RestoreError::Damaged { file: file(), problem };
            inspect::schema_of(&mut connection).await.map_err(|error| damaged(error.to_string()))?;
            inspect::require_known_schema(&mut connection, backup).await?;
            inspect::contents(&mut connection).await.map_err(|error| damaged(error.to_string()))
        }
        .await;
        connection.close().await.map_err(|error| refused(&error))?;
        checked
    }

    /// Brings the copy to this binary's schema.
    pub(super) async fn migrate(&self) -> Result<(), RestoreError> {
        let writers = connect::writers(&self.0).await?;
        let migrated = open::migrate(&writers, &self.0).await;
        writers.close().await;
        Ok(migrated?)
    }

    /// Brings the copy to this binary's schema and beyond everything that was seen: counter, generations where they
    /// may have been raised since the backup, and the record of the restore. It is on the disk afterwards.
    pub(super) async fn advance(
        &self,
        change: &Change,
        backup: Sequence,
        sequence: Sequence,
        generations_by: Option<i64>,
    ) -> Result<(), RestoreError> {
        let writers = connect::writers(&self.0).await?;
        let advanced = async {
            open::migrate(&writers, &self.0).await?;
            let mut writer = writers.acquire().await.map(Lent::Sqlite).map_err(|error| refused(&error))?;
            let advanced = async {
                let mut transaction = writer.begin().await.map_err(|error| refused(&error))?;
                jump(&mut transaction.connection(), change, backup, sequence, generations_by).await?;
                transaction.commit().await.map_err(|error| refused(&error))
            };
            advanced.await
        }
        .await;
        // The last connection folds the log into the file, and removes it.
        writers.close().await;
        advanced?;
        require_no_log(&self.0)?;
        let path = self.0.clone();
        let sync = crate::sqlite::open::blocking(move || {
            File::open(&path).and_then(|file| file.sync_all()).map_err(|source| failed("sync", &path, source))
        });
        sync.await
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        for left in database_files(&self.0) {
            if let Err(error) = folder::remove(&left) {
                tracing::warn!(%error, path = %left.display(), "what is left of a restore stays there");
            }
        }
    }
}

/// Brings a store that was put back beyond everything that was seen. `generations_by` is how far they must jump: farther
/// than so many commits can have raised one.
pub(super) async fn jump(
    connection: &mut Connection<'_>,
    change: &Change,
    backup: Sequence,
    sequence: Sequence,
    generations_by: Option<i64>,
) -> Result<(), RestoreError> {
    let jumped = async {
        connection.execute(sql::SET_SEQUENCE, values![sequence]).await?;
        connection.execute(sql::DROP_LEASES, values![]).await?;
        if let Some(by) = generations_by {
            connection.execute(sql::RAISE_GENERATIONS, values![by, sequence]).await?;
            let expires = change.time.plus(KEEP_GENERATION);
            connection.execute(revocations::OF_ALL, values![sequence, expires]).await?;
        }
        Ok(())
    };
    jumped.await.map_err(|error| refused(&error))?;
    let recorded = changes::record_restore(connection, change, sequence, backup).await;
    recorded.map_err(|error| RestoreError::Failed(error.to_string()))
}
