//! Somebody with a credential.

use http::Method;
use jeton_core::Algorithm;
use jeton_core::admin::Rotation;
use jeton_core::id::{ClientId, EnvironmentName};
use jeton_core::intent::WhichSecrets;
use jeton_core::model::State;
use jeton_core::usage::SecretUse;
use jeton_server::config::Dialect;

use crate::call::Call;
use crate::given::{grant, id};
use crate::server::TestServer;

/// Somebody with a client id and a secret, right or wrong, who calls the token endpoints of one environment; and
/// what an administrator may do to that credential.
#[derive(Clone)]
pub struct Client<'a> {
    server: &'a TestServer,
    /// Where it calls.
    pub environment: EnvironmentName,
    /// What it sends as its client id.
    pub id: String,
    /// What it sends as its secret.
    pub secret: String,
}

impl<'a> Client<'a> {
    pub(crate) fn new(server: &'a TestServer, environment: &str, client_id: &str, secret: &str) -> Self {
        Self { server, environment: id(environment), id: client_id.to_owned(), secret: secret.to_owned() }
    }

    /// The same with another secret.
    #[must_use]
    pub fn with_secret(&self, secret: &str) -> Self {
        Self { secret: secret.to_owned(), ..self.clone() }
    }

    /// The same with another client id.
    #[must_use]
    pub fn with_id(&self, client_id: &str) -> Self {
        Self { id: client_id.to_owned(), ..self.clone() }
    }

    /// The same in another environment.
    #[must_use]
    pub fn in_environment(&self, environment: &str) -> Self {
        Self { environment: id(environment), ..self.clone() }
    }

    /// A right request in this dialect, at its first endpoint.
    pub fn call(&self, dialect: Dialect) -> Call<'a> {
        let (path, host) = (self.server.path(dialect), self.server.host(self.environment.as_str()));
        let call = Call::new(self.server, Method::POST, path, &host);
        match dialect {
            Dialect::Gateway => call
                .basic(&self.id, &self.secret)
                .tracking_id("tracking-id-of-a-test")
                .param("grant_type", "client_credentials"),
            Dialect::OAuth2 => call.basic(&self.id, &self.secret).param("grant_type", "client_credentials"),
            Dialect::Json => call.member("clientId", &*self.id).member("clientSecret", &*self.secret),
        }
    }

    /// A right request in the `gateway` dialect.
    pub fn gateway(&self) -> Call<'a> {
        self.call(Dialect::Gateway)
    }

    /// A right request in the `oauth2` dialect.
    pub fn oauth2(&self) -> Call<'a> {
        self.call(Dialect::OAuth2)
    }

    /// A right request in the `json` dialect, without an audience.
    pub fn json(&self) -> Call<'a> {
        self.call(Dialect::Json)
    }

    /// Suspends, resumes or deletes the credential.
    pub async fn set_state(&self, state: State) {
        let done =
            self.server.admin().set_credential_state(&self.environment, &self.client_id(), state).await;
        done.expect("the state can be set");
    }

    /// Adds a secret, and returns it.
    pub async fn rotate_secret(&self) -> String {
        let new = self
            .server
            .admin()
            .rotate_secret(&self.environment, &self.client_id(), Rotation::default())
            .await;
        let secret = new.expect("a secret can be added").value.secret;
        secret.expect("it was made here").expose().to_owned()
    }

    /// The id of its newest secret.
    pub async fn current_secret(&self) -> String {
        let secrets = self.server.admin().secrets(&self.environment, &self.client_id()).await;
        secrets.expect("the credential is there")[0].id.to_string()
    }

    /// The last uses of its secrets, as the store has them.
    pub async fn uses(&self) -> Vec<SecretUse> {
        let uses = self.server.admin().secret_uses(&self.environment, &self.client_id()).await;
        uses.expect("the store answers")
    }

    /// Revokes all secrets.
    pub async fn revoke_secrets(&self) {
        let all = WhichSecrets::All;
        let done = self.server.admin().revoke_secrets(&self.environment, &self.client_id(), all).await;
        done.expect("the secrets can be revoked");
    }

    /// Grants `API` or `API:SCOPE,SCOPE`.
    pub async fn add_grant(&self, text: &str) {
        let admin = self.server.admin();
        let done = admin.add_grant(&self.environment, &self.client_id(), grant(text)).await;
        done.expect("the grant can be added");
    }

    /// Takes `API` or `API:SCOPE,SCOPE` away.
    pub async fn remove_grant(&self, text: &str) {
        let admin = self.server.admin();
        let done = admin.remove_grant(&self.environment, &self.client_id(), grant(text)).await;
        done.expect("the grant can be removed");
    }

    /// Grants a new API that signs with this, whose audience is `https://api.example/` and its name, and which has
    /// these scopes.
    pub async fn grant_new_api(&self, name: &str, scopes: &[&str], algorithm: Algorithm) {
        self.server.create_api(name, scopes, algorithm).await;
        self.add_grant(name).await;
    }

    fn client_id(&self) -> ClientId {
        id(&self.id)
    }
}
