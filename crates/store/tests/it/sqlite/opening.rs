//! Which folders and files are taken for a store.

use std::fs;

use jeton_core::Store;
use jeton_core::model::Sequence;
use jeton_store::{OpenError, Opening, SqliteStore};
use sqlx::{Connection, Row, SqliteConnection};
use tokio::task::JoinSet;

use super::{connect, run_sql};

#[tokio::test(flavor = "multi_thread")]
async fn twenty_first_starts_at_once_make_one_store() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("data");
    let mut starts = JoinSet::new();
    for _ in 0..20 {
        let folder = folder.clone();
        starts.spawn(async move { SqliteStore::open(&folder, Opening::MakeIfMissing).await });
    }
    for store in starts.join_all().await {
        assert_eq!(store.unwrap().changes(Sequence(0), 1).await.unwrap().sequence, Sequence(0));
    }
    assert_eq!(count(&mut connect(&folder).await, "_sqlx_migrations").await, 4);
}

#[tokio::test]
async fn a_missing_folder_is_refused_and_not_made() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("data");
    let error = SqliteStore::open(&folder, Opening::Existing).await.unwrap_err();
    assert!(matches!(error, OpenError::NoFolder { .. }), "{error}");
    assert!(error.to_string().contains("--data"), "{error}");
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_folder_without_a_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let error = SqliteStore::open(folder.path(), Opening::Existing).await.unwrap_err();
    assert!(matches!(error, OpenError::NoStore { .. }), "{error}");
    assert!(error.to_string().contains("--data"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_file_is_no_folder() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for how in [Opening::Existing, Opening::MakeIfMissing] {
        let error = SqliteStore::open(file.path(), how).await.unwrap_err();
        assert!(matches!(error, OpenError::NotAFolder { .. }), "{error}");
    }
}

#[tokio::test]
async fn folders_above_are_made_too() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("var/lib/jeton");
    SqliteStore::open(&folder, Opening::MakeIfMissing).await.unwrap().close().await;
    SqliteStore::open(&folder, Opening::Existing).await.unwrap();
}

/// As an interrupted first start leaves it.
#[tokio::test]
async fn an_empty_file_is_filled_by_those_who_may() {
    let folder = tempfile::tempdir().unwrap();
    private_file(folder.path(), b"");
    let error = SqliteStore::open(folder.path(), Opening::Existing).await.unwrap_err();
    assert!(matches!(error, OpenError::NoStore { .. }), "{error}");
    SqliteStore::open(folder.path(), Opening::MakeIfMissing).await.unwrap();
    SqliteStore::open(folder.path(), Opening::Existing).await.unwrap();
}

/// As a kill leaves it that comes while `SQLite` writes without its write-ahead log.
#[tokio::test]
async fn what_a_killed_writer_left_half_done_is_rolled_back() {
    let folder = tempfile::tempdir().unwrap();
    SqliteStore::open(folder.path(), Opening::MakeIfMissing).await.unwrap().close().await;
    let (file, journal) = (folder.path().join("jeton.db"), folder.path().join("jeton.db-journal"));
    let mut writer = connect(folder.path()).await;
    let half_done = "PRAGMA journal_mode = DELETE; PRAGMA cache_spill = 1; PRAGMA cache_size = 1; \
                     BEGIN IMMEDIATE; UPDATE counter SET sequence = 9; \
                     CREATE TABLE half_done AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n \
                     LIMIT 9999) SELECT x, hex(randomblob(50)) FROM n";
    sqlx::raw_sql(half_done).execute(&mut writer).await.unwrap();
    let (half, log) = (fs::read(&file).unwrap(), fs::read(&journal).unwrap());
    writer.close().await.unwrap();
    fs::write(&file, half).unwrap();
    fs::write(&journal, log).unwrap();

    let store = SqliteStore::open(folder.path(), Opening::Existing).await.unwrap();
    assert_eq!(store.changes(Sequence(0), 1).await.unwrap().sequence, Sequence(0));
    assert!(!journal.exists());
}

#[tokio::test]
async fn another_programs_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    private_file(folder.path(), b"");
    run_sql(folder.path(), "CREATE TABLE theirs (x)").await;
    let before = fs::read(folder.path().join("jeton.db")).unwrap();
    for how in [Opening::Existing, Opening::MakeIfMissing] {
        let error = SqliteStore::open(folder.path(), how).await.unwrap_err();
        assert!(matches!(error, OpenError::NotJeton { .. }), "{error}");
    }
    assert_eq!(fs::read(folder.path().join("jeton.db")).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    private_file(folder.path(), &b"client_id,client_secret\n".repeat(100));
    for how in [Opening::Existing, Opening::MakeIfMissing] {
        let error = SqliteStore::open(folder.path(), how).await.unwrap_err();
        assert!(matches!(error, OpenError::NotJeton { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_changed_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    SqliteStore::open(folder.path(), Opening::MakeIfMissing).await.unwrap().close().await;
    run_sql(folder.path(), "UPDATE _sqlx_migrations SET checksum = X'00'").await;
    let error = SqliteStore::open(folder.path(), Opening::Existing).await.unwrap_err();
    assert!(matches!(error, OpenError::OtherSchema { .. }), "{error}");
}

fn private_file(folder: &std::path::Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt;
    let file = folder.join("jeton.db");
    fs::write(&file, bytes).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

async fn count(connection: &mut SqliteConnection, table: &'static str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    sqlx::query(sql).fetch_one(connection).await.unwrap().get(0)
}
