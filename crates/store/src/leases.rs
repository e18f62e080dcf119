//! Leases: bookkeeping of servers that share a store, by which one of them does what only one may.

use jeton_core::StoreError;
use jeton_core::store::Lease;

use crate::connection::Lent;
use crate::engine::{Engine, SqlStore};
use crate::rows::{BadColumn, Columns, Row};
use crate::sql::leases as sql;
use crate::statement::{store_error, values};

impl<E: Engine> SqlStore<E> {
    pub(crate) async fn take_lease(
        &self,
        name: &str,
        holder: &str,
        ended: Option<&Lease>,
    ) -> Result<Lease, StoreError> {
        let mut writer = self.0.writer().await?;
        let taken = take(&mut writer, name, holder, ended).await.map_err(store_error);
        let row = writer.settle(taken)?;
        let row = row.ok_or_else(|| StoreError::BadRow("a lease went as soon as it was there".into()))?;
        lease(&row).map_err(|bad| bad.of(format_args!("lease {name}")))
    }

    pub(crate) async fn give_lease_back(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let mut writer = self.0.writer().await?;
        let given = writer.connection().execute(sql::RELEASE, values![name, holder]).await;
        writer.settle(given.map_err(store_error)).map(drop)
    }
}

async fn take(
    writer: &mut Lent,
    name: &str,
    holder: &str,
    ended: Option<&Lease>,
) -> Result<Option<Row>, sqlx::Error> {
    let (whose, beat) = (ended.map(|lease| lease.holder.as_str()), ended.map(|lease| lease.beat));
    let mut transaction = writer.begin().await?;
    let mut connection = transaction.connection();
    // It locks the row also where it leaves it as it is, so nobody gives the lease back before it is read.
    connection.execute(sql::TAKE, values![name, holder, whose, beat]).await?;
    let row = connection.fetch_optional(sql::ONE, values![name]).await?;
    transaction.commit().await?;
    Ok(row)
}

fn lease(row: &Row) -> Result<Lease, BadColumn> {
    let row = Columns(row);
    Ok(Lease { holder: row.text("holder")?.to_owned(), beat: row.integer("beat")? })
}
