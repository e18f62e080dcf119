//! The audit chain: the digest of each row of `changes`, the head that moves with every commit, the base that moves with
//! every purge, and what auditors read. What the digests are made of is core's (`jeton_core::audit`).

use std::time::Duration;

use jeton_core::audit::{AuditFilter, AuditKey, AuditRow, Base, Digest, Order, Position, StoredChain};
use jeton_core::intent::Change;
use jeton_core::master_key::{MasterKeys, Sealed};
use jeton_core::model::Sequence;
use jeton_core::store::Page;
use jeton_core::{StoreError, Timestamp};

use crate::connection::{Connection, Lent};
use crate::engine::{Engine, SqlStore};
use crate::purge::micros;
use crate::rows::{BadColumn, Columns, Row};
use crate::sql::{audit as sql, changes};
use crate::statement::{store_error, values};

/// What becomes of a row that somebody writes who has no master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WithoutKey {
    /// It is not written.
    Refused,
    /// It is written outside of the chain.
    StandsOutside,
}

/// Writes a row, as the next of the chain where there is one.
pub(crate) async fn append(
    connection: &mut Connection<'_>,
    change: &Change,
    mut row: AuditRow,
    without_key: WithoutKey,
) -> Result<(), StoreError> {
    let outside = change.master.is_none() && without_key == WithoutKey::StandsOutside;
    if let Some(chain) = read(connection).await?.filter(|_| !outside) {
        let digest = open(&chain, change.master.as_deref())?.digest(&chain.head_digest, &row);
        row.digest = digest.to_vec();
        let head = values![row.at.sequence, row.at.position, digest.as_slice()];
        connection.execute(sql::MOVE_HEAD, head).await.map_err(store_error)?;
    }
    let values = values![
        row.at.sequence,
        row.at.position,
        row.time,
        &row.actor,
        row.address.as_deref(),
        row.request_id.as_deref(),
        row.reason.as_deref(),
        &row.kind,
        row.environment.as_deref(),
        row.company.as_deref(),
        &row.target,
        &row.outcome,
        row.invalidates,
        row.digest.as_slice(),
    ];
    connection.execute(changes::INSERT, values).await.map_err(store_error)?;
    Ok(())
}

/// Begins the chain after this row; `false` where it has begun.
pub(crate) async fn begin(
    connection: &mut Connection<'_>,
    change: &Change,
    sealed: &Sealed,
    at: Position,
) -> Result<bool, StoreError> {
    let key = open_sealed(sealed, change.master.as_deref())?;
    let base = key.start(at, change.time);
    let mac = key.base_mac(&base);
    let values = values![
        sealed.bytes.as_slice(),
        &sealed.master_key,
        at.sequence,
        at.position,
        base.digest.as_slice(),
        base.time,
        mac.as_slice(),
    ];
    Ok(connection.execute(sql::BEGIN, values).await.map_err(store_error)? > 0)
}

/// Removes the oldest commits, and moves the base to the last row that goes.
async fn purge(
    writer: &mut Lent,
    now: Timestamp,
    keep: Duration,
    limit: u32,
    master: Option<&MasterKeys>,
) -> Result<u64, StoreError> {
    let mut transaction = writer.begin().await.map_err(store_error)?;
    let mut connection = transaction.connection();
    // Two purges, one after the other: else the later could move the base back.
    connection.execute(sql::LOCK, values![]).await.map_err(store_error)?;
    let chain = read(&mut connection).await?;
    let values = values![now.minus(keep), micros(keep), limit];
    let rows = connection.fetch_all(changes::TO_PURGE, values).await.map_err(store_error)?;
    let rows = rows.iter().map(audit_row).collect::<Result<Vec<_>, _>>()?;
    let Some(last) = rows.last() else { return Ok(0) };
    if let Some(chain) = chain.filter(|chain| last.at > chain.base.at) {
        let key = open(&chain, master)?;
        let beyond = |row: &&AuditRow| row.at > chain.base.at && !row.digest.is_empty();
        let digest = match rows.iter().rfind(beyond) {
            Some(row) => digest(&row.digest)?,
            None => chain.base.digest,
        };
        let base = Base { at: last.at, time: last.time, digest };
        let mac = key.base_mac(&base);
        let values =
            values![base.at.sequence, base.at.position, base.time, base.digest.as_slice(), mac.as_slice()];
        connection.execute(sql::MOVE_BASE, values).await.map_err(store_error)?;
    }
    let removed = connection.execute(changes::PURGE, values![last.at.sequence]).await.map_err(store_error)?;
    transaction.commit().await.map_err(store_error)?;
    Ok(removed)
}

