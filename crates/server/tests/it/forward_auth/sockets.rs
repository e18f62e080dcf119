//! Gateways that hand on bodies, or say that there is one: on real connections.

use jeton_testkit::TestServer;

use super::{PATHS, token};
use crate::wire::{exchange, receive, send, until_closed};

fn head(own: &str, method: &str, token: &str, more: &str) -> String {
    format!(
        "{method} {own}/voice/voice.billing HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{more}\r\n"
    )
}

#[tokio::test]
async fn a_body_is_thrown_away_and_the_connection_serves_on() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let token = token(&server).await;
    for own in PATHS {
        let mut stream = listening.connect().await;
        for body in [
            head(own, "POST", &token, "Content-Length: 5\r\n") + "12345",
            head(own, "GET", &token, "Content-Length: 60000\r\n") + &"x".repeat(60_000),
            head(own, "PUT", &token, "Transfer-Encoding: chunked\r\n") + "5\r\n12345\r\n0\r\n\r\n",
            head(own, "OPTIONS", &token, "Content-Type: application/json\r\nContent-Length: 1\r\n") + "{",
            head(own, "DELETE", &token, ""),
        ] {
            let answer = exchange(&mut stream, body).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(!answer.closes(), "{answer:?}");
        }
    }
}

/// What would come after the answer is nobody's request, so the connection ends.
#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for_long() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let token = token(&server).await;
    for more in [
        "Content-Length: 70\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Expect: 100-continue\r\nContent-Length: 9\r\n",
    ] {
        let mut stream = listening.connect().await;
        send(&mut stream, head(PATHS[0], "POST", &token, more)).await;
        let mut answer = receive(&mut stream).await;
        if answer.status == 100 {
            answer = receive(&mut stream).await;
        }
        assert_eq!(answer.status, 200, "{more}: {answer:?}");
        assert!(answer.closes(), "{more}: {answer:?}");
        assert_eq!(until_closed(&mut stream).await, "");
    }
}

/// Bytes that look like a request within a body are a body.
#[tokio::test]
async fn more_than_is_thrown_away_ends_the_connection() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    let token = token(&server).await;
    let mut stream = listening.connect().await;
    let hidden = head(PATHS[0], "GET", &token, "").repeat(4000);
    send(&mut stream, head(PATHS[0], "POST", "garbage", &format!("Content-Length: {}\r\n", hidden.len())))
        .await;
    let length = hidden.len() / 8;
    send(&mut stream, &hidden[..length]).await;
    let answer = receive(&mut stream).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert!(answer.closes());
    assert_eq!(until_closed(&mut stream).await, "");
}
