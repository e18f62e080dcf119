//! A server in this process, on a real store in a throw-away folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use jeton_core::admin::{Admin, Asked, NewCredential, SecretSource};
use jeton_core::id::EnvironmentName;
use jeton_core::intent::{Actor, Change, Intent};
use jeton_core::master_key::MasterKeys;
use jeton_core::secret::Secret;
use jeton_core::{Algorithm, Clock as _, Random, Store};
use jeton_server::config::{Config, Dialect, Environment};
use jeton_server::{App, AppOptions, Connection, Door, Limits, Poller, StartError, UsageRecorder};
use jeton_store::{Opening, SqliteStore};
use jeton_verify::{JwkSet, StaticKeys, VerifiedToken, Verifier, VerifyError};
use tempfile::TempDir;

use crate::call::Call;
use crate::client::Client;
use crate::clock::ManualClock;
use crate::fault_store::FaultStore;
use crate::given::{self, COMPANY, GRANTED, MASTER_KEY, VOICE_AUDIENCE, grant, id, master_keys};
use crate::listening::Listening;
use crate::random::SeededRandom;

/// A server, its store, and the credentials of its company.
pub struct TestServer {
    app: Arc<App>,
    poller: tokio::sync::Mutex<Poller>,
    recorder: tokio::sync::Mutex<UsageRecorder>,
    config: Config,
    random: Arc<dyn Random>,
    /// Client id and secret of the first credential of each environment.
    credentials: BTreeMap<EnvironmentName, (String, String)>,
    /// What the server finds where its master keys are.
    master_file: Arc<Mutex<String>>,
    /// Its time.
    pub clock: Arc<ManualClock>,
    /// What the server sees of its store.
    pub store: Arc<FaultStore>,
    folder: TempDir,
}

/// What a [`TestServer`] is to be.
#[derive(Debug)]
pub struct TestServerBuilder {
    config: Config,
    limits: Limits,
    demo: bool,
    seed: Option<u64>,
}

/// How many servers this process has started.
static STARTED: AtomicU64 = AtomicU64::new(0);

impl TestServerBuilder {
    /// Another configuration than the default one.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Other limits than the default ones.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// No demo API.
    #[must_use]
    pub fn without_demo(mut self) -> Self {
        self.demo = false;
        self
    }

    /// The random bytes of this seed, the same in every run. Without one they differ from those of every other server
    /// in the process, so that its request ids are unique in the log.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Makes the store, starts the server, and makes APIs, company and credentials, which the server has seen.
    pub async fn start(self) -> TestServer {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let store = Arc::new(FaultStore::new(open(folder.path()).await));
        let clock = Arc::new(ManualClock::default());
        let seed = self.seed.unwrap_or_else(|| u64::MAX - STARTED.fetch_add(1, Ordering::Relaxed));
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(seed));
        let master_file = Arc::new(Mutex::new(MASTER_KEY.to_owned()));
        let file = Arc::clone(&master_file);
        let options = AppOptions {
            config: self.config.clone(),
            store: Arc::<FaultStore>::clone(&store),
            master: master_keys(),
            read_master: Arc::new(move || {
                let text = file.lock().unwrap_or_else(PoisonError::into_inner);
                MasterKeys::parse(&text).map(Arc::new).map_err(|why| why.to_string())
            }),
            clock: Arc::<ManualClock>::clone(&clock),
            random: Arc::clone(&random),
            limits: self.limits,
            node: "test".to_owned(),
            demo_audience: self.demo.then(|| VOICE_AUDIENCE.to_owned()),
        };
        let app = App::start(options).await.expect("a server starts on an empty store");
        let poller = tokio::sync::Mutex::new(Poller::new(Arc::clone(&app)));
        let recorder = tokio::sync::Mutex::new(UsageRecorder::new(Arc::clone(&app)));
        let (config, credentials) = (self.config, BTreeMap::new());
        let mut server = TestServer {
            app,
            poller,
            recorder,
            config,
            random,
            credentials,
            master_file,
            clock,
            store,
            folder,
        };
        server.make_given().await;
        server
    }
}

