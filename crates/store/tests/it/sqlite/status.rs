//! What can be said of a store as a whole.

use std::fs;

use jeton_core::intent::Intent;
use jeton_core::model::{KeyState, Sequence, State};
use jeton_core::{Store, StoreError};
use jeton_store::{Contents, Depth, OpenError, Opening, SqliteStore, inspect};

use super::{run_sql, store_of};
use crate::contract::given::{
    create_api, create_company, create_credential, sealed, set_company, set_credential, signing_key,
};
use crate::contract::world::{NOW, change};

#[tokio::test]
async fn what_is_deleted_does_not_count() {
    let folder = store_of(0).await;
    let store = SqliteStore::open(folder.path(), Opening::Existing).await.unwrap();
    let intents = [
        create_company("acme"),
        create_company("gone"),
        set_company("gone", State::Deleted),
        create_api("voice", &[]),
        create_credential("a", "acme"),
        create_credential("b", "acme"),
        set_credential("b", State::Deleted),
        Intent::AddSigningKey(signing_key("k1", KeyState::Active)),
        Intent::AddSigningKey(signing_key("k2", KeyState::Removed)),
        Intent::SetMasterKeyCheck(sealed(b"check")),
    ];
    store.commit(&change(NOW), &intents).await.unwrap();
    // While it is open, with what it has in the log alone.
    let status = inspect(folder.path(), Depth::Full).await.unwrap();
    let expected = Contents {
        sequence: Sequence(1),
        companies: 1,
        credentials: 1,
        apis: 1,
        signing_keys: 1,
        master_key_check: Some(sealed(b"check")),
    };
    assert_eq!(status.contents.unwrap(), expected);
    assert_eq!(status.problems, [] as [String; 0]);
    assert_eq!((status.schema, status.newest_schema), (4, 4));
    assert!(status.sqlite.starts_with("3."), "{}", status.sqlite);
    let sizes: Vec<_> = status.files.iter().map(|(file, size)| (file.file_name().unwrap(), *size)).collect();
    assert_eq!(sizes[0].0, "jeton.db");
    assert!(sizes[1].0 == "jeton.db-wal" && sizes[1].1 > 0, "{sizes:?}");
}

#[tokio::test]
async fn damage_is_found() {
    let folder = store_of(200).await;
    let sound = inspect(folder.path(), Depth::Quick).await.unwrap();
    assert_eq!(sound.problems, [] as [String; 0]);
    let file = folder.path().join("jeton.db");
    let mut bytes = fs::read(&file).unwrap();
    let damage = |bytes: &mut [u8], pages: std::ops::Range<usize>| {
        for page in pages {
            bytes[page * 4096..page * 4096 + 64].fill(0xA5);
        }
    };
    // The last pages hold companies and changes.
    let pages = bytes.len() / 4096;
    damage(&mut bytes, pages - 4..pages);
    fs::write(&file, &bytes).unwrap();
    for depth in [Depth::Quick, Depth::Full] {
        let status = inspect(folder.path(), depth).await.unwrap();
        assert_ne!(status.problems, [] as [String; 0], "{depth:?}");
    }
    // Then the schema itself.
    damage(&mut bytes, 1..pages);
    fs::write(&file, &bytes).unwrap();
    let error = inspect(folder.path(), Depth::Quick).await.unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("db restore"), "{error}");
}

#[tokio::test]
async fn a_reference_to_nothing_is_found_by_the_full_check() {
    let folder = store_of(1).await;
    run_sql(folder.path(), "INSERT INTO api_audiences VALUES ('nothing', '', 'urn:x')").await;
    assert_eq!(inspect(folder.path(), Depth::Quick).await.unwrap().problems, [] as [String; 0]);
    let problems = inspect(folder.path(), Depth::Full).await.unwrap().problems;
    assert_eq!(problems, ["a row of api_audiences refers to a row of apis that is not there"]);
}

#[tokio::test]
async fn what_cannot_be_counted_is_said() {
    let folder = store_of(1).await;
    run_sql(folder.path(), "DELETE FROM counter").await;
    let status = inspect(folder.path(), Depth::Quick).await.unwrap();
    assert!(matches!(status.contents, Err(StoreError::BadRow(_))), "{:?}", status.contents);
}

#[tokio::test]
async fn what_is_no_store_is_refused() {
    let above = tempfile::tempdir().unwrap();
    let error = inspect(&above.path().join("data"), Depth::Quick).await.unwrap_err();
    assert!(matches!(error, OpenError::NoFolder { .. }), "{error}");
    let error = inspect(above.path(), Depth::Quick).await.unwrap_err();
    assert!(matches!(error, OpenError::NoStore { .. }), "{error}");
}
