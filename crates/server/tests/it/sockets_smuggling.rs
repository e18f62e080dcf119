//! Whatever another server in front makes of these bytes, no second request may come out of one. F25 of the security
//! checklist.

use jeton_testkit::TestServer;

use crate::wire::{GET_KEYS, exchange, send, until_closed};

const POST: &str = "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\n";

/// Lengths and codings on which two servers could disagree: each is refused as a whole, or all that follows is its body.
const AMBIGUOUS: &[&str] = &[
    // Both.
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    // Lengths that are none, or two.
    "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "Content-Length: 5\r\nContent-Length: 0\r\n\r\n",
    "Content-Length: 0, 5\r\n\r\n",
    "Content-Length: +0\r\n\r\n",
    "Content-Length: -1\r\n\r\n",
    "Content-Length: 0x0\r\n\r\n",
    "Content-Length: 0 0\r\n\r\n",
    "Content-Length: \r\n\r\n",
    "Content-Length: 18446744073709551616\r\n\r\n",
    "Content-Length : 0\r\n\r\n",
    " Content-Length: 0\r\n\r\n",
    "Content-Length\t: 0\r\n\r\n",
    // Codings that are not chunked, or not the last.
    "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked x\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "Transfer_Encoding: chunked\r\nContent-Length: 100000\r\n\r\n0\r\n\r\n",
    "X: a\r\n b\r\n\r\n",
    "X: a\0b\r\n\r\n",
    "X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    // Chunks whose size is none.
    "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n_0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n0\n\n",
    "Transfer-Encoding: chunked\r\n\r\n0\r\r\n\r\n",
];

#[tokio::test]
async fn what_is_ambiguous_is_one_request_at_most() {
    let server = TestServer::start().await;
    let listening = server.listen(&[None]).await;
    for head in AMBIGUOUS {
        let mut stream = listening.connect().await;
        send(&mut stream, format!("{POST}{head}{GET_KEYS}")).await;
        tokio::io::AsyncWriteExt::shutdown(&mut stream).await.unwrap();
        let answers = until_closed(&mut stream).await;
        assert!(answers.matches("HTTP/1.1 ").count() <= 1, "{head:?}: {answers}");
        assert!(!answers.contains("\"keys\""), "{head:?}: {answers}");
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
