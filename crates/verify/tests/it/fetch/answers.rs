//! What a server may answer, and what it must not.

use std::time::Duration;

use jeton_jose::JwkSetError;
use jeton_verify::fetch::{Document, FETCH_TIMEOUT, FetchError, FetchFault, RemoteKeys};
use jeton_verify::{KeySource as _, VerifyError};

use super::{Answer, KEYS, ManualTimer, Scene, Server, key, patiently, set, settle, token_of, until};

/// A word that no error may repeat.
const CANARY: &str = "c4n4ry";

async fn fault_of(answer: Answer) -> FetchFault {
    let scene = Scene::new(answer).await;
    let FetchError { document, fault } = patiently(scene.keys.ready()).await.unwrap_err();
    assert_eq!(document, Document::KeySet);
    assert!(!scene.keys.is_available());
    let shown = format!("{fault} {fault:?} {:?} {}", scene.keys, scene.keys.last_error().unwrap());
    assert!(!shown.contains(CANARY), "{shown}");
    fault
}

#[tokio::test]
async fn a_key_set_by_url() {
    let key = key();
    let scene = Scene::new(set(&[&key])).await;
    patiently(scene.keys.ready()).await.unwrap();
    assert_eq!(scene.verifier().verify(&token_of(&key)).unwrap().kid(), key.kid());
    assert!(scene.keys.last_error().is_none());
    let requests = scene.server.requests();
    assert_eq!(requests.len(), 1);
    let head = requests[0].to_lowercase();
    assert!(head.starts_with("get /keys http/1.1\r\n"), "{head}");
    assert!(head.contains("accept: application/jwk-set+json"), "{head}");
    for absent in ["authorization", "cookie", "referer", "content-length", "accept-encoding"] {
        assert!(!head.contains(absent), "{head}");
    }
}

#[tokio::test]
async fn an_empty_set_is_a_set_with_nobody_in_it() {
    let scene = Scene::new(Answer::json(r#"{"keys":[]}"#)).await;
    patiently(scene.keys.ready()).await.unwrap();
    assert_eq!(scene.verifier().verify(&token_of(&key())).unwrap_err(), VerifyError::UnknownKey);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Server::start().await;
    elsewhere.set("/keys", set(&[&key()]));
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let location = format!("location: {}\r\n", elsewhere.url("/keys"));
        assert_eq!(fault_of(Answer::status(status, &location, "")).await, FetchFault::Redirect, "{status}");
    }
    assert_eq!(elsewhere.requests(), [] as [String; 0]);
}

#[tokio::test]
async fn any_other_status_is_a_fault() {
    for (status, number) in [
        ("201 Created", 201),
        ("203 Non-Authoritative", 203),
        ("404 Not Found", 404),
        ("401 Unauthorized", 401),
        ("500 Internal Server Error", 500),
        ("503 Service Unavailable", 503),
    ] {
        assert_eq!(fault_of(Answer::status(status, "", CANARY)).await, FetchFault::Status(number));
    }
}

#[tokio::test]
async fn a_huge_answer_is_cut_off() {
    let chunk = format!("10000\r\n{}\r\n", CANARY.repeat(0x10000 / 6) + "1234");
    for head in [
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", u64::MAX / 2),
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned(),
    ] {
        // The head only once, then chunks for ever: each is read as body where no length is by chunks.
        let body = if head.contains("chunked") { chunk.clone() } else { CANARY.repeat(10_000) };
        let answer = Answer::Endless([head.clone(), body.repeat(8)].concat().into_bytes());
        assert_eq!(fault_of(answer).await, FetchFault::TooLarge, "{head}");
    }
    // To the byte.
    let padded = |length: usize| format!("{{\"keys\":[]}}{}", " ".repeat(length - 11));
    let limit = jeton_jose::MAX_JWKS_BYTES;
    patiently(Scene::new(Answer::json(padded(limit))).await.keys.ready()).await.unwrap();
    assert_eq!(fault_of(Answer::json(padded(limit + 1))).await, FetchFault::TooLarge);
}

#[tokio::test]
async fn a_slow_answer_is_given_up_after_two_seconds() {
    let start = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n";
    for said in ["", start, &format!("{start}\r\n{{\"keys\":"), "HTTP/1.1 100 Continue\r\n\r\n"] {
        let server = Server::start().await;
        server.set(KEYS, Answer::Unfinished(said.as_bytes().to_vec()));
        let timer = ManualTimer::default();
        let keys = RemoteKeys::of_key_set(server.url(KEYS)).timer(timer.clone()).start().unwrap();
        until(|| server.requests().len() == 1).await;
        timer.advance(FETCH_TIMEOUT.saturating_sub(Duration::from_millis(1)));
        settle().await;
        assert!(keys.last_error().is_none(), "not yet");
        timer.advance(Duration::from_millis(1));
        assert_eq!(patiently(keys.ready()).await.unwrap_err().fault, FetchFault::TimedOut, "{said:?}");
    }
}

#[tokio::test]
async fn garbage_is_no_key_set() {
    let duplicate = format!(r#"{{"keys":[],"{CANARY}":1,"{CANARY}":2}}"#);
    let private = format!(r#"{{"keys":[{{"kty":"oct","kid":"{CANARY}","k":"AAAA"}}]}}"#);
    for body in
        ["", CANARY, "<html>", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[1]}"#, "{\"keys\":[]} x"]
            .into_iter()
            .chain([duplicate.as_str(), &private])
    {
        let fault = fault_of(Answer::json(body)).await;
        assert!(matches!(fault, FetchFault::KeySet(_)), "{body}: {fault:?}");
    }
    assert_eq!(fault_of(Answer::json(&private)).await, FetchFault::KeySet(JwkSetError::PrivateKey));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_none() {
    for bytes in [
        "",
        CANARY,
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"keys\":[]}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"key",
    ] {
        assert_eq!(fault_of(Answer::Bytes(bytes.into())).await, FetchFault::Interrupted, "{bytes}");
    }
}

#[tokio::test]
async fn nobody_there() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", server.local_addr().unwrap());
    drop(server);
    let keys = RemoteKeys::of_key_set(url).start().unwrap();
    assert_eq!(patiently(keys.ready()).await.unwrap_err().fault, FetchFault::Unreachable);
}

#[tokio::test]
async fn keys_that_we_cannot_use_are_passed_over() {
    let key = key();
    let others = r#"{"kty":"EC","crv":"P-521","kid":"a"},{"kty":"quantum"},{}"#;
    let ours = serde_json_of(&key);
    let scene = Scene::new(Answer::json(format!(r#"{{"keys":[{others},{ours}]}}"#))).await;
    assert!(scene.verifier().verify(&token_of(&key)).is_ok());
}

fn serde_json_of(key: &jeton_jose::SigningKey) -> String {
    let set = jeton_jose::JwkSet::new(vec![key.public_jwk().clone()]).unwrap().to_json();
    set.trim_start_matches("{\"keys\":[").trim_end_matches("]}").to_owned()
}
