//! Thousands of connections that stand still, each in its own way, beside a client that wants tokens. F24 of the security
//! checklist.

use std::time::Duration;

use jeton_server::Limits;
use jeton_testkit::TestServer;
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::wire::{exchange, http1, send, until_closed};

/// As many as the descriptors allow, of which each takes two in this process.
fn as_many_as_possible() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it is refused, what we have is what counts.
    let _ = setrlimit(Resource::Nofile, limit);
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from((descriptors / 2).saturating_sub(500).min(2000)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_connections_are_closed_and_honest_ones_are_answered() {
    let number = as_many_as_possible();
    assert!(number >= 100, "too few descriptors to tell anything");
    let short = Duration::from_millis(500);
    let limits = Limits { first_byte: short, header: short, body: short, idle: short, ..Limits::default() };
    let server = TestServer::builder().limits(limits).start().await;
    let listening = server.listen(&[None]).await;
    let request = http1(&server.client("production").oauth2().into_request());
    let ways: [&[u8]; 6] = [
        b"",
        b"P",
        b"POST /oauth/v2/token HTTP/1.1\r\nHost: loc",
        &request[..request.len() - 1],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ];
    let mut stalled = Vec::with_capacity(number);
    for at in 0..number {
        let mut stream = listening.connect().await;
        send(&mut stream, ways[at % ways.len()]).await;
        stalled.push(stream);
        if at % 20 == 0 {
            let mut honest = listening.connect().await;
            assert_eq!(exchange(&mut honest, &request).await.status, 200);
        }
    }
    for mut stream in stalled {
        until_closed(&mut stream).await;
    }
    let mut honest = listening.connect().await;
    assert_eq!(exchange(&mut honest, &request).await.status, 200);
}
