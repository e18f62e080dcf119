//! Who may do what: every operation is registered with the scope that it needs, which then stands in the document and
//! before the handler. What is registered without one cannot be: [`Guarded`] has no other way in.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::Method;
use http::header::IF_MATCH;
use http_body_util::BodyExt as _;
use jeton_core::operator::OperatorScope;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::problem::{Problem, Slug};
use super::refusals::Operation;
use super::{ApiOptions, Caller, document};

/// The operations of a noun.
#[derive(Default)]
pub(super) struct Guarded(OpenApiRouter<Arc<ApiOptions>>);

impl Guarded {
    /// Operations that need this scope.
    pub(super) fn needing(
        self,
        scope: OperatorScope,
        operations: UtoipaMethodRouter<Arc<ApiOptions>>,
    ) -> Self {
        self.add(Some(scope), false, operations)
    }

    /// Operations that need this scope, and make something once for each `Idempotency-Key`.
    pub(super) fn making(
        self,
        scope: OperatorScope,
        operations: UtoipaMethodRouter<Arc<ApiOptions>>,
    ) -> Self {
        self.add(Some(scope), true, operations)
    }

    /// Operations for every authenticated caller.
    pub(super) fn for_everyone(self, operations: UtoipaMethodRouter<Arc<ApiOptions>>) -> Self {
        self.add(None, false, operations)
    }

    fn add(
        self,
        scope: Option<OperatorScope>,
        makes: bool,
        (schemas, mut paths, methods): UtoipaMethodRouter<Arc<ApiOptions>>,
    ) -> Self {
        document::complete(&mut paths, scope, makes);
        let has_target = paths.paths.keys().any(|path| document::has_target(path));
        let terms = Terms { scope, takes_body: document::takes_body(&paths), has_target };
        let methods = methods.route_layer(middleware::from_fn_with_state(terms, guard));
        Self(self.0.routes((schemas, paths, methods)))
    }

    /// All of them.
    pub(super) fn into_router(self) -> OpenApiRouter<Arc<ApiOptions>> {
        self.0
    }
}

/// What a request must bring.
#[derive(Clone, Copy)]
struct Terms {
    scope: Option<OperatorScope>,
    takes_body: bool,
    has_target: bool,
}

/// Lets a request through whose caller has the scope, and that says nothing which is not read.
async fn guard(State(terms): State<Terms>, request: Request, next: Next) -> Response {
    let Terms { scope, takes_body, has_target } = terms;
    let Some(caller) = request.extensions().get::<Caller>() else {
        return Problem::new(Slug::Unauthenticated, "Nobody is known to ask.").into_response();
    };
    let operation = request.extensions().get::<MatchedPath>().map(|path| Operation(path.as_str().to_owned()));
    let mut answer = match scope {
        Some(scope) if !caller.scopes.contains(scope) => missing(scope).into_response(),
        _ if !has_target && request.method() != Method::GET && request.headers().contains_key(IF_MATCH) => {
            let detail = "This changes no one thing that has a revision: leave `If-Match` out.";
            Problem::malformed(detail).into_response()
        }
        _ if takes_body => next.run(request).await,
        _ => match without_body(request).await {
            Ok(request) => next.run(request).await,
            Err(problem) => problem.into_response(),
        },
    };
    if let Some(operation) = operation {
        answer.extensions_mut().insert(operation);
    }
    answer
}

/// The request without its body, which may be an object without members: many programs send one with every POST. Whoever
/// says more than the operation hears means something else by it.
async fn without_body(request: Request) -> Result<Request, Problem> {
    let (head, body) = request.into_parts();
    // It was in memory before.
    let said = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    if !matches!(said.trim_ascii(), b"" | b"{}") {
        return Err(Problem::malformed("This operation takes no body: leave it out."));
    }
    Ok(Request::from_parts(head, Body::empty()))
}

/// The caller lacks a scope.
pub(super) fn missing(scope: OperatorScope) -> Problem {
    let detail = format!(
        "This takes the scope `{scope}`: ask for a token with it, or have the credential granted it."
    );
    Problem::new(Slug::Forbidden, detail)
}
