//! Backups: what is in them, and what stands beside them.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use jeton_core::Store;
use jeton_core::model::Sequence;
use jeton_store::{BackupError, OpenError, Opening, SqliteStore, backup};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::{dump, names, run_sql, store_of};
use crate::contract::given::create_company;
use crate::contract::world::{NOW, change};

#[tokio::test]
async fn it_is_the_store_in_one_private_file() {
    let (folder, elsewhere) = (store_of(3).await, tempfile::tempdir().unwrap());
    let file = elsewhere.path().join("a backup");
    let made = backup(folder.path(), &file).await.unwrap();
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!((made.contents.sequence, made.contents.companies), (Sequence(3), 3));
    assert_eq!((made.bytes, metadata.mode() & 0o777), (metadata.len(), 0o600));
    assert_eq!(names(elsewhere.path()), ["a backup"]);
    assert_eq!(dump(&file).await, dump(&folder.path().join("jeton.db")).await);
}

/// Writers commit all the while; a backup holds every commit that was acknowledged before it began, and is whole.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_under_load_have_all_that_was_acknowledged() {
    let (folder, elsewhere) = (store_of(0).await, tempfile::tempdir().unwrap());
    let (acknowledged, done) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..3 {
        let store = SqliteStore::open(folder.path(), Opening::Existing).await.unwrap();
        let (acknowledged, done) = (Arc::clone(&acknowledged), Arc::clone(&done));
        writers.spawn(async move {
            let mut number = 0;
            while !done.load(Ordering::SeqCst) {
                number += 1;
                let pair = ["a", "b"].map(|half| create_company(&format!("w{writer}-{number}-{half}")));
                let committed = store.commit(&change(NOW), &pair).await.unwrap();
                acknowledged.fetch_max(committed.sequence.0, Ordering::SeqCst);
            }
            store.close().await;
        });
    }
    for number in 0..20 {
        let file = elsewhere.path().join(number.to_string());
        let before = acknowledged.load(Ordering::SeqCst);
        let contents = backup(folder.path(), &file).await.unwrap().contents;
        assert!(contents.sequence.0 >= before, "{before} acknowledged, {contents:?}");
        assert_eq!(i64::from(contents.companies), 2 * contents.sequence.0, "at one moment, between commits");
        let options = SqliteConnectOptions::new().filename(&file).read_only(true);
        let mut connection = options.connect().await.unwrap();
        let check: Vec<String> =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut connection).await.unwrap();
        assert_eq!(check, ["ok"]);
        let commits = "SELECT COUNT(DISTINCT sequence) FROM changes";
        let commits: i64 = sqlx::query_scalar(commits).fetch_one(&mut connection).await.unwrap();
        assert_eq!(commits, contents.sequence.0, "without a gap");
        connection.close().await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    writers.join_all().await;
    assert!(acknowledged.load(Ordering::SeqCst) > 20, "there was load");
}

#[tokio::test]
async fn it_replaces_nothing() {
    let (folder, elsewhere) = (store_of(1).await, tempfile::tempdir().unwrap());
    let file = elsewhere.path().join("backup");
    fs::write(&file, "precious").unwrap();
    symlink("nowhere", elsewhere.path().join("link")).unwrap();
    for name in ["backup", "link"] {
        let error = backup(folder.path(), &elsewhere.path().join(name)).await.unwrap_err();
        assert!(matches!(error, BackupError::Exists { .. }), "{error}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    assert_eq!(names(elsewhere.path()), ["backup", "link"]);
    let own = folder.path().join("jeton.db");
    assert!(matches!(backup(folder.path(), &own).await, Err(BackupError::Exists { .. })));
}

/// What a backup leaves that was killed is written over; what somebody else laid there is not followed.
#[tokio::test]
async fn a_part_of_an_earlier_one_is_in_nobodys_way() {
    let (folder, elsewhere) = (store_of(1).await, tempfile::tempdir().unwrap());
    let (file, partial) = (elsewhere.path().join("backup"), elsewhere.path().join("backup.partial"));
    fs::write(&partial, "half of an earlier one").unwrap();
    backup(folder.path(), &file).await.unwrap();
    assert_eq!(names(elsewhere.path()), ["backup"]);
    fs::remove_file(&file).unwrap();

    let victim = elsewhere.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, &partial).unwrap();
    let error = backup(folder.path(), &file).await.unwrap_err();
    assert!(matches!(error, BackupError::Io { .. }), "{error}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
}

#[tokio::test]
async fn two_of_one_name_do_not_meet() {
    let (folder, elsewhere) = (store_of(1).await, tempfile::tempdir().unwrap());
    let (file, partial) = (elsewhere.path().join("backup"), elsewhere.path().join("backup.partial"));
    let other = fs::File::create(&partial).unwrap();
    other.lock().unwrap();
    let error = backup(folder.path(), &file).await.unwrap_err();
    assert!(matches!(error, BackupError::Busy { .. }), "{error}");
    assert_eq!(names(elsewhere.path()), ["backup.partial"], "the other's draft stays");
    drop(other);
    backup(folder.path(), &file).await.unwrap();
}

#[tokio::test]
async fn a_damaged_store_makes_no_backup() {
    let (folder, elsewhere) = (store_of(1).await, tempfile::tempdir().unwrap());
    run_sql(folder.path(), "INSERT INTO api_audiences VALUES ('nothing', '', 'urn:x')").await;
    let error = backup(folder.path(), &elsewhere.path().join("backup")).await.unwrap_err();
    assert!(matches!(&error, BackupError::Damaged(_)), "{error}");
    assert!(error.to_string().contains("api_audiences"), "{error}");
    assert_eq!(names(elsewhere.path()), [] as [&str; 0]);
}

#[tokio::test]
async fn where_it_cannot_be_written_is_said() {
    let (folder, elsewhere) = (store_of(1).await, tempfile::tempdir().unwrap());
    let nowhere = elsewhere.path().join("missing/backup");
    let error = backup(folder.path(), &nowhere).await.unwrap_err();
    assert!(matches!(error, BackupError::Io { .. }) && error.to_string().contains("missing"), "{error}");
    let error = backup(&elsewhere.path().join("data"), &elsewhere.path().join("b")).await.unwrap_err();
    assert!(matches!(error, BackupError::Open(OpenError::NoFolder { .. })), "{error}");
}
