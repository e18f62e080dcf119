//! The tower layer around a service that knows no framework.

use crate::support::{AUDIENCE, ISSUER, LateKeys, NOW, Revocations, scopes, signed, token, verifier};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use jeton_verify::tower::RequireToken;
use jeton_verify::{Algorithm, VerifiedToken, Verifier};
use std::convert::Infallible;
use std::sync::Arc;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

/// Says who calls, and whether the header would be printed.
async fn whoami(request: Request<&'static str>) -> Result<Response<String>, Infallible> {
    let token = request.extensions().get::<VerifiedToken>().unwrap();
    let sensitive = request.headers()[AUTHORIZATION].is_sensitive();
    Ok(Response::new(format!("{} {sensitive} {}", token.client_id(), request.body())))
}

fn service()
-> impl Service<Request<&'static str>, Response = Response<String>, Error = Infallible, Future: Send> {
    RequireToken::new(verifier(), "production").with_scopes(scopes("read")).layer(service_fn(whoami))
}

fn request(authorization: &[&str]) -> Request<&'static str> {
    let mut request = Request::builder().uri("/numbers?access_token=ignored");
    for value in authorization {
        request = request.header(AUTHORIZATION, *value);
    }
    request.body("body").unwrap()
}

#[tokio::test]
async fn a_good_request_arrives_with_its_token() {
    let response = service().oneshot(request(&[&format!("Bearer {}", token())])).await.unwrap();
    assert_eq!((response.status().as_u16(), response.body().as_str()), (200, "client-1 true body"));
    assert!(response.headers().is_empty());
}

