//! Whose the files are, and who else may use them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jeton_core::Store;
use jeton_store::{OpenError, Opening, SqliteStore};

use crate::contract::given::create_company;
use crate::contract::world::{NOW, change};

#[tokio::test]
async fn nobody_else_may_read_what_is_made() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("data");
    let store = SqliteStore::open(&folder, Opening::MakeIfMissing).await.unwrap();
    store.commit(&change(NOW), &[create_company("acme")]).await.unwrap();
    assert_eq!(mode(&folder), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    names.sort();
    // It follows the commit when it comes to it.
    names.retain(|name| name != "jeton.high-water");
    assert_eq!(names, ["jeton.db", "jeton.db-shm", "jeton.db-wal", "jeton.in-use", "jeton.lock"]);
}

#[tokio::test]
async fn a_file_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    SqliteStore::open(folder.path(), Opening::MakeIfMissing).await.unwrap().close().await;
    let file = folder.path().join("jeton.db");
    set_mode(&file, 0o640);
    let error = SqliteStore::open(folder.path(), Opening::Existing).await.unwrap_err();
    assert!(matches!(error, OpenError::OpenToOthers { mode: 0o640, .. }), "{error}");
    assert!(error.to_string().contains("chmod 600"), "{error}");
    set_mode(&file, 0o600);
    SqliteStore::open(folder.path(), Opening::Existing).await.unwrap();
}

#[tokio::test]
async fn a_folder_that_others_may_write_to_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (mode, accepted) in [(0o777, false), (0o720, false), (0o755, true)] {
        set_mode(folder.path(), mode);
        let opened = SqliteStore::open(folder.path(), Opening::MakeIfMissing).await;
        match opened {
            Ok(_) => assert!(accepted, "{mode:o}"),
            Err(error) => {
                assert!(!accepted && matches!(error, OpenError::OpenToOthers { .. }), "{mode:o}: {error}");
                assert!(error.to_string().contains("chmod 700"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn another_users_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = another_users(folder.path());
    for how in [Opening::Existing, Opening::MakeIfMissing] {
        let error = SqliteStore::open(&theirs, how).await.unwrap_err();
        assert!(matches!(error, OpenError::OtherOwner { .. }), "{error}");
        assert!(error.to_string().contains("sudo -u "), "{error}");
    }
}

/// The superuser can give a folder away; everybody else is given the superuser's.
fn another_users(folder: &Path) -> PathBuf {
    let another = fs::metadata(folder).unwrap().uid() + 1;
    match std::os::unix::fs::chown(folder, Some(another), None) {
        Ok(()) => folder.to_owned(),
        Err(_) => PathBuf::from("/"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}
