//! Usage: bookkeeping of what was asked for and how it ended, and of the last uses of secrets.
//!
//! A batch is one transaction that first moves its writer's row on by one, so that a batch whose commit was not
//! acknowledged is found there and does not count twice. Rows are written in the order of their key, so that two nodes
//! never wait for each other's.

use std::collections::BTreeMap;
use std::time::Duration;

use jeton_core::StoreError;
use jeton_core::Timestamp;
use jeton_core::id::{ClientId, EnvironmentName};
use jeton_core::store::Page;
use jeton_core::usage::{
    BatchEnd, SecretUse, Span, TopFilter, TopRow, UsageBatch, UsageFilter, UsageKey, UsageRow, UsageWriter,
};

use crate::connection::{Connection, Lent};
use crate::engine::{Engine, SqlStore, in_time};
use crate::read::AFTER_ALL;
use crate::rows::{BadColumn, Columns, Row};
use crate::sql::usage as sql;
use crate::statement::{Value, values};

impl<E: Engine> SqlStore<E> {
    pub(crate) async fn usage_of(
        &self,
        filter: &UsageFilter,
        page: &Page<UsageKey>,
    ) -> Result<Vec<UsageRow>, StoreError> {
        let before = UsageKey {
            start: Timestamp(i64::MIN),
            secret: String::new(),
            endpoint: String::new(),
            outcome: String::new(),
        };
        let after = page.after.as_ref().unwrap_or(&before);
        let values = values![
            &filter.environment,
            &filter.client_id,
            filter.span,
            filter.since,
            after.start,
            &after.secret,
            &after.endpoint,
            &after.outcome,
            page.limit,
        ];
        let rows = self.0.read(sql::OF_CREDENTIAL, values).await?;
        rows.iter().map(|row| usage_row(Columns(row)).map_err(|bad| bad.of("a count"))).collect()
    }

    pub(crate) async fn top(&self, filter: &TopFilter) -> Result<Vec<TopRow>, StoreError> {
        let environment = filter.environment.as_ref().map(EnvironmentName::as_str);
        let (first, last) = (environment.unwrap_or(""), environment.unwrap_or(AFTER_ALL));
        let sql = if filter.refused { sql::TOP_REFUSED } else { sql::TOP };
        let rows = self.0.read(sql, values![filter.span, filter.since, first, last, filter.limit]).await?;
        rows.iter().map(|row| top_row(Columns(row)).map_err(|bad| bad.of("counts"))).collect()
    }

