//! What is `PostgreSQL`'s own: finding it, its schema, and its connections.

mod opening;
mod waiting;
mod word;

use std::sync::Arc;

use async_trait::async_trait;
use jeton_core::Store;
use jeton_store::{Endpoint, Opening, PostgresError, PostgresStore};
use jeton_testkit::Database;

use crate::contract::{Backstage, World};

/// The contract's world on `PostgreSQL`.
pub(crate) async fn world() -> World {
    let database = Database::create();
    World { store: Arc::new(opened(&database).await), backstage: Box::new(Direct(database)) }
}

/// The contract's world behind a pooler.
pub(crate) async fn pooled_world() -> World {
    let database = Database::create();
    World { store: pooled(&database).await, backstage: Box::new(Pooled(Direct(database))) }
}

async fn opened(database: &Database) -> PostgresStore {
    open(&database.url(), Opening::MakeIfMissing).await.unwrap()
}

async fn open(url: &str, how: Opening) -> Result<PostgresStore, PostgresError> {
    PostgresStore::open(&endpoint(url), None, 4, how).await
}

async fn pooled(database: &Database) -> Arc<dyn Store> {
    let (url, direct) = (endpoint(&database.pooled_url()), endpoint(&database.url()));
    Arc::new(PostgresStore::open(&url, Some(&direct), 4, Opening::MakeIfMissing).await.unwrap())
}

fn endpoint(url: &str) -> Endpoint {
    url.parse().unwrap()
}

struct Direct(Database);

struct Pooled(Direct);

#[async_trait]
impl Backstage for Pooled {
    async fn another(&self) -> Arc<dyn Store> {
        pooled(&self.0.0).await
    }

    async fn sql(&self, sql: &str) {
        self.0.sql(sql).await;
    }
}

#[async_trait]
impl Backstage for Direct {
    async fn another(&self) -> Arc<dyn Store> {
        Arc::new(opened(&self.0).await)
    }

    async fn sql(&self, sql: &str) {
        // As SQLite is told: nothing minds what rows refer to.
        self.0.sql(&format!("SET session_replication_role = replica; {}", in_its_words(sql)));
    }
}

/// `X'0A'` is text where text is put together, and bytes elsewhere, in `SQLite`; here it is neither.
fn in_its_words(sql: &str) -> String {
    let sql = sql.replace("|| X'0A'", "|| chr(10)");
    let mut parts = sql.split("X'");
    let first = parts.next().map(str::to_owned);
    let others = parts.map(|part| {
        let (digits, rest) = part.split_once('\'').unwrap();
        format!("'\\x{digits}'::bytea{rest}")
    });
    first.into_iter().chain(others).collect()
}
