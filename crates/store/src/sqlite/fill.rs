//! A store's file that is made of another store, and connections for whoever copies from one.

use std::fs::File;
use std::path::Path;

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Error, Sqlite, SqliteConnection};

use super::claim::claim;
use super::connect::{self, failed};
use super::open::{self, OpenError, blocking};
use crate::connection::Connection;
use crate::copy::{self, Copied, CopyError, Source};
use crate::opening::Opening;

/// A connection to the store in a folder, and the lock that says so.
pub(crate) async fn look_into(folder: &Path) -> Result<(SqliteConnection, File), OpenError> {
    let path = folder.to_owned();
    let claim = blocking(move || claim(&path, Opening::Existing)).await?;
    let file = claim.file().to_owned();
    connect::probe(&file).await?.require_store(&file)?;
    let in_use = claim.opened();
    Ok((look_at(&file).await?, in_use))
}

/// A connection to a store's file.
pub(crate) async fn look_at(file: &Path) -> Result<SqliteConnection, OpenError> {
    connect::looker(file).await.map_err(|error| failed(&error))
}

/// Makes a store of the empty file at `path`, with the contents of the source. What is left beside the file, where it
/// fails, is the caller's to remove.
pub(super) async fn fill(path: &Path, source: &mut Source) -> Result<Vec<Copied>, FillError> {
    let writers = connect::writers(path).await?;
    let filled = async {
        open::migrate(&writers, path).await?;
        take_in(writers.acquire().await?, source).await
    };
    let filled = filled.await;
    writers.close().await;
    filled
}

async fn take_in(mut writer: PoolConnection<Sqlite>, source: &mut Source) -> Result<Vec<Copied>, FillError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let mut target = Connection::Sqlite(&mut transaction);
    let copied = copy::copy(&mut source.connection(), &mut target).await?;
    transaction.commit().await?;
    // One file, and nothing beside it: whoever opens it as a store gives it its log again.
    sqlx::raw_sql("PRAGMA journal_mode = DELETE").execute(&mut *writer).await?;
    Ok(copied)
}

/// Why a file was not filled.
pub(crate) enum FillError {
    Open(OpenError),
    Copy(CopyError),
    Sqlite(Error),
}

impl From<OpenError> for FillError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<CopyError> for FillError {
    fn from(error: CopyError) -> Self {
        Self::Copy(error)
    }
}

impl From<Error> for FillError {
    fn from(error: Error) -> Self {
        Self::Sqlite(error)
    }
}
