//! The management API in this process, on either database, without a listener: called as operators who were let in.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, Method, Request, Response};
use jeton_core::admin::{Admin, Asked};
use jeton_core::intent::Actor;
use jeton_core::key_life::RotationPolicy;
use jeton_core::operator::OperatorScopes;
use jeton_core::{Random, Store};
use jeton_server::management::{ApiOptions, Caller, ManagementApi};
use jeton_store::{Opening, PostgresStore, SqliteStore};
use serde_json::Value;

use crate::clock::ManualClock;
use crate::given::{ENVIRONMENTS, id, make, master_keys};
use crate::postgres::Database;
use crate::random::SeededRandom;

/// The API, and the store that it works on.
pub struct Management {
    api: ManagementApi,
    /// Somebody at the command line, on the same store.
    pub admin: Admin,
    /// Its time.
    pub clock: Arc<ManualClock>,
    /// The folder or the database.
    _home: Box<dyn Any + Send + Sync>,
}

impl Management {
    /// On the embedded store, with the APIs and the company that every test server has.
    pub async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let store = SqliteStore::open(folder.path(), Opening::MakeIfMissing).await;
        Self::on(Arc::new(store.expect("a store can be made")), Box::new(folder)).await
    }

    /// On a `PostgreSQL`, with the same.
    pub async fn on_postgres() -> Self {
        let database = Database::create();
        let endpoint = database.url().parse().expect("the database's URL is one");
        let store = PostgresStore::open(&endpoint, None, 4, Opening::MakeIfMissing).await;
        Self::on(Arc::new(store.expect("a store can be made")), Box::new(database)).await
    }

    async fn on(store: Arc<dyn Store>, home: Box<dyn Any + Send + Sync>) -> Self {
        let clock = Arc::new(ManualClock::default());
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(6));
        let admin = Admin {
            store: Arc::clone(&store),
            master: master_keys(),
            clock: Arc::<ManualClock>::clone(&clock),
            random: Arc::clone(&random),
            asked: Asked::by(Actor::Cli("tester".to_owned())),
        };
        let environments = ENVIRONMENTS.map(id);
        store.record_environments(&environments).await.expect("the store is there");
        admin.make_missing_keys(&environments).await.expect("keys can be made");
        make(&admin).await;
        let api = ManagementApi::new(ApiOptions {
            store,
            master: Arc::new(master_keys),
            clock: Arc::<ManualClock>::clone(&clock),
            random,
            rotation: RotationPolicy::default(),
            secret_overlap: None,
        });
        Self { api, admin, clock, _home: home }
    }

    /// Begins a request of an operator who may do everything. The path is what follows `/management/v1`, and may have a
    /// query.
    pub fn call(&self, method: Method, path: &str) -> ManagementCall<'_> {
        let request = Request::builder().method(method).uri(format!("/management/v1{path}"));
        ManagementCall {
            api: &self.api,
            request: request.body(Bytes::new()).expect("the path is one"),
            scopes: OperatorScopes::all(),
        }
    }

    /// A path of any other place.
    pub fn elsewhere(&self, path: &str) -> ManagementCall<'_> {
        let request = Request::builder().uri(path).body(Bytes::new()).expect("the path is one");
        ManagementCall { api: &self.api, request, scopes: OperatorScopes::none() }
    }

    /// What `GET` answers.
    pub async fn get(&self, path: &str) -> Response<Bytes> {
        self.call(Method::GET, path).send().await
    }

    /// What `POST` answers to JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Response<Bytes> {
        self.call(Method::POST, path).json(body).send().await
    }
}

/// A request of an operator.
pub struct ManagementCall<'a> {
    api: &'a ManagementApi,
    request: Request<Bytes>,
    scopes: OperatorScopes,
}

impl ManagementCall<'_> {
    /// Of an operator with these scopes.
    #[must_use]
    pub fn with_scopes(self, scopes: OperatorScopes) -> Self {
        Self { scopes, ..self }
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name: HeaderName = name.parse().expect("the name is one");
        let value = http::HeaderValue::from_bytes(value.as_ref()).expect("the value is one");
        self.request.headers_mut().append(name, value);
        self
    }

    /// With JSON.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.bytes(body.to_string())
    }

    /// With what is said to be JSON.
    #[must_use]
    pub fn bytes(mut self, body: impl Into<Bytes>) -> Self {
        *self.request.body_mut() = body.into();
        self.header("content-type", "application/json")
    }

    /// The answer.
    pub async fn send(self) -> Response<Bytes> {
        let caller = Caller {
            actor: Actor::Operator(id("tester")),
            scopes: self.scopes,
            address: None,
            request_id: "01900000-0000-7000-8000-000000000000".to_owned(),
        };
        self.api.answer(caller, self.request).await
    }
}
