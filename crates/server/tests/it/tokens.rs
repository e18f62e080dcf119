//! Tokens end to end: algorithms, several APIs, resources, scopes, lifetimes, endpoints of one's own.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use jeton_core::Algorithm;
use jeton_core::admin::{NewCredential, SecretSource};
use jeton_server::Limits;
use jeton_server::config::Dialect;
use jeton_testkit::{
    COMPANY, MESSAGES_AUDIENCE, ResponseExt as _, TestServer, VOICE_AUDIENCE, claims_of, grant, id,
};
use serde_json::{Value, json};

use crate::support::{assert_answer, config, statuses};

fn scopes(token: &str) -> BTreeSet<String> {
    claims_of(token)["scope"].as_str().unwrap().split(' ').map(str::to_owned).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn every_algorithm_in_every_dialect() {
    let server = TestServer::start().await;
    for (name, algorithm) in [("rs", Algorithm::Rs256), ("ps", Algorithm::Ps256), ("ed", Algorithm::EdDsa)] {
        server.create_api(name, &[&format!("{name}.read")], algorithm).await;
        server.poll().await;
        for environment in jeton_testkit::ENVIRONMENTS {
            let client = server.new_client(environment, &[name]).await;
            let audience = format!("https://api.example/{name}");
            for dialect in Dialect::ALL {
                let token = client.call(dialect).token().await;
                let verified = server.verify(environment, &audience, &token).await.unwrap();
                assert!(verified.has_scope(&format!("{name}.read")));
                assert_eq!(verified.client_id(), client.id);
            }
        }
    }
    // All keys side by side, each for its own tokens.
    let voice = server.client("production").json().token().await;
    assert!(server.verify("production", VOICE_AUDIENCE, &voice).await.is_ok());
}

/// RSA signatures have a bounded queue of their own, and nobody else stands in it. The one thread that could make them is held
/// until everybody has asked.
#[test]
fn too_many_who_want_rsa_signatures_are_told_so_and_others_are_served() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build();
    runtime.unwrap().block_on(too_many_who_want_rsa_signatures());
}

async fn too_many_who_want_rsa_signatures() {
    let limits = Limits { waiting_signatures: 3, ..Limits::default() };
    let server = TestServer::builder().limits(limits).start().await;
    server.create_api("rs", &["rs.read"], Algorithm::Rs256).await;
    server.poll().await;
    let (client, other) = (server.new_client("production", &["rs"]).await, server.client("production"));
    for dialect in Dialect::ALL {
        assert_eq!((statuses(&client).await, statuses(&other).await), ([200; 3], [200; 3]));
        let let_go = hold_the_blocking_thread();
        let many = join_all((0..5).map(|_| client.call(dialect).send()));
        let others = async {
            let others = statuses(&other).await;
            drop(let_go);
            others
        };
        let (answers, others) = tokio::join!(many, others);
        assert_eq!(others, [200; 3]);
        let (right, told): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status() == 200);
        assert_eq!((right.len(), told.len()), (3, 2), "{dialect}");
        for answer in told {
            let words = ["001", "service unavailable", "The service is temporarily unavailable"];
            assert_answer(dialect, &answer, 503, words, "temporarily_unavailable");
        }
    }
    let metrics = server.management("/metrics").send().await;
    assert!(metrics.text().contains("\njeton_slow_signatures_refused_total 6\n"));
    // Whoever goes away gives its place back.
    let let_go = hold_the_blocking_thread();
    for _ in 0..10 {
        let call = client.oauth2();
        assert!(call.send().now_or_never().is_none());
    }
    drop(let_go);
    assert_eq!(statuses(&client).await, [200; 3]);
}

/// Until what comes back is dropped.
fn hold_the_blocking_thread() -> std::sync::mpsc::Sender<()> {
    let (let_go, held) = std::sync::mpsc::channel();
    tokio::task::spawn_blocking(move || held.recv());
    let_go
}

#[tokio::test]
async fn one_audience_is_a_string_and_several_are_a_list() {
    let server = TestServer::start().await;
    let client = server.new_client("production", &["messages", "voice:voice.billing"]).await;
    let both = client.oauth2().token().await;
    assert_eq!(claims_of(&both)["aud"], json!([MESSAGES_AUDIENCE, VOICE_AUDIENCE]));
    assert_eq!(scopes(&both), set(&["messages.read", "messages.send", "voice.billing"]));
    for audience in [VOICE_AUDIENCE, MESSAGES_AUDIENCE] {
        assert!(server.verify("production", audience, &both).await.is_ok());
    }
    // Only the APIs that own the asked scopes.
    let one = client.gateway().scope("messages.read").token().await;
    assert_eq!(claims_of(&one)["aud"], MESSAGES_AUDIENCE);
    assert_eq!(scopes(&one), set(&["messages.read"]));
    let across = client.gateway().scope("voice.billing messages.read voice.billing").token().await;
    assert_eq!(claims_of(&across)["aud"], json!([MESSAGES_AUDIENCE, VOICE_AUDIENCE]));
    assert_eq!(scopes(&across), set(&["messages.read", "voice.billing"]));
}

