//! Connections of either database, transactions, and when a connection is trusted no more.
//!
//! To add a database: a variant of each enum here, and the arms that the compiler asks for.

use jeton_core::StoreError;
use jeton_core::store::CommitError;
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Error, PgConnection, Postgres, Sqlite, SqliteConnection};

use crate::postgres::Session;
use crate::rows::Row;
use crate::statement::{InOrder, Value, postgres, sqlite};

/// A connection that runs statements.
#[derive(Debug)]
pub(crate) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection, Sessions),
}

impl Connection<'_> {
    /// How many rows the statement wrote.
    pub(crate) async fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Error> {
        Ok(match self {
            Self::Sqlite(connection) => sqlite(sql, values).execute(&mut **connection).await?.rows_affected(),
            Self::Postgres(connection, sessions) => {
                let statement = postgres(sql, values).persistent(*sessions == Sessions::Own);
                statement.execute(&mut **connection).await?.rows_affected()
            }
        })
    }

    /// The same of one that has many parameters.
    pub(crate) async fn execute_in_order(
        &mut self,
        sql: &'static InOrder,
        values: &[Value<'_>],
    ) -> Result<u64, Error> {
        let sql = match self {
            Self::Sqlite(_) => &sql.nameless,
            Self::Postgres(..) => &sql.numbered,
        };
        self.execute(sql, values).await
    }

    pub(crate) async fn fetch_all(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, Error> {
        Ok(match self {
            Self::Sqlite(connection) => {
                let rows = sqlite(sql, values).fetch_all(&mut **connection).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(connection, sessions) => {
                let statement = postgres(sql, values).persistent(*sessions == Sessions::Own);
                let rows = statement.fetch_all(&mut **connection).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    pub(crate) async fn fetch_optional(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, Error> {
        Ok(self.fetch_all(sql, values).await?.into_iter().next())
    }
}

/// Whose the sessions of a `PostgreSQL` are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    /// Each connection has its own, and so its prepared statements.
    Own,
    /// A pooler in front of the server gives every transaction another one: a statement is prepared in the transaction
    /// that runs it, and no longer.
    Pooled,
}

/// A connection that a pool has lent.
#[derive(Debug)]
pub enum Lent {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(Session, Sessions),
}

impl Lent {
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            Self::Postgres(session, sessions) => Connection::Postgres(session.connection(), *sessions),
        }
    }

    /// Begins what is done whole or not at all.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        Ok(match self {
            // Takes the write lock at once: a transaction that reads first and then wants it can only fail.
            Self::Sqlite(connection) => Transaction::Sqlite(connection.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(session, sessions) => {
                Transaction::Postgres(session.connection().begin().await?, *sessions)
            }
        })
    }

    /// Closes the connection after a failure that was not a refusal, instead of using it again.
    ///
    /// After a failed write or sync nobody knows what `SQLite` and the file agree on (an fsync is not to be retried and
    /// trusted), and sqlx may take a transaction for open that the database has rolled back by itself.
    pub(crate) fn settle<T, E: Failure>(&mut self, result: Result<T, E>) -> Result<T, E> {
        let well = !result.as_ref().is_err_and(Failure::is_the_stores);
        match self {
            Self::Sqlite(connection) if !well => connection.close_on_drop(),
            Self::Postgres(session, _) if well => session.settle(),
            Self::Sqlite(_) | Self::Postgres(..) => {}
        }
        result
    }
}

/// A transaction; rolled back where it is dropped.
#[derive(Debug)]
pub(crate) enum Transaction<'c> {
    Sqlite(sqlx::Transaction<'c, Sqlite>),
    Postgres(sqlx::Transaction<'c, Postgres>, Sessions),
}

impl Transaction<'_> {
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(transaction) => Connection::Sqlite(transaction),
            Self::Postgres(transaction, sessions) => Connection::Postgres(transaction, *sessions),
        }
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction, _) => transaction.commit().await,
        }
    }

    pub(crate) async fn rollback(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(transaction) => transaction.rollback().await,
            Self::Postgres(transaction, _) => transaction.rollback().await,
        }
    }
}

/// A failure that may be the store's, or the rules' refusal.
pub(crate) trait Failure {
    /// Whether it is the store's.
    fn is_the_stores(&self) -> bool;
}

impl Failure for StoreError {
    fn is_the_stores(&self) -> bool {
        true
    }
}

impl Failure for CommitError {
    fn is_the_stores(&self) -> bool {
        matches!(self, Self::Store(_))
    }
}
