//! Connections that are busy, and connections that are gone.

use jeton_core::{Store, StoreError};
use jeton_store::{Opening, PostgresStore};
use jeton_testkit::Database;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::{endpoint, opened};
use crate::contract::given::create_company;
use crate::contract::world::{NOW, change};

#[tokio::test]
async fn without_a_free_connection_the_store_is_unavailable() {
    let database = Database::create();
    let at = endpoint(&database.url());
    let store = PostgresStore::open(&at, None, 1, Opening::MakeIfMissing).await.unwrap();
    let mut other = database.url().parse::<PgConnectOptions>().unwrap().connect().await.unwrap();
    let mut lock = other.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE counter IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();

    // One of them has the only connection and waits for the lock, which the server allows it for longer.
    let first = tokio::select! {
        keys = store.keys() => keys,
        keys = store.keys() => keys,
    };
    let error = first.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(why) if why.contains("busy")), "{error}");

    lock.rollback().await.unwrap();
    assert!(store.keys().await.is_ok(), "what was given up leaves the connection usable, or closed");
}

/// As a restart of the server or a failover ends them.
#[tokio::test]
async fn connections_that_the_server_ended_are_replaced() {
    let database = Database::create();
    let store = opened(&database).await;
    store.keys().await.unwrap();
    let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert_eq!(database.sql(end), ["t"], "there was a connection to end");
    store.keys().await.unwrap();
    assert_eq!(database.sql(end), ["t"]);
    store.commit(&change(NOW), &[create_company("acme")]).await.unwrap();
}
