//! The layer and the extractor in an axum router.

use crate::support::{scopes, signed, token, verifier};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::{Request, Response};
use jeton_verify::VerifiedToken;
use jeton_verify::tower::RequireToken;
use tower::ServiceExt as _;

fn router() -> Router {
    let guard = RequireToken::new(verifier(), "production");
    let whoami = |token: VerifiedToken| async move { token.client_id().to_owned() };
    Router::new()
        .route("/admin", get(whoami).layer(guard.clone().with_scopes(scopes("admin"))))
        .route("/read", get(whoami).layer(guard.with_scopes(scopes("read"))))
        .route("/forgotten", get(whoami))
        .route("/open", get(async || "open"))
}

async fn call(path: &str, authorization: Option<&str>) -> (u16, String, Response<()>) {
    let mut request = Request::builder().uri(path);
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let response = router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 4096).await.unwrap();
    (parts.status.as_u16(), String::from_utf8(body.to_vec()).unwrap(), Response::from_parts(parts, ()))
}

#[tokio::test]
async fn a_handler_gets_the_token() {
    let good = format!("Bearer {}", token());
    let (status, body, _) = call("/read", Some(&good)).await;
    assert_eq!((status, body.as_str()), (200, "client-1"));
    assert_eq!(call("/open", None).await.0, 200);
}

#[tokio::test]
async fn requests_that_may_not_are_turned_away() {
    let good = format!("Bearer {}", token());
    let expired = format!("Bearer {}", signed(|claims| claims.exp = 1));
    for (path, authorization, expected) in [
        ("/read", None, 401),
        ("/read", Some("Bearer"), 400),
        ("/read", Some(expired.as_str()), 401),
        ("/admin", Some(good.as_str()), 403),
    ] {
        let (status, body, response) = call(path, authorization).await;
        assert_eq!(status, expected, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert!(response.headers().contains_key("www-authenticate"));
        assert!(body.contains(&format!(r#""status":{expected}"#)), "{body}");
    }
}

#[tokio::test]
async fn a_route_without_the_layer_lets_nobody_through() {
    let good = format!("Bearer {}", token());
    let (status, body, response) = call("/forgotten", Some(&good)).await;
    assert_eq!(status, 500);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(body.contains("no RequireToken layer"), "{body}");
}