impl<E: Engine> SqlStore<E> {
    pub(crate) async fn purge_old_changes(
        &self,
        now: Timestamp,
        keep: Duration,
        limit: u32,
        master: Option<&MasterKeys>,
    ) -> Result<u64, StoreError> {
        // Most of the time there are none, and no lock is taken.
        if self.0.read(changes::TO_PURGE, values![now.minus(keep), micros(keep), 1_u32]).await?.is_empty() {
            return Ok(0);
        }
        let mut writer = self.0.writer().await?;
        let purged = purge(&mut writer, now, keep, limit, master);
        let purged = crate::engine::within::<E, _>(purged).await;
        writer.settle(purged)
    }

    pub(crate) async fn list_audit_rows(
        &self,
        filter: &AuditFilter,
        order: Order,
        page: &Page<Position>,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let (sql, start) = match order {
            Order::OldestFirst => (sql::OLDEST_FIRST, i64::MIN),
            Order::NewestFirst => (sql::NEWEST_FIRST, i64::MAX),
        };
        let after = page.after.unwrap_or(Position { sequence: Sequence(start), position: start });
        let values = values![
            filter.since,
            filter.until,
            filter.actor.as_deref(),
            filter.kind.as_deref(),
            filter.target.as_deref(),
            filter.environment.as_deref(),
            filter.company.as_deref(),
            filter.outcome.as_deref(),
            after.sequence,
            after.position,
            page.limit,
        ];
        self.0.read(sql, values).await?.iter().map(audit_row).collect()
    }

    pub(crate) async fn read_audit_chain(&self) -> Result<Option<StoredChain>, StoreError> {
        chain_of(&self.0.read(sql::CHAIN, values![]).await?)
    }
}

async fn read(connection: &mut Connection<'_>) -> Result<Option<StoredChain>, StoreError> {
    chain_of(&connection.fetch_all(sql::CHAIN, values![]).await.map_err(store_error)?)
}

fn open(chain: &StoredChain, master: Option<&MasterKeys>) -> Result<AuditKey, StoreError> {
    open_sealed(&chain.key, master)
}

fn open_sealed(sealed: &Sealed, master: Option<&MasterKeys>) -> Result<AuditKey, StoreError> {
    let master = master.ok_or_else(|| {
        StoreError::AuditKey("this store keeps an audit chain, and the master key is not at hand".to_owned())
    })?;
    AuditKey::open(sealed, master).map_err(|why| StoreError::AuditKey(why.to_string()))
}

fn chain_of(rows: &[Row]) -> Result<Option<StoredChain>, StoreError> {
    let Some(row) = rows.first() else { return Ok(None) };
    let row = Columns(row);
    let read = || -> Result<StoredChain, BadColumn> {
        let at = |sequence, position| {
            Ok(Position { sequence: row.sequence(sequence)?, position: row.integer(position)? })
        };
        let base = Base {
            at: at("base_sequence", "base_position")?,
            time: row.time("base_time")?,
            digest: row.array("base_digest")?,
        };
        Ok(StoredChain {
            key: row.sealed("key")?,
            head: at("head_sequence", "head_position")?,
            head_digest: row.array("head_digest")?,
            base,
            base_mac: row.array("base_mac")?,
        })
    };
    read().map(Some).map_err(|bad| bad.of("the audit chain"))
}

fn audit_row(row: &Row) -> Result<AuditRow, StoreError> {
    let row = Columns(row);
    let text = |column| row.text(column).map(str::to_owned);
    let optional = |column| row.optional_text(column).map(|text| text.map(str::to_owned));
    let read = || -> Result<AuditRow, BadColumn> {
        Ok(AuditRow {
            at: Position { sequence: row.sequence("sequence")?, position: row.integer("position")? },
            time: row.time("time")?,
            actor: text("actor")?,
            address: optional("address")?,
            request_id: optional("request_id")?,
            reason: optional("reason")?,
            kind: text("kind")?,
            environment: optional("environment")?,
            company: optional("company")?,
            target: text("target")?,
            outcome: text("outcome")?,
            invalidates: row.integer("invalidates")?,
            digest: row.bytes("digest")?.to_vec(),
        })
    };
    read().map_err(|bad| bad.of("a change"))
}

fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    bytes.try_into().map_err(|_| BadColumn("digest").of("a change"))
}
