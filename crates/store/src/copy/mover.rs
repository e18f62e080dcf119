//! A whole store into an empty one, whatever either is in: as it is, with the numbers that it has.

use std::path::Path;

use super::{Copied, CopyError, Source, SourceError, copy};
use crate::contents::Contents;
use crate::postgres::{Endpoint, PostgresError, Target};
use crate::sqlite::{NewFolder, OpenError};
use crate::statement::store_error;

/// Where a store is, or is to be.
#[derive(Debug, Clone, Copy)]
pub enum Site<'a> {
    /// A data folder.
    Folder(&'a Path),
    /// A `PostgreSQL`.
    Postgres(&'a Endpoint),
}

/// A store that was copied.
#[derive(Debug)]
pub struct Moved {
    /// What is in it.
    pub contents: Contents,
    /// Every table, with its rows.
    pub tables: Vec<Copied>,
}

/// Copies the store at one site to another, which must have none, or one to which nothing was ever committed. The copy
/// is read back before it is one, and is there whole or not at all.
pub async fn move_store(from: Site<'_>, to: Site<'_>) -> Result<Moved, MoveError> {
    let mut source = match from {
        Site::Folder(folder) => Source::folder(folder).await?,
        Site::Postgres(endpoint) => Source::postgres(endpoint).await?,
    };
    let contents = source.contents().await?;
    let tables = match to {
        Site::Folder(folder) => NewFolder::claim(folder, &contents).await?.fill(&mut source).await?,
        Site::Postgres(endpoint) => fill(endpoint, &mut source).await?,
    };
    source.close().await.map_err(SourceError::from)?;
    Ok(Moved { contents, tables })
}

async fn fill(endpoint: &Endpoint, source: &mut Source) -> Result<Vec<Copied>, MoveError> {
    let mut target = Target::begin(endpoint).await.map_err(MoveError::TargetPostgres)?;
    let there = Contents::read(&mut target.connection()).await;
    let there = there.map_err(|why| MoveError::Failed(why.to_string()))?;
    if there.sequence.0 != 0 {
        return Err(MoveError::Occupied { at: format!("at {endpoint}") });
    }
    let tables = copy(&mut source.connection(), &mut target.connection()).await?;
    target.commit().await.map_err(|why| MoveError::Failed(store_error(why).to_string()))?;
    Ok(tables)
}

/// Why a store was not copied. The target has no store, or the empty one that it had.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The source is in the way.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The folder that is to take it is in the way.
    #[error(transparent)]
    TargetFolder(OpenError),
    /// The database that is to take it is in the way.
    #[error(transparent)]
    TargetPostgres(PostgresError),
    /// There is a store already.
    #[error("there is a store {at} already, and a copy replaces nothing: name an empty place")]
    Occupied {
        /// Where.
        at: String,
    },
    /// It was tried, and undone.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The operating system or the database refuses.
    #[error("the store cannot be copied: {0}")]
    Failed(String),
}
