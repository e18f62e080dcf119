//! Which databases are taken for a store.

use jeton_core::Store;
use jeton_core::model::Sequence;
use jeton_store::{Endpoint, Opening, PostgresError, inspect_postgres};
use jeton_testkit::Database;
use tokio::task::JoinSet;

use super::{endpoint, open};

#[tokio::test(flavor = "multi_thread")]
async fn twenty_first_starts_at_once_make_one_store() {
    let database = Database::create();
    let mut starts = JoinSet::new();
    for _ in 0..20 {
        let url = database.url();
        starts.spawn(async move { open(&url, Opening::MakeIfMissing).await });
    }
    for store in starts.join_all().await {
        assert_eq!(store.unwrap().changes(Sequence(0), 1).await.unwrap().sequence, Sequence(0));
    }
    assert_eq!(database.sql("SELECT COUNT(*) FROM _sqlx_migrations"), ["4"]);
}

#[tokio::test]
async fn an_empty_database_is_filled_by_those_who_may() {
    let database = Database::create();
    let error = open(&database.url(), Opening::Existing).await.unwrap_err();
    assert!(matches!(error, PostgresError::NoStore { .. }), "{error}");
    let error = inspect_postgres(&endpoint(&database.url())).await.unwrap_err();
    assert!(matches!(error, PostgresError::NoStore { .. }), "{error}");
    assert_eq!(database.sql("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"), ["0"]);
    open(&database.url(), Opening::MakeIfMissing).await.unwrap();
    open(&database.url(), Opening::Existing).await.unwrap();
    let status = inspect_postgres(&endpoint(&database.url())).await.unwrap();
    assert_eq!((status.schema, status.newest_schema), (4, 4));
    assert_eq!(status.contents.unwrap().sequence, Sequence(0));
}

#[tokio::test]
async fn who_does_not_answer_is_named_without_the_password() {
    // Where nobody listens: of a port that was free a moment ago, and in a folder without a socket.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for place in [format!("127.0.0.1:{port}"), "%2Fnowhere".to_owned(), "nowhere.invalid".to_owned()] {
        let url = format!("postgres://jeton:hunter2@{place}/jeton");
        let error = open(&url, Opening::MakeIfMissing).await.unwrap_err();
        assert!(matches!(error, PostgresError::Unreachable { .. }), "{error}");
        let told = format!("{error} {error:?}");
        assert!(told.contains("database jeton") && !told.contains("hunter2"), "{told}");
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_refused() {
    let url = Database::create().url_with_password("hunter2");
    let (server, _) = url.rsplit_once('/').unwrap();
    let error = open(&format!("{server}/nobodys"), Opening::MakeIfMissing).await.unwrap_err();
    assert!(matches!(error, PostgresError::Refused { .. }), "{error}");
    let told = format!("{error} {error:?}");
    assert!(told.contains("nobodys") && !told.contains("hunter2"), "{told}");
}

#[test]
fn what_is_no_url_is_not_repeated() {
    for url in [
        "",
        "hunter2",
        "mysql://jeton:hunter2@db/jeton",
        "postgres://jeton:hunter2@db:port/jeton",
        "postgres://jeton:hunter2@db/jeton?sslmode=full",
    ] {
        let error = url.parse::<Endpoint>().unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(told.contains("postgres://") && !told.contains("hunter2"), "{told}");
    }
}

#[tokio::test]
async fn a_changed_schema_is_refused() {
    let database = Database::create();
    open(&database.url(), Opening::MakeIfMissing).await.unwrap();
    database.sql("UPDATE _sqlx_migrations SET checksum = '\\x00'");
    let error = open(&database.url(), Opening::Existing).await.unwrap_err();
    assert!(matches!(error, PostgresError::OtherSchema { .. }), "{error}");
}
