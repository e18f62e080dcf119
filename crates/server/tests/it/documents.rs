//! The key set and the metadata, which everybody may keep for a while.

use std::collections::BTreeSet;

use http::Method;
use jeton_core::Algorithm;
use jeton_testkit::{ENVIRONMENTS, ResponseExt as _, TestServer};
use serde_json::json;

use crate::support::{assert_problem, config};

const PATHS: [&str; 3] = [
    "/.well-known/jwks.json",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
];

#[tokio::test]
async fn documents_are_served_to_get_and_head() {
    let server = TestServer::start().await;
    for (environment, path) in ENVIRONMENTS.into_iter().flat_map(|name| PATHS.map(|path| (name, path))) {
        let got = server.get(environment, path).send().await;
        let headed = server.get(environment, path).method(Method::HEAD).send().await;
        for answer in [&got, &headed] {
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.one("cache-control"), Some("public, max-age=300"));
            assert_eq!(answer.one("pragma"), None);
            assert_eq!(answer.one("etag"), got.one("etag"));
            assert_eq!(answer.one("content-type"), got.one("content-type"));
        }
        let etag = got.one("etag").unwrap();
        assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 10, "{etag}");
        let kind = if path.ends_with("jwks.json") { "application/jwk-set+json" } else { "application/json" };
        assert_eq!(got.one("content-type"), Some(kind));
        // The query does not matter.
        let queried = server.get(environment, &format!("{path}?a=b")).send().await;
        assert_eq!(queried.body(), got.body());
    }
}

#[tokio::test]
async fn a_document_that_the_asker_has_is_not_sent_again() {
    let server = TestServer::start().await;
    for path in PATHS {
        let etag = server.get("production", path).send().await.one("etag").unwrap().to_owned();
        for (given, status) in [
            (etag.clone(), 304),
            (format!("W/{etag}"), 304),
            (format!("\"other\", {etag}"), 304),
            ("*".to_owned(), 304),
            ("\"other\"".to_owned(), 200),
            (etag.trim_matches('"').to_owned(), 200),
            (String::new(), 200),
        ] {
            let answer = server.get("production", path).header("if-none-match", &given).send().await;
            assert_eq!(answer.status(), status, "{given}");
            assert_eq!(answer.one("etag"), Some(&*etag));
            assert_eq!(answer.one("cache-control"), Some("public, max-age=300"));
            assert_eq!(answer.body().is_empty(), status == 304);
        }
    }
}

#[tokio::test]
async fn documents_are_only_read() {
    let server = TestServer::start().await;
    for path in PATHS {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
            let answer = server.get("production", path).method(method).send().await;
            assert_problem(&answer, 405);
            assert_eq!(answer.one("allow"), Some("GET, HEAD"));
        }
    }
}

/// It says only what is true, and is the same to the byte until something changes.
#[tokio::test]
async fn the_metadata_of_the_default_configuration() {
    let server = TestServer::start().await;
    for (environment, origin) in
        [("production", "http://localhost:8080"), ("sandbox", "http://localhost:8081")]
    {
        let metadata = server.get(environment, "/.well-known/oauth-authorization-server").send().await;
        let expected = json!({
            "issuer": origin,
            "token_endpoint": format!("{origin}/oauth/v2/token"),
            "revocation_endpoint": format!("{origin}/oauth/v2/revoke"),
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "introspection_endpoint": format!("{origin}/oauth/v2/introspect"),
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "revocation_feed": format!("{origin}/oauth/v2/revocations"),
            "jwks_uri": format!("{origin}/.well-known/jwks.json"),
            "response_types_supported": [],
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        });
        assert_eq!(metadata.json(), expected);
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_not_named() {
    let file = "[[endpoint]]\npath = \"/token\"\ndialect = \"gateway\"\n";
    let server = TestServer::builder().config(config(file)).start().await;
    let metadata = server.get("production", "/.well-known/oauth-authorization-server").send().await.json();
    // Their order is nobody's business.
    let names: BTreeSet<&str> = metadata.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "introspection_endpoint",
        "introspection_endpoint_auth_methods_supported",
        "issuer",
        "jwks_uri",
        "response_types_supported",
        "revocation_endpoint",
        "revocation_endpoint_auth_methods_supported",
        "revocation_feed",
    ];
    assert_eq!(names, BTreeSet::from(expected));
}

/// RFC 8414 section 3.1 puts the issuer's path behind the well-known part, `OpenID` Connect Discovery before it.
#[tokio::test]
async fn issuers_with_a_path_and_with_a_slash_at_the_end() {
    let file = r#"
        [[environment]]
        name = "production"
        hosts = ["auth.example"]
        issuer = "https://auth.example/tenants/one/"

        [[environment]]
        name = "sandbox"
        hosts = ["sandbox.auth.example"]
        issuer = "https://sandbox.auth.example/"
    "#;
    let server = TestServer::builder().config(config(file)).start().await;
    let found = async |environment: &str, path: &str| {
        let answer = server.get(environment, path).send().await;
        (answer.status() == 200).then(|| answer.json()["issuer"].as_str().unwrap().to_owned())
    };
    let one = Some("https://auth.example/tenants/one/".to_owned());
    assert_eq!(found("production", "/.well-known/oauth-authorization-server/tenants/one").await, one);
    assert_eq!(found("production", "/tenants/one/.well-known/openid-configuration").await, one);
    assert_eq!(found("production", "/.well-known/oauth-authorization-server").await, None);
    assert_eq!(found("sandbox", "/.well-known/oauth-authorization-server/tenants/one").await, None);
    let other = Some("https://sandbox.auth.example/".to_owned());
    assert_eq!(found("sandbox", "/.well-known/oauth-authorization-server").await, other);
    assert_eq!(found("sandbox", "/.well-known/openid-configuration").await, other);

    let metadata =
        server.get("production", "/tenants/one/.well-known/openid-configuration").send().await.json();
    assert_eq!(metadata["token_endpoint"], "https://auth.example/oauth/v2/token");
    assert_eq!(metadata["jwks_uri"], "https://auth.example/.well-known/jwks.json");
    let token = server.client("production").oauth2().token().await;
    let verified = server.verify("production", jeton_testkit::VOICE_AUDIENCE, &token).await.unwrap();
    assert_eq!(verified.issuer(), "https://auth.example/tenants/one/");
}

/// No private half, no key of another environment, and a new entity tag with every new key.
#[tokio::test]
async fn the_key_set_follows_the_keys() {
    let server = TestServer::start().await;
    let before = server.get("production", "/.well-known/jwks.json").send().await;
    assert_eq!(before.json()["keys"].as_array().unwrap().len(), 1);
    server.create_api("orders", &["orders.read"], Algorithm::EdDsa).await;
    server.poll().await;
    let after = server.get("production", "/.well-known/jwks.json").send().await;
    assert_ne!(after.one("etag"), before.one("etag"));
    let set = after.json();
    let keys = set["keys"].as_array().unwrap();
    let mut algorithms: Vec<&str> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
    algorithms.sort_unstable();
    assert_eq!(algorithms, ["ES256", "EdDSA"]);
    for key in keys {
        assert!(["d", "p", "q", "dp", "dq", "qi", "k"].iter().all(|name| key.get(name).is_none()));
        assert_eq!(key["use"], "sig");
    }
}
