//! Restores: what is checked, what is kept, and what comes of the numbers.

use std::fs;
use std::path::{Path, PathBuf};

use jeton_core::Store;
use jeton_core::id::CompanyId;
use jeton_core::intent::{Intent, WhichSecrets};
use jeton_core::model::{Sequence, State};
use jeton_core::revocation::{Revocation, RevokedTokens};
use jeton_store::{
    Consent, Depth, Loss, OpenError, Opening, Restore, RestoreError, Restored, SqliteStore, Standing, backup,
    inspect,
};
use tempfile::TempDir;

use super::{connect, dump, names, run_sql, store_of};
use crate::contract::given::{
    add_secret, create_company, create_credential, id, revoke, sealed, secret, set_credential,
};
use crate::contract::world::{NOW, change};

const ALL: Consent = Consent { replace: true, danger_older: true };
const NONE: Consent = Consent { replace: false, danger_older: false };
const REPLACE: Consent = Consent { replace: true, danger_older: false };

/// A store with a backup of it.
struct Backed {
    folder: TempDir,
    elsewhere: TempDir,
}

impl Backed {
    async fn of(folder: TempDir) -> Self {
        let elsewhere = tempfile::tempdir().unwrap();
        backup(folder.path(), &elsewhere.path().join("backup")).await.unwrap();
        Self { folder, elsewhere }
    }

    fn backup(&self) -> PathBuf {
        self.elsewhere.path().join("backup")
    }

    async fn prepare(&self) -> Result<Restore, RestoreError> {
        Restore::prepare(self.folder.path(), &self.backup()).await
    }

    async fn restore(&self, consent: Consent) -> Result<Restored, RestoreError> {
        self.prepare().await?.install(consent, &change(NOW)).await
    }

    async fn commit(&self, intents: &[Intent]) {
        commit(self.folder.path(), intents).await;
    }
}

