//! Real connections: what holds one open, and for how long. F24 of the security checklist.
//!
//! The limits here are so short that nothing waits long; what must come is awaited, and nothing sleeps.

use std::net::Ipv4Addr;
use std::time::Duration;

use jeton_server::config::ListenAddress;
use jeton_server::{Limits, bind};
use jeton_testkit::TestServer;
use tokio::io::AsyncWriteExt as _;

use crate::wire::{GET_KEYS, exchange, http1, receive, send, until_closed};

const SHORT: Duration = Duration::from_millis(100);

async fn server(limits: Limits) -> TestServer {
    TestServer::builder().limits(limits).start().await
}

#[tokio::test]
async fn a_token_over_a_socket() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let mut stream = listening.connect().await;
    // Twice on one connection.
    for _ in 0..2 {
        let answer = exchange(&mut stream, http1(&server.client("production").oauth2().into_request())).await;
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains("access_token") && !answer.closes());
    }
}

#[tokio::test]
async fn a_listener_serves_the_environment_that_it_is_bound_to() {
    let server = TestServer::start().await;
    let listening = server.listen(&[Some("sandbox"), None]).await;
    let issuer = "\"issuer\":\"http://localhost:8081\"";
    for (address, expected) in listening.addresses.iter().zip([true, false]) {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = GET_KEYS.replace("jwks.json", "openid-configuration");
        assert_eq!(exchange(&mut stream, request).await.body.contains(issuer), expected);
    }
}

#[tokio::test]
async fn a_connection_that_sends_nothing_is_closed() {
    let server = server(Limits { first_byte: SHORT, ..Limits::default() }).await;
    let listening = server.listen(&[None]).await;
    let mut stream = listening.connect().await;
    assert_eq!(until_closed(&mut stream).await, "");
}

/// The first byte alone tells HTTP/1 from HTTP/2 as little as no byte does.
#[tokio::test]
async fn a_connection_that_begins_and_stalls_is_closed() {
    let server = server(Limits { first_byte: SHORT, header: SHORT, ..Limits::default() }).await;
    let listening = server.listen(&[None]).await;
    for start in [
        "G",
        "P",
        "POS",
        "PRI * HTTP/2.0",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r",
        "GET /.well-known/jwks.json HTTP/1.1\r\nHost: loc",
        "GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\n",
        "\r\n\r\n",
    ] {
        let mut stream = listening.connect().await;
        send(&mut stream, start).await;
        assert!(!until_closed(&mut stream).await.contains(" 200 "), "{start:?}");
    }
}

#[tokio::test]
async fn a_connection_that_idles_is_closed() {
    let server = server(Limits { first_byte: SHORT, idle: SHORT, ..Limits::default() }).await;
    let listening = server.listen(&[None]).await;
    let mut stream = listening.connect().await;
    assert_eq!(exchange(&mut stream, GET_KEYS).await.status, 200);
    assert!(!until_closed(&mut stream).await.contains(" 200 "));
}

/// A head has less time than a pause between two requests, on the first request and on every other.
#[tokio::test]
async fn a_pause_is_no_slow_head() {
    let limits = Limits { header: SHORT, ..Limits::default() };
    assert!(limits.idle > crate::support::PATIENCE, "so that only the head's limit can close in time");
    let server = server(limits).await;
    let listening = server.listen(&[None]).await;
    let mut pausing = listening.connect().await;
    assert_eq!(exchange(&mut pausing, GET_KEYS).await.status, 200);
    let mut slow = listening.connect().await;
    assert_eq!(exchange(&mut slow, GET_KEYS).await.status, 200);
    send(&mut slow, "GET /").await;
    assert_eq!(until_closed(&mut slow).await, "");
    // Its pause began before the other's head did, which is over.
    assert_eq!(exchange(&mut pausing, GET_KEYS).await.status, 200);
}

/// Who sends and never reads: the answers fill all buffers on the way, and then nothing moves.
#[tokio::test]
async fn a_client_that_never_reads_is_closed() {
    let server = server(Limits { write: SHORT, ..Limits::default() }).await;
    let listening = server.listen(&[None]).await;
    let mut stream = listening.connect().await;
    let many = GET_KEYS.repeat(1000);
    let sending = async {
        // It fails once the server has given up; until then the server reads, or is about to.
        while stream.write_all(many.as_bytes()).await.is_ok() {}
    };
    tokio::time::timeout(crate::support::PATIENCE, sending).await.expect("the server gives up");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = server(Limits { body: SHORT, ..Limits::default() }).await;
    let listening = server.listen(&[None]).await;
    let request = http1(&server.client("production").gateway().into_request());
    let mut stream = listening.connect().await;
    let answer = exchange(&mut stream, &request[..request.len() - 1]).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("\"005\""));
    assert_eq!(until_closed(&mut stream).await, "");
}

