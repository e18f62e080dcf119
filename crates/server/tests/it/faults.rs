//! The rows of the contract that need a fault, with the fault caused: 500/001, 500/002, 503/001 and their twins.

use std::time::Duration;

use jeton_core::intent::Intent;
use jeton_core::key_life::KeyMove;
use jeton_core::model::KeyState;
use jeton_server::Limits;
use jeton_server::config::Dialect;
use jeton_testkit::{Fault, Read, ResponseExt as _, TestServer, VOICE_AUDIENCE};

use crate::support::{
    assert_internal, assert_invalid_client, assert_no_key, assert_unavailable, likeness, statuses,
};

#[tokio::test]
async fn a_panic_is_one_answer_500() {
    let server = TestServer::start().await;
    for dialect in Dialect::ALL {
        let client = server.new_client("production", &["voice"]).await;
        server.store.fail(Read::Credentials, Fault::Panic);
        let answer = client.call(dialect).tracking_id("panics").send().await;
        assert_internal(dialect, &answer);
        assert_eq!(answer.one("x-tracking-id"), Some("panics"));
        server.store.heal();
        assert_eq!(client.call(dialect).send().await.status(), 200);
    }
}

#[tokio::test]
async fn without_a_usable_key_there_is_no_token() {
    let server = TestServer::start().await;
    remove_keys(&server, "production").await;
    server.poll().await;
    for dialect in Dialect::ALL {
        assert_no_key(dialect, &server.client("production").call(dialect).send().await);
        // Who may not have a token is still told so.
        let wrong = server.client("production").with_secret("wrong").call(dialect).send().await;
        assert_invalid_client(dialect, &wrong);
        // The other environment has its own.
        assert_eq!(server.client("sandbox").call(dialect).send().await.status(), 200);
    }
    let set = server.get("production", "/.well-known/jwks.json").send().await;
    assert_eq!(set.text(), r#"{"keys":[]}"#);
}

#[tokio::test]
async fn a_key_that_retires_signs_no_more_and_is_still_published() {
    let server = TestServer::start().await;
    let token = server.client("production").json().token().await;
    set_keys(&server, "production", KeyState::Retiring).await;
    server.poll().await;
    assert_eq!(server.client("production").json().send().await.status(), 500);
    assert!(server.verify("production", VOICE_AUDIENCE, &token).await.is_ok());
    // What is missing is made at a start, and the poll of any other server brings it.
    server.start_another().await.unwrap();
    server.poll().await;
    assert_eq!(statuses(&server.client("production")).await, [200; 3]);
    assert!(server.verify("production", VOICE_AUDIENCE, &token).await.is_ok());
}

#[tokio::test]
async fn with_the_store_out_of_reach_nobody_learns_who_exists() {
    let server = TestServer::start().await;
    let known = server.new_client("production", &["voice"]).await;
    server.store.go_away();
    for dialect in Dialect::ALL {
        let right = known.call(dialect).send().await;
        assert_unavailable(dialect, &right);
        for client in [known.with_secret("wrong"), known.with_id("nobody"), known.with_id("no id at all")] {
            let answer = client.call(dialect).send().await;
            assert_unavailable(dialect, &answer);
            assert_eq!(likeness(&answer), likeness(&right), "{dialect}");
        }
    }
    server.store.heal();
    assert_eq!(statuses(&known).await, [200; 3]);
}

/// A row that cannot be read is no reason to say that its owner does not exist.
#[tokio::test]
async fn a_row_that_cannot_be_read_is_503() {
    let server = TestServer::start().await;
    let client = server.new_client("production", &["voice"]).await;
    server.store.fail(Read::Credentials, Fault::BadRow);
    for dialect in Dialect::ALL {
        assert_unavailable(dialect, &client.call(dialect).send().await);
    }
}

/// The requests that fail before anybody is looked up fail in the same way as always.
#[tokio::test]
async fn an_outage_changes_nothing_before_the_look_up() {
    let server = TestServer::start().await;
    server.store.go_away();
    let client = server.client("production").with_id("nobody");
    assert_eq!(client.gateway().param("a", "b").send().await.json()["code"], "005");
    assert_eq!(client.oauth2().without("authorization").send().await.status(), 401);
    assert_eq!(client.json().member("clientId", 1).send().await.status(), 400);
    assert_eq!(client.json().header("content-type", "image/png").send().await.status(), 415);
    assert_eq!(server.get("production", "/.well-known/jwks.json").send().await.status(), 200);
}

#[tokio::test]
async fn cached_credentials_serve_on_for_max_staleness() {
    let max_staleness = Limits::default().max_staleness;
    let server = TestServer::start().await;
    let (cached, other) = (server.client("production"), server.client("sandbox"));
    assert_eq!(statuses(&cached).await, [200; 3]);
    let failed = other.with_secret("wrong");
    assert_eq!(statuses(&failed).await, [401; 3]);
    server.poll().await;

    server.store.go_away();
    server.clock.advance(max_staleness);
    server.poll().await;
    assert_eq!(statuses(&cached).await, [200; 3]);
    // A failure that was seen before the outage is known as well as a success.
    assert_eq!(statuses(&failed).await, [401; 3]);
    // What was not seen is not known.
    assert_eq!(statuses(&cached.with_secret("wrong")).await, [503; 3]);
    assert_eq!(statuses(&cached.with_id("nobody")).await, [503; 3]);

    server.clock.advance(Duration::from_micros(1));
    server.poll().await;
    for dialect in Dialect::ALL {
        assert_unavailable(dialect, &cached.call(dialect).send().await);
        assert_unavailable(dialect, &failed.call(dialect).send().await);
    }

    server.store.heal();
    // A read that succeeds needs no poll.
    assert_eq!(statuses(&cached).await, [200; 3]);
    let reads = server.store.count(Read::Credentials);
    server.poll().await;
    assert_eq!(statuses(&cached).await, [200; 3]);
    assert_eq!(statuses(&failed).await, [401; 3]);
    assert_eq!(server.store.count(Read::Credentials), reads, "the cache is trusted again");
}

/// Where only the polls fail, nothing in memory may answer for long, but the store itself may.
#[tokio::test]
async fn without_polls_every_request_reads() {
    let server = TestServer::start().await;
    let client = server.client("production");
    assert_eq!(statuses(&client).await, [200; 3]);
    server.store.fail(Read::Changes, Fault::Unavailable);
    server.clock.advance(Limits::default().max_staleness + Duration::from_secs(1));
    server.poll().await;
    let reads = server.store.count(Read::Credentials);
    assert_eq!(statuses(&client).await, [200; 3]);
    assert_eq!(server.store.count(Read::Credentials), reads + 3);
    client.revoke_secrets().await;
    assert_eq!(statuses(&client).await, [401; 3]);
    // The cache of before is still there, and must not come back to life.
    server.store.heal();
    server.poll().await;
    assert_eq!(statuses(&client).await, [401; 3]);
}

/// The age counts from the start of a poll, on a clock that no administrator sets.
#[tokio::test]
async fn the_wall_clock_does_not_make_the_cache_stale_or_fresh() {
    let server = TestServer::start().await;
    let client = server.client("production");
    assert_eq!(statuses(&client).await, [200; 3]);
    server.store.go_away();
    server.clock.set_wall(jeton_core::Timestamp::from_seconds(2_000_000_000));
    assert_eq!(statuses(&client).await, [200; 3]);
    server.clock.advance(Limits::default().max_staleness + Duration::from_secs(1));
    server.clock.set_wall(jeton_core::Timestamp::from_seconds(1_000_000_000));
    assert_eq!(statuses(&client).await, [503; 3]);
}

async fn remove_keys(server: &TestServer, environment: &str) {
    set_keys(server, environment, KeyState::Removed).await;
}

async fn set_keys(server: &TestServer, environment: &str, state: KeyState) {
    let keys = server.store.inner().keys().await.unwrap().value.signing;
    let mut own = keys.into_iter().filter(|key| key.environment.as_str() == environment);
    let key = own.next().unwrap();
    assert!(own.next().is_none());
    server
        .commit(&[Intent::MoveSigningKey(KeyMove { to: state, ..KeyMove::remove(&key.kid, key.state) })])
        .await;
}