#[tokio::test]
async fn resources_choose_the_apis() {
    let server = TestServer::start().await;
    let client = server.new_client("production", &["messages", "voice:voice.billing"]).await;
    let call = || client.oauth2();
    let one = call().param("resource", VOICE_AUDIENCE).token().await;
    assert_eq!(claims_of(&one)["aud"], VOICE_AUDIENCE);
    assert_eq!(scopes(&one), set(&["voice.billing"]));
    let two = call().param("resource", VOICE_AUDIENCE).param("resource", MESSAGES_AUDIENCE);
    let two = two.param("scope", "messages.read").token().await;
    assert_eq!(claims_of(&two)["aud"], json!([MESSAGES_AUDIENCE, VOICE_AUDIENCE]));
    assert_eq!(scopes(&two), set(&["messages.read"]));
    for (resource, scope, error) in [
        (VOICE_AUDIENCE, "messages.read", "invalid_scope"),
        ("https://api.example/VOICE", "", "invalid_target"),
        ("https://api.example/other", "", "invalid_target"),
        ("https://api.example/voice#a", "", "invalid_target"),
        ("voice", "", "invalid_target"),
        ("https://api.example/other", "no.such", "invalid_scope"),
    ] {
        let answer = call().param("resource", resource).scope(scope).send().await;
        assert_eq!(answer.status(), 400);
        assert_eq!(answer.json()["error"], error, "{resource} {scope}");
    }
}

#[tokio::test]
async fn json_needs_an_audience_where_there_are_several() {
    let server = TestServer::start().await;
    let client = server.new_client("production", &["messages", "voice:voice.billing"]).await;
    let answer = client.json().send().await;
    assert_eq!(answer.status(), 400);
    assert!(answer.json()["extensions"]["errors"]["audienceUrl"].is_array());
    let null = client.json().body(
        json!({ "clientId": client.id, "clientSecret": client.secret, "audienceUrl": null }).to_string(),
    );
    assert_eq!(null.header("content-type", "application/json").send().await.status(), 400);
    let token = client.json().member("audienceUrl", VOICE_AUDIENCE).token().await;
    assert_eq!(claims_of(&token)["aud"], VOICE_AUDIENCE);
    assert_eq!(scopes(&token), set(&["voice.billing"]));
}

#[tokio::test]
async fn scopes_are_refused_and_never_narrowed() {
    let server = TestServer::start().await;
    let client = server.client("production");
    for scope in [
        "voice.customers",
        "voice.billing voice.customers",
        "no.such",
        "VOICE.BILLING",
        " voice.billing",
        "voice.billing ",
        "voice.billing  voice.numbers",
        "voice.billing\tvoice.numbers",
        "voice.billing,voice.numbers",
        "voice.\"billing",
        " ",
    ] {
        let gateway = client.gateway().scope(scope).send().await;
        assert_eq!((gateway.status().as_u16(), &gateway.json()["code"]), (400, &json!("005")), "{scope:?}");
        let oauth2 = client.oauth2().scope(scope).send().await;
        assert_eq!((oauth2.status().as_u16(), &oauth2.json()["error"]), (400, &json!("invalid_scope")));
    }
    // `scope` is told where it was not asked for, and only there.
    assert_eq!(client.oauth2().send().await.json()["scope"], "voice.billing voice.numbers");
    assert_eq!(client.oauth2().scope("").send().await.json()["scope"], "voice.billing voice.numbers");
    assert_eq!(client.gateway().scope("voice.billing").send().await.json().get("scope"), None);
}

#[tokio::test]
async fn without_a_grant_there_is_no_token() {
    let server = TestServer::start().await;
    let client = server.new_client("production", &[]).await;
    let gateway = client.gateway().send().await;
    assert_eq!((gateway.status().as_u16(), &gateway.json()["code"]), (400, &json!("005")));
    let oauth2 = client.oauth2().send().await;
    assert_eq!((oauth2.status().as_u16(), &oauth2.json()["error"]), (400, &json!("unauthorized_client")));
    let json = client.json().send().await;
    assert_eq!(json.status(), 400);
    assert!(json.json()["extensions"]["errors"]["audienceUrl"].is_array());
}

