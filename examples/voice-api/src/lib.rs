//! Four voice APIs that take Jeton's tokens: what a resource server needs, and nothing else.
//!
//! [`start`] shows the whole of it: the issuer, with its keys and what it revoked, a verifier for one audience, and a
//! layer around all routes, with one before each route that asks for the route's scope. The handlers get a token that has been verified. A further API is a row of [`SERVICES`].

use std::error::Error;
use std::net::SocketAddr;

use axum::routing::get;
use axum::{Json, Router};
use jeton_verify::fetch::RemoteIssuer;
use jeton_verify::tower::RequireToken;
use jeton_verify::{Algorithm, Resource, Scopes, VerifiedToken, Verifier};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The APIs, each with the scope that its callers need.
pub const SERVICES: [(&str, &str); 4] = [
    ("/numbers", "voice.numbers"),
    ("/addresses", "voice.addresses"),
    ("/billing", "voice.billing"),
    ("/customers", "voice.customers"),
];

/// What the service must be told.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "voice-api", version, about = "Four voice APIs that take Jeton's tokens")]
pub struct Options {
    /// Who issues the tokens: the `iss` of them, byte for byte. Its keys and revocations are found from here.
    #[arg(long, env = "VOICE_API_ISSUER", value_name = "URL")]
    pub issuer: String,
    /// Whom the tokens are for: the audience that the API has at the issuer.
    #[arg(long, env = "VOICE_API_AUDIENCE", value_name = "URI")]
    pub audience: String,
    /// Where to listen; port 0 takes any that is free.
    #[arg(long, env = "VOICE_API_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
}

/// A service that accepts connections, and has not answered yet.
#[derive(Debug)]
pub struct VoiceApi {
    listener: TcpListener,
    router: Router,
}

/// Fetches the issuer's keys and what it revoked, and listens. Both are kept fresh from then on.
///
/// It would also do to start without them, and answer 503 until they are there; but a wrong issuer is better found now.
pub async fn start(options: &Options) -> Result<VoiceApi, Box<dyn Error>> {
    let issuer = RemoteIssuer::connect(&options.issuer).await?;
    let verifier = issuer.verifier(&options.audience, [Algorithm::Es256]).build()?;
    Ok(VoiceApi { router: router(&verifier)?, listener: TcpListener::bind(options.listen).await? })
}

impl VoiceApi {
    /// Where it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until the future is dropped.
    pub async fn run(self) -> std::io::Result<()> {
        axum::serve(self.listener, self.router).await
    }
}

/// A layer around everything: 401 without a good token, and to whoever asks where to get one, the API's own metadata. Within
/// it one for each route: 403 without the route's scope.
fn router(verifier: &Verifier) -> Result<Router, Box<dyn Error>> {
    let resource = Resource::new(verifier, &Scopes::new(SERVICES.map(|(_, scope)| scope))?)?;
    let guard = RequireToken::new(verifier.clone(), "voice").with_resource(resource);
    let mut router = Router::new();
    for (path, scope) in SERVICES {
        let scopes = guard.for_scopes(Scopes::new([scope])?);
        router = router.route(path, get(async move |token| hello(scope, &token)).layer(scopes));
    }
    Ok(router.layer(guard))
}

/// Whatever the real API would do, for the company that calls.
fn hello(scope: &str, token: &VerifiedToken) -> Json<Value> {
    Json(json!({ "service": scope, "client_id": token.client_id(), "company": token.company() }))
}