async fn commit(folder: &Path, intents: &[Intent]) {
    let store = SqliteStore::open(folder, Opening::Existing).await.unwrap();
    store.commit(&change(NOW), intents).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_backup_restored_elsewhere_is_the_store() {
    let backed = Backed::of(store_of(3).await).await;
    let new = backed.elsewhere.path().join("var/data");
    let restore = Restore::prepare(&new, &backed.backup()).await.unwrap();
    assert_eq!((restore.standing(), restore.loss()), (&Standing::Nothing, &Loss::Unknown));
    assert_eq!(restore.backup().sequence, Sequence(3));
    let restored = restore.install(NONE, &change(NOW)).await.unwrap();
    assert_eq!((restored.kept, restored.generations_raised), (None, true));
    assert_eq!(names(&new), ["jeton.db", "jeton.high-water"]);

    let unchanged =
        |line: &String| !["counter: ", "changes: ", "credentials: "].iter().any(|one| line.starts_with(one));
    let [before, after] = [backed.backup(), new.join("jeton.db")];
    let [mut before, mut after] = [dump(&before).await, dump(&after).await];
    before.retain(unchanged);
    after.retain(unchanged);
    assert_eq!(before, after);
    let store = SqliteStore::open(&new, Opening::Existing).await.unwrap();
    let last = store.changes(Sequence(3), 9).await.unwrap();
    assert_eq!(last.sequence, restored.sequence);
    assert_eq!(last.rows.len(), 1);
    let row = &last.rows[0];
    assert_eq!(
        (row.sequence, row.kind, row.target.as_str(), row.invalidates),
        (restored.sequence, None, "3", true)
    );
}

#[tokio::test]
async fn the_newest_backup_costs_nothing() {
    let folder = store_of(1).await;
    commit(folder.path(), &[create_credential("a", "c1")]).await;
    let backed = Backed::of(folder).await;
    assert_eq!(backed.prepare().await.unwrap().loss(), &Loss::Nothing);
    let restored = backed.restore(REPLACE).await.unwrap();
    assert!(!restored.generations_raised);
    let store = SqliteStore::open(backed.folder.path(), Opening::Existing).await.unwrap();
    let credential = store.credential(&id("production"), &id("a")).await.unwrap().unwrap();
    assert_eq!((credential.generation, credential.revision), (generation_of_new(&backed).await, Sequence(2)));
}

async fn generation_of_new(backed: &Backed) -> i64 {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(backed.backup()).read_only(true);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::query_scalar("SELECT generation FROM credentials").fetch_one(&mut connection).await.unwrap()
}

/// What an old backup takes back is said, and nothing that was revoked by number is valid again.
#[tokio::test]
async fn an_older_backup_is_refused_until_its_loss_is_agreed_to() {
    let folder = store_of(1).await;
    let made = [create_credential("a", "c1"), add_secret("a", secret("s1", NOW))];
    commit(folder.path(), &made).await;
    let backed = Backed::of(folder).await;
    backed.commit(&[revoke("a", WhichSecrets::All)]).await;
    backed.commit(&[set_credential("a", State::Suspended)]).await;
    backed.commit(&[set_credential("a", State::Active)]).await;
    let file = backed.folder.path().join("jeton.db");
    let lost_generation = generation(backed.folder.path()).await;

    let before = dump(&file).await;
    let taken_away = vec![("credential.suspended".to_owned(), 1), ("secret.revoked".to_owned(), 1)];
    let expected = Loss::Commits { number: 3, at_most: false, taken_away };
    assert_eq!(backed.prepare().await.unwrap().loss(), &expected);
    let error = backed.restore(NONE).await.unwrap_err();
    assert!(
        matches!(error, RestoreError::Occupied { .. }) && error.to_string().contains("--replace"),
        "{error}"
    );
    let error = backed.restore(REPLACE).await.unwrap_err();
    assert!(matches!(error, RestoreError::Older { .. }), "{error}");
    for said in ["commit 2", "3 later commits", "secret.revoked of 1", "--danger-older"] {
        assert!(error.to_string().contains(said), "{said}: {error}");
    }
    assert_eq!(dump(&file).await, before, "nothing was done");
    assert_eq!(names(backed.folder.path()), ["jeton.db", "jeton.high-water"]);

    let restored = backed.restore(ALL).await.unwrap();
    assert!(restored.generations_raised && restored.sequence > Sequence(5), "{restored:?}");
    assert!(generation(backed.folder.path()).await > lost_generation + 1_000);
    let told = published(backed.folder.path()).await;
    assert_eq!(told, [generation(backed.folder.path()).await], "verifiers are told of it");
    assert_eq!(restored.kept.as_deref(), Some(backed.folder.path().join("jeton.db.before-5").as_path()));
    assert_eq!(dump(&restored.kept.unwrap()).await, before, "the old store is kept");
    let status = inspect(backed.folder.path(), Depth::Full).await.unwrap();
    assert_eq!(status.high_water, Some(restored.sequence));
    assert_eq!(status.problems, [] as [String; 0]);
    backed.commit(&[create_company("next")]).await;
    let status = inspect(backed.folder.path(), Depth::Full).await.unwrap();
    assert_eq!(status.contents.unwrap().sequence, Sequence(restored.sequence.0 + 1));
}

/// The generations below which verifiers refuse tokens.
async fn published(folder: &Path) -> Vec<i64> {
    let store = SqliteStore::open(folder, Opening::Existing).await.unwrap();
    let rows = store.revocations(Sequence(0), 9).await.unwrap().rows;
    store.close().await;
    let below = |row: Revocation| match row.which {
        RevokedTokens::Below(generation) => generation,
        RevokedTokens::One(jti) => panic!("{jti}"),
    };
    rows.into_iter().map(below).collect()
}

async fn generation(folder: &Path) -> i64 {
    let store = SqliteStore::open(folder, Opening::Existing).await.unwrap();
    let credential = store.credential(&id("production"), &id("a")).await.unwrap().unwrap();
    store.close().await;
    credential.generation
}

#[tokio::test]
async fn the_mark_tells_where_the_store_is_gone() {
    let backed = Backed::of(store_of(2).await).await;
    backed.commit(&[create_company("later")]).await;
    fs::remove_file(backed.folder.path().join("jeton.db")).unwrap();
    let restore = backed.prepare().await.unwrap();
    let loss = Loss::Commits { number: 1, at_most: true, taken_away: vec![] };
    assert_eq!((restore.standing(), restore.loss()), (&Standing::Nothing, &loss));
    let error = restore.install(REPLACE, &change(NOW)).await.unwrap_err();
    assert!(error.to_string().contains("up to 1 later commit would be lost"), "{error}");
    backed.restore(Consent { replace: false, danger_older: true }).await.unwrap();
}

#[tokio::test]
async fn a_trimmed_log_makes_the_loss_an_upper_bound() {
    let backed = Backed::of(store_of(2).await).await;
    backed.commit(&[create_company("later")]).await;
    backed.commit(&[create_company("last")]).await;
    run_sql(backed.folder.path(), "DELETE FROM changes WHERE sequence < 4").await;
    let loss = Loss::Commits { number: 2, at_most: true, taken_away: vec![] };
    assert_eq!(backed.prepare().await.unwrap().loss(), &loss);
}

/// As on a new machine where a server was started once before anybody thought of the backup.
#[tokio::test]
async fn another_store_tells_nothing_of_the_backups() {
    let backed = Backed::of(store_of(3).await).await;
    for commits in [1, 3, 5] {
        let other = store_of(commits).await;
        commit(other.path(), &[Intent::SetMasterKeyCheck(sealed(b"another"))]).await;
        let restore = Restore::prepare(other.path(), &backed.backup()).await.unwrap();
        assert_eq!(restore.loss(), &Loss::Unknown, "{commits}");
        let restored = restore.install(REPLACE, &change(NOW)).await.unwrap();
        assert!(restored.generations_raised);
        assert_eq!(restored.kept.unwrap(), other.path().join(format!("jeton.db.before-{}", commits + 1)));
    }
}

#[tokio::test]
async fn a_store_that_is_open_is_not_replaced() {
    let backed = Backed::of(store_of(1).await).await;
    let in_use = async |who: &str| {
        let error = backed.restore(ALL).await.unwrap_err();
        assert!(matches!(error, RestoreError::Open(OpenError::InUse { .. })), "{who}: {error}");
        assert!(error.to_string().contains("jeton serve"), "{error}");
    };
    let store = SqliteStore::open(backed.folder.path(), Opening::Existing).await.unwrap();
    in_use("one of ours").await;
    let clone = store.clone();
    drop(store);
    in_use("its clone").await;
    clone.close().await;
    // Another program, which knows nothing of our locks, with an open read.
    let mut other = connect(backed.folder.path()).await;
    sqlx::query("SELECT * FROM counter").fetch_all(&mut other).await.unwrap();
    in_use("another program").await;
    sqlx::Connection::close(other).await.unwrap();
    backed.restore(ALL).await.unwrap();
}

#[tokio::test]
async fn nobody_opens_a_store_that_is_being_replaced() {
    let backed = Backed::of(store_of(1).await).await;
    let restore = backed.prepare().await.unwrap();
    let folder = backed.folder.path().to_owned();
    let opening = tokio::spawn(async move { SqliteStore::open(&folder, Opening::Existing).await });
    let restored = restore.install(REPLACE, &change(NOW)).await.unwrap();
    let store = opening.await.unwrap().unwrap();
    let found = store.changes(Sequence(0), 1).await.unwrap().sequence;
    // It opened before or after, never between; only after is possible once `prepare` is through.
    assert_eq!(found, restored.sequence);
}

#[tokio::test]
async fn what_is_no_sound_backup_is_refused() {
    let backed = Backed::of(store_of(40).await).await;
    let file = backed.backup();
    let good = fs::read(&file).unwrap();
    let before = dump(&backed.folder.path().join("jeton.db")).await;
    let refused = async |name: &str, bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        let error = backed.restore(ALL).await.unwrap_err();
        assert_eq!(names(backed.folder.path()), ["jeton.db", "jeton.high-water"], "{name}");
        error
    };
    for (name, bytes) in [("empty", &b""[..]), ("text", &b"client_id,client_secret\n".repeat(99))] {
        let error = refused(name, bytes).await;
        assert!(matches!(error, RestoreError::NotABackup { .. }), "{name}: {error}");
    }
    let mut damaged = good.clone();
    for page in (8 * 4096..damaged.len()).step_by(4096) {
        damaged[page..page + 64].fill(0xA5);
    }
    for (name, bytes) in [("cut at a page", &good[..4096 * 9]), ("damaged", &damaged)] {
        let error = refused(name, bytes).await;
        assert!(matches!(error, RestoreError::Damaged { .. }), "{name}: {error}");
    }
    for (statement, expected) in [
        ("PRAGMA application_id = 7", "no backup"),
        ("INSERT INTO api_audiences VALUES ('nothing', '', 'urn:x')", "api_audiences"),
        ("DELETE FROM counter", "counter"),
        ("DROP TABLE _sqlx_migrations", "_sqlx_migrations"),
        ("INSERT INTO settings (name, value) VALUES ('least_schema', CAST('7' AS BLOB))", "schema 7"),
        ("INSERT INTO settings (name, value) VALUES ('least_schema', X'FF')", "least_schema"),
        ("UPDATE _sqlx_migrations SET checksum = X'00'", "schema"),
    ] {
        fs::remove_file(&file).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("jeton.db"), &good).unwrap();
        run_sql(folder.path(), statement).await;
        let bytes = fs::read(folder.path().join("jeton.db")).unwrap();
        let error = refused(statement, &bytes).await;
        assert!(error.to_string().contains(expected), "{statement}: {error}");
    }
    fs::write(&file, &good).unwrap();
    fs::write(backed.elsewhere.path().join("backup-wal"), "commits").unwrap();
    let error = backed.restore(ALL).await.unwrap_err();
    assert!(matches!(error, RestoreError::NotWhole { .. }), "{error}");
    assert_eq!(dump(&backed.folder.path().join("jeton.db")).await, before);
}

