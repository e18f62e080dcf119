//! From an endpoint to a store that is open, or a sentence that says what to do.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Error;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use super::gate::Gate;
use super::listening::Listening;
use super::sessions::SessionPool;
use super::{Endpoint, PostgresEngine, PostgresStore};
use crate::connection::{Connection, Sessions};
use crate::engine::SqlStore;
use crate::opening::Opening;
use crate::schema::{self, NotMigrated};

/// How long whoever opens the store waits for its first connection.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a statement may take, with its waits for locks, before the server ends it.
const STATEMENT: &str = "10s";

/// The oldest `PostgreSQL` that this was tested with.
const LEAST: i32 = 15;

impl PostgresStore {
    /// Opens the store at `endpoint`, over at most so many connections, and brings its schema up to date.
    ///
    /// Where a pooler stands in front of the server, `direct` is the way past it: migrations need a session of their
    /// own. All nodes may do so at once, since `PostgreSQL` lets one of them in at a time.
    pub async fn open(
        endpoint: &Endpoint,
        direct: Option<&Endpoint>,
        connections: u32,
        how: Opening,
    ) -> Result<Self, PostgresError> {
        let at = direct.unwrap_or(endpoint);
        let alone = connect(at).await?;
        let ready = prepare(&alone, at, how).await;
        alone.close().await;
        ready?;
        let sessions = if direct.is_some() { Sessions::Pooled } else { Sessions::Own };
        let gate = Gate::new();
        let pool = SessionPool::new(session(endpoint, sessions), connections, Arc::clone(&gate));
        let listening = Arc::new(Listening::new(at.options().clone(), gate));
        Ok(SqlStore(PostgresEngine { pool, sessions, listening }))
    }
}

/// A session of its own, as a pool of one: sqlx migrates no other.
pub(crate) async fn connect(endpoint: &Endpoint) -> Result<PgPool, PostgresError> {
    let alone = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
    let connected = alone.connect_with(endpoint.options().clone()).await;
    let endpoint = endpoint.clone();
    connected.map_err(|error| match error {
        Error::PoolTimedOut => PostgresError::Unreachable { endpoint, why: "it does not answer".to_owned() },
        Error::Database(why) if refuses_for_good(&*why) => {
            PostgresError::Refused { endpoint, why: why.message().to_owned() }
        }
        other => PostgresError::Unreachable { endpoint, why: other.to_string() },
    })
}

/// Whether another try would be refused as well: a wrong password or user (class 28), or no such database.
fn refuses_for_good(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| code.starts_with("28") || code == "3D000")
}

pub(super) async fn prepare(
    session: &PgPool,
    endpoint: &Endpoint,
    how: Opening,
) -> Result<(), PostgresError> {
    let version = server_version_number(session, endpoint).await? / 10_000;
    if version < LEAST {
        return Err(PostgresError::TooOld { endpoint: endpoint.clone(), found: version });
    }
    match schema_of(session, endpoint).await? {
        None if how == Opening::Existing => {
            return Err(PostgresError::NoStore { endpoint: endpoint.clone() });
        }
        None => {}
        Some(_) => require_known_schema(session, endpoint).await?,
    }
    let migrated = schema::migrator(|texts| texts.postgres).run(session).await;
    let endpoint = endpoint.clone();
    migrated.map_err(|error| match error.into() {
        NotMigrated::Other(why) => PostgresError::OtherSchema { endpoint, why },
        NotMigrated::Failed(why) => PostgresError::Failed { endpoint, why },
    })
}

/// Refuses a store that a newer binary has changed so that this one cannot work on it.
pub(super) async fn require_known_schema(session: &PgPool, endpoint: &Endpoint) -> Result<(), PostgresError> {
    let mut connection = session.acquire().await.map_err(|error| failed(endpoint, &error))?;
    let mut connection = Connection::Postgres(&mut connection, Sessions::Own);
    let endpoint = endpoint.clone();
    match schema::least_beyond_this(&mut connection).await {
        Ok(None) => Ok(()),
        Ok(Some(least)) => Err(PostgresError::NewerSchema { endpoint, least, known: schema::newest() }),
        Err(error) => Err(PostgresError::Failed { endpoint, why: error.to_string() }),
    }
}

