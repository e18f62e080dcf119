//! The management listener: alive, ready, and who may ask.

use std::time::Duration;

use http::Method;
use jeton_server::config::Dialect;
use jeton_testkit::{Fault, Read, ResponseExt as _, TestServer};

use crate::support::assert_problem;

async fn status(server: &TestServer, path: &str) -> u16 {
    server.management(path).send().await.status().as_u16()
}

#[tokio::test]
async fn a_server_that_follows_its_store_is_ready() {
    let server = TestServer::start().await;
    let ready = server.management("/readyz").send().await;
    assert_eq!((ready.status().as_u16(), ready.text()), (200, "ready\n"));
    assert_eq!(ready.one("cache-control"), Some("no-store"));
    let verbose = server.management("/readyz?verbose").send().await;
    assert_eq!(verbose.text(), "ready\n[+] store: ok\n[+] keys: ok\n[+] not stopping: ok\n");
    assert_eq!(server.management("/livez").send().await.text(), "alive\n");
    assert_eq!(server.management("/livez").method(Method::HEAD).send().await.status(), 200);
}

#[tokio::test]
async fn a_server_that_lost_its_store_is_alive_but_not_ready() {
    let server = TestServer::start().await;
    server.store.go_away();
    server.poll().await;
    assert_eq!(status(&server, "/readyz").await, 200, "what is in memory serves on");
    server.clock.advance(Duration::from_secs(31));
    server.poll().await;
    let answer = server.management("/readyz").send().await;
    assert_eq!((answer.status().as_u16(), answer.text()), (503, "not ready: store\n"));
    let verbose = server.management("/readyz?verbose=1").send().await;
    let said = "not ready: store\n[-] store: the store has not been followed for 31 s\n";
    assert!(verbose.text().starts_with(said), "{}", verbose.text());
    let before = Read::ALL.map(|read| server.store.count(read));
    assert_eq!(status(&server, "/livez").await, 200);
    assert_eq!(status(&server, "/metrics").await, 200);
    assert_eq!(Read::ALL.map(|read| server.store.count(read)), before, "nothing here reads the store");
    server.store.heal();
    server.poll().await;
    assert_eq!(status(&server, "/readyz").await, 200);
}

#[tokio::test]
async fn a_server_that_stops_is_not_ready() {
    let server = TestServer::start().await;
    server.app().begin_stopping();
    let answer = server.management("/readyz").send().await;
    assert_eq!((answer.status().as_u16(), answer.text()), (503, "not ready: not stopping\n"));
    assert_eq!(status(&server, "/livez").await, 200);
}

/// DNS rebinding: a page on the web can send a browser here, but only under the page's own name.
#[tokio::test]
async fn only_addresses_and_localhost_are_answered() {
    let server = TestServer::start().await;
    for host in ["localhost", "LOCALHOST:9080", "127.0.0.1", "127.0.0.1:9080", "[::1]:9080", "10.2.3.4:9080"]
    {
        assert_eq!(server.management("/livez").host(host).send().await.status(), 200, "{host}");
    }
    // A probe that speaks HTTP/1.0 names no host, which no browser can do.
    assert_eq!(server.management("/livez").without("host").send().await.status(), 200);
    for host in
        ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "a@localhost", "127.1.evil"]
    {
        for path in ["/livez", "/readyz", "/metrics", "/nowhere"] {
            assert_problem(&server.management(path).host(host).send().await, 421);
        }
    }
    let two = server.management("/livez").add_header("host", "evil.example").send().await;
    assert_problem(&two, 421);
    let absolute = server.management("/livez").target("http://evil.example/livez").send().await;
    assert_problem(&absolute, 421);
}

#[tokio::test]
async fn each_listener_has_its_own_paths() {
    let server = TestServer::start().await;
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_problem(&server.get("production", path).send().await, 404);
        let post = server.management(path).method(Method::POST).send().await;
        assert_eq!(post.one("allow"), Some("GET, HEAD"));
        assert_problem(&post, 405);
    }
    for endpoint in &server.config().endpoints {
        let wanted = if endpoint.dialect == Dialect::OAuth2 { 405 } else { 404 };
        let answer = server.management(&endpoint.path).send().await;
        assert_eq!(answer.status(), wanted, "{}", endpoint.path);
    }
    for path in ["/oauth/v2/introspect", "/oauth/v2/revocations", "/.well-known/openid-configuration"] {
        assert_problem(&server.management(path).send().await, 404);
    }
}

#[tokio::test]
async fn a_store_that_panics_does_not_reach_the_probes() {
    let server = TestServer::start().await;
    server.store.fail(Read::Credentials, Fault::Panic);
    assert_eq!(server.client("production").call(Dialect::OAuth2).send().await.status(), 500);
    assert_eq!(status(&server, "/readyz").await, 200);
}
