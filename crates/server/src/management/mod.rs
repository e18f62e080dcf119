//! The management listener: probes, and what operators do, who get their tokens here and nowhere else.
//!
//! Every request passes `door.rs` first. Probes are for the machine itself and for those who watch over it, and write no
//! log line. The operators' environment has one token endpoint, of the dialect `oauth2`, beside revocation and key set; the
//! management API (`api/`) takes its tokens (`operator.rs`).
//!
//! To add a path: a variant of [`Route`]. To add an operation of the API: `api/` says how.

pub mod api;
mod door;
mod operator;
mod probes;

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::request::Parts;
use http::{Method, Request};
use http_body::Body;
use http_body_util::Full;
use jeton_core::intent::Actor;
use jeton_core::master_key::MasterKeys;
use jeton_core::operator::OperatorScopes;
use jeton_core::{Clock, Random, Reason, Store};
use jeton_dialect::{Dialect, ProblemKind, ServerFault, TrackingId};
use jeton_verify::Verifier;

use self::api::{MAX_MANIFEST, Problem, Slug};
use crate::access_log::{Entry, Line};
use crate::answer::{Answer, identify, not_to_be_kept, problem};
use crate::app::App;
use crate::body::collect_at_most;
use crate::client_address::client_address;
use crate::config::{Config, Endpoint, Host};
use crate::metadata::{JWKS_PATH, REVOKE_PATH};
use crate::presented_token::{self, Wanted};
use crate::request_id;
use crate::routes::{Arrival, Connection};
use crate::token;

pub use api::{ApiOptions, Caller, ManagementApi};
pub(crate) use probes::is_ready;

/// How long operators' tokens live.
const LIFETIME: Duration = Duration::from_mins(30);

/// Where a manifest may come in.
const MANIFEST_PATHS: [&str; 2] = ["/management/v1/plan", "/management/v1/apply"];

/// What the management listener answers with.
pub(crate) struct Management {
    endpoint: Endpoint,
    hosts: Vec<Host>,
    verifier: Verifier,
    api: ManagementApi,
}

/// Where operators get their tokens. None lives for longer than its key is kept.
pub(crate) fn token_endpoint(config: &Config) -> Endpoint {
    let dialect = Dialect::OAuth2;
    let lifetime = LIFETIME.min(config.keys.rotation.keep_after);
    Endpoint { path: dialect.default_path().to_owned(), dialect, lifetime }
}

impl Management {
    pub(crate) fn new(
        config: &Config,
        app: &Weak<App>,
        store: &Arc<dyn Store>,
        master: &Arc<ArcSwap<MasterKeys>>,
        clock: &Arc<dyn Clock>,
        random: &Arc<dyn Random>,
    ) -> Self {
        let master = Arc::clone(master);
        let api = ManagementApi::new(ApiOptions {
            store: Arc::clone(store),
            master: Arc::new(move || master.load_full()),
            clock: Arc::clone(clock),
            random: Arc::clone(random),
            rotation: config.keys.rotation,
            secret_overlap: config.secret_overlap,
        });
        Self {
            endpoint: token_endpoint(config),
            hosts: config.management_hosts.clone(),
            verifier: operator::verifier(&config.operators_issuer(), app, clock),
            api,
        }
    }

    fn route(&self, path: &str) -> Route {
        match path {
            path if path == self.endpoint.path => Route::Token,
            REVOKE_PATH => Route::Revocation,
            JWKS_PATH => Route::KeySet,
            "/docs" | "/openapi.json" => Route::Documents,
            path if path.starts_with("/docs/") => Route::Documents,
            path if path == api::BASE
                || path.strip_prefix(api::BASE).is_some_and(|rest| rest.starts_with('/')) =>
            {
                Route::Api
            }
            _ => Route::Unknown,
        }
    }
}

/// Where a request is going that is no probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    /// An operator's token.
    Token,
    /// The end of one.
    Revocation,
    /// The keys of the operators' environment, for whoever verifies what they signed.
    KeySet,
    /// What the API is, which is no secret.
    Documents,
    /// What operators do.
    Api,
    Unknown,
}

