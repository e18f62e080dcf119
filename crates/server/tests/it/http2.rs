//! HTTP/2 with prior knowledge, on the same ports.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use jeton_server::Limits;
use jeton_testkit::{Call, Listening, Read, TestServer};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::PATIENCE;
use crate::wire::{send, until_closed};

/// A connection, and what ends when it does.
async fn connect(listening: &Listening) -> (SendRequest<Full<Bytes>>, JoinHandle<()>) {
    let stream = TokioIo::new(listening.connect().await);
    let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    let connection = tokio::spawn(async move {
        // However it ends, it has ended.
        let _ = connection.await;
    });
    (sender, connection)
}

/// The request of this call, whose authority is in its target, as HTTP/2 has it.
fn request(call: Call<'_>, authority: &str) -> Request<Full<Bytes>> {
    let (mut head, body) = call.without("host").into_request().into_parts();
    head.uri = format!("http://{authority}{}", head.uri).parse().unwrap();
    head.version = Version::HTTP_2;
    Request::from_parts(head, Full::new(body))
}

/// Limits under which an idle connection ends at once.
fn short() -> Limits {
    let short = Duration::from_millis(200);
    Limits { first_byte: short, header: short, idle: short, ..Limits::default() }
}

#[tokio::test]
async fn many_tokens_over_one_connection() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let (sender, _connection) = connect(&listening).await;
    let client = server.client("production");
    let answers = (0..200).map(|_| {
        let (mut sender, request) = (sender.clone(), request(client.gateway(), "LOCALHOST:8080"));
        async move { sender.send_request(request).await.unwrap().status() }
    });
    let statuses = timeout(PATIENCE, futures_util::future::join_all(answers)).await.unwrap();
    assert!(statuses.iter().all(|status| *status == 200));
}

/// There is no `Host`: the authority chooses.
#[tokio::test]
async fn the_authority_chooses() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let (mut sender, _connection) = connect(&listening).await;
    for (authority, expected) in [
        ("localhost", Some("http://localhost:8080")),
        ("Sandbox.LocalHost:1", Some("http://localhost:8081")),
        ("other.example", None),
        ("user@localhost", None),
    ] {
        let call = server.get("production", "/.well-known/openid-configuration");
        let answer = sender.send_request(request(call, authority)).await.unwrap();
        assert_eq!(answer.status(), if expected.is_some() { 200 } else { 421 }, "{authority}");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body.get("issuer").and_then(serde_json::Value::as_str), expected);
    }
}

#[tokio::test]
async fn a_large_body_and_a_large_head() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let (mut sender, _connection) = connect(&listening).await;
    let client = server.client("production");
    let large = request(client.oauth2().body(vec![b'a'; 65_537]), "localhost");
    assert_eq!(sender.send_request(large).await.unwrap().status(), 413);
    let head = client.oauth2().header("x-large", vec![b'a'; 64 * 1024]);
    let answer = sender.send_request(request(head, "localhost")).await;
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status() == 431));
}

/// A client that answers pings is alive, and still must not keep a place for ever.
#[tokio::test]
async fn a_connection_that_idles_is_closed() {
    let server = TestServer::builder().limits(short()).start().await;
    let listening = server.listen(&[None]).await;
    let (mut sender, connection) = connect(&listening).await;
    let answer = sender.send_request(request(server.client("production").json(), "localhost")).await;
    assert_eq!(answer.unwrap().status(), 200);
    timeout(PATIENCE, connection).await.expect("the server closes the connection").unwrap();
}

/// GOAWAY: what was begun is answered, nothing more is begun.
#[tokio::test]
async fn a_stop_answers_what_was_begun_and_ends_the_connection() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let (mut sender, connection) = connect(&listening).await;
    let mut held = server.store.hold(Read::Credentials);
    let call = request(server.client("production").oauth2(), "localhost");
    let begun = tokio::spawn(sender.send_request(call));
    held.reached().await;

    let stopped = listening.stop();
    let keys = || request(server.get("production", "/.well-known/jwks.json"), "localhost");
    let refused = async { while sender.send_request(keys()).await.is_ok() {} };
    timeout(PATIENCE, refused).await.expect("the connection takes no more requests");
    held.release();
    let answer = timeout(PATIENCE, begun).await.unwrap().unwrap().unwrap();
    assert_eq!(answer.status(), 200);
    timeout(PATIENCE, connection).await.expect("the connection ends").unwrap();
    timeout(PATIENCE, stopped).await.expect("the server stops").unwrap();
}

#[tokio::test]
async fn a_connection_that_begins_and_stalls_is_closed() {
    let server = TestServer::builder().limits(short()).start().await;
    let listening = server.listen(&[None]).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    // The first half of a HEADERS frame; and a whole one that says that more follows.
    let half = [0, 0, 10, 1, 4, 0, 0, 0, 1, 0x82];
    let unfinished = [0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82];
    for start in [
        preface.clone(),
        [&preface[..], &settings].concat(),
        [&preface[..], &settings, &half].concat(),
        [&preface[..], &settings, &unfinished].concat(),
    ] {
        let mut stream = listening.connect().await;
        send(&mut stream, start).await;
        until_closed(&mut stream).await;
    }
}

/// CVE-2023-44487: requests that are taken back as fast as they are made end the connection, and nothing else.
#[tokio::test]
async fn a_flood_of_resets_ends_the_connection() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let mut flood = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for stream in (1..20_001_u32).step_by(2) {
        // HEADERS with END_STREAM and END_HEADERS: POST, http, /; then RST_STREAM with CANCEL.
        flood.extend([&[0, 0, 3, 1, 5][..], &stream.to_be_bytes(), &[0x83, 0x86, 0x84]].concat());
        flood.extend([&[0, 0, 4, 3, 0][..], &stream.to_be_bytes(), &8_u32.to_be_bytes()].concat());
    }
    let mut stream = listening.connect().await;
    send(&mut stream, flood).await;
    until_closed(&mut stream).await;
    let (mut sender, _connection) = connect(&listening).await;
    let answer = sender.send_request(request(server.client("production").json(), "localhost")).await;
    assert_eq!(answer.unwrap().status(), 200);
}

/// CVE-2024-27316: a head that never ends is not kept.
#[tokio::test]
async fn a_flood_of_continuations_ends_the_connection() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let mut flood = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    flood.extend([0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82]);
    // A literal field, `x: y`, in a CONTINUATION of its own.
    flood.extend([0, 0, 5, 9, 0, 0, 0, 0, 1, 0, 1, b'x', 1, b'y'].repeat(100_000));
    let mut stream = listening.connect().await;
    send(&mut stream, flood).await;
    until_closed(&mut stream).await;
}
