//! The mark outside of the store: how it follows, and what it tells.

use std::fs;
use std::path::Path;

use jeton_core::Store;
use jeton_core::model::Sequence;
use jeton_store::{Behind, Depth, Opening, SqliteStore, inspect};

use super::{run_sql, store_of};
use crate::contract::given::create_company;
use crate::contract::world::{NOW, change};

async fn mark(folder: &Path) -> Option<Sequence> {
    inspect(folder, Depth::Quick).await.unwrap().high_water
}

#[tokio::test]
async fn it_has_followed_every_commit_when_the_store_is_closed() {
    let folder = store_of(0).await;
    assert_eq!(mark(folder.path()).await, None, "nothing was committed");
    for commits in [1, 2, 30] {
        let folder = store_of(commits).await;
        assert_eq!(mark(folder.path()).await, Some(Sequence(commits.into())));
    }
}

/// As when a command is killed right after its commit: the next one, or the server's poll, makes up for it.
#[tokio::test]
async fn whoever_opens_or_polls_brings_it_up_to_date() {
    let folder = store_of(3).await;
    let file = folder.path().join("jeton.high-water");
    fs::remove_file(&file).unwrap();
    SqliteStore::open(folder.path(), Opening::Existing).await.unwrap().close().await;
    assert_eq!(mark(folder.path()).await, Some(Sequence(3)));

    let server = SqliteStore::open(folder.path(), Opening::Existing).await.unwrap();
    run_sql(folder.path(), "UPDATE counter SET sequence = 9").await;
    server.changes(Sequence(3), 1).await.unwrap();
    server.close().await;
    assert_eq!(mark(folder.path()).await, Some(Sequence(9)));
}

#[tokio::test]
async fn many_stores_raise_it_together() {
    let folder = store_of(0).await;
    let mut stores = vec![];
    for _ in 0..4 {
        stores.push(SqliteStore::open(folder.path(), Opening::Existing).await.unwrap());
    }
    for number in 0..40 {
        let company = create_company(&format!("c{number}"));
        stores[number % 4].commit(&change(NOW), &[company]).await.unwrap();
    }
    // The last one of those that are closed knows less than the mark.
    for store in stores.into_iter().rev() {
        store.close().await;
    }
    assert_eq!(mark(folder.path()).await, Some(Sequence(40)));
}

#[tokio::test]
async fn an_older_copy_put_back_by_hand_is_known_as_one() {
    let folder = store_of(3).await;
    let file = folder.path().join("jeton.db");
    let old = fs::read(&file).unwrap();
    let store = SqliteStore::open(folder.path(), Opening::Existing).await.unwrap();
    assert_eq!(store.behind(), None);
    store.commit(&change(NOW), &[create_company("later")]).await.unwrap();
    store.close().await;

    fs::write(&file, old).unwrap();
    let store = SqliteStore::open(folder.path(), Opening::Existing).await.unwrap();
    let behind = Behind { sequence: Sequence(3), high_water: Sequence(4) };
    assert_eq!(store.behind(), Some(behind));
    assert!(behind.to_string().contains("commit 3, and commit 4"), "{behind}");
    assert!(behind.to_string().contains("db restore"), "{behind}");
    store.close().await;
    assert_eq!(mark(folder.path()).await, Some(Sequence(4)), "it does not fall");
}

#[tokio::test]
async fn a_mark_that_cannot_be_written_stops_no_commit() {
    let folder = store_of(1).await;
    let file = folder.path().join("jeton.high-water");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let store = SqliteStore::open(folder.path(), Opening::Existing).await.unwrap();
    let committed = store.commit(&change(NOW), &[create_company("a")]).await.unwrap();
    assert_eq!(committed.sequence, Sequence(2));
    store.close().await;
    assert_eq!(mark(folder.path()).await, None);
}