    pub(crate) async fn uses(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Vec<SecretUse>, StoreError> {
        let rows = self.0.read(sql::USES, values![environment, client_id]).await?;
        rows.iter().map(|row| secret_use(Columns(row)).map_err(|bad| bad.of("a secret's use"))).collect()
    }

    pub(crate) async fn writers(&self, node: &str) -> Result<Vec<UsageWriter>, StoreError> {
        writers(&self.0.read(sql::WRITERS, values![node]).await?)
    }

    pub(crate) async fn open_writer(&self, writer: &UsageWriter) -> Result<(), StoreError> {
        let UsageWriter { writer, node, written } = writer;
        self.execute(sql::OPEN_WRITER, values![writer, node, *written]).await.map(|_one| ())
    }

    pub(crate) async fn close_writer(&self, writer: &str) -> Result<bool, StoreError> {
        Ok(self.execute(sql::CLOSE_WRITER, values![writer]).await? > 0)
    }

    pub(crate) async fn add(&self, batch: &UsageBatch) -> Result<BatchEnd, StoreError> {
        let mut writer = self.0.writer().await?;
        let added = in_time::<E, _>(add(&mut writer, batch)).await;
        writer.settle(added)
    }

    pub(crate) async fn purge_counts(
        &self,
        span: Span,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let kept = i64::try_from(span.kept().as_micros()).unwrap_or(i64::MAX);
        self.execute(sql::PURGE, values![span, now.minus(span.kept()), kept, limit]).await
    }

    pub(crate) async fn purge_writers(
        &self,
        now: Timestamp,
        keep: Duration,
        limit: u32,
    ) -> Result<Vec<UsageWriter>, StoreError> {
        let mut writer = self.0.writer().await?;
        let purged = in_time::<E, _>(async {
            let mut transaction = writer.begin().await?;
            let values = values![now.minus(keep), limit];
            let rows = transaction.connection().fetch_all(sql::PURGE_WRITERS, values).await?;
            transaction.commit().await?;
            Ok(rows)
        });
        let purged = purged.await;
        writers(&writer.settle(purged)?)
    }
}

async fn add(writer: &mut Lent, batch: &UsageBatch) -> Result<BatchEnd, sqlx::Error> {
    let mut transaction = writer.begin().await?;
    let end = add_within(&mut transaction.connection(), batch).await?;
    match end {
        BatchEnd::Written => transaction.commit().await?,
        BatchEnd::WasWritten | BatchEnd::NoWriter => transaction.rollback().await?,
    }
    Ok(end)
}

async fn add_within(connection: &mut Connection<'_>, batch: &UsageBatch) -> Result<BatchEnd, sqlx::Error> {
    let before = batch.number.saturating_sub(1);
    let values = values![&batch.writer, batch.number, before, batch.written];
    if connection.execute(sql::MOVE_WRITER, values).await? == 0 {
        let row = connection.fetch_optional(sql::LAST_BATCH, values![&batch.writer]).await?;
        let last = row.as_ref().and_then(|row| Columns(row).integer("batch").ok());
        return Ok(if last == Some(batch.number) { BatchEnd::WasWritten } else { BatchEnd::NoWriter });
    }
    let rows = in_all_spans(batch);
    let values: Vec<[Value<'_>; 8]> = rows.iter().map(|(key, count)| key.values(*count)).collect();
    let many = values.chunks_exact(sql::MANY);
    for one in many.remainder() {
        connection.execute(sql::ADD, one).await?;
    }
    for some in many {
        connection.execute_in_order(&sql::ADD_MANY, some.as_flattened()).await?;
    }
    let mut uses: Vec<&SecretUse> = batch.uses.iter().collect();
    uses.sort_unstable_by_key(|one| &one.secret);
    let addresses: Vec<Option<String>> =
        uses.iter().map(|one| one.address.map(|address| address.to_string())).collect();
    let values: Vec<[Value<'_>; 5]> =
        uses.iter().zip(&addresses).map(|(one, address)| use_values(one, address.as_deref())).collect();
    let many = values.chunks_exact(sql::MANY);
    for one in many.remainder() {
        connection.execute_in_order(&sql::USE, one).await?;
    }
    for some in many {
        connection.execute_in_order(&sql::USE_MANY, some.as_flattened()).await?;
    }
    Ok(BatchEnd::Written)
}

fn use_values<'b>(one: &'b SecretUse, address: Option<&'b str>) -> [Value<'b>; 5] {
    let (user_agent, tracking_id) = (one.user_agent.as_deref(), one.tracking_id.as_deref());
    [(&one.secret).into(), one.time.into(), address.into(), user_agent.into(), tracking_id.into()]
}

/// The primary key of a row, in its order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'b> {
    span: &'static str,
    start: Timestamp,
    environment: &'b str,
    client_id: &'b str,
    secret: &'b str,
    endpoint: &'b str,
    outcome: &'static str,
}

impl<'b> Key<'b> {
    fn values(&self, count: i64) -> [Value<'b>; 8] {
        [
            self.span.into(),
            self.start.into(),
            self.environment.into(),
            self.client_id.into(),
            self.secret.into(),
            self.endpoint.into(),
            self.outcome.into(),
            count.into(),
        ]
    }
}

/// The counts of a batch as rows, by key.
fn in_all_spans(batch: &UsageBatch) -> BTreeMap<Key<'_>, i64> {
    let mut rows = BTreeMap::new();
    for (count, span) in batch.counts.iter().flat_map(|count| Span::ALL.iter().map(move |span| (count, span)))
    {
        let key = Key {
            span: span.as_str(),
            start: span.start(count.minute),
            environment: count.environment.as_str(),
            client_id: count.client_id.as_ref().map_or("", |id| id.as_str()),
            secret: count.secret.as_ref().map_or("", |id| id.as_str()),
            endpoint: &count.endpoint,
            outcome: count.outcome.as_str(),
        };
        let sum: &mut i64 = rows.entry(key).or_default();
        *sum = sum.saturating_add(i64::try_from(count.count).unwrap_or(i64::MAX));
    }
    rows
}

fn usage_row(row: Columns<'_>) -> Result<UsageRow, BadColumn> {
    let key = UsageKey {
        start: row.time("start")?,
        secret: row.text("secret")?.to_owned(),
        endpoint: row.text("endpoint")?.to_owned(),
        outcome: row.text("outcome")?.to_owned(),
    };
    Ok(UsageRow { key, count: row.integer("count")? })
}

fn top_row(row: Columns<'_>) -> Result<TopRow, BadColumn> {
    let known = !row.text("client_id")?.is_empty();
    Ok(TopRow {
        environment: row.text("environment")?.to_owned(),
        client_id: known.then(|| row.parsed("client_id")).transpose()?,
        issued: row.integer("issued")?,
        refused: row.integer("refused")?,
    })
}

fn secret_use(row: Columns<'_>) -> Result<SecretUse, BadColumn> {
    Ok(SecretUse {
        secret: row.parsed("secret")?,
        time: row.time("time")?,
        address: row.optional_parsed("address")?,
        user_agent: row.optional_text("user_agent")?.map(str::to_owned),
        tracking_id: row.optional_text("tracking_id")?.map(str::to_owned),
    })
}

fn writers(rows: &[Row]) -> Result<Vec<UsageWriter>, StoreError> {
    let writer = |row: Columns<'_>| {
        Ok(UsageWriter {
            writer: row.text("writer")?.to_owned(),
            node: row.text("node")?.to_owned(),
            written: row.time("written")?,
        })
    };
    rows.iter().map(|row| writer(Columns(row)).map_err(|bad: BadColumn| bad.of("who counts"))).collect()
}
