//! The graceful end: requests in flight are answered, everything else is closed.

use std::time::Duration;

use jeton_server::Limits;
use jeton_testkit::{Read, TestServer};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::PATIENCE;
use crate::wire::{GET_KEYS, exchange, http1, receive, send, until_closed};

#[tokio::test]
async fn a_request_in_flight_is_answered_and_all_else_is_closed() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let address = listening.addresses[0];
    let mut silent = listening.connect().await;
    let mut idle = listening.connect().await;
    assert_eq!(exchange(&mut idle, GET_KEYS).await.status, 200);
    let mut begun = listening.connect().await;
    send(&mut begun, "PRI * HT").await;
    let mut busy = listening.connect().await;
    let mut held = server.store.hold(Read::Credentials);
    send(&mut busy, http1(&server.client("production").oauth2().into_request())).await;
    held.reached().await;

    let stopped = listening.stop();
    assert_eq!(until_closed(&mut silent).await, "");
    assert_eq!(until_closed(&mut idle).await, "");
    assert_eq!(until_closed(&mut begun).await, "");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    assert!(!stopped.is_finished());

    held.release();
    let answer = receive(&mut busy).await;
    assert_eq!(answer.status, 200);
    assert!(answer.closes());
    assert_eq!(until_closed(&mut busy).await, "");
    timeout(PATIENCE, stopped).await.expect("the server stops").unwrap();
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_keep_the_server() {
    let limits = Limits { drain: Duration::from_millis(50), ..Limits::default() };
    let server = TestServer::builder().limits(limits).start().await;
    let listening = server.listen(&[None]).await;
    let mut busy = listening.connect().await;
    let mut held = server.store.hold(Read::Credentials);
    send(&mut busy, http1(&server.client("production").oauth2().into_request())).await;
    held.reached().await;
    timeout(PATIENCE, listening.stop()).await.expect("the server stops").unwrap();
    held.release();
}

/// A store that does not answer is one that is out of reach.
#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let short = Duration::from_millis(25);
    let limits = Limits { body: short, answer: short, ..Limits::default() };
    let server = TestServer::builder().limits(limits).start().await;
    for dialect in jeton_server::config::Dialect::ALL {
        let client = server.new_client("production", &["voice"]).await;
        let held = server.store.hold(Read::Credentials);
        let answer = client.call(dialect).send().await;
        crate::support::assert_unavailable(dialect, &answer);
        held.release();
    }
}

#[tokio::test]
async fn without_connections_the_server_stops_at_once() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None, Some("sandbox")]).await;
    timeout(PATIENCE, listening.stop()).await.expect("the server stops").unwrap();
}

/// Readiness goes first: whoever still sends requests is answered, and asked to go elsewhere.
#[tokio::test]
async fn while_readiness_fails_requests_are_answered() {
    let limits = Limits { stop_delay: Duration::from_millis(500), ..Limits::default() };
    let server = TestServer::builder().limits(limits).start().await;
    let listening = server.listen(&[None]).await;
    let mut kept = listening.connect().await;
    assert!(!exchange(&mut kept, GET_KEYS).await.closes());
    let mut new = listening.connect().await;
    let stopped = listening.stop();
    while !server.app().is_stopping() {
        tokio::task::yield_now().await;
    }
    for stream in [&mut kept, &mut new] {
        let answer = exchange(stream, GET_KEYS).await;
        assert!(answer.status == 200 && answer.closes(), "{answer:?}");
        assert_eq!(answer.head.to_lowercase().matches("\r\nconnection:").count(), 1);
        assert_eq!(until_closed(stream).await, "");
    }
    timeout(PATIENCE, stopped).await.expect("the server stops").unwrap();
}