#[tokio::test]
async fn claims_are_those_of_the_contract_and_no_others() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let claims = claims_of(&client.oauth2().token().await);
    let mut names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    names.sort();
    let expected =
        ["aud", "client_id", "company", "exp", "iat", "iss", "jti", "rev", "scope", "sub"].to_vec();
    assert_eq!(names, expected);
    let rev = claims["rev"].as_str().unwrap();
    let (handle, generation) = rev.split_once('.').unwrap();
    assert!(handle.len() == 22 && generation.parse::<u64>().is_ok(), "{rev}");
    assert!(!rev.contains(&client.id));
    // An API of an environment's own audience.
    let other = claims_of(&client.oauth2().token().await);
    assert_ne!(claims["jti"], other["jti"]);
    assert_eq!(claims["rev"], other["rev"]);
}

#[tokio::test]
async fn an_audience_of_the_environments_own() {
    let server = TestServer::start().await;
    let update = jeton_core::admin::ApiUpdate {
        audience_in: vec![(id("sandbox"), Some(id("https://sandbox.api.example/voice")))],
        ..Default::default()
    };
    server.admin().update_api(&id("voice"), update).await.unwrap();
    server.poll().await;
    let aud = async |environment: &str| {
        claims_of(&server.client(environment).oauth2().token().await)["aud"].clone()
    };
    assert_eq!(aud("production").await, VOICE_AUDIENCE);
    assert_eq!(aud("sandbox").await, "https://sandbox.api.example/voice");
    let named = server.client("sandbox").json().member("audienceUrl", VOICE_AUDIENCE).send().await;
    assert_eq!(named.status(), 400);
}

#[tokio::test]
async fn lifetimes_are_the_contracts() {
    let server = TestServer::start().await;
    for (dialect, lifetime) in [(Dialect::Gateway, 1800), (Dialect::OAuth2, 3600), (Dialect::Json, 3600)] {
        let claims = claims_of(&server.client("production").call(dialect).token().await);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), lifetime);
    }
    server.clock.advance(Duration::from_millis(1999));
    let claims = claims_of(&server.client("production").json().token().await);
    assert_eq!(claims["iat"].as_i64().unwrap(), 1_767_225_601);
}

#[tokio::test]
async fn endpoints_of_ones_own() {
    let file = r#"
        [[endpoint]]
        path = "/tokens"
        dialect = "oauth2"
        lifetime = "5m"

        [[endpoint]]
        path = "/short/tokens"
        dialect = "oauth2"
        lifetime = 60

        [[endpoint]]
        path = "/gateway"
        dialect = "gateway"
    "#;
    let server = TestServer::builder().config(config(file)).start().await;
    let client = server.client("production");
    let lived = |answer: &Value| answer["expires_in"].as_i64().unwrap();
    assert_eq!(lived(&client.oauth2().send().await.json()), 300);
    assert_eq!(lived(&client.oauth2().target("/short/tokens").send().await.json()), 60);
    assert_eq!(lived(&client.gateway().send().await.json()), 1800);
    for path in ["/oauth/v2/token", "/authentication/v1/oauth/token", "/authentication/api/v1/oauth2/token"] {
        assert_eq!(client.oauth2().target(path).send().await.status(), 404);
    }
    let metadata = server.get("production", "/.well-known/oauth-authorization-server").send().await.json();
    assert_eq!(metadata["token_endpoint"], "http://localhost:8080/tokens");
}

#[tokio::test]
async fn a_client_id_and_a_secret_of_ones_own() {
    let server = TestServer::start().await;
    let secret = "p%41ss+w:ord with \u{e9}\u{20ac}, long enough to pass";
    let new = NewCredential {
        company: id(COMPANY),
        environment: id("production"),
        client_id: Some(id("My-Client.1_~")),
        label: None,
        owner: None,
        networks: vec![],
        grants: vec![grant("voice")],
        secret: Some(SecretSource::Set(
            jeton_core::secret::Secret::set_by_operator(secret.to_owned().into()).unwrap(),
        )),
    };
    let client = server.make_client(new).await;
    assert_eq!(crate::support::statuses(&client).await, [200; 3]);
    // Form-encoded as RFC 6749 section 2.3.1 wants, and in the body.
    let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    assert_eq!(client.with_secret(&encoded).gateway().send().await.status(), 200);
    assert_eq!(client.with_secret(&encoded).oauth2().send().await.status(), 200);
    assert_eq!(client.with_secret(&encoded).json().send().await.status(), 401);
    let in_body = client.oauth2().without("authorization").param("client_id", &client.id);
    assert_eq!(in_body.param("client_secret", secret).send().await.status(), 200);
    // Ids are case-sensitive.
    assert_eq!(crate::support::statuses(&client.with_id("my-client.1_~")).await, [401; 3]);
}
