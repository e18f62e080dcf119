//! How operators get in: by tokens that the management listener gives out, and by nothing else.

use std::time::Duration;

use http::Method;
use jeton_core::admin::{NewCredential, SecretSource};
use jeton_core::id::{CompanyId, EnvironmentName};
use jeton_core::model::State;
use jeton_server::config::Config;
use jeton_server::{Connection, Door};
use jeton_testkit::{Call, Client, ResponseExt as _, TestServer, claims_of, grant};
use serde_json::json;

const WHOAMI: &str = "/management/v1/whoami";

/// An operator with these scopes, which the server has seen.
async fn operator<'a>(server: &'a TestServer, scopes: &str) -> Client<'a> {
    let new = NewCredential {
        company: CompanyId::operators(),
        environment: EnvironmentName::management(),
        client_id: None,
        label: None,
        owner: None,
        networks: vec![],
        grants: vec![grant(&format!("management:{scopes}"))],
        secret: Some(SecretSource::Generated),
    };
    let client = server.make_client(new).await;
    server.poll().await;
    client
}

/// A token request at the management listener.
fn ask<'a>(server: &'a TestServer, client: &Client<'_>) -> Call<'a> {
    let call = server.management("/oauth/v2/token").method(Method::POST);
    call.basic(&client.id, &client.secret).param("grant_type", "client_credentials")
}

#[tokio::test]
async fn an_operator_gets_a_token_and_the_api_takes_it() {
    let server = TestServer::start().await;
    let client = operator(&server, "companies.read,audit.read").await;
    let answer = ask(&server, &client).send().await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        (answer.json()["expires_in"].clone(), answer.json()["token_type"].clone()),
        (json!(1800), json!("Bearer"))
    );
    let claims = claims_of(&answer.token());
    assert_eq!(claims["aud"], json!("urn:jeton:management"));
    assert_eq!(claims["iss"], json!("http://127.0.0.1:9080"));
    assert_eq!(claims["scope"], json!("audit.read companies.read"));
    let whoami = server.management(WHOAMI).bearer(&answer.token()).send().await;
    assert_eq!(whoami.status(), 200, "{}", whoami.text());
    assert_eq!(whoami.json()["actor"], json!(format!("operator:{}", client.id)));
    // Fewer scopes may be asked for.
    let less = ask(&server, &client).scope("audit.read").send().await.token();
    let scopes = server.management(WHOAMI).bearer(&less).send().await.json()["scopes"].clone();
    assert_eq!(scopes, json!(["audit.read"]));
    let companies = server.management("/management/v1/companies").bearer(&less).send().await;
    assert_eq!((companies.status().as_u16(), companies.json()["exit_code"].clone()), (403, json!(4)));
}

#[tokio::test]
async fn nobody_else_gets_in() {
    let server = TestServer::start().await;
    let own = ask(&server, &operator(&server, "companies.read").await).send().await.token();
    let foreign = server.client("production").oauth2().token().await;
    let cut = &own[..own.len() - 4];
    for path in
        [WHOAMI, "/management/v1/companies", "/management/v1/nowhere", "/management/v1", "/management/v1/%00"]
    {
        for (call, status, error) in [
            (server.management(path), 401, None),
            (server.management(path).basic("a", "b"), 401, None),
            (server.management(path).bearer(&foreign), 401, Some("invalid_token")),
            (server.management(path).bearer(cut), 401, Some("invalid_token")),
            (server.management(path).bearer("x"), 401, Some("invalid_token")),
            (server.management(&format!("{path}?access_token={own}")), 401, None),
            (server.management(path).method(Method::POST).param("access_token", &own), 401, None),
            (
                server.management(path).bearer(&own).add_header("authorization", "Bearer x"),
                400,
                Some("invalid_request"),
            ),
        ] {
            let answer = call.send().await;
            assert_eq!(answer.status(), status, "{path}");
            let challenge = answer.one("www-authenticate").unwrap();
            assert!(challenge.starts_with("Bearer realm=\"management\""), "{challenge}");
            assert_eq!(error.is_some(), challenge.contains("error="), "{challenge}");
            assert!(error.is_none_or(|error| challenge.contains(error)), "{challenge}");
            assert_eq!(answer.one("content-type"), Some("application/problem+json"));
            assert_eq!(answer.one("cache-control"), Some("no-store"));
            assert!(!answer.text().contains(&own), "{}", answer.text());
        }
    }
    // An operator's token opens nothing else.
    let demo = server.get("production", "/demo/voice/billing").bearer(&own).send().await;
    assert_eq!(demo.status(), 401);
}