impl Route {
    /// As the log and the metrics say it.
    fn name(self) -> &'static str {
        match self {
            Self::Token => Dialect::OAuth2.as_str(),
            Self::Revocation => "revoke",
            Self::KeySet => "jwks",
            Self::Documents => "documents",
            Self::Api => "management",
            Self::Unknown => "none",
        }
    }

    /// Whether secrets or tokens come in with it.
    fn takes_secrets(self) -> bool {
        matches!(self, Self::Token | Self::Revocation | Self::Api)
    }
}

/// Answers a request that came in on the management listener.
pub(crate) async fn answer<B>(app: &App, connection: Connection, request: Request<B>) -> Answer
where
    B: Body<Data = Bytes> + Send + Unpin,
{
    let now = app.clock().now();
    let request_id = request_id::mint(now, app.random());
    let tracking_id = TrackingId::read(request.headers()).to_answer(&request_id).map(str::to_owned);
    let own = door::own_authority(&request, &app.management().hosts);
    let mut answer = match own {
        Err(()) => {
            let detail = "The management listener is reached by its address, as localhost, or by a name in \
                          `management.hosts`.";
            problem(ProblemKind::MisdirectedRequest, detail, &request_id)
        }
        Ok(_) if probes::has(request.uri().path()) => probes::answer(app, &request, &request_id),
        Ok(own) => {
            let entry = Entry {
                request_id: request_id.clone(),
                tracking_id: tracking_id.clone(),
                address: connection
                    .peer
                    .map(|peer| client_address(peer, request.headers(), app.trusted_proxies())),
                ..Entry::default()
            };
            let mut line = Line::begin(entry, app.clock(), app.metrics());
            let cross_site = door::is_cross_site(request.headers(), own.as_ref());
            let answer = dispatch(app, connection, request, cross_site, &mut line.entry).await;
            line.status = Some(answer.status());
            answer
        }
    };
    identify(&mut answer, &request_id, tracking_id.as_deref());
    answer
}

async fn dispatch<B>(
    app: &App,
    connection: Connection,
    request: Request<B>,
    cross_site: bool,
    entry: &mut Entry,
) -> Answer
where
    B: Body<Data = Bytes> + Send + Unpin,
{
    let request_id = entry.request_id.clone();
    let path = request.uri().path().to_owned();
    let route = app.management().route(&path);
    entry.endpoint = route.name();
    if cross_site {
        let detail = "The request was sent by a page of another origin, and nobody manages Jeton from there.";
        return refuse(Slug::Forbidden, detail, &request_id);
    }
    let local = connection.peer.is_none_or(|peer| peer.to_canonical().is_loopback());
    if route.takes_secrets() && !local && !app.takes_plain_http() {
        let detail = "The management listener speaks plain HTTP, so it takes secrets and tokens from this machine alone: \
                      come through a tunnel, or through a proxy that speaks TLS and is named under `proxy.trusted`, or say \
                      `danger_plain_http = true` under [listen]. What was sent was in plain text: replace it.";
        return refuse(Slug::Forbidden, detail, &request_id);
    }
    // The operators' environment is the last of those that are served.
    let at = app.environments().len();
    let arrival = Arrival {
        app,
        environment: &app.served()[at],
        path: &path,
        request_id: &request_id,
        now: app.clock().now(),
        address: entry.address,
    };
    if route.takes_secrets() {
        entry.environment = Some(arrival.environment.name.to_string());
    }
    if route == Route::Token {
        entry.token_request = Some((at, app.management().endpoint.dialect));
    }
    let work = AssertUnwindSafe(go(&arrival, route, request, entry)).catch_unwind();
    let in_time = tokio::time::timeout(app.limits().body + app.limits().answer, work);
    match in_time.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_panic)) => give_up(&arrival, route, Reason::Internal, entry),
        Err(_elapsed) => give_up(&arrival, route, Reason::Unavailable, entry),
    }
}

