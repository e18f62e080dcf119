//! The database as a whole. Reads only, and migrates nothing.

use jeton_core::StoreError;
use sqlx::postgres::PgPool;

use super::open::{connect, failed, schema_of, server_version};
use super::{Endpoint, PostgresError};
use crate::connection::{Connection, Sessions};
use crate::contents::Contents;
use crate::schema;

/// What a database holds.
#[derive(Debug)]
pub struct PostgresStatus {
    /// The server's version, in its own words.
    pub server: String,
    /// The store's schema.
    pub schema: i64,
    /// The newest schema that this binary knows.
    pub newest_schema: i64,
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

async fn look(session: &PgPool, endpoint: &Endpoint) -> Result<PostgresStatus, PostgresError> {
    let schema = schema_of(session, endpoint).await?;
    let schema = schema.ok_or_else(|| PostgresError::NoStore { endpoint: endpoint.clone() })?;
    let server = server_version(session, endpoint).await?;
    let mut connection = session.acquire().await.map_err(|error| failed(endpoint, &error))?;
    let contents = Contents::read(&mut Connection::Postgres(&mut connection, Sessions::Own)).await;
    Ok(PostgresStatus { server, schema, newest_schema: schema::newest(), contents })
}
