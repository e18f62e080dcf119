//! Stores of earlier schemas, opened by the present code (`tests/fixtures/README.md` says how they are made).

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use jeton_core::Store;
use jeton_core::id::{CompanyId, EnvironmentName};
use jeton_core::intent::WhichSecrets;
use jeton_core::model::{KeyState, Sequence, State};
use jeton_core::store::{ApiFilter, CompanyFilter, CredentialFilter, Page};
use jeton_store::{Endpoint, Opening, PostgresStore, SqliteStore, migrations_postgres};
use jeton_testkit::Database;

use crate::contract::given::{add_secret, create_credential, id, revoke, secret};
use crate::contract::world::{NOW, change};

/// The last commit of a fixture, and how many hash keys it has. Up to schema 2 they are made alike; then came revoked
/// tokens, keys that follow one another, and more hash keys.
fn made(fixture: &str) -> (Sequence, usize) {
    if fixture < "0003" { (Sequence(24), 1) } else { (Sequence(28), 2) }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Their names are the numbers of their schemas.
fn fixtures() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn text(fixture: &str, file: &str) -> String {
    fs::read_to_string(folder().join(fixture).join(file)).unwrap()
}

/// Who adds a migration makes a fixture of the schema before it.
#[tokio::test]
async fn every_schema_but_the_newest_has_a_fixture() {
    let database = Database::create();
    let endpoint: Endpoint = database.url().parse().unwrap();
    let mut schemas = migrations_postgres(&endpoint).await.unwrap().steps;
    schemas.pop().unwrap();
    let expected: Vec<_> = schemas.iter().map(|step| format!("{:04}", step.number)).collect();
    assert_eq!(fixtures(), expected, "see tests/fixtures/README.md");
}

#[tokio::test]
async fn one_on_sqlite_is_all_there_and_in_use() {
    for fixture in fixtures() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jeton.db");
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        crate::sqlite::run_sql(folder.path(), &text(&fixture, "sqlite.sql")).await;
        let store = SqliteStore::open(folder.path(), Opening::Existing).await.unwrap();
        all_is_there(&store, &fixture).await;
        it_is_in_use(&store, &fixture).await;
    }
}

#[tokio::test]
async fn one_on_postgres_is_all_there_and_in_use() {
    for fixture in fixtures() {
        let database = Database::create();
        database.sql(&text(&fixture, "postgres.sql"));
        let endpoint: Endpoint = database.url().parse().unwrap();
        let store = PostgresStore::open(&endpoint, None, 4, Opening::Existing).await.unwrap();
        all_is_there(&store, &fixture).await;
        it_is_in_use(&store, &fixture).await;
    }
}

async fn all_is_there(store: &dyn Store, fixture: &str) {
    let (sequence, hash_keys) = made(fixture);
    let changes = store.changes(Sequence(0), 1_000).await.unwrap();
    assert_eq!(changes.sequence, sequence);
    assert!(changes.rows.iter().all(|row| row.kind.is_some()), "{changes:?}");
    let environments = store.environments().await.unwrap();
    assert_eq!(
        environments.iter().map(EnvironmentName::as_str).collect::<Vec<_>>(),
        ["production", "sandbox"]
    );

    let companies =
        store.companies(&CompanyFilter::default(), &Page { after: None, limit: 100 }).await.unwrap();
    let states: Vec<_> = companies.iter().map(|company| (company.id.as_str(), company.state)).collect();
    assert_eq!(states, [("acme", State::Active), ("resting", State::Suspended), ("shne", State::Active)]);
    assert_eq!(companies[2].name.as_str(), "söhne & Co. 😀");
    let closed = store.company(&id::<CompanyId>("closed")).await.unwrap().unwrap();
    assert_eq!(closed.state, State::Deleted);

    let apis = store.apis(&ApiFilter::default(), &Page { after: None, limit: 100 }).await.unwrap();
    let scopes: Vec<_> = apis.iter().map(|api| (api.id.as_str(), api.scopes.len())).collect();
    assert_eq!(scopes, [("mail", 1), ("voice", 2)]);
    assert_eq!(apis[0].audience.by_environment.len(), 1);

    let everybody = CredentialFilter::default();
    let credentials = store.credentials(&everybody, &Page { after: None, limit: 100 }).await.unwrap();
    let shown = credentials.iter().map(|credential| {
        let (grants, secrets) = (credential.grants.len(), credential.secrets.len());
        (credential.environment.as_str(), credential.client_id.as_str(), credential.state, grants, secrets)
    });
    let expected = [
        ("production", "given", State::Active, 1, 1),
        ("production", "made", State::Active, 1, 1),
        ("production", "off", State::Suspended, 1, 2),
        ("production", "rests", State::Active, 1, 1),
        ("sandbox", "made", State::Active, 1, 1),
    ];
    assert_eq!(shown.collect::<Vec<_>>(), expected);

    let keys = store.keys().await.unwrap().value;
    let active = keys.signing.iter().filter(|key| key.state == KeyState::Active).count();
    assert_eq!((active, keys.hash.len(), keys.master_key_check.is_some()), (2, hash_keys, true));
}

async fn it_is_in_use(store: &dyn Store, fixture: &str) {
    let spent = store.commit(&change(NOW), &[create_credential("deleted", "acme")]).await;
    assert!(spent.is_err(), "a client id is given once, whatever the schema");
    let intents = [
        revoke("made", WhichSecrets::All),
        add_secret("made", secret("new", NOW)),
        create_credential("next", "acme"),
    ];
    let committed = store.commit(&change(NOW), &intents).await.unwrap();
    assert_eq!(committed.sequence, Sequence(made(fixture).0.0 + 1));
    let made = store.credential(&id("production"), &id("made")).await.unwrap().unwrap();
    assert_eq!(made.secrets.iter().filter(|secret| secret.revoked.is_none()).count(), 1);
}
