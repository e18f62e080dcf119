//! The management API: what the command line does with companies, APIs, credentials, keys and what was counted, as
//! resources under `/management/v1`.
//!
//! A caller is authenticated before a request comes here. What is here is the rest: whether the caller's scopes are
//! enough ([`scopes`]), what was asked ([`call`], [`input`]), the use case of [`jeton_core::admin`], and its outcome as JSON
//! ([`answer`]) or as a problem ([`problem`]). The `OpenAPI` document comes from the same code.
//!
//! To add an operation: a handler with `#[utoipa::path]` in the file of its noun, and a line with its scope in that file's
//! `routes`. What it shows is a struct with a schema there. `JETON_GOLDEN=write cargo test -p jeton-server` then writes
//! `docs/openapi.json` anew. A new noun is a file here, and a line in [`router`].

mod answer;
mod apis;
mod audit;
mod call;
mod companies;
mod creation;
mod credentials;
mod cursor;
mod docs;
mod document;
mod grants;
mod hash_keys;
mod input;
mod json_object;
mod keys;
mod last_use;
mod list;
mod manifests;
mod problem;
mod refusals;
mod schema;
mod scopes;
mod secret_input;
mod secrets;
mod tokens;
mod usage;
mod whoami;

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use jeton_core::intent::Actor;
use jeton_core::key_life::RotationPolicy;
use jeton_core::master_key::MasterKeys;
use jeton_core::operator::OperatorScopes;
use jeton_core::{Clock, Random, Store};
use tower_service::Service as _;
use utoipa_axum::router::OpenApiRouter;

use self::refusals::{Operation, Refusals};

pub(crate) use self::manifests::MAX_MANIFEST;
pub(crate) use self::problem::{Problem, Slug};

/// Bytes of a request's body.
pub const MAX_BODY: usize = 64 * 1024;

/// Where every operation's path begins.
pub const BASE: &str = "/management/v1";

/// What the API works on.
pub struct ApiOptions {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// What seals new keys, and opens the hash keys: asked for with every request, since it may change meanwhile.
    pub master: Arc<dyn Fn() -> Arc<MasterKeys> + Send + Sync>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// When signing keys take each other's place.
    pub rotation: RotationPolicy,
    /// How long a secret is accepted beside its successor, where nobody says.
    pub secret_overlap: Option<Duration>,
}

/// Who asks: somebody who was authenticated.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// What they may do.
    pub scopes: OperatorScopes,
    /// From where, if over a network.
    pub address: Option<IpAddr>,
    /// The id of the request.
    pub request_id: String,
}

/// The management API.
pub struct ManagementApi {
    router: Router,
    options: Arc<ApiOptions>,
    refusals: Refusals,
}

impl ManagementApi {
    /// The API on a store.
    pub fn new(options: ApiOptions) -> Self {
        let (router, _) = router().split_for_parts();
        let options = Arc::new(options);
        let router = router
            .merge(docs::routes())
            .route("/management/v1/openapi.json", get(async || docs::document()))
            .fallback(async || Problem::new(Slug::NotFound, "There is nothing at this path."))
            .method_not_allowed_fallback(async || {
                Problem::new(Slug::MethodNotAllowed, "This path has other methods: `Allow` names them.")
            })
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&options));
        Self { router, options, refusals: Refusals::default() }
    }

    /// Answers an authenticated caller. Whether their scopes are enough is decided here.
    pub async fn answer(&self, caller: Caller, request: Request<Bytes>) -> Response<Bytes> {
        let request_id = caller.request_id.clone();
        let method = request.method().clone();
        let mut request = request.map(Body::from);
        request.extensions_mut().insert(caller.clone());
        let work = AssertUnwindSafe(self.router.clone().call(request)).catch_unwind();
        let mut answer = match work.await {
            Ok(Ok(answer)) => whole(answer).await,
            Ok(Err(never)) => match never {},
            Err(_panic) => {
                let mut answer = Response::new(Bytes::new());
                let problem = Problem::new(Slug::Internal, "The request could not be answered.");
                answer.extensions_mut().insert(problem);
                answer
            }
        };
        if let Some(problem) = answer.extensions_mut().remove::<Problem>() {
            if let Some(operation) = answer.extensions_mut().remove::<Operation>() {
                self.refusals.note(&self.options, &caller, &method, &operation, &problem).await;
            }
            problem.write(&request_id, &mut answer);
        }
        let headers = answer.headers_mut();
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        answer
    }

    /// The `OpenAPI` document, as `docs/openapi.json` has it.
    pub fn openapi() -> String {
        let (_, document) = router().split_for_parts();
        let mut text = document.to_pretty_json().expect("the document is made of texts");
        text.push('\n');
        text
    }
}

/// Every operation, with the document that describes them.
fn router() -> OpenApiRouter<Arc<ApiOptions>> {
    let nouns = [
        whoami::routes(),
        companies::routes(),
        apis::routes(),
        credentials::routes(),
        tokens::routes(),
        grants::routes(),
        secrets::routes(),
        keys::routes(),
        hash_keys::routes(),
        usage::routes(),
        manifests::routes(),
        audit::routes(),
    ];
    let all = nouns.into_iter().fold(OpenApiRouter::default(), OpenApiRouter::merge);
    OpenApiRouter::with_openapi(document::frame()).nest(BASE, all)
}

/// The answer with its whole body, which was made in memory.
async fn whole(answer: Response<Body>) -> Response<Bytes> {
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Response::from_parts(head, body)
}
