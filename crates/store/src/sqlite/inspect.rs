//! The file as a whole: what it is, whether it is sound, and what is in it. Reads only, and migrates nothing.
//!
//! To look at one thing more: a field of [`Status`].

use std::fs;
use std::path::{Path, PathBuf};

use jeton_core::StoreError;
use jeton_core::model::Sequence;
use sqlx::{Connection, Error, Row, SqliteConnection};

use super::claim::claim;
use super::connect::{self, failed, is_damage};
use super::folder::database_files;
use super::high_water;
use super::open::{OpenError, blocking};
use crate::connection::Connection as Statements;
use crate::contents::Contents;
use crate::opening::Opening;
use crate::schema::{self, Plan};

/// How deep to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// `quick_check`: every page, but not that indexes and tables agree.
    Quick,
    /// `integrity_check` and `foreign_key_check`.
    Full,
}

/// What a data folder holds.
#[derive(Debug)]
pub struct Status {
    /// The store's schema.
    pub schema: i64,
    /// The newest schema that this binary knows.
    pub newest_schema: i64,
    /// What a binary must know to work on it, where this one does not.
    pub least_schema: Option<i64>,
    /// The version of `SQLite`.
    pub sqlite: String,
    /// What `SQLite` finds wrong with the file; nothing where it is sound.
    pub problems: Vec<String>,
    /// What is in the store, or why that cannot be read.
    pub contents: Result<Contents, StoreError>,
    /// The highest sequence that was ever seen in the folder, if that is known.
    pub high_water: Option<Sequence>,
    /// The files of the store with their sizes in bytes.
    pub files: Vec<(PathBuf, u64)>,
}

/// Looks at the store in `folder`, also while others use it.
pub async fn inspect(folder: &Path, depth: Depth) -> Result<Status, OpenError> {
    let path = folder.to_owned();
    let claim = blocking(move || claim(&path, Opening::Existing)).await?;
    let file = claim.file().to_owned();
    connect::probe(&file).await?.require_store(&file)?;
    let _in_use = claim.opened();
    let mut connection = connect::looker(&file).await.map_err(|error| failed(&error))?;
    let status = Status {
        schema: schema_of(&mut connection).await.unwrap_or_default(),
        newest_schema: schema::newest(),
        least_schema: schema::least_beyond_this(&mut Statements::Sqlite(&mut connection))
            .await
            .unwrap_or_default(),
        sqlite: sqlite_version(&mut connection).await.map_err(|error| failed(&error))?,
        problems: problems(&mut connection, depth).await.map_err(|error| failed(&error))?,
        contents: contents(&mut connection).await,
        high_water: high_water::read(folder),
        files: sizes(&file),
    };
    connection.close().await.map_err(|error| failed(&error))?;
    Ok(status)
}

/// What would bring the store in `folder` up to date. Changes nothing.
pub async fn migrations_sqlite(folder: &Path) -> Result<Plan, OpenError> {
    let path = folder.to_owned();
    let claim = blocking(move || claim(&path, Opening::Existing)).await?;
    let file = claim.file().to_owned();
    connect::probe(&file).await?.require_store(&file)?;
    let _in_use = claim.opened();
    let mut connection = connect::looker(&file).await.map_err(|error| failed(&error))?;
    let known = require_known_schema(&mut connection, &file).await;
    let schema = schema_of(&mut connection).await.map_err(|error| failed(&error));
    connection.close().await.map_err(|error| failed(&error))?;
    known?;
    Ok(Plan::of(Some(schema?)))
}

/// What `SQLite` finds wrong.
pub(super) async fn problems(connection: &mut SqliteConnection, depth: Depth) -> Result<Vec<String>, Error> {
    let check = match depth {
        Depth::Quick => "PRAGMA quick_check(20)",
        Depth::Full => "PRAGMA integrity_check(20)",
    };
    let mut found: Vec<String> = match sqlx::query_scalar(check).fetch_all(&mut *connection).await {
        Ok(lines) => lines.into_iter().filter(|line| line != "ok").collect(),
        // Where the damage is such that not even the check gets through.
        Err(error) if is_damage(&error) => return Ok(vec![error.to_string()]),
        Err(error) => return Err(error),
    };
    if depth == Depth::Full && found.is_empty() {
        for row in sqlx::query("PRAGMA foreign_key_check").fetch_all(connection).await? {
            let (table, parent): (String, String) = (row.try_get("table")?, row.try_get("parent")?);
            found.push(format!("a row of {table} refers to a row of {parent} that is not there"));
        }
    }
    Ok(found)
}

/// What is in it.
pub(super) async fn contents(connection: &mut SqliteConnection) -> Result<Contents, StoreError> {
    Contents::read(&mut Statements::Sqlite(connection)).await
}

/// The last migration; an error where there never was one.
pub(crate) async fn schema_of(connection: &mut SqliteConnection) -> Result<i64, Error> {
    sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(connection).await
}

/// Refuses a store that a newer binary has changed so that this one cannot work on it.
pub(super) async fn require_known_schema(
    connection: &mut SqliteConnection,
    file: &Path,
) -> Result<(), OpenError> {
    let least = schema::least_beyond_this(&mut Statements::Sqlite(connection)).await;
    match least.map_err(|error| OpenError::Failed(error.to_string()))? {
        None => Ok(()),
        Some(least) => Err(OpenError::NewerSchema { file: file.to_owned(), least, known: schema::newest() }),
    }
}

async fn sqlite_version(connection: &mut SqliteConnection) -> Result<String, Error> {
    sqlx::query_scalar("SELECT sqlite_version()").fetch_one(connection).await
}

fn sizes(file: &Path) -> Vec<(PathBuf, u64)> {
    let size = |path: PathBuf| fs::metadata(&path).ok().map(|metadata| (path, metadata.len()));
    database_files(file).filter_map(size).collect()
}
