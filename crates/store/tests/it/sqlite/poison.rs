//! Every column with every kind of value that its type lets in: reads answer or say which row is bad, and never
//! panic nor take the store for unavailable.

use std::fmt::Debug;

use jeton_core::id::{ApiId, ClientId, CompanyId};
use jeton_core::model::{KeyState, Sequence};
use jeton_core::store::{ApiFilter, CommitError, CompanyFilter, CredentialFilter, Page};
use jeton_core::{Store, StoreError};
use jeton_store::{Opening, SqliteStore};
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::connect;
use crate::contract::given::{
    add_grant, add_secret, create_api, create_company, create_credential, hash_key, id, sealed, secret,
    signing_key, touch_credential,
};
use crate::contract::world::{NOW, change};

const TABLES: [&str; 12] = [
    "counter",
    "changes",
    "environments",
    "settings",
    "companies",
    "apis",
    "api_audiences",
    "scopes",
    "credentials",
    "grants",
    "grant_scopes",
    "secrets",
];
const KEY_TABLES: [&str; 2] = ["signing_keys", "hash_keys"];

const VALUES: [&str; 9] = [
    "NULL",
    "''",
    "'no such word'",
    "CAST(X'FF00' AS TEXT)",
    "X''",
    "X'00'",
    "-1",
    "9223372036854775807",
    "0",
];

#[tokio::test]
async fn no_value_of_any_column_makes_a_read_panic() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Opening::MakeIfMissing).await.unwrap();
    given(&store).await;
    let mut poisoner = connect(folder.path()).await;
    let (mut tried, mut bad) = (0, 0);
    for table in TABLES.into_iter().chain(KEY_TABLES) {
        run(&mut poisoner, &format!("CREATE TEMP TABLE saved AS SELECT * FROM {table}")).await.unwrap();
        for column in columns(&mut poisoner, table).await {
            for value in VALUES {
                // What the schema itself keeps out needs no reader's care.
                if run(&mut poisoner, &format!("UPDATE {table} SET {column} = {value}")).await.is_err() {
                    continue;
                }
                tried += 1;
                bad += usize::from(read_all(&store, &format!("{table}.{column} = {value}")).await);
                let restore = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM temp.saved");
                run(&mut poisoner, &restore).await.unwrap();
            }
        }
        run(&mut poisoner, "DROP TABLE temp.saved").await.unwrap();
    }
    assert!(!read_all(&store, "restored").await);
    assert!(tried > 200 && bad > 100, "{bad} of {tried} were noticed");
}

/// At least one row in every table.
async fn given(store: &SqliteStore) {
    let intents = [
        create_company("acme"),
        create_api("voice", &["s"]),
        create_credential("a", "acme"),
        add_secret("a", secret("s1", NOW)),
        add_grant("a", "voice", None),
        jeton_core::Intent::AddSigningKey(signing_key("k", KeyState::Active)),
        jeton_core::Intent::AddHashKey(hash_key(1)),
        jeton_core::Intent::SetMasterKeyCheck(sealed(b"check")),
    ];
    store.commit(&change(NOW), &intents).await.unwrap();
    store.record_environments(&[id("production")]).await.unwrap();
}

/// Whether a row was bad.
async fn read_all(store: &SqliteStore, poison: &str) -> bool {
    let environment = id("production");
    let client_id: ClientId = id("a");
    let all = CredentialFilter::default();
    let refused = match store.commit(&change(NOW), &[touch_credential("none", None)]).await {
        Err(CommitError::Store(error)) => Err(error),
        _ => Ok(()),
    };
    let results = [
        is_bad(store.find_credentials(&environment, [Some(&client_id), None], NOW).await, poison),
        is_bad(store.credential(&environment, &client_id).await, poison),
        is_bad(store.credentials(&all, &Page::first(9)).await, poison),
        is_bad(store.company(&id::<CompanyId>("acme")).await, poison),
        is_bad(store.companies(&CompanyFilter::default(), &Page::first(9)).await, poison),
        is_bad(store.api(&id::<ApiId>("voice")).await, poison),
        is_bad(store.apis(&ApiFilter::default(), &Page::first(9)).await, poison),
        is_bad(store.keys().await, poison),
        is_bad(store.environments().await, poison),
        is_bad(store.changes(Sequence(0), 9).await, poison),
        is_bad(refused, poison),
    ];
    results.contains(&true)
}

fn is_bad<T: Debug>(result: Result<T, StoreError>, poison: &str) -> bool {
    match result {
        Ok(_) => false,
        Err(StoreError::BadRow(_)) => true,
        Err(error) => panic!("{poison}: {error}"),
    }
}

async fn columns(connection: &mut SqliteConnection, table: &str) -> Vec<String> {
    let sql = AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{table}')"));
    let rows = sqlx::query(sql).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn run(connection: &mut SqliteConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.map(drop)
}
