//! The one writer: cancelled commits, locks of other processes, and writes that fail.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use jeton_core::Store;
use jeton_core::StoreError;
use jeton_core::id::CompanyId;
use jeton_core::intent::Intent;
use jeton_core::model::Sequence;
use jeton_core::store::{CommitError, CompanyFilter, Page};
use jeton_store::{Opening, SqliteStore};
use sqlx::Executor;

use super::{connect, run_sql};
use crate::contract::given::{create_company, id};
use crate::contract::world::{NOW, change};

/// A commit that is dropped at any point happened as a whole or not at all, and the next one succeeds.
#[tokio::test]
async fn a_dropped_commit_leaves_the_store_usable() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Opening::MakeIfMissing).await.unwrap();
    let mut finished = false;
    for polls in 1..100 {
        let intents: Vec<Intent> =
            (0..5).map(|number| create_company(&format!("p{polls}-{number}"))).collect();
        finished = poll_at_most(polls, store.commit(&change(NOW), &intents)).await;
        store.commit(&change(NOW), &[create_company(&format!("after{polls}"))]).await.unwrap();
        let of_this = CompanyFilter { id_prefix: Some(format!("p{polls}-")), name_prefix: None };
        let made = store.companies(&of_this, &Page::first(1_000)).await.unwrap().len();
        assert!(made == 0 || made == 5, "{made} of 5 after {polls} polls");
        if finished {
            assert_eq!(made, 5);
            break;
        }
    }
    assert!(finished, "a commit takes more polls than were tried");
    let changes = store.changes(Sequence(0), 1_000).await.unwrap();
    let numbers: std::collections::BTreeSet<_> = changes.rows.iter().map(|row| row.sequence.0).collect();
    assert!(numbers.into_iter().eq(1..=changes.sequence.0), "the numbers of the commits have a gap");
}

#[tokio::test]
async fn reads_do_not_wait_for_another_processs_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Opening::MakeIfMissing).await.unwrap();
    store.commit(&change(NOW), &[create_company("acme")]).await.unwrap();
    let mut other = connect(folder.path()).await;
    other.execute("BEGIN IMMEDIATE; UPDATE companies SET name = 'Not yet'").await.unwrap();
    let company = store.company(&id::<CompanyId>("acme")).await.unwrap().unwrap();
    assert_eq!(company.name, id("Acme & Söhne"));

    // A commit that waits for the lock and is dropped takes nothing with it.
    assert!(!poll_at_most(1, store.commit(&change(NOW), &[create_company("b")])).await);
    other.execute("COMMIT").await.unwrap();
    let committed = store.commit(&change(NOW), &[create_company("b")]).await.unwrap();
    assert_eq!(committed.sequence, Sequence(2));
    let company = store.company(&id::<CompanyId>("acme")).await.unwrap().unwrap();
    assert_eq!(company.name, id("Not yet"));
}

/// As `SQLite` may on a full disk: nothing of the commit stays, and the next one succeeds.
#[tokio::test]
async fn a_commit_that_sqlite_rolled_back_by_itself_leaves_the_store_usable() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Opening::MakeIfMissing).await.unwrap();
    let trigger = "CREATE TRIGGER full BEFORE INSERT ON changes WHEN NEW.target = 'b' \
                   BEGIN SELECT RAISE(ROLLBACK, 'disk is full'); END";
    run_sql(folder.path(), trigger).await;
    let failed = store.commit(&change(NOW), &[create_company("a"), create_company("b")]).await;
    assert!(matches!(failed, Err(CommitError::Store(_))), "{failed:?}");
    assert_eq!(store.companies(&CompanyFilter::default(), &Page::first(9)).await.unwrap(), []);
    let committed = store.commit(&change(NOW), &[create_company("c")]).await.unwrap();
    assert_eq!(committed.sequence, Sequence(1));
}

#[tokio::test]
async fn text_that_is_none_is_a_bad_row() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Opening::MakeIfMissing).await.unwrap();
    store.commit(&change(NOW), &[create_company("acme")]).await.unwrap();
    run_sql(folder.path(), "UPDATE companies SET name = CAST(X'FF41' AS TEXT)").await;
    let read = store.company(&id::<CompanyId>("acme")).await;
    assert!(matches!(read, Err(StoreError::BadRow(_))), "{read:?}");
}

/// Whether it finished within so many polls; it is dropped if not.
async fn poll_at_most(polls: usize, future: impl Future) -> bool {
    let mut future = pin!(future);
    let mut polled = 0;
    poll_fn(|context| {
        polled += 1;
        match future.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if polled >= polls => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