async fn go<B>(arrival: &Arrival<'_>, route: Route, request: Request<B>, entry: &mut Entry) -> Answer
where
    B: Body<Data = Bytes> + Send + Unpin,
{
    let management = arrival.app.management();
    match route {
        Route::Token => token::answer(arrival, &management.endpoint, request, entry).await,
        Route::Revocation => presented_token::answer(arrival, Wanted::Revocation, request, entry).await,
        Route::KeySet => match arrival.app.keys().sets.get(&arrival.environment.name) {
            Some(set) => arrival.document(set, &request),
            None => arrival.unknown(),
        },
        Route::Documents => {
            // Nobody is asked who they are, and nobody may do anything.
            let caller =
                caller(Actor::System(arrival.app.node().to_owned()), OperatorScopes::none(), arrival);
            management.api.answer(caller, request.map(|_| Bytes::new())).await.map(Full::new)
        }
        Route::Api => operate(arrival, request, entry).await,
        Route::Unknown => arrival.unknown(),
    }
}

/// One request of the management API: who it is, then the body, then the rest, which is the API's.
async fn operate<B>(arrival: &Arrival<'_>, request: Request<B>, entry: &mut Entry) -> Answer
where
    B: Body<Data = Bytes> + Send + Unpin,
{
    let management = arrival.app.management();
    let (head, body) = request.into_parts();
    let (client_id, scopes) = match operator::authenticate(&management.verifier, &head.headers) {
        Ok(operator) => operator,
        Err(rejection) => {
            let mut answer = operator::refuse(&rejection, arrival.request_id).map(Full::new);
            not_to_be_kept(&mut answer);
            return answer;
        }
    };
    let actor = Actor::Operator(client_id);
    entry.actor = Some(actor.to_string());
    let body = match whole_body(arrival, &head, body).await {
        Ok(body) => body,
        Err((slug, detail)) => return refuse(slug, detail, arrival.request_id),
    };
    let writes = head.method != Method::GET;
    let request = Request::from_parts(head, body);
    let answer = management.api.answer(caller(actor, scopes, arrival), request).await;
    if writes && answer.status().is_success() {
        // Whoever reads that it is done may rely on it at this node at once.
        arrival.app.following().catch_up().await;
    }
    answer.map(Full::new)
}

async fn whole_body<B>(arrival: &Arrival<'_>, head: &Parts, body: B) -> Result<Bytes, (Slug, &'static str)>
where
    B: Body<Data = Bytes> + Send + Unpin,
{
    let most = if MANIFEST_PATHS.contains(&arrival.path) { MAX_MANIFEST } else { api::MAX_BODY };
    let body = collect_at_most(most, &head.headers, body, arrival.app.limits()).await;
    let body = body.map_err(|fault| match fault {
        ServerFault::BodyTooLarge => (Slug::TooLarge, "The body is too large."),
        _ => (Slug::Malformed, "The body did not arrive in time, or not whole."),
    })?;
    if !door::is_json(&head.method, &head.headers, !body.is_empty()) {
        return Err((Slug::NotJson, "Bodies are JSON: say Content-Type: application/json."));
    }
    Ok(Bytes::copy_from_slice(&body))
}

fn caller(actor: Actor, scopes: OperatorScopes, arrival: &Arrival<'_>) -> Caller {
    Caller { actor, scopes, address: arrival.address, request_id: arrival.request_id.to_owned() }
}

fn refuse(slug: Slug, detail: &str, request_id: &str) -> Answer {
    let mut answer = Problem::new(slug, detail).to_answer(request_id).map(Full::new);
    not_to_be_kept(&mut answer);
    answer
}

/// What is left to say after a panic, or when time ran out.
fn give_up(arrival: &Arrival<'_>, route: Route, reason: Reason, entry: &mut Entry) -> Answer {
    entry.reason = Some(reason);
    match route {
        Route::Token => token::give_up(arrival, &arrival.app.management().endpoint, reason, entry),
        Route::Revocation => presented_token::give_up(arrival, Wanted::Revocation, reason),
        Route::KeySet | Route::Documents | Route::Api | Route::Unknown => match reason {
            Reason::Unavailable => {
                refuse(Slug::Unavailable, "The store is out of reach: try again.", arrival.request_id)
            }
            _ => refuse(Slug::Internal, "The request could not be answered.", arrival.request_id),
        },
    }
}
