//! The verifier around a service: only requests with a good token get through.
//!
//! A request whose token is signed by a key that is not known waits, once, until the key source has looked again; every
//! other request is judged at once, without a wait or an allocation.

use crate::bearer;
use crate::error::VerifyError;
use crate::keys::Refetch;
use crate::rejection::Rejection;
use crate::require_scopes::RequireScopes;
use crate::resource::Resource;
use crate::scopes::Scopes;
use crate::verified::VerifiedToken;
use crate::verifier::{self, Verifier};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
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
    wording: Wording,
    required: Scopes,
}

/// What stands in answers.
#[derive(Clone, Debug)]
pub(crate) struct Wording {
    realm: Arc<str>,
    resource: Option<Resource>,
}

impl RequireToken {
    /// Any token that `verifier` accepts. `realm` stands in challenges: the environment's name, say.
    pub fn new(verifier: Verifier, realm: impl Into<Arc<str>>) -> Self {
        Self { verifier, wording: Wording { realm: realm.into(), resource: None }, required: Scopes::none() }
    }

    /// Serves the API's own metadata (RFC 9728) to a GET at its path, which takes no token, and names it in challenges. The
    /// layer has to be around the whole service for that: with axum, `Router::layer`.
    #[must_use]
    pub fn with_resource(mut self, resource: Resource) -> Self {
        self.wording.resource = Some(resource);
        self
    }

    /// A layer for single routes within this one, whose tokens need these scopes besides. The token is not verified again.
    pub fn for_scopes(&self, required: Scopes) -> RequireScopes {
        RequireScopes { wording: self.wording.clone(), required }
    }

    /// The metadata, if that is what is asked for.
    fn metadata<B, C: From<String>>(&self, request: &Request<B>) -> Option<Response<C>> {
        let resource = self.wording.resource.as_ref()?;
        let asks = matches!(*request.method(), Method::GET | Method::HEAD);
        if !asks || request.uri().path() != resource.metadata_path() {
            return None;
        }
        let mut response = Response::new(C::from(resource.document().to_owned()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        Some(response)
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
        let token = self.verifier.verify_by_known_keys(bearer::token(headers)?)?;
        let token = verifier::with_scopes(token, &self.required)?;
        // Whoever prints the headers further in shall not print the token.
        if let Some(header) = request.headers_mut().get_mut(AUTHORIZATION) {
            header.set_sensitive(true);
        }
        request.extensions_mut().insert(token);
        Ok(())
    }
}

impl Wording {
    pub(crate) fn answer<B: From<String>>(&self, rejection: &Rejection) -> Response<B> {
        let mut response = Response::new(B::from(rejection.problem_json()));
        *response.status_mut() =
            StatusCode::from_u16(rejection.status()).expect("a rejection's status is 400, 401, 403 or 503");
        let headers = response.headers_mut();
        if let Some(seconds) = rejection.retry_after_seconds() {
            headers.insert(RETRY_AFTER, seconds.into());
        } else {
            let challenge = match &self.resource {
                Some(resource) => rejection.www_authenticate_for(&self.realm, resource),
                None => rejection.www_authenticate(&self.realm),
            };
            let challenge =
                HeaderValue::try_from(challenge).expect("a challenge is visible ASCII and spaces");
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
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
    S: Service<Request<B>, Response = Response<C>> + Clone,
    C: From<String>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, B, C>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(metadata) = self.guard.metadata(&request) {
            return ResponseFuture(Outcome::Answered(Some(Box::new(metadata))));
        }
        let outcome = match self.guard.authorize(&mut request) {
            Err(Rejection::Unavailable) => self.look_again(&VerifyError::KeysUnavailable, request),
            Err(Rejection::InvalidToken(error @ VerifyError::UnknownKey)) => self.look_again(&error, request),
            judged => admit(judged, &self.guard, &mut self.inner, request),
        };
        ResponseFuture(outcome)
    }
}

impl<S: Clone> RequireTokenService<S> {
    /// Once more after the key source has looked, or at once where another request's wait has just ended.
    fn look_again<B, C>(&mut self, error: &VerifyError, mut request: Request<B>) -> Outcome<S, B, C>
    where
        S: Service<Request<B>, Response = Response<C>>,
        C: From<String>,
    {
        let Some(refetch) = self.guard.verifier.refetch_after(error) else {
            let judged = self.guard.authorize(&mut request);
            return admit(judged, &self.guard, &mut self.inner, request);
        };
        // The service that has said it is ready is the one to call; its clone has not said so.
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        Outcome::Waiting(Some(Box::new(Waiting { refetch, guard: self.guard.clone(), inner, request })))
    }
}

/// To the service with a good request, and to nobody with another.
fn admit<S, B, C>(
    judged: Result<(), Rejection>,
    guard: &RequireToken,
    inner: &mut S,
    request: Request<B>,
) -> Outcome<S, B, C>
where
    S: Service<Request<B>, Response = Response<C>>,
    C: From<String>,
{
    match judged {
        Ok(()) => Outcome::Inner(Box::pin(inner.call(request))),
        Err(rejection) => Outcome::Answered(Some(Box::new(guard.wording.answer(&rejection)))),
    }
}

/// The service's own answer, or the rejection. The service's future is boxed, since pinning it in place takes unsafe
/// code or a macro; beside a signature check that costs nothing.
pub struct ResponseFuture<S: Service<Request<B>>, B, C>(Outcome<S, B, C>);

enum Outcome<S: Service<Request<B>>, B, C> {
    Waiting(Option<Box<Waiting<S, B>>>),
    Inner(Pin<Box<S::Future>>),
    Answered(Option<Box<Response<C>>>),
}

/// A request whose token's key may be about to be known.
struct Waiting<S, B> {
    refetch: Refetch,
    guard: RequireToken,
    inner: S,
    request: Request<B>,
}

impl<S, B, C> Future for ResponseFuture<S, B, C>
where
    S: Service<Request<B>, Response = Response<C>>,
    C: From<String>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match &mut self.0 {
                Outcome::Waiting(waiting) => {
                    let waits = waiting.as_mut().expect("a wait is left when it is over");
                    ready!(waits.refetch.as_mut().poll(context));
                    let Waiting { guard, mut inner, mut request, .. } =
                        *waiting.take().expect("it was there a line above");
                    let judged = guard.authorize(&mut request);
                    self.0 = admit(judged, &guard, &mut inner, request);
                }
                Outcome::Inner(future) => return Poll::Ready(ready!(future.as_mut().poll(context))),
                Outcome::Answered(answer) => {
                    return Poll::Ready(Ok(*answer
                        .take()
                        .expect("a future is not polled after it is ready")));
                }
            }
        }
    }
}
