//! Which environment a request is for, and 421 where it is for none.

use http::Method;
use jeton_server::{Connection, Door};
use jeton_testkit::{Call, ResponseExt as _, TestServer};

use crate::support::{assert_problem, config};

/// Two environments that share a name, apart by their ports; and a third.
const SHARED_NAME: &str = r#"
    [[environment]]
    name = "production"
    hosts = ["auth.example", "[::1]"]
    issuer = "https://auth.example"

    [[environment]]
    name = "sandbox"
    hosts = ["auth.example:8443", "sandbox.auth.example"]
    issuer = "https://sandbox.auth.example"
"#;

const SANDBOX: Connection = Connection { bound: Some(1), peer: None, door: Door::Public };
const PRODUCTION: Connection = Connection { bound: Some(0), peer: None, door: Door::Public };

async fn server() -> TestServer {
    TestServer::builder().config(config(SHARED_NAME)).start().await
}

/// Who signs where this call goes; `None` where it goes nowhere, which is 421 and complete.
async fn issuer(call: Call<'_>) -> Option<String> {
    let answer = call.target("/.well-known/openid-configuration").send().await;
    if answer.status() == 200 {
        return Some(answer.json()["issuer"].as_str().unwrap().to_owned());
    }
    assert_problem(&answer, 421);
    None
}

/// The environments by the words that these tests use.
fn names(issuer: Option<&str>) -> &'static str {
    match issuer {
        Some("https://auth.example") => "production",
        Some("https://sandbox.auth.example") => "sandbox",
        Some(other) => panic!("an issuer from nowhere: {other}"),
        None => "421",
    }
}

#[tokio::test]
async fn the_host_chooses() {
    let server = server().await;
    for (host, expected) in [
        ("auth.example", "production"),
        ("AUTH.Example", "production"),
        ("auth.example:80", "production"),
        ("auth.example:8080", "production"),
        ("auth.example:8443", "sandbox"),
        ("Auth.EXAMPLE:8443", "sandbox"),
        ("sandbox.auth.example", "sandbox"),
        ("sandbox.auth.example:8443", "sandbox"),
        ("[::1]", "production"),
        ("[::1]:8080", "production"),
        ("auth.example.", "421"),
        ("other.example", "421"),
        ("x.auth.example", "421"),
        ("auth.example:", "421"),
        ("auth.example:0x50", "421"),
        ("auth.example:99999", "421"),
        ("auth.example:8443:1", "421"),
        ("user@auth.example", "421"),
        ("user:password@auth.example", "421"),
        ("user@auth.example:8080", "421"),
        ("auth.example/path", "421"),
        ("auth.example, other.example", "421"),
        ("auth.example\u{e9}", "421"),
        ("", "421"),
    ] {
        let issuer = issuer(server.get("production", "/").host(host)).await;
        assert_eq!(names(issuer.as_deref()), expected, "{host:?}");
    }
}

#[tokio::test]
async fn the_listener_chooses_where_the_host_leaves_a_choice() {
    let server = server().await;
    for (connection, host, expected) in [
        // Its environment wins over a bare name.
        (SANDBOX, "auth.example", "sandbox"),
        (SANDBOX, "auth.example:8081", "sandbox"),
        (SANDBOX, "sandbox.auth.example", "sandbox"),
        (PRODUCTION, "sandbox.auth.example", "production"),
        // Not over another environment's `name:port`.
        (PRODUCTION, "auth.example:8443", "421"),
        (SANDBOX, "auth.example:8443", "sandbox"),
        // And it does not make an unknown host known.
        (SANDBOX, "other.example", "421"),
        (SANDBOX, "", "421"),
    ] {
        let issuer = issuer(server.get("production", "/").host(host).on(connection)).await;
        assert_eq!(names(issuer.as_deref()), expected, "{host:?} on {connection:?}");
    }
}

#[tokio::test]
async fn one_host_and_no_more() {
    let server = server().await;
    let call = || server.get("production", "/");
    assert_eq!(issuer(call().without("host")).await, None);
    assert_eq!(issuer(call().add_header("host", "sandbox.auth.example")).await, None);
    assert_eq!(issuer(call().add_header("host", "auth.example")).await, None);
}

