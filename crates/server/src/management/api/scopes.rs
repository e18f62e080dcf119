//! Who may do what: every operation is registered with the scope that it needs, which then stands in the document and
//! before the handler. What is registered without one cannot be: [`Guarded`] has no other way in.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
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
        let methods = methods.route_layer(middleware::from_fn_with_state(scope, guard));
        Self(self.0.routes((schemas, paths, methods)))
    }

    /// All of them.
    pub(super) fn into_router(self) -> OpenApiRouter<Arc<ApiOptions>> {
        self.0
    }
}

/// Lets a request through whose caller has the scope.
async fn guard(State(scope): State<Option<OperatorScope>>, request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>() else {
        return Problem::new(Slug::Unauthenticated, "Nobody is known to ask.").into_response();
    };
    let operation = request.extensions().get::<MatchedPath>().map(|path| Operation(path.as_str().to_owned()));
    let mut answer = match scope {
        Some(scope) if !caller.scopes.contains(scope) => missing(scope).into_response(),
        _ => next.run(request).await,
    };
    if let Some(operation) = operation {
        answer.extensions_mut().insert(operation);
    }
    answer
}

/// The caller lacks a scope.
pub(super) fn missing(scope: OperatorScope) -> Problem {
    let detail = format!(
        "This takes the scope `{scope}`: ask for a token with it, or have the credential granted it."
    );
    Problem::new(Slug::Forbidden, detail)
}
