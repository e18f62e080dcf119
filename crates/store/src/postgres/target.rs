//! A database whose contents are being replaced, all in one transaction: whoever reads meanwhile reads the old ones,
//! whoever writes waits.

use sqlx::postgres::PgPool;

use super::listening::NOTIFY;
use super::open::{connect, failed, prepare, schema_of};
use super::{Endpoint, PostgresError};
use crate::connection::{Connection, Sessions};
use crate::copy;
use crate::opening::Opening;
use crate::schema;

/// For a transaction that takes as long as it takes, and is nobody's request.
pub(crate) const NO_TIME_LIMITS: &str =
    "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";

/// A transaction with the database to itself, but for readers. Dropped, it leaves everything as it was.
#[derive(Debug)]
pub(crate) struct Target {
    endpoint: Endpoint,
    session: PgPool,
    transaction: sqlx::Transaction<'static, sqlx::Postgres>,
}

impl Target {
    /// Brings the schema up to date, also of an empty database, and keeps writers out.
    pub(crate) async fn begin(endpoint: &Endpoint) -> Result<Self, PostgresError> {
        let session = connect(endpoint).await?;
        prepare(&session, endpoint, Opening::MakeIfMissing).await?;
        let (found, known) = (schema_of(&session, endpoint).await?.unwrap_or_default(), schema::newest());
        if found != known {
            return Err(PostgresError::NewerTarget { endpoint: endpoint.clone(), found, known });
        }
        let failed = |error: sqlx::Error| failed(endpoint, &error);
        let mut transaction = session.begin().await.map_err(failed)?;
        sqlx::raw_sql(NO_TIME_LIMITS).execute(&mut *transaction).await.map_err(failed)?;
        let mut connection = Connection::Postgres(&mut transaction, Sessions::Own);
        copy::keep_writers_out(&mut connection).await.map_err(failed)?;
        Ok(Self { endpoint: endpoint.clone(), session, transaction })
    }

    pub(crate) fn connection(&mut self) -> Connection<'_> {
        Connection::Postgres(&mut self.transaction, Sessions::Own)
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Makes it so, for everybody, and tells the nodes.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        self.transaction.commit().await?;
        // Apart, as after every commit: polls find it all the same.
        if let Err(why) = sqlx::raw_sql(NOTIFY).execute(&self.session).await {
            tracing::debug!(%why, "the nodes cannot be told of a commit");
        }
        self.session.close().await;
        Ok(())
    }
}
