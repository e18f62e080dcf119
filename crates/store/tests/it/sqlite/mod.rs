//! What is `SQLite`'s own: files, their owners and modes, and its one writer.

mod backups;
mod high_water;
mod opening;
mod poison;
mod restores;
mod rights;
mod status;
mod writing;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jeton_core::Store;
use jeton_store::{Opening, SqliteStore};
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;

use crate::contract::given::create_company;
use crate::contract::world::{NOW, change};
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

pub(crate) async fn run_sql(folder: &Path, sql: &str) {
    let mut connection = connect(folder).await;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// A store of this many companies, `c1` and on, each made by a commit of its own; closed.
async fn store_of(companies: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Opening::MakeIfMissing).await.unwrap();
    for number in 1..=companies {
        store.commit(&change(NOW), &[create_company(&format!("c{number}"))]).await.unwrap();
    }
    store.close().await;
    folder
}

/// The names in a folder, but the locks, and what `SQLite` keeps beside a store at which somebody looks.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| {
        !["jeton.lock", "jeton.in-use", "jeton.db-wal", "jeton.db-shm"].contains(&name.as_str())
    });
    names.sort();
    names
}

/// Every row of every table, and the schema.
async fn dump(file: &Path) -> Vec<String> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = options.connect().await.unwrap();
    let tables = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let tables: Vec<(String, String)> = sqlx::query_as(tables).fetch_all(&mut connection).await.unwrap();
    let mut rows = Vec::new();
    for (table, sql) in tables {
        let names = format!("SELECT 'quote(' || name || ')' FROM pragma_table_info('{table}')");
        let names: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(names)).fetch_all(&mut connection).await.unwrap();
        let all = format!("SELECT '{table}: ' || {} FROM {table} ORDER BY 1", names.join(" || ',' || "));
        let lines: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(all)).fetch_all(&mut connection).await.unwrap();
        rows.push(sql);
        rows.extend(lines);
    }
    connection.close().await.unwrap();
    rows
}
