//! The store on `PostgreSQL`, for nodes that share one.
//!
//! - `endpoint`: where it is, by URLs that may hold a password;
//! - `open`: connections, and a schema that is up to date;
//! - `inspect`: the database as a whole, for operators; `target`, one whose contents are being replaced.
//!
//! **Invariants.** Every wait is bounded. All commits stand in one order, since each locks the counter's row first. A
//! future that is dropped rolls back.

mod endpoint;
mod inspect;
mod open;
mod target;

use jeton_core::StoreError;
use jeton_core::model::Sequence;
use sqlx::postgres::PgPool;

use crate::connection::{Lent, Sessions};
use crate::engine::{Engine, SqlStore};
use crate::rows::Row;
use crate::statement::{Value, store_error};

pub use endpoint::{Endpoint, EndpointError};
pub use inspect::{PostgresStatus, inspect_postgres, migrate_postgres, migrations_postgres};
pub use open::PostgresError;
pub(crate) use open::{connect, schema_of};
pub(crate) use target::{NO_TIME_LIMITS, Target};

/// The store on `PostgreSQL`. Clones share its connections.
pub type PostgresStore = SqlStore<PostgresEngine>;

/// Connections to a server, or to a pooler in front of it.
#[derive(Debug, Clone)]
pub struct PostgresEngine {
    pool: PgPool,
    sessions: Sessions,
}

impl Engine for PostgresEngine {
    async fn read(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        let mut reader = self.writer().await?;
        let rows = if self.sessions == Sessions::Pooled {
            async {
                let mut transaction = reader.begin().await?;
                let rows = transaction.connection().fetch_all(sql, values).await?;
                transaction.commit().await?;
                Ok(rows)
            }
            .await
        } else {
            reader.connection().fetch_all(sql, values).await
        };
        reader.settle(rows.map_err(store_error))
    }

    async fn writer(&self) -> Result<Lent, StoreError> {
        let connection = self.pool.acquire().await.map_err(store_error)?;
        Ok(Lent::Postgres(connection, self.sessions))
    }

    fn note(&self, _sequence: Sequence) {}

    async fn close(&self) {
        self.pool.close().await;
    }
}
