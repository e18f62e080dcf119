//! The database as a whole, and its migrations.

use jeton_core::{StoreError, Timestamp};
use sqlx::postgres::PgPool;

use super::open::{connect, failed, prepare, require_known_schema, schema_of, server_version};
use super::{Endpoint, PostgresError};
use crate::connection::{Connection, Sessions};
use crate::contents::Contents;
use crate::opening::Opening;
use crate::schema::{self, Plan};

/// What a database holds.
#[derive(Debug)]
pub struct PostgresStatus {
    /// The server's version, in its own words.
    pub server: String,
    /// The store's schema.
    pub schema: i64,
    /// The newest schema that this binary knows.
    pub newest_schema: i64,
    /// What a binary must know to work on it, where this one does not.
    pub least_schema: Option<i64>,
    /// What is in the store, or why that cannot be read.
    pub contents: Result<Contents, StoreError>,
}

/// Looks at the store at `endpoint`, also while others use it.
pub async fn inspect_postgres(endpoint: &Endpoint) -> Result<PostgresStatus, PostgresError> {
    let alone = connect(endpoint).await?;
    let status = look(&alone, endpoint).await;
    alone.close().await;
    status
}

/// What time the server at `endpoint` says that it is.
pub async fn clock_postgres(endpoint: &Endpoint) -> Result<Timestamp, PostgresError> {
    let alone = connect(endpoint).await?;
    let told = sqlx::query_scalar("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)");
    let told = told.fetch_one(&alone).await.map_err(|error| failed(endpoint, &error));
    alone.close().await;
    told.map(Timestamp)
}

/// What would bring the database at `endpoint` up to date. Changes nothing.
pub async fn migrations_postgres(endpoint: &Endpoint) -> Result<Plan, PostgresError> {
    let alone = connect(endpoint).await?;
    let plan = plan(&alone, endpoint).await;
    alone.close().await;
    plan
}

/// Brings the database at `endpoint` up to date, also an empty one, and says what that took.
pub async fn migrate_postgres(endpoint: &Endpoint) -> Result<Plan, PostgresError> {
    let alone = connect(endpoint).await?;
    let migrated = async {
        let plan = plan(&alone, endpoint).await?;
        prepare(&alone, endpoint, Opening::MakeIfMissing).await?;
        Ok(plan)
    };
    let migrated = migrated.await;
    alone.close().await;
    migrated
}

async fn plan(session: &PgPool, endpoint: &Endpoint) -> Result<Plan, PostgresError> {
    let schema = schema_of(session, endpoint).await?;
    if schema.is_some() {
        require_known_schema(session, endpoint).await?;
    }
    Ok(Plan::of(schema))
}

async fn look(session: &PgPool, endpoint: &Endpoint) -> Result<PostgresStatus, PostgresError> {
    let schema = schema_of(session, endpoint).await?;
    let schema = schema.ok_or_else(|| PostgresError::NoStore { endpoint: endpoint.clone() })?;
    let server = server_version(session, endpoint).await?;
    let mut connection = session.acquire().await.map_err(|error| failed(endpoint, &error))?;
    let mut connection = Connection::Postgres(&mut connection, Sessions::Own);
    let least_schema = schema::least_beyond_this(&mut connection).await.unwrap_or_default();
    let contents = Contents::read(&mut connection).await;
    Ok(PostgresStatus { server, schema, newest_schema: schema::newest(), least_schema, contents })
}
