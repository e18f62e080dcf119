//! Look-ups of what is not in memory: shared by those who ask for the same, and nobody's to end.

use jeton_testkit::{Fault, Read, ResponseExt as _, TestServer};

use crate::support::statuses;

#[tokio::test]
async fn who_asks_for_the_same_waits_for_one_read() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let before = server.store.count(Read::Credentials);
    let mut held = server.store.hold(Read::Credentials);
    let wrong = client.with_secret("wrong");
    let others = async {
        held.reached().await;
        let late = async {
            // All of the others have asked once the last of them yields.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            held.release();
        };
        tokio::join!(client.gateway().send(), client.json().send(), wrong.oauth2().send(), late)
    };
    let (first, (second, third, fourth, ())) = tokio::join!(client.oauth2().send(), others);
    let statuses = [first, second, third, fourth].map(|answer| answer.status().as_u16());
    assert_eq!(statuses, [200, 200, 200, 401], "each is judged by its own secret");
    assert_eq!(server.store.count(Read::Credentials) - before, 1);
    let metrics = server.management("/metrics").send().await;
    let metrics = metrics.text();
    assert!(metrics.contains("jeton_lookups_joined_total 3"), "{metrics}");
}

#[tokio::test]
async fn who_asks_after_a_change_was_followed_waits_for_no_older_read() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let mut held = server.store.hold(Read::Credentials);
    let later = async {
        held.reached().await;
        client.revoke_secrets().await;
        server.poll().await;
        let statuses = statuses(&client).await;
        held.release();
        statuses
    };
    let (first, later) = tokio::join!(client.oauth2().send(), later);
    assert_eq!(first.status(), 200, "it asked before");
    assert_eq!(later, [401; 3]);
}

#[tokio::test]
async fn who_hangs_up_ends_nobody_elses() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let before = server.store.count(Read::Credentials);
    let mut held = server.store.hold(Read::Credentials);
    tokio::select! {
        biased;
        answer = client.oauth2().send() => panic!("{answer:?}"),
        () = held.reached() => {}
    }
    let release = async { held.release() };
    let (answer, ()) = tokio::join!(client.oauth2().send(), release);
    assert_eq!(answer.status(), 200);
    assert_eq!(server.store.count(Read::Credentials) - before, 1);
}

/// An answer to somebody who is gone is no answer to who comes later.
#[tokio::test]
async fn an_answer_that_nobody_waited_for_is_forgotten() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let before = server.store.count(Read::Credentials);
    let mut held = server.store.hold(Read::Credentials);
    tokio::select! {
        biased;
        answer = client.oauth2().send() => panic!("{answer:?}"),
        () = held.reached() => {}
    }
    held.release();
    // Its task ends while nobody polls it.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    client.set_state(jeton_core::model::State::Suspended).await;
    assert_eq!(client.oauth2().send().await.status(), 401, "it was read anew");
    assert_eq!(server.store.count(Read::Credentials) - before, 2);
}

#[tokio::test]
async fn a_failed_read_fails_for_everybody_and_for_nobody_after() {
    for (fault, status) in [(Fault::Unavailable, 503), (Fault::BadRow, 503), (Fault::Panic, 500)] {
        let server = TestServer::start().await;
        let client = server.client("production");
        server.store.fail(Read::Credentials, fault);
        let (one, two) = tokio::join!(client.oauth2().send(), client.json().send());
        assert_eq!([one, two].map(|answer| answer.status().as_u16()), [status; 2], "{fault:?}");
        server.store.heal();
        assert_eq!(client.oauth2().send().await.status(), 200, "{fault:?}");
    }
}

/// More client ids at once than there are places.
#[tokio::test]
async fn look_ups_wait_for_a_place_and_get_it() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let before = server.store.count(Read::Credentials);
    let asking = (0..50).map(|at| {
        let unknown = client.with_id(&format!("unknown-{at}"));
        async move { unknown.oauth2().send().await.status().as_u16() }
    });
    let statuses = futures_util::future::join_all(asking).await;
    assert_eq!(statuses, [401; 50]);
    assert_eq!(server.store.count(Read::Credentials) - before, 50);
}

/// The only place there is is held for longer than anybody waits.
#[tokio::test]
async fn who_gets_no_answer_in_time_is_told_so() {
    let mut config = jeton_server::config::Config::default();
    config.postgres.connections = 1;
    let server = TestServer::builder().config(config).start().await;
    let client = server.client("production");
    let held = server.store.hold(Read::Credentials);
    let answer = client.oauth2().send().await;
    assert_eq!(answer.status(), 503);
    assert!(answer.one("retry-after").is_some());
    // The place is free again, though nobody has let the store go on.
    assert_eq!(client.oauth2().send().await.status(), 200);
    held.release();
}