impl TestServer {
    /// With the default configuration, the default limits and the demo API.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// With something else.
    pub fn builder() -> TestServerBuilder {
        TestServerBuilder { config: Config::default(), limits: Limits::default(), demo: true, seed: None }
    }

    async fn make_given(&mut self) {
        given::make(&self.admin()).await;
        for Environment { name, .. } in self.config.environments.clone() {
            let client = self.new_client(name.as_str(), &[GRANTED]).await;
            let pair = (client.id, client.secret);
            self.credentials.insert(name, pair);
        }
        self.poll().await;
    }

    /// The server itself.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Its configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Its data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Lets the server take up what changed in its store, as it does by itself four times a second.
    pub async fn poll(&self) {
        self.poller.lock().await.poll().await;
    }

    /// Lets the server write what it counted, as it does by itself every 10 s.
    pub async fn write_usage(&self) {
        self.recorder.lock().await.write().await;
    }

    /// Puts this where the server finds its master keys, in place of [`MASTER_KEY`].
    pub fn write_master_file(&self, text: &str) {
        text.clone_into(&mut self.master_file.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// An administrator at the command line: on the store itself, whatever the server sees of it.
    pub fn admin(&self) -> Admin {
        Admin {
            store: self.store.inner(),
            master: master_keys(),
            clock: Arc::<ManualClock>::clone(&self.clock),
            random: Arc::clone(&self.random),
            asked: Asked::by(Actor::Cli("tester".to_owned())),
        }
    }

    /// Commits what no administrator's use case does.
    pub async fn commit(&self, intents: &[Intent]) {
        let change = Change {
            time: self.clock.now(),
            actor: Actor::Cli("tester".to_owned()),
            address: None,
            request_id: None,
            reason: None,
            rehearsal: false,
            creation: None,
            master: Some(master_keys()),
        };
        self.store.inner().commit(&change, intents).await.expect("the commit is not refused");
    }

    /// Removes all changes but the newest, as the server does with those of long ago.
    pub async fn purge_changes(&self) -> u64 {
        let (now, master) = (self.clock.now(), master_keys());
        let purged = self.store.inner().purge_changes(now, Duration::ZERO, 1_000_000, Some(&master)).await;
        purged.expect("the store purges")
    }

    /// A second server on the same store, in the same time.
    pub async fn start_another(&self) -> Result<Arc<App>, StartError> {
        let options = AppOptions {
            config: self.config.clone(),
            store: Arc::<FaultStore>::clone(&self.store),
            master: master_keys(),
            read_master: Arc::new(|| Ok(master_keys())),
            clock: Arc::<ManualClock>::clone(&self.clock),
            random: Arc::clone(&self.random),
            limits: Limits::default(),
            node: "another".to_owned(),
            demo_audience: None,
        };
        App::start(options).await
    }

    /// A copy of the store as it is now, in its own folder, which must outlive it.
    pub async fn copy_of_store(&self) -> (Arc<dyn Store>, TempDir) {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let files = std::fs::read_dir(self.folder()).expect("the folder is there");
        for file in files {
            let file = file.expect("the folder can be read");
            // SQLite makes this one anew from the others.
            if file.file_name().to_string_lossy().ends_with("-shm") {
                continue;
            }
            std::fs::copy(file.path(), folder.path().join(file.file_name()))
                .expect("there is room for a copy");
        }
        (open(folder.path()).await, folder)
    }

    /// The company's first credential in an environment.
    pub fn client(&self, environment: &str) -> Client<'_> {
        let (client_id, secret) = self
            .credentials
            .get(&id::<EnvironmentName>(environment))
            .unwrap_or_else(|| panic!("there is no environment {environment}"));
        Client::new(self, environment, client_id, secret)
    }

    /// A new credential, with grants as the command line writes them. The server has not been told.
    pub async fn new_client(&self, environment: &str, grants: &[&str]) -> Client<'_> {
        let new = NewCredential {
            company: id(COMPANY),
            environment: id(environment),
            client_id: None,
            label: None,
            owner: None,
            networks: vec![],
            grants: grants.iter().copied().map(grant).collect(),
            secret: Some(SecretSource::Generated),
        };
        self.make_client(new).await
    }