#[tokio::test]
async fn a_token_ends_with_its_time_its_operator_and_by_revocation() {
    let server = TestServer::start().await;
    let client = operator(&server, "companies.read").await;
    let status = async |token: &str| server.management(WHOAMI).bearer(token).send().await.status().as_u16();
    let revoked = ask(&server, &client).token().await;
    let other = ask(&server, &client).token().await;
    let revoke = server.management("/oauth/v2/revoke").method(Method::POST).basic(&client.id, &client.secret);
    assert_eq!(revoke.param("token", &revoked).send().await.status(), 200);
    server.poll().await;
    assert_eq!((status(&revoked).await, status(&other).await), (401, 200));
    let expired = ask(&server, &client).token().await;
    server.clock.advance(Duration::from_mins(31));
    server.poll().await;
    assert_eq!(status(&expired).await, 401);
    let token = ask(&server, &client).token().await;
    assert_eq!(status(&token).await, 200);
    let (environment, client_id) = (EnvironmentName::management(), client.id.parse().unwrap());
    server.admin().set_credential_state(&environment, &client_id, State::Suspended).await.unwrap();
    server.poll().await;
    assert_eq!(status(&token).await, 401);
    assert_eq!(ask(&server, &client).send().await.status(), 401);
}

/// No public listener knows the environment, whatever its requests say.
#[tokio::test]
async fn the_operators_environment_is_on_no_public_listener() {
    let server = TestServer::start().await;
    let client = operator(&server, "companies.read").await;
    for dialect in &server.config().endpoints {
        let call = || server.get("production", &dialect.path).method(Method::POST);
        let answer =
            call().basic(&client.id, &client.secret).param("grant_type", "client_credentials").send().await;
        assert_ne!(answer.status(), 200);
        let elsewhere = call().host("management").basic(&client.id, &client.secret).send().await;
        assert_eq!(elsewhere.status(), 421);
    }
    for path in [WHOAMI, "/docs", "/openapi.json", "/management/v1/companies"] {
        assert_eq!(server.get("production", path).send().await.status(), 404, "{path}");
    }
    // Nor does the management listener know a public credential.
    let public = server.client("production");
    assert_eq!(ask(&server, &public).send().await.status(), 401);
    // The key sets are apart.
    let own = server.management("/.well-known/jwks.json").send().await.json();
    let other = server.get("production", "/.well-known/jwks.json").send().await.json();
    assert_eq!(own["keys"].as_array().unwrap().len(), 1);
    assert_ne!(own["keys"][0]["kid"], other["keys"][0]["kid"]);
}

#[tokio::test]
async fn no_page_of_another_origin_gets_in() {
    let server = TestServer::start().await;
    let client = operator(&server, "companies.read").await;
    let token = ask(&server, &client).token().await;
    let calls =
        || [server.management(WHOAMI).bearer(&token), ask(&server, &client), server.management("/docs")];
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:9081"),
        ("origin", "http://localhost:9080"),
        ("origin", "http://127.0.0.1:9080.evil.example"),
        ("origin", ""),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "other"),
    ] {
        for call in calls() {
            let answer = call.header(name, value).send().await;
            assert_eq!(answer.status(), 403, "{name}: {value}");
            assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("access-control")));
        }
    }
    for call in calls().into_iter().take(2) {
        assert_eq!(call.clone().host("evil.example").send().await.status(), 421);
        let own = call
            .header("origin", "http://127.0.0.1:9080")
            .header("sec-fetch-site", "same-origin")
            .send()
            .await;
        assert_eq!(own.status(), 200);
    }
    // A preflight is told nothing.
    let preflight = server.management(WHOAMI).method(Method::OPTIONS).header("origin", "http://evil.example");
    assert_eq!(preflight.send().await.status(), 403);
}

