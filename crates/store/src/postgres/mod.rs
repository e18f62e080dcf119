//! The store on `PostgreSQL`, for nodes that share one.
//!
//! - `endpoint`: where it is, by URLs that may hold a password;
//! - `open`: a schema that is up to date, and a store;
//! - `sessions`, `gate`: what lends connections, and when new ones are made; `listening`: word of commits;
//! - `inspect`: the database as a whole, for operators; `target`, one whose contents are being replaced.
//!
//! **Invariants.** Every wait is bounded. All commits stand in one order, since each locks the counter's row first. A
//! future that is dropped rolls back.

mod endpoint;
mod gate;
mod inspect;
mod listening;
mod open;
mod sessions;
mod target;

use std::sync::Arc;
use std::time::Duration;

use jeton_core::StoreError;
use jeton_core::model::Sequence;
use sqlx::{Connection as _, Error};
use tokio::time::timeout;

use crate::connection::{Lent, Sessions};
use crate::engine::{Engine, SqlStore};
use crate::rows::Row;
use crate::statement::{Value, store_error};
use listening::{Listening, NOTIFY};
use sessions::{SessionPool, is_lost};

pub use endpoint::{Endpoint, EndpointError};
pub use inspect::{PostgresStatus, clock_postgres, inspect_postgres, migrate_postgres, migrations_postgres};
pub use open::PostgresError;
pub(crate) use open::{connect, schema_of};
pub(crate) use sessions::Session;
pub(crate) use target::{NO_TIME_LIMITS, Target};

/// How long a writer waits for a session, and then for the session to show that it is still there.
const WRITER: Duration = Duration::from_secs(2);

/// How long telling the other nodes of a commit may take.
const TELL: Duration = Duration::from_millis(500);

/// The store on `PostgreSQL`. Clones share its connections.
pub type PostgresStore = SqlStore<PostgresEngine>;

/// Connections to a server, or to a pooler in front of it.
#[derive(Debug, Clone)]
pub struct PostgresEngine {
    pool: SessionPool,
    sessions: Sessions,
    listening: Arc<Listening>,
}

impl PostgresEngine {
    async fn lend(&self, wait: Duration) -> Result<Lent, StoreError> {
        Ok(Lent::Postgres(self.pool.lend(wait).await?, self.sessions))
    }

    /// Reads, once more if the session was lost: it may have been dead since it was last used.
    async fn read_twice(
        &self,
        wait: Duration,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let mut reader = self.lend(wait).await?;
        let mut rows = read(&mut reader, self.sessions, sql, values).await;
        if rows.as_ref().is_err_and(is_lost) {
            self.pool.distrust();
            drop(reader);
            reader = self.lend(wait).await?;
            rows = read(&mut reader, self.sessions, sql, values).await;
        }
        reader.settle(rows.map_err(store_error))
    }
}

impl Engine for PostgresEngine {
    const WRITE_LIMIT: Option<Duration> = Some(Duration::from_secs(15));

    async fn read_within(
        &self,
        limit: Duration,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        if let Ok(rows) = timeout(limit, self.read_twice(limit / 2, sql, values)).await {
            return rows;
        }
        // No more than half of it was spent on waiting for others.
        self.pool.distrust();
        Err(StoreError::Unavailable(format!("it gave no answer within {} ms", limit.as_millis())))
    }

    async fn writer(&self) -> Result<Lent, StoreError> {
        for _ in 0..2 {
            let mut session = self.pool.lend(WRITER).await?;
            // What fails in a commit may have been done, so whoever writes does not try twice.
            if timeout(WRITER, session.connection().ping()).await.is_ok_and(|pong| pong.is_ok()) {
                session.settle();
                return Ok(Lent::Postgres(session, self.sessions));
            }
            self.pool.distrust();
        }
        Err(StoreError::Unavailable("its connections end as soon as they are made".to_owned()))
    }

    fn note(&self, _sequence: Sequence) {}

    async fn tell(&self, writer: &mut Lent) {
        let told = timeout(TELL, writer.connection().execute(NOTIFY, &[])).await;
        let told = told.unwrap_or(Err(Error::PoolTimedOut)).map_err(store_error);
        if let Err(why) = writer.settle(told) {
            // Not every database that speaks this protocol knows the word. Polls find the commit all the same.
            tracing::debug!(%why, "the other nodes cannot be told of a commit");
        }
    }

    async fn told(&self) {
        self.listening.heard().await;
    }

    async fn close(&self) {
        self.pool.close();
    }
}

async fn read(
    reader: &mut Lent,
    sessions: Sessions,
    sql: &'static str,
    values: &[Value<'_>],
) -> Result<Vec<Row>, Error> {
    if sessions == Sessions::Own {
        return reader.connection().fetch_all(sql, values).await;
    }
    let mut transaction = reader.begin().await?;
    let rows = transaction.connection().fetch_all(sql, values).await?;
    transaction.commit().await?;
    Ok(rows)
}
