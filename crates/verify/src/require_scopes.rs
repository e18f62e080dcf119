//! Scopes of single routes, behind one [`RequireToken`](crate::tower::RequireToken) for all of them.

use crate::layer::Wording;
use crate::rejection::Rejection;
use crate::scopes::Scopes;
use crate::verified::VerifiedToken;
use http::{Request, Response};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Lets a request through whose token has all these scopes. The token was verified further out, once; where it was not,
/// nobody gets through. See [`RequireToken::for_scopes`](crate::tower::RequireToken::for_scopes).
#[derive(Clone, Debug)]
pub struct RequireScopes {
    pub(crate) wording: Wording,
    pub(crate) required: Scopes,
}

impl<S> Layer<S> for RequireScopes {
    type Service = RequireScopesService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireScopesService { guard: self.clone(), inner }
    }
}

/// What [`RequireScopes`] makes of a service.
#[derive(Clone, Debug)]
pub struct RequireScopesService<S> {
    guard: RequireScopes,
    inner: S,
}

impl<S, B, C> Service<Request<B>> for RequireScopesService<S>
where
    S: Service<Request<B>, Response = Response<C>>,
    C: From<String>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ScopesFuture<S::Future, S::Response>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let RequireScopes { wording, required } = &self.guard;
        let rejection = match request.extensions().get::<VerifiedToken>() {
            Some(token) if required.iter().all(|scope| token.has_scope(scope)) => {
                return ScopesFuture(Outcome::Inner(Box::pin(self.inner.call(request))));
            }
            Some(_) => Rejection::InsufficientScope(required.clone()),
            // A mistake of whoever put the layers together: nobody was authenticated.
            None => Rejection::NoToken,
        };
        ScopesFuture(Outcome::Rejected(Some(Box::new(wording.answer(&rejection)))))
    }
}

/// The service's own answer, or the rejection.
pub struct ScopesFuture<F, R>(Outcome<F, R>);

enum Outcome<F, R> {
    Inner(Pin<Box<F>>),
    Rejected(Option<Box<R>>),
}

impl<F, R, E> Future for ScopesFuture<F, R>
where
    F: Future<Output = Result<R, E>>,
{
    type Output = Result<R, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Outcome::Inner(future) => future.as_mut().poll(context),
            Outcome::Rejected(answer) => {
                Poll::Ready(Ok(*answer.take().expect("a future is not polled after it is ready")))
            }
        }
    }
}
