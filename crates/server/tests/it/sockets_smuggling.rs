//! Whatever another server in front makes of these bytes, no second request may come out of one. F25 of the security
//! checklist.

use jeton_testkit::TestServer;
use jeton_testkit::smuggling::Probe;

use crate::wire::{GET_KEYS, exchange, send, until_closed};

const POST: &str = "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\n";

#[tokio::test]
async fn what_is_ambiguous_is_one_request_at_most() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    for probe in Probe::all() {
        let mut stream = listening.connect().await;
        send(&mut stream, probe.bytes("first")).await;
        tokio::io::AsyncWriteExt::shutdown(&mut stream).await.unwrap();
        let answers = until_closed(&mut stream).await;
        assert!(answers.matches("HTTP/1.1 ").count() <= 1, "{probe:?}: {answers}");
        assert!(!answers.contains("\"keys\""), "{probe:?}: {answers}");
    }
}

/// Requests that are clear are told apart however they are cut, and none is lost.
#[tokio::test]
async fn what_is_clear_is_split_where_it_ends() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    for (body, first) in [
        ("Content-Length: 0\r\n\r\n", 401),
        ("Content-Length: 3\r\n\r\na=b", 401),
        ("Content-Length: 3\r\nContent-Length: 3\r\n\r\na=b", 401),
        ("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 401),
        ("Transfer-Encoding: Chunked\r\n\r\n3;x=\"y\"\r\na=b\r\n0\r\n\r\n", 401),
        ("Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\nX-Trailer: 1\r\n\r\n", 401),
    ] {
        let mut stream = listening.connect().await;
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let answer = exchange(&mut stream, format!("{POST}{form}{body}{GET_KEYS}")).await;
        assert!(answer.status == first || answer.status == 400, "{body:?}: {answer:?}");
        if !answer.closes() {
            let next = crate::wire::receive(&mut stream).await;
            assert!(next.status == 200 && next.body.contains("\"keys\""), "{body:?}: {next:?}");
        }
    }
}
