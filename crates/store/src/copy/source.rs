//! One consistent moment of a store, to be copied from, while others go on using it.

use std::fs::File;
use std::path::Path;

use sqlx::postgres::PgPool;
use sqlx::{Connection as _, Error, SqliteConnection};

use crate::connection::{Connection, Sessions};
use crate::contents::Contents;
use crate::postgres::{self, Endpoint, PostgresError};
use crate::schema;
use crate::sqlite::{self, OpenError};

/// A store as it is at one moment. Changes nothing.
pub(crate) enum Source {
    Sqlite {
        connection: SqliteConnection,
        /// Its lock says that the store is open; none where the file is nobody else's.
        _in_use: Option<File>,
    },
    Postgres {
        session: PgPool,
        transaction: sqlx::Transaction<'static, sqlx::Postgres>,
    },
}

impl Source {
    /// The store in a folder.
    pub(crate) async fn folder(folder: &Path) -> Result<Self, SourceError> {
        let (connection, in_use) = sqlite::look_into(folder).await?;
        Self::sqlite(connection, Some(in_use)).await
    }

    /// A store's file that nobody else has.
    pub(crate) async fn file(file: &Path) -> Result<Self, SourceError> {
        Self::sqlite(sqlite::look_at(file).await?, None).await
    }

    async fn sqlite(mut connection: SqliteConnection, in_use: Option<File>) -> Result<Self, SourceError> {
        sqlx::raw_sql("BEGIN").execute(&mut connection).await?;
        let found = sqlite::schema_of(&mut connection).await?;
        require_this_schema(found)?;
        Ok(Self::Sqlite { connection, _in_use: in_use })
    }

    /// The store at an endpoint.
    pub(crate) async fn postgres(endpoint: &Endpoint) -> Result<Self, SourceError> {
        let session = postgres::connect(endpoint).await?;
        let found = postgres::schema_of(&session, endpoint).await?;
        let found = found.ok_or_else(|| PostgresError::NoStore { endpoint: endpoint.clone() })?;
        require_this_schema(found)?;
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut transaction = session.begin_with(begin).await?;
        sqlx::raw_sql(postgres::NO_TIME_LIMITS).execute(&mut *transaction).await?;
        Ok(Self::Postgres { session, transaction })
    }

    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite { connection, .. } => Connection::Sqlite(connection),
            Self::Postgres { transaction, .. } => Connection::Postgres(transaction, Sessions::Own),
        }
    }

    /// What is in it.
    pub(crate) async fn contents(&mut self) -> Result<Contents, SourceError> {
        Contents::read(&mut self.connection()).await.map_err(|why| SourceError::Unreadable(why.to_string()))
    }

    pub(crate) async fn close(self) -> Result<(), Error> {
        match self {
            Self::Sqlite { mut connection, .. } => {
                sqlx::raw_sql("COMMIT").execute(&mut connection).await?;
                connection.close().await
            }
            Self::Postgres { session, transaction } => {
                transaction.rollback().await?;
                session.close().await;
                Ok(())
            }
        }
    }
}

/// A copy knows the tables of one schema, and would lose what a newer one has.
fn require_this_schema(found: i64) -> Result<(), SourceError> {
    let known = schema::newest();
    match found {
        older if older < known => Err(SourceError::Older { found, known }),
        newer if newer > known => Err(SourceError::Newer { found, known }),
        _ => Ok(()),
    }
}

/// Why a store cannot be copied from.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It cannot be opened.
    #[error(transparent)]
    Sqlite(#[from] OpenError),
    /// It cannot be opened.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// It is not up to date.
    #[error(
        "the store has schema {found}, and this Jeton copies schema {known}: bring it up to date first, with \
         `jeton db migrate`"
    )]
    Older {
        /// Its schema.
        found: i64,
        /// What can be copied.
        known: i64,
    },
    /// A newer Jeton has brought it further.
    #[error(
        "a newer Jeton has brought the store to schema {found}, and this one copies schema {known}: use the newer \
         version"
    )]
    Newer {
        /// Its schema.
        found: i64,
        /// What can be copied.
        known: i64,
    },
    /// It cannot be read.
    #[error("the store cannot be read: {0}")]
    Unreadable(String),
}

impl From<Error> for SourceError {
    fn from(error: Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}
