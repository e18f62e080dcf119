//! What is `SQLite`'s own: files, their owners and modes, and its one writer.

mod opening;
mod poison;
mod rights;
mod writing;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jeton_core::Store;
use jeton_store::{Opening, SqliteStore};
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;

use crate::contract::{Backstage, World};

/// The contract's world on `SQLite`.
pub(crate) async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Opening::MakeIfMissing).await.unwrap();
    World { store: Arc::new(store), backstage: Box::new(Folder(folder)) }
}

struct Folder(TempDir);

#[async_trait]
impl Backstage for Folder {
    async fn another(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(self.0.path(), Opening::Existing).await.unwrap())
    }

    async fn sql(&self, sql: &str) {
        run_sql(self.0.path(), sql).await;
    }
}

/// A connection that heeds none of the store's rules.
async fn connect(folder: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.join("jeton.db")).foreign_keys(false);
    let options = options.synchronous(SqliteSynchronous::Off);
    options.create_if_missing(true).connect().await.unwrap()
}

async fn run_sql(folder: &Path, sql: &str) {
    let mut connection = connect(folder).await;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
