//! What the store is asked, and what it is not.

use jeton_server::Limits;
use jeton_server::config::Dialect;
use jeton_testkit::{GRANTED, Read, TestServer};

use crate::support::{percent_encoded, statuses};

/// How many credentials were read while this ran.
async fn reads<T>(server: &TestServer, work: impl Future<Output = T>) -> usize {
    let before = server.store.count(Read::Credentials);
    work.await;
    server.store.count(Read::Credentials) - before
}

#[tokio::test]
async fn a_success_is_read_once() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let call = async || assert_eq!(client.oauth2().send().await.status(), 200);
    assert_eq!(reads(&server, call()).await, 1);
    for _ in 0..10 {
        assert_eq!(reads(&server, call()).await, 0);
    }
    for dialect in Dialect::ALL {
        let call = async || assert_eq!(client.call(dialect).send().await.status(), 200);
        assert_eq!(reads(&server, call()).await, 0);
        server.poll().await;
    }
}

/// A failure costs one read whether the id exists, is cached or not, and spares the next ones alike.
#[tokio::test]
async fn a_failure_is_read_once_for_each_client_id() {
    let server = TestServer::start().await;
    let cached = server.client("production");
    assert_eq!(statuses(&cached).await, [200; 3]);
    let uncached = server.new_client("production", &["voice"]).await;
    server.poll().await;
    for client in [
        cached.with_secret("wrong"),
        uncached.with_secret("wrong"),
        cached.with_id("nobody"),
        cached.with_id(&"a".repeat(128)),
    ] {
        let call = async || assert_eq!(client.oauth2().send().await.status(), 401);
        assert_eq!(reads(&server, call()).await, 1, "{}", client.id);
        assert_eq!(reads(&server, call()).await, 0, "{}", client.id);
        let other_secret = client.with_secret("also wrong");
        assert_eq!(reads(&server, other_secret.json().send()).await, 0, "{}", client.id);
    }
    // The right secret after a wrong one.
    assert_eq!(statuses(&uncached).await, [200; 3]);
    assert_eq!(statuses(&cached).await, [200; 3]);
}

/// Texts that can be no client id are nobody's, all of them together.
#[tokio::test]
async fn what_can_be_no_client_id_is_read_once_in_all() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let call = async |id: &str| assert_eq!(client.with_id(id).json().send().await.status(), 401);
    assert_eq!(reads(&server, call("two words")).await, 1);
    for id in ["two words", "\u{e9}", "a/b", &"a".repeat(129), "a:b"] {
        assert_eq!(reads(&server, call(id)).await, 0);
    }
}

/// A pair that can be read two ways names two client ids, and both are read at once.
#[tokio::test]
async fn two_readings_are_one_read() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let percent = client.with_id("%6eobody");
    assert_eq!(reads(&server, percent.oauth2().send()).await, 1);
    assert_eq!(reads(&server, percent.oauth2().send()).await, 0);
    // Form-encoded, but for the same client id: as cheap as the plain pair.
    let encoded = client.with_secret(&percent_encoded(&client.secret));
    assert_eq!(reads(&server, encoded.oauth2().send()).await, 1);
    assert_eq!(reads(&server, encoded.oauth2().send()).await, 0);
    assert_eq!(encoded.oauth2().send().await.status(), 200);
}

/// What a person gets who is asked for 1 token by 3 people at once is up to the store; nobody waits for another.
#[tokio::test]
async fn what_is_known_in_one_environment_is_not_in_another() {
    let server = TestServer::start().await;
    let client = server.client("production");
    assert_eq!(statuses(&client).await, [200; 3]);
    let elsewhere = client.in_environment("sandbox");
    assert_eq!(reads(&server, elsewhere.oauth2().send()).await, 1);
    assert_eq!(statuses(&elsewhere).await, [401; 3]);
    assert_eq!(statuses(&client).await, [200; 3]);
}

/// F23 of the security checklist: what strangers send fills nothing.
#[tokio::test]
async fn failures_of_many_ids_are_bounded() {
    const CAPACITY: usize = 40;
    let limits = Limits { remembered_failures: CAPACITY, ..Limits::default() };
    let server = TestServer::builder().limits(limits).start().await;
    let client = server.client("production");
    assert_eq!(statuses(&client).await, [200; 3]);
    let call = async |number: usize| {
        let id = format!("stranger-{number}");
        assert_eq!(client.with_id(&id).oauth2().send().await.status(), 401);
    };
    let all = async || {
        for number in 0..3 * CAPACITY {
            call(number).await;
        }
    };
    assert_eq!(reads(&server, all()).await, 3 * CAPACITY);
    let again = reads(&server, all()).await;
    assert!(again >= 2 * CAPACITY, "{} ids were remembered", 3 * CAPACITY - again);
    // And they push out no success.
    assert_eq!(reads(&server, statuses(&client)).await, 0);
}

#[tokio::test]
async fn credentials_in_memory_are_bounded() {
    const CAPACITY: usize = 20;
    let limits = Limits { cached_credentials: CAPACITY, ..Limits::default() };
    let server = TestServer::builder().limits(limits).start().await;
    let mut clients = Vec::new();
    for _ in 0..3 * CAPACITY {
        clients.push(server.new_client("production", &[GRANTED]).await);
    }
    server.poll().await;
    let all = async || {
        for client in &clients {
            assert_eq!(client.oauth2().send().await.status(), 200);
        }
    };
    assert_eq!(reads(&server, all()).await, 3 * CAPACITY);
    let again = reads(&server, all()).await;
    assert!(again >= 2 * CAPACITY, "{} credentials were remembered", 3 * CAPACITY - again);
}
