//! What is refused before it expires, as nodes follow it, and the removal of what has ended.

use jeton_core::model::Sequence;
use jeton_core::revocation::{KEEP_EXPIRED, Revocation, Revocations, RevokedTokens};
use jeton_core::{StoreError, Timestamp};

use crate::connection::Lent;
use crate::engine::{Engine, SqlStore};
use crate::rows::{BadColumn, Columns, Row};
use crate::sql::revocations as sql;
use crate::statement::{store_error, values};

impl<E: Engine> SqlStore<E> {
    pub(crate) async fn revocations_since(
        &self,
        since: Sequence,
        limit: u32,
    ) -> Result<Revocations, StoreError> {
        let rows = self.0.read(sql::SINCE, values![since, limit]).await?;
        let in_one = |bad: BadColumn| bad.of("a revocation");
        let first = rows.first().ok_or_else(|| StoreError::BadRow("the counter is missing".into()))?;
        let sequence = Columns(first).sequence("last").map_err(in_one)?;
        let rows = rows.iter().filter_map(|row| revocation(row).map_err(in_one).transpose());
        Ok(Revocations { sequence, rows: rows.collect::<Result<_, _>>()? })
    }

    pub(crate) async fn purge_ended(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut writer = self.0.writer().await?;
        let purged = purge(&mut writer, now, limit).await.map_err(store_error);
        writer.settle(purged)
    }
}

/// `None` for the row that stands for none. One that cannot be read is an error for all: who skipped it would accept
/// what it refuses.
fn revocation(row: &Row) -> Result<Option<Revocation>, BadColumn> {
    let row = Columns(row);
    let Some(sequence) = row.optional_integer("sequence")?.map(Sequence) else { return Ok(None) };
    let which = match row.text("jti")? {
        "" => RevokedTokens::Below(row.integer("generation")?),
        _ => RevokedTokens::One(row.parsed("jti")?),
    };
    Ok(Some(Revocation {
        environment: row.parsed("environment")?,
        handle: row.parsed("handle")?,
        which,
        sequence,
        expires: row.time("expires")?,
    }))
}

async fn purge(writer: &mut Lent, now: Timestamp, limit: u32) -> Result<u64, sqlx::Error> {
    let mut transaction = writer.begin().await?;
    let purged =
        transaction.connection().execute(sql::PURGE, values![now.minus(KEEP_EXPIRED), limit]).await?;
    transaction.commit().await?;
    Ok(purged)
}
