//! What is said to nobody: not to the caller, and not in any log, of any library, at any level.

use bytes::Bytes;
use http::{Method, Response};
use jeton_core::model::State;
use jeton_server::config::Dialect;
use jeton_testkit::{Call, Client, Fault, Read, TestServer, logs};

use crate::support::{assert_invalid_client, likeness, percent_encoded};

/// In the grammar of client ids, so that it is looked for.
const CANARY: &str = "canary-7Yt2Qw9ZkP4mX8vB3nR6";

/// Every place in which somebody may put what belongs elsewhere.
fn misplaced<'a>(server: &'a TestServer, client: &Client<'a>, token: &str) -> Vec<Call<'a>> {
    let as_secret = client.with_secret(CANARY);
    let as_id = client.with_id(CANARY);
    let query = format!("?{CANARY}={CANARY}&access_token={token}");
    let mut calls = Vec::new();
    for dialect in Dialect::ALL {
        let call = || client.call(dialect);
        let path = dialect.default_path();
        calls.extend([
            as_secret.call(dialect),
            as_id.call(dialect),
            client.with_id(&client.secret).call(dialect),
            client.with_id(&format!("{CANARY} with a space")).call(dialect),
            call().target(format!("{path}{query}")),
            call().target(format!("{path}/{CANARY}{query}")),
            call().tracking_id(format!("{CANARY} with a space")),
            call().tracking_id(CANARY).add_header("x-tracking-id", CANARY),
            call().header("x-request-id", CANARY).header("user-agent", CANARY).header("cookie", CANARY),
            call().header("accept", CANARY).header("referer", CANARY).header("traceparent", CANARY),
            call().header("content-type", format!("application/{CANARY}")),
            call().header("authorization", format!("Basic {CANARY}!")),
            call().header("authorization", format!("Bearer {token}")),
            call().header("authorization", CANARY),
            call().add_header("authorization", CANARY),
            call().host(&format!("{CANARY}.example")),
            call().body(format!("{CANARY}={CANARY}&%zz")),
            call().body(format!("{{\"{CANARY}\":\"{CANARY}\"")),
            call().method(Method::from_bytes(CANARY.as_bytes()).unwrap()),
        ]);
    }
    calls.extend([
        client.gateway().param(CANARY, CANARY),
        client.gateway().param("client_secret", CANARY),
        client.oauth2().param(CANARY, CANARY),
        client.oauth2().param(CANARY, CANARY).param(CANARY, CANARY),
        client.oauth2().param("client_secret", CANARY),
        client.oauth2().without("authorization").param("client_id", CANARY).param("client_secret", CANARY),
        client.oauth2().param("scope", CANARY),
        client.oauth2().param("resource", CANARY),
        client.oauth2().param("resource", &format!("https://{CANARY}.example/")),
        client.json().member(CANARY, CANARY),
        client.json().member("audienceUrl", format!("https://{CANARY}.example/")),
        client.json().member("audienceUrl", CANARY),
        client.json().body(format!("{{\"{CANARY}\":1,\"{CANARY}\":2}}")),
        server.get("production", &format!("/{CANARY}{query}")),
        server.get("production", &format!("http://{CANARY}.example/")),
        server.get("production", &format!("/.well-known/jwks.json{query}")).header("if-none-match", CANARY),
        server.get("production", &format!("/.well-known/{CANARY}")),
        server.get("production", &format!("/demo/voice/billing{query}")).bearer(CANARY),
        server.get("production", "/demo/voice/billing").bearer(&format!("{token}{CANARY}")),
        server.get("production", "/demo/voice/customers").bearer(token),
    ]);
    calls
}

fn assert_silent(what: &str, answer: &Response<Bytes>, words: &[&str]) {
    let body = String::from_utf8_lossy(answer.body());
    for word in words {
        assert!(!body.contains(word), "{what}: {word} in {body}");
        let header = answer.headers().iter().find(|(_, value)| value.to_str().unwrap().contains(word));
        assert_eq!(header, None, "{what}: {word}");
    }
}

/// F37 of the security checklist.
#[tokio::test]
async fn canaries_come_back_nowhere() {
    logs::capture();
    let server = TestServer::start().await;
    let client = server.new_client("production", &["voice:voice.billing"]).await;
    let token = client.json().token().await;
    let signature = token.rsplit_once('.').unwrap().1.to_owned();
    let words = [CANARY, &client.secret, &token, &signature];
    for fault in [None, Some(Fault::Unavailable), Some(Fault::BadRow), Some(Fault::Panic)] {
        if let Some(fault) = fault {
            server.store.fail(Read::Credentials, fault);
        }
        for (number, call) in misplaced(&server, &client, &token).into_iter().enumerate() {
            let answer = call.send().await;
            // A success says a token, and must; of nothing else.
            let said: &[&str] = if answer.status() == 200 { &words[..2] } else { &words };
            assert_silent(&format!("call {number}, {fault:?}"), &answer, said);
        }
        server.poll().await;
    }
    let text = logs::text();
    for word in words {
        let line = text.lines().find(|line| line.contains(word));
        assert_eq!(line, None, "{word}");
    }
    // What is searched is there at all.
    assert!(logs::lines_with(client.id.as_str()).len() > 10);
}

/// The pair in base64, and secrets that clients encode, are the secret too.
#[tokio::test]
async fn secrets_in_any_coat() {
    use base64::Engine as _;
    logs::capture();
    let server = TestServer::start().await;
    let client = server.new_client("sandbox", &["voice"]).await;
    let percent = percent_encoded(&client.secret);
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", client.id, client.secret));
    let words = [client.secret.as_str(), &percent, &pair];
    for fault in [None, Some(Fault::Unavailable)] {
        if let Some(fault) = fault {
            server.store.fail(Read::Credentials, fault);
        }
        for dialect in Dialect::ALL {
            for client in [client.clone(), client.with_secret(&percent), client.in_environment("production")]
            {
                assert_silent("", &client.call(dialect).send().await, &words);
                let elsewhere = client.call(dialect).header("content-type", "text/plain").send().await;
                assert_silent("", &elsewhere, &words);
            }
        }
    }
    let text = logs::text();
    assert!(words.iter().all(|word| !text.contains(word)));
}

/// F16 of the security checklist: every 401 of a dialect is one and the same.
#[tokio::test]
async fn all_refused_clients_look_alike() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let suspended = server.new_client("production", &["voice"]).await;
    suspended.set_state(State::Suspended).await;
    let deleted = server.new_client("production", &["voice"]).await;
    deleted.set_state(State::Deleted).await;
    let revoked = server.new_client("production", &["voice"]).await;
    revoked.revoke_secrets().await;
    server.poll().await;
    let other = if client.secret.ends_with('x') { 'y' } else { 'x' };
    let damaged = format!("{}{other}", &client.secret[..client.secret.len() - 1]);
    for dialect in Dialect::ALL {
        let mut seen = Vec::new();
        for refused in [
            client.with_id("nobody"),
            client.with_id("no id at all"),
            client.with_secret("wrong"),
            client.with_secret(&damaged),
            client.with_secret(&suspended.secret),
            server.client("sandbox").in_environment("production"),
            suspended.clone(),
            deleted.clone(),
            revoked.clone(),
        ] {
            // The first time, which reads the store, and the second, which does not.
            for _ in 0..2 {
                let answer = refused.call(dialect).send().await;
                assert_invalid_client(dialect, &answer);
                seen.push(likeness(&answer));
            }
        }
        seen.dedup();
        assert_eq!(seen.len(), 1, "{dialect}: {seen:#?}");
    }
}
