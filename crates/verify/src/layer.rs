//! The verifier around a service: only requests with a good token get through.

use crate::rejection::Rejection;
use crate::scopes::Scopes;
use crate::verified::VerifiedToken;
use crate::verifier::Verifier;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response, StatusCode};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tower_layer::Layer;
use tower_service::Service;

/// Lets a request through if its token is good and has all required scopes, with the [`VerifiedToken`] in its
/// extensions; answers any other itself, with a challenge and a small body of problem details.
///
/// The answer's body is made from a `String`, which axum's, hyper's `Full<Bytes>` and many others are.
#[derive(Clone, Debug)]
pub struct RequireToken {
    verifier: Verifier,
    realm: Arc<str>,
    required: Scopes,
}

impl RequireToken {
    /// Any token that `verifier` accepts. `realm` stands in challenges: the environment's name, say.
    pub fn new(verifier: Verifier, realm: impl Into<Arc<str>>) -> Self {
        Self { verifier, realm: realm.into(), required: Scopes::none() }
    }

    /// Only tokens with all these scopes, in place of any that were required before.
    #[must_use]
    pub fn with_scopes(mut self, required: Scopes) -> Self {
        self.required = required;
        self
    }

    fn authorize<B>(&self, request: &mut Request<B>) -> Result<(), Rejection> {
        // Whatever stands there was not put there by us, and must not be taken for proof.
        request.extensions_mut().remove::<VerifiedToken>();
        let headers = request.headers().get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
        let token = self.verifier.authorize(headers, &self.required)?;
        // Whoever prints the headers further in shall not print the token.
        if let Some(header) = request.headers_mut().get_mut(AUTHORIZATION) {
            header.set_sensitive(true);
        }
        request.extensions_mut().insert(token);
        Ok(())
    }

    fn answer<B: From<String>>(&self, rejection: &Rejection) -> Response<B> {
        let mut response = Response::new(B::from(rejection.problem_json()));
        *response.status_mut() =
            StatusCode::from_u16(rejection.status()).expect("a rejection's status is 400, 401 or 403");
        let challenge = HeaderValue::try_from(rejection.www_authenticate(&self.realm))
            .expect("a challenge is visible ASCII and spaces");
        let headers = response.headers_mut();
        headers.insert(WWW_AUTHENTICATE, challenge);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl<S> Layer<S> for RequireToken {
    type Service = RequireTokenService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireTokenService { guard: self.clone(), inner }
    }
}

/// What [`RequireToken`] makes of a service.
#[derive(Clone, Debug)]
pub struct RequireTokenService<S> {
    guard: RequireToken,
    inner: S,
}

impl<S, B, C> Service<Request<B>> for RequireTokenService<S>
where
    S: Service<Request<B>, Response = Response<C>>,
    C: From<String>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, C>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        ResponseFuture(match self.guard.authorize(&mut request) {
            Ok(()) => Outcome::Inner(Box::pin(self.inner.call(request))),
            Err(rejection) => Outcome::Rejected(Some(Box::new(self.guard.answer(&rejection)))),
        })
    }
}

/// The service's own answer, or the rejection. The service's future is boxed, since pinning it in place takes unsafe
/// code or a macro; beside a signature check that costs nothing.
pub struct ResponseFuture<F, C>(Outcome<F, C>);

enum Outcome<F, C> {
    Inner(Pin<Box<F>>),
    Rejected(Option<Box<Response<C>>>),
}

impl<F, C, E> Future for ResponseFuture<F, C>
where
    F: Future<Output = Result<Response<C>, E>>,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Outcome::Inner(future) => Poll::Ready(ready!(future.as_mut().poll(context))),
            Outcome::Rejected(answer) => {
                Poll::Ready(Ok(*answer.take().expect("a future is not polled after it is ready")))
            }
        }
    }
}