#[tokio::test]
async fn names_let_in_are_those_of_the_configuration() {
    let config = Config {
        management_hosts: vec!["manage.example".parse().unwrap(), "other.example:9443".parse().unwrap()],
        management_issuer: Some("https://manage.example".parse().unwrap()),
        ..Config::default()
    };
    let server = TestServer::builder().config(config).start().await;
    for (host, status) in [
        ("manage.example", 200),
        ("MANAGE.example:1234", 200),
        ("other.example:9443", 200),
        ("other.example", 421),
        ("manage.example.evil.example", 421),
    ] {
        let answer = server.management("/livez").host(host).send().await;
        assert_eq!(answer.status(), status, "{host}");
    }
    let client = operator(&server, "companies.read").await;
    let token = ask(&server, &client).host("manage.example").token().await;
    assert_eq!(claims_of(&token)["iss"], json!("https://manage.example"));
    let own = server.management(WHOAMI).host("manage.example").header("origin", "https://manage.example");
    assert_eq!(own.bearer(&token).send().await.status(), 200);
}

#[tokio::test]
async fn changes_are_json() {
    let server = TestServer::start().await;
    let client = operator(&server, "companies.write,companies.read").await;
    let token = ask(&server, &client).token().await;
    let post = || server.management("/management/v1/companies").method(Method::POST).bearer(&token);
    let body = r#"{"id":"acme-two","name":"Acme"}"#;
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""]
    {
        let answer = post().header("content-type", kind).body(body).send().await;
        assert_eq!((answer.status().as_u16(), answer.json()["exit_code"].clone()), (415, json!(2)), "{kind}");
    }
    assert_eq!(post().body(body).send().await.status(), 415);
    let made = post().header("content-type", "application/json; charset=utf-8").body(body).send().await;
    assert_eq!(made.status(), 201, "{}", made.text());
    let large = format!("{{\"id\":\"x\",\"name\":\"{}\"}}", "x".repeat(70_000));
    let answer = post().header("content-type", "application/json").body(large).send().await;
    assert_eq!(answer.status(), 413);
}

/// Secrets do not come in from beyond the machine in plain text, unless somebody said that they may.
#[tokio::test]
async fn secrets_come_from_this_machine_alone() {
    let from = |address: &str| Connection {
        door: Door::Management,
        peer: Some(address.parse().unwrap()),
        ..Connection::default()
    };
    let closed = TestServer::start().await;
    let loud = Config { danger_plain_http: true, ..Config::default() };
    let proxied = Config { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..Config::default() };
    let open = [
        TestServer::builder().config(loud).start().await,
        TestServer::builder().config(proxied).start().await,
    ];
    for (server, beyond) in [(&closed, 403), (&open[0], 200), (&open[1], 200)] {
        let client = operator(server, "companies.read").await;
        let token = ask(server, &client).token().await;
        for (address, status) in
            [("127.0.0.1", 200), ("::1", 200), ("::ffff:127.0.0.1", 200), ("192.0.2.1", beyond)]
        {
            let asked = ask(server, &client).on(from(address)).send().await;
            let called = server.management(WHOAMI).bearer(&token).on(from(address)).send().await;
            assert_eq!((asked.status().as_u16(), called.status().as_u16()), (status, status), "{address}");
            let probe = server.management("/readyz").on(from(address)).send().await;
            assert_eq!(probe.status(), 200);
        }
    }
}

/// Guesses are limited as they are at public token endpoints, and counted in the same place.
#[tokio::test]
async fn guesses_are_limited_and_requests_counted() {
    let server = TestServer::start().await;
    let client = operator(&server, "companies.read").await;
    let wrong = client.with_secret("wrong");
    let mut last = 0;
    for _ in 0..200 {
        last = ask(&server, &wrong).from_address("127.0.0.1").send().await.status().as_u16();
        if last == 429 {
            break;
        }
    }
    assert_eq!(last, 429);
    server.management(WHOAMI).send().await;
    let metrics = server.management("/metrics").send().await;
    for line in [
        "environment=\"management\",dialect=\"oauth2\",outcome=\"refused\",reason=\"wrong_secret\"",
        "jeton_http_requests_total{endpoint=\"management\",status=\"401\"} 1",
    ] {
        assert!(metrics.text().contains(line), "{line}");
    }
}