#[tokio::test]
async fn a_missing_backup_leaves_nothing_behind() {
    let above = tempfile::tempdir().unwrap();
    let (folder, file) = (above.path().join("data"), above.path().join("backup"));
    let error = Restore::prepare(&folder, &file).await.unwrap_err();
    assert!(matches!(error, RestoreError::Io { .. }), "{error}");
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_damaged_store_is_replaced_and_kept_with_its_log() {
    let backed = Backed::of(store_of(2).await).await;
    let (file, log) = (backed.folder.path().join("jeton.db"), backed.folder.path().join("jeton.db-wal"));
    fs::write(&file, b"not a database any more".repeat(200)).unwrap();
    fs::write(&log, "its log").unwrap();
    let restore = backed.prepare().await.unwrap();
    assert!(matches!(restore.standing(), Standing::Damaged { .. }), "{:?}", restore.standing());
    assert_eq!(restore.loss(), &Loss::Nothing, "by the mark");
    let error = restore.install(NONE, &change(NOW)).await.unwrap_err();
    assert!(matches!(error, RestoreError::Occupied { .. }), "{error}");
    let kept = backed.restore(REPLACE).await.unwrap().kept.unwrap();
    assert_eq!(kept, backed.folder.path().join("jeton.db.before-2"));
    assert!(fs::read(&kept).unwrap().starts_with(b"not a database"));
    assert_eq!(fs::read(backed.folder.path().join("jeton.db.before-2-wal")).unwrap(), b"its log");
    let store = SqliteStore::open(backed.folder.path(), Opening::Existing).await.unwrap();
    assert!(store.company(&id::<CompanyId>("c2")).await.unwrap().is_some());
}

#[tokio::test]
async fn another_programs_file_is_not_replaced() {
    let backed = Backed::of(store_of(1).await).await;
    run_sql(backed.folder.path(), "PRAGMA application_id = 7").await;
    let error = backed.restore(ALL).await.unwrap_err();
    assert!(matches!(error, RestoreError::Open(OpenError::NotJeton { .. })), "{error}");
}

/// What a killed restore leaves is cleared by the next who opens the store, and the store itself is not touched.
#[tokio::test]
async fn the_next_opener_clears_what_a_killed_restore_left() {
    let folder = store_of(2).await;
    let path = |name: &str| folder.path().join(name);
    for left in ["jeton.db.restoring", "jeton.db.restoring-wal", "jeton.db.restoring-shm"] {
        fs::write(path(left), "half").unwrap();
    }
    fs::write(path("jeton.db.before-1"), "an earlier one, of another restore").unwrap();
    fs::hard_link(path("jeton.db"), path("jeton.db.before-2")).unwrap();
    SqliteStore::open(folder.path(), Opening::Existing).await.unwrap().close().await;
    assert_eq!(names(folder.path()), ["jeton.db", "jeton.db.before-1", "jeton.high-water"]);
}

#[tokio::test]
async fn restores_in_a_row_keep_every_store() {
    let backed = Backed::of(store_of(1).await).await;
    let mut sequences = vec![];
    for _ in 0..3 {
        sequences.push(backed.restore(ALL).await.unwrap().sequence);
    }
    assert!(sequences.is_sorted() && sequences[0] < sequences[1], "{sequences:?}");
    let kept = names(backed.folder.path()).iter().filter(|name| name.contains("before")).count();
    assert_eq!(kept, 3);
}