async fn server_version_number(session: &PgPool, endpoint: &Endpoint) -> Result<i32, PostgresError> {
    let version = sqlx::query_scalar("SHOW server_version_num").fetch_one(session).await;
    let version: String = version.map_err(|error| failed(endpoint, &error))?;
    Ok(version.parse().unwrap_or(0))
}

/// The server's version in its own words.
pub(super) async fn server_version(session: &PgPool, endpoint: &Endpoint) -> Result<String, PostgresError> {
    let version = sqlx::query_scalar("SHOW server_version").fetch_one(session).await;
    version.map_err(|error| failed(endpoint, &error))
}

/// The last migration, if there ever was one.
pub(crate) async fn schema_of(session: &PgPool, endpoint: &Endpoint) -> Result<Option<i64>, PostgresError> {
    let there = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL");
    let there: bool = there.fetch_one(session).await.map_err(|error| failed(endpoint, &error))?;
    if !there {
        return Ok(None);
    }
    let last = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(session).await;
    last.map_err(|error| failed(endpoint, &error))
}

pub(super) fn failed(endpoint: &Endpoint, error: &Error) -> PostgresError {
    let (endpoint, why) = (endpoint.clone(), error.to_string());
    match error {
        // It was there a moment ago, and may be there again in a moment.
        Error::PoolTimedOut => {
            PostgresError::Unreachable { endpoint, why: "it gives no answer any more".to_owned() }
        }
        Error::Io(_) => PostgresError::Unreachable { endpoint, why },
        _ => PostgresError::Failed { endpoint, why },
    }
}

/// What every session of the pool is told. A pooler takes no such options: its own settings must say them.
fn session(endpoint: &Endpoint, sessions: Sessions) -> PgConnectOptions {
    let options = endpoint.options().clone();
    if sessions == Sessions::Pooled {
        return options.extra_float_digits(None);
    }
    options.options([("statement_timeout", STATEMENT), ("idle_in_transaction_session_timeout", STATEMENT)])
}

/// Why a store cannot be opened, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// Nobody answers there.
    #[error("the PostgreSQL at {endpoint} cannot be reached: {why}")]
    Unreachable {
        /// Where.
        endpoint: Endpoint,
        /// Why not.
        why: String,
    },
    /// It answers, and lets us in never.
    #[error("the PostgreSQL at {endpoint} refuses: {why}")]
    Refused {
        /// Where.
        endpoint: Endpoint,
        /// Why.
        why: String,
    },
    /// Nothing of ours is in the database.
    #[error("there is no store at {endpoint}: name the right database, or let `jeton serve` make one")]
    NoStore {
        /// Where.
        endpoint: Endpoint,
    },
    /// It is older than what we know.
    #[error("the PostgreSQL at {endpoint} is version {found}: 15 or newer is needed")]
    TooOld {
        /// Where.
        endpoint: Endpoint,
        /// Its major version.
        found: i32,
    },
    /// A newer Jeton has taken something away that this one needs.
    #[error(
        "a newer Jeton has changed the store at {endpoint} so that this one cannot work on it (it must know schema \
         {least}, and knows {known}): use the newer version"
    )]
    NewerSchema {
        /// Where.
        endpoint: Endpoint,
        /// The number that a binary must know.
        least: i64,
        /// The newest that this binary knows.
        known: i64,
    },
    /// A newer Jeton has brought it further than what is to be put there.
    #[error(
        "a newer Jeton has brought the store at {endpoint} to schema {found}, and this one writes schema {known}: use the \
         newer version"
    )]
    NewerTarget {
        /// Where.
        endpoint: Endpoint,
        /// Its schema.
        found: i64,
        /// What this binary writes.
        known: i64,
    },
    /// Its schema is none that was ever released.
    #[error("the schema at {endpoint} is not the one that this Jeton knows ({why}): restore a backup")]
    OtherSchema {
        /// Where.
        endpoint: Endpoint,
        /// In which way.
        why: String,
    },
    /// It refuses.
    #[error("the store at {endpoint} cannot be opened: {why}")]
    Failed {
        /// Where.
        endpoint: Endpoint,
        /// Why not.
        why: String,
    },
}