/// RFC 9112 section 3.2.2; HTTP/2 requests come in this form too.
#[tokio::test]
async fn the_authority_of_the_target_outranks_the_host() {
    let server = server().await;
    for (target, host, expected) in [
        ("http://sandbox.auth.example/.well-known/openid-configuration", "auth.example", "sandbox"),
        ("https://AUTH.example:8443/.well-known/openid-configuration", "auth.example", "sandbox"),
        ("http://other.example/.well-known/openid-configuration", "auth.example", "421"),
        ("http://user@auth.example/.well-known/openid-configuration", "auth.example", "421"),
        ("http://auth.example:/.well-known/openid-configuration", "auth.example", "421"),
    ] {
        let answer = server.get("production", target).host(host).send().await;
        let issuer = (answer.status() == 200).then(|| answer.json()["issuer"].as_str().unwrap().to_owned());
        assert_eq!(names(issuer.as_deref()), expected, "{target}");
        let answer = server.get("production", target).without("host").send().await;
        assert_eq!(answer.status() == 421, expected == "421", "{target} without Host");
    }
}

#[tokio::test]
async fn targets_of_other_forms_are_answered() {
    let server = server().await;
    let asterisk = server.get("production", "*").method(Method::OPTIONS).send().await;
    assert_problem(&asterisk, 404);
    let tunnel = server.get("production", "auth.example:443").method(Method::CONNECT).send().await;
    assert_problem(&tunnel, 404);
    let elsewhere = server.get("production", "other.example:443").method(Method::CONNECT).send().await;
    assert_problem(&elsewhere, 421);
}

/// The contract's order: 421 comes before everything else.
#[tokio::test]
async fn misdirected_comes_first() {
    let server = server().await;
    let client = server.client("production");
    let large = client.gateway().host("other.example").method(Method::PUT).body(vec![b'a'; 70_000]);
    assert_problem(&large.send().await, 421);
    assert_problem(&server.get("production", "/nowhere").host("other.example").send().await, 421);
    // The credentials are good, and for this environment; the host is not.
    assert_problem(&client.json().host("other.example").send().await, 421);
}

/// F35 of the security checklist.
#[tokio::test]
async fn nothing_that_is_forwarded_chooses_or_is_repeated() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let metadata = server.get("production", "/.well-known/openid-configuration").send().await;
    let issuer = metadata.json()["issuer"].as_str().unwrap().to_owned();
    for evil in ["sandbox.localhost", "evil.example", "sandbox.localhost:8080, localhost", "\"><script>"] {
        for name in [
            "x-forwarded-host",
            "x-forwarded-server",
            "x-forwarded-prefix",
            "x-original-host",
            "x-original-url",
            "x-rewrite-url",
            "x-host",
            "origin",
            "referer",
        ] {
            let call = server.get("production", "/.well-known/openid-configuration").header(name, evil);
            assert_eq!(call.send().await.body(), metadata.body(), "{name}: {evil}");
            let token = client.oauth2().header(name, evil).token().await;
            assert_eq!(jeton_testkit::claims_of(&token)["iss"], *issuer, "{name}: {evil}");
        }
    }
    for forwarded in ["host=sandbox.localhost", "for=1.2.3.4;host=\"evil.example\";proto=https"] {
        let call = server.get("production", "/.well-known/oauth-authorization-server");
        assert_eq!(call.header("forwarded", forwarded).send().await.body(), metadata.body());
    }
}

/// Any port of a known name serves the same documents and the same tokens.
#[tokio::test]
async fn the_host_stands_in_no_answer() {
    let server = TestServer::start().await;
    let metadata = server.get("production", "/.well-known/openid-configuration").send().await;
    for host in ["LOCALHOST", "localhost:1", "127.0.0.1:65535", "127.0.0.1"] {
        let call = server.get("production", "/.well-known/openid-configuration").host(host);
        assert_eq!(call.send().await.body(), metadata.body(), "{host}");
        let token = server.client("production").oauth2().host(host).token().await;
        assert_eq!(jeton_testkit::claims_of(&token)["iss"], metadata.json()["issuer"], "{host}");
        let misdirected = server.get("production", "/").host(&format!("evil-{host}")).send().await;
        assert!(!misdirected.text().contains("evil"));
        assert!(misdirected.headers().values().all(|value| !value.to_str().unwrap().contains("evil")));
    }
}
