//! The tower layer around a service that knows no framework.

use crate::support::{scopes, signed, token, verifier};
use http::header::AUTHORIZATION;
use http::{Request, Response};
use jeton_verify::VerifiedToken;
use jeton_verify::tower::RequireToken;
use std::convert::Infallible;
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