#[tokio::test]
async fn any_other_is_answered_for_the_service() {
    let good = format!("Bearer {}", token());
    let without_scope = format!("Bearer {}", signed(|claims| claims.scope = Some("write".into())));
    for (headers, status, title, challenge) in [
        (vec![], 401, "Unauthorized", r#"Bearer realm="production""#),
        (vec!["Basic YTpi"], 401, "Unauthorized", r#"Bearer realm="production""#),
        (vec!["Bearer x"], 401, "Unauthorized", r#"Bearer realm="production", error="invalid_token", "#),
        (vec!["Bearer"], 400, "Bad Request", r#"Bearer realm="production", error="invalid_request", "#),
        (
            vec![good.as_str(), &good],
            400,
            "Bad Request",
            r#"Bearer realm="production", error="invalid_request", "#,
        ),
        (
            vec![&without_scope],
            403,
            "Forbidden",
            r#"Bearer realm="production", error="insufficient_scope", "#,
        ),
    ] {
        let response = service().oneshot(request(&headers)).await.unwrap();
        let header = |name| response.headers()[name].to_str().unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert!(header("www-authenticate").starts_with(challenge), "{}", header("www-authenticate"));
        assert_eq!(header("content-type"), "application/problem+json");
        assert_eq!(header("cache-control"), "no-store");
        let start = format!(r#"{{"type":"about:blank","title":"{title}","status":{status},"detail":"The "#);
        assert!(response.body().starts_with(&start), "{}", response.body());
    }
}

#[tokio::test]
async fn a_token_in_the_query_or_the_body_is_none() {
    let query = format!("/numbers?access_token={}", token());
    let body: &'static str = Box::leak(format!("access_token={}", token()).into_boxed_str());
    let request = Request::builder().uri(query).header("content-type", "application/x-www-form-urlencoded");
    let response = service().oneshot(request.body(body).unwrap()).await.unwrap();
    assert_eq!(response.status().as_u16(), 401);
    assert_eq!(response.headers()["www-authenticate"], r#"Bearer realm="production""#);
}

#[tokio::test]
async fn a_proof_from_elsewhere_does_not_get_through() {
    let other = verifier().verify(&signed(|claims| claims.client_id = "somebody else".into())).unwrap();
    let mut planted = request(&[&format!("Bearer {}", token())]);
    planted.extensions_mut().insert(other.clone());
    assert_eq!(service().oneshot(planted).await.unwrap().body(), "client-1 true body");
    let mut planted = request(&[]);
    planted.extensions_mut().insert(other);
    assert_eq!(service().oneshot(planted).await.unwrap().status().as_u16(), 401);
}

#[tokio::test]
async fn a_strange_realm_is_no_panic() {
    let guard = RequireToken::new(verifier(), "\u{1f511}\r\n\"");
    let response = guard.layer(service_fn(whoami)).oneshot(request(&[])).await.unwrap();
    assert_eq!(response.headers()["www-authenticate"], r#"Bearer realm="???\"""#);
}

fn late(keys: &Arc<LateKeys>) -> RequireToken {
    let keys = Arc::clone(keys);
    let verifier = Verifier::builder(ISSUER, AUDIENCE, [Algorithm::Es256], keys).clock(|| NOW);
    RequireToken::new(verifier.build().unwrap(), "production").with_scopes(scopes("read"))
}

#[tokio::test]
async fn a_key_that_is_about_to_be_known_is_waited_for_once() {
    let good = format!("Bearer {}", token());
    let (keys, request) = (Arc::new(LateKeys::default()), request(&[&good]));
    let response = late(&keys).layer(service_fn(whoami)).oneshot(request).await.unwrap();
    assert_eq!((response.status().as_u16(), response.body().as_str()), (200, "client-1 true body"));
    assert_eq!(keys.asked(), 1);
}

#[tokio::test]
async fn after_the_wait_a_request_is_judged_like_any_other() {
    for (change, status) in [("read", 200), ("write", 403)] {
        let token = format!("Bearer {}", signed(|claims| claims.scope = Some(change.into())));
        let guard = late(&Arc::new(LateKeys::default()));
        let response = guard.layer(service_fn(whoami)).oneshot(request(&[&token])).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{change}");
    }
    let keys = Arc::new(LateKeys::default());
    for headers in [&[][..], &["Basic YTpi"], &["Bearer x.y.z"], &["Bearer"]] {
        let response = late(&keys).layer(service_fn(whoami)).oneshot(request(headers)).await.unwrap();
        assert!([400, 401].contains(&response.status().as_u16()));
    }
    assert_eq!(keys.asked(), 0, "nothing to wait for");
}

#[tokio::test]
async fn without_any_keys_the_answer_is_503_and_no_challenge() {
    let (good, guard) = (format!("Bearer {}", token()), late(&Arc::new(LateKeys::never())));
    let response = guard.layer(service_fn(whoami)).oneshot(request(&[&good])).await.unwrap();
    assert_eq!(response.status().as_u16(), 503);
    assert_eq!(response.headers()["retry-after"], "5");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(!response.headers().contains_key("www-authenticate"));
    assert!(response.body().contains(r#""status":503,"#), "{}", response.body());
}

#[tokio::test]
async fn revoked_is_401_and_unknown_is_503_without_a_wait() {
    let good = format!("Bearer {}", token());
    let (source, keys) = (Revocations::default(), Arc::new(LateKeys::default()));
    keys.come();
    let verifier = Verifier::builder(ISSUER, AUDIENCE, [Algorithm::Es256], Arc::clone(&keys) as _)
        .clock(|| NOW)
        .revocations(Arc::new(source.clone()));
    let guard = RequireToken::new(verifier.build().unwrap(), "production");
    let answer = async || guard.layer(service_fn(whoami)).oneshot(request(&[&good])).await.unwrap();

    let unknown = answer().await;
    assert_eq!((unknown.status().as_u16(), &unknown.headers()["retry-after"]), (503, &HeaderValue::from(5)));
    assert!(!unknown.headers().contains_key("www-authenticate"));
    assert_eq!(unknown.headers()["cache-control"], "no-store");
    assert_eq!(keys.asked(), 0, "new keys would not help");

    source.say("t token-2\n");
    assert_eq!(answer().await.status().as_u16(), 200);

    source.say("g handle 2\n");
    let revoked = answer().await;
    let challenge = revoked.headers()["www-authenticate"].to_str().unwrap();
    assert_eq!(revoked.status().as_u16(), 401);
    assert!(challenge.starts_with(r#"Bearer realm="production", error="invalid_token", "#), "{challenge}");
    assert!(revoked.body().contains("The access token has been revoked."), "{}", revoked.body());
}

/// The readiness that `poll_ready` has found belongs to one instance, also when the call comes after a wait.
#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    struct Ready(bool);

    impl Clone for Ready {
        fn clone(&self) -> Self {
            Self(false)
        }
    }

    impl Service<Request<&'static str>> for Ready {
        type Response = Response<String>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Response<String>, Infallible>>;

        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
            self.0 = true;
            std::task::Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<&'static str>) -> Self::Future {
            assert!(self.0, "called before it was ready");
            std::future::ready(Ok(Response::new(String::new())))
        }
    }

    let good = format!("Bearer {}", token());
    let mut service = late(&Arc::new(LateKeys::default())).layer(Ready(false));
    for _ in 0..2 {
        let response = service.ready().await.unwrap().call(request(&[&good])).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
    }
}