/// Of a body that is announced as too large: whoever waits to be told to go on is answered at once.
#[tokio::test]
async fn a_large_body_is_refused_before_it_is_sent() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let mut stream = listening.connect().await;
    let request = "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\
                   Content-Length: 65537\r\n\r\n";
    assert_eq!(exchange(&mut stream, request).await.status, 413);
    assert_eq!(until_closed(&mut stream).await, "");
    let mut stream = listening.connect().await;
    let request = http1(&server.client("production").oauth2().body(vec![b'a'; 65_537]).into_request());
    assert_eq!(exchange(&mut stream, request).await.status, 413);
    // It was read to its end, so the connection is still good.
    assert_eq!(exchange(&mut stream, GET_KEYS).await.status, 200);
}

#[tokio::test]
async fn a_client_that_waits_to_go_on_is_told_to() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let mut stream = listening.connect().await;
    let call = server.client("production").oauth2().header("expect", "100-continue");
    let request = http1(&call.into_request());
    let head = request.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(exchange(&mut stream, &request[..head]).await.status, 100);
    assert_eq!(exchange(&mut stream, &request[head..]).await.status, 200);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let limit = Limits::default().header_bytes;
    let request = |value: &str| GET_KEYS.replace("Host", &format!("X-Large: {value}\r\nHost"));
    let mut stream = listening.connect().await;
    assert_eq!(exchange(&mut stream, request(&"a".repeat(limit / 2))).await.status, 200);
    let mut stream = listening.connect().await;
    send(&mut stream, request(&"a".repeat(4 * limit))).await;
    assert!(!until_closed(&mut stream).await.contains(" 200 "));
    let mut stream = listening.connect().await;
    send(&mut stream, request(&"a\r\nX-Many: ".repeat(1000))).await;
    assert!(!until_closed(&mut stream).await.contains(" 200 "));
}

/// More connections than may be wait until one ends, and are served then.
#[tokio::test]
async fn the_cap_on_connections_holds() {
    let server = server(Limits { connections: 1, ..Limits::default() }).await;
    let listening = server.listen(&[None]).await;
    let mut first = listening.connect().await;
    assert_eq!(exchange(&mut first, GET_KEYS).await.status, 200);
    let mut second = listening.connect().await;
    send(&mut second, GET_KEYS).await;
    // All of this happens on one thread: had the second been accepted, it would have had its turn.
    for _ in 0..50 {
        assert_eq!(exchange(&mut first, GET_KEYS).await.status, 200);
    }
    let mut nothing = [0; 1];
    assert_eq!(
        second.try_read(&mut nothing).unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock,
        "a second connection is served beside the first"
    );
    drop(first);
    assert_eq!(receive(&mut second).await.status, 200);
}

#[tokio::test]
async fn hosts_that_are_missing_or_two() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    for hosts in
        ["", "Host: localhost\r\nHost: localhost\r\n", "Host: localhost\r\nHost: sandbox.localhost\r\n"]
    {
        let mut stream = listening.connect().await;
        let request = GET_KEYS.replace("Host: localhost\r\n", hosts);
        assert_eq!(exchange(&mut stream, request).await.status, 421, "{hosts:?}");
    }
    let mut stream = listening.connect().await;
    let absolute = GET_KEYS.replace("/.well", "http://sandbox.localhost/.well");
    assert_eq!(
        exchange(&mut stream, absolute.replace("jwks.json", "openid-configuration")).await.status,
        200
    );
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let mut stream = listening.connect().await;
    let got = exchange(&mut stream, GET_KEYS).await;
    send(&mut stream, GET_KEYS.replace("GET", "HEAD").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))
        .await;
    let headed = until_closed(&mut stream).await;
    assert!(headed.ends_with("\r\n\r\n"));
    assert!(headed.contains(&format!("content-length: {}\r\n", got.body.len())));
    let mut stream = listening.connect().await;
    let refused = "HEAD /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    send(&mut stream, refused).await;
    let headed = until_closed(&mut stream).await;
    assert!(headed.starts_with("HTTP/1.1 405 ") && headed.ends_with("\r\n\r\n"));
}

#[tokio::test]
async fn a_taken_port_names_the_way_out() {
    let taken = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = taken.local_addr().unwrap();
    let free = ListenAddress { environment: None, address: (Ipv4Addr::LOCALHOST, 0).into() };
    let error = bind(&[free, ListenAddress { environment: None, address }]).await.unwrap_err();
    assert_eq!(error.address, address);
    let text = error.to_string();
    assert!(text.contains(&address.to_string()) && text.contains("--listen"), "{text}");
}