    /// A new credential of any kind. The server has not been told.
    pub async fn make_client(&self, new: NewCredential) -> Client<'_> {
        let environment = new.environment.clone();
        let created = self.admin().create_credential(new).await.expect("the credential can be made").value;
        let client_id = created.credential.client_id;
        // Whoever brings another system's hash knows the secret.
        let secret = created.secret.as_ref().map_or("", Secret::expose);
        Client::new(self, environment.as_str(), client_id.as_str(), secret)
    }

    /// A new API, whose audience is `https://api.example/` and its name. The server has not been told.
    pub async fn create_api(&self, name: &str, scopes: &[&str], algorithm: Algorithm) {
        let api = given::api(name, &format!("https://api.example/{name}"), scopes, algorithm);
        self.admin().create_api(api).await.expect("the API can be made");
    }

    /// A GET in an environment, by its first host.
    pub fn get(&self, environment: &str, path: &str) -> Call<'_> {
        Call::new(self, Method::GET, path, &self.host(environment))
    }

    /// A GET on the management listener.
    pub fn management(&self, path: &str) -> Call<'_> {
        let connection = Connection { door: Door::Management, ..Connection::default() };
        Call::new(self, Method::GET, path, "127.0.0.1:9080").on(connection)
    }

    /// Answers a request as if it had come over a connection.
    pub async fn send(&self, request: Request<impl Into<Bytes>>) -> Response<Bytes> {
        self.answer(Connection::default(), request.map(|body| Full::new(body.into()))).await
    }

    /// Answers a request of this connection.
    pub async fn answer<B>(&self, connection: Connection, request: Request<B>) -> Response<Bytes>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        let (head, body) = self.app.answer(connection, request).await.into_parts();
        let body = body.collect().await.expect("answers are whole").to_bytes();
        Response::from_parts(head, body)
    }

    /// Listens on one port for each of these, which is the environment that it is bound to, if any.
    pub async fn listen(&self, bound_to: &[Option<&str>]) -> Listening {
        Listening::start(Arc::clone(&self.app), bound_to).await
    }

    /// Checks a token by the keys that the environment serves, at the server's time.
    pub async fn verify(
        &self,
        environment: &str,
        audience: &str,
        token: &str,
    ) -> Result<VerifiedToken, VerifyError> {
        let set = self.get(environment, "/.well-known/jwks.json").send().await;
        let set = JwkSet::parse(set.body()).expect("the server serves a key set");
        let keys = StaticKeys::from_jwk_set(&set).expect("the served keys are keys");
        let algorithms = [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];
        let issuer = self.environment(environment).issuer.as_str();
        let now = self.clock.now().seconds();
        let verifier = Verifier::builder(issuer, audience, algorithms, Arc::new(keys)).clock(move || now);
        verifier.leeway_seconds(0).build().expect("the verifier is complete").verify(token)
    }

    pub(crate) fn position(&self, environment: &str) -> usize {
        let found = self.config.environments.iter().position(|own| own.name.as_str() == environment);
        found.unwrap_or_else(|| panic!("there is no environment {environment}"))
    }

    /// The first host of an environment.
    pub(crate) fn host(&self, environment: &str) -> String {
        self.environment(environment).hosts[0].to_string()
    }

    pub(crate) fn path(&self, dialect: Dialect) -> &str {
        let found = self.config.endpoints.iter().find(|endpoint| endpoint.dialect == dialect);
        &found.unwrap_or_else(|| panic!("there is no endpoint of {dialect}")).path
    }

    fn environment(&self, environment: &str) -> &Environment {
        &self.config.environments[self.position(environment)]
    }
}

impl std::fmt::Debug for TestServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestServer").field("config", &self.config).finish_non_exhaustive()
    }
}

async fn open(folder: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(folder, Opening::MakeIfMissing).await.expect("a store can be made"))
}
