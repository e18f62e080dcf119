//! An API's own metadata (RFC 9728), and scopes of single routes.

use crate::support::{ISSUER, NOW, keys, scopes, verifier};
use jeton_verify::{Algorithm, Rejection, Resource, ResourceError, Scopes, Verifier};

fn at(audience: &str) -> Result<Resource, ResourceError> {
    let verifier =
        Verifier::builder(ISSUER, audience, [Algorithm::Es256], keys()).clock(|| NOW).build().unwrap();
    Resource::new(&verifier, &Scopes::none())
}

/// RFC 9728 section 3.1: the well-known name stands between host and path.
#[test]
fn the_document_is_found_from_the_audience() {
    for (audience, url, path) in [
        ("https://api.example", "https://api.example/.well-known/oauth-protected-resource", ""),
        ("https://api.example/", "https://api.example/.well-known/oauth-protected-resource", ""),
        (
            "https://api.example/voice",
            "https://api.example/.well-known/oauth-protected-resource/voice",
            "/voice",
        ),
        (
            "https://api.example:8443/a/b",
            "https://api.example:8443/.well-known/oauth-protected-resource/a/b",
            "/a/b",
        ),
        ("http://127.0.0.1:8090", "http://127.0.0.1:8090/.well-known/oauth-protected-resource", ""),
    ] {
        let resource = at(audience).unwrap();
        assert_eq!(resource.metadata_url(), url);
        assert_eq!(resource.metadata_path(), format!("/.well-known/oauth-protected-resource{path}"));
    }
    for audience in [
        "urn:voice",
        "voice",
        "https://",
        "https:///voice",
        "ftp://api.example",
        "https://api.example/voice?a",
        "https://api.example/#a",
        "https://api.example/\"",
        "https://api.example/a b",
        "https://api.ex\u{e4}mple",
        "https://api.example/\r\nx: y",
    ] {
        assert_eq!(at(audience), Err(ResourceError::NoUrl), "{audience:?}");
    }
}

#[test]
fn it_names_the_issuer_and_what_may_be_asked_for() {
    let document = Resource::new(&verifier(), &scopes("read write")).unwrap().document().to_owned();
    let value = jeton_jose::json::parse(document.as_bytes()).unwrap();
    let object = value.as_object().unwrap();
    let texts = |name| -> Vec<&str> {
        object.get(name).unwrap().as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
    };
    assert_eq!(object.get("resource").unwrap().as_str(), Some("https://api.example.com"));
    assert_eq!(texts("authorization_servers"), [ISSUER]);
    assert_eq!(texts("bearer_methods_supported"), ["header"]);
    assert_eq!(texts("scopes_supported"), ["read", "write"]);
    assert!(!at("https://api.example").unwrap().document().contains("scopes_supported"));
}

#[test]
fn a_challenge_names_it() {
    let resource = at("https://api.example/voice").unwrap();
    assert_eq!(
        Rejection::NoToken.www_authenticate_for("production", &resource),
        r#"Bearer realm="production", resource_metadata="https://api.example/.well-known/oauth-protected-resource/voice""#
    );
}

#[cfg(feature = "tower")]
mod layer {
    use crate::support::{scopes, signed, token, verifier};
    use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
    use http::{Method, Request, Response};
    use jeton_verify::Resource;
    use jeton_verify::tower::RequireToken;
    use std::convert::Infallible;
    use tower::{Layer as _, ServiceExt as _, service_fn};

    const PATH: &str = "/.well-known/oauth-protected-resource";

    fn guard() -> RequireToken {
        let resource = Resource::new(&verifier(), &scopes("read")).unwrap();
        RequireToken::new(verifier(), "production").with_resource(resource)
    }

    async fn ask(guard: RequireToken, method: Method, path: &str, token: Option<&str>) -> Response<String> {
        let inner = async |_: Request<()>| Ok::<_, Infallible>(Response::new("inner".to_owned()));
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let scopes = guard.for_scopes(scopes("write"));
        guard.layer(scopes.layer(service_fn(inner))).oneshot(request.body(()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn whoever_asks_is_told_without_a_token() {
        let told = ask(guard(), Method::GET, PATH, None).await;
        assert_eq!(told.status(), 200);
        assert_eq!(
            (&told.headers()[CONTENT_TYPE], &told.headers()[CACHE_CONTROL]),
            (&"application/json".parse().unwrap(), &"public, max-age=300".parse().unwrap())
        );
        assert!(told.body().contains("authorization_servers"));
        for (method, path) in [
            (Method::POST, PATH.to_owned()),
            (Method::GET, format!("{PATH}/")),
            (Method::GET, format!("{PATH}/other")),
            (Method::GET, format!("/{PATH}")),
            (Method::GET, "/.well-known/%6fauth-protected-resource".to_owned()),
            (Method::GET, format!("/numbers?{PATH}")),
        ] {
            assert_eq!(ask(guard(), method, &path, None).await.status(), 401, "{path}");
        }
        let without = RequireToken::new(verifier(), "production");
        assert_eq!(ask(without, Method::GET, PATH, None).await.status(), 401);
    }

    #[tokio::test]
    async fn every_challenge_names_it() {
        let read_only = signed(|claims| claims.scope = Some("read".into()));
        for (token, status) in [(None, 401), (Some("x"), 401), (Some(read_only.as_str()), 403)] {
            let told = ask(guard(), Method::GET, "/numbers", token).await;
            assert_eq!(told.status(), status);
            let challenge = told.headers()[WWW_AUTHENTICATE].to_str().unwrap();
            assert!(
                challenge.ends_with(&format!(r#"resource_metadata="https://api.example.com{PATH}""#)),
                "{challenge}"
            );
        }
    }

    #[tokio::test]
    async fn a_route_asks_for_more_than_the_rest() {
        let token = token();
        assert_eq!(ask(guard(), Method::GET, "/numbers", Some(&token)).await.body(), "inner");
        // Alone it lets nobody through: nobody was authenticated.
        let inner = async |_: Request<()>| Ok::<_, Infallible>(Response::new("inner".to_owned()));
        let alone = guard().for_scopes(scopes("write")).layer(service_fn(inner));
        let request = Request::builder().header(AUTHORIZATION, format!("Bearer {token}")).body(()).unwrap();
        assert_eq!(alone.oneshot(request).await.unwrap().status(), 401);
    }
}
