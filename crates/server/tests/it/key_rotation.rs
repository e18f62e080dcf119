//! Keys that rotate themselves, with the clock in the test's hand: two servers, one store.

use std::sync::Arc;
use std::time::Duration;

use jeton_core::id::KeyId;
use jeton_core::model::{KeyState, StoredSigningKey};
use jeton_core::{Clock as _, Timestamp};
use jeton_server::{App, Housekeeper};
use jeton_testkit::{Fault, Read, ResponseExt as _, TestServer, VOICE_AUDIENCE};

use crate::support::statuses;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const MINUTE: Duration = Duration::from_mins(1);

async fn keys(server: &TestServer) -> Vec<StoredSigningKey> {
    let keys = server.store.inner().keys().await.unwrap().value.signing;
    keys.into_iter().filter(|key| key.environment.as_str() == "production").collect()
}

/// The key of a state, and that there is one alone.
async fn one(server: &TestServer, state: KeyState) -> Option<KeyId> {
    let mut found = keys(server).await.into_iter().filter(|key| key.state == state);
    let one = found.next().map(|key| key.kid);
    assert!(found.next().is_none());
    one
}

async fn states(server: &TestServer) -> Vec<KeyState> {
    keys(server).await.iter().map(|key| key.state).collect()
}

async fn housekeepers(server: &TestServer) -> (Arc<App>, Housekeeper, Housekeeper) {
    let other = server.start_another().await.unwrap();
    let (one, two) = (Housekeeper::new(Arc::clone(server.app())), Housekeeper::new(Arc::clone(&other)));
    (other, one, two)
}

/// Lets time pass as servers see it, who look often.
async fn pass(server: &TestServer, housekeeper: &mut Housekeeper, time: Duration) {
    let mut left = time;
    while left > Duration::ZERO {
        let step = left.min(HOUR);
        server.clock.advance(step);
        server.poll().await;
        housekeeper.tend().await;
        left -= step;
    }
    server.poll().await;
}

async fn token(server: &TestServer) -> String {
    server.client("production").oauth2().send().await.token()
}

async fn verifies(server: &TestServer, token: &str) -> bool {
    server.verify("production", VOICE_AUDIENCE, token).await.is_ok()
}

#[tokio::test]
async fn a_key_lives_from_next_to_removed_by_itself() {
    use KeyState::{Active, Next, Retiring};
    let server = TestServer::start().await;
    let mut housekeeper = Housekeeper::new(Arc::clone(server.app()));
    let first = one(&server, Active).await.unwrap();
    pass(&server, &mut housekeeper, 28 * DAY + 23 * HOUR).await;
    assert_eq!(states(&server).await, [Active]);
    pass(&server, &mut housekeeper, HOUR).await;
    assert_eq!(states(&server).await, [Active, Next]);
    let second = one(&server, Next).await.unwrap();
    pass(&server, &mut housekeeper, 23 * HOUR + 59 * MINUTE).await;
    assert_eq!(states(&server).await, [Active, Next]);
    assert_eq!(one(&server, Active).await, Some(first.clone()));
    let last = token(&server).await;
    pass(&server, &mut housekeeper, MINUTE).await;
    assert_eq!(one(&server, Active).await, Some(second));
    assert_eq!(one(&server, Retiring).await, Some(first));
    assert!(verifies(&server, &last).await);
    assert!(verifies(&server, &token(&server).await).await);
    pass(&server, &mut housekeeper, DAY).await;
    assert_eq!(states(&server).await, [Retiring, Active]);
    // It counts from when it was first seen to retire, which is an hour later here.
    pass(&server, &mut housekeeper, 2 * HOUR).await;
    assert_eq!(states(&server).await, [Active]);
    // The other environment did the same.
    let sandbox = server.store.inner().keys().await.unwrap().value.signing;
    assert_eq!(sandbox.iter().filter(|key| key.environment.as_str() == "sandbox").count(), 1);
}

#[tokio::test]
async fn two_servers_make_one_next_key_and_the_second_goes_on_where_the_first_ended() {
    use KeyState::{Active, Next, Retiring};
    let server = TestServer::start().await;
    let (_other, mut first, mut second) = housekeepers(&server).await;
    first.tend().await;
    second.tend().await;
    server.clock.advance(29 * DAY);
    first.tend().await;
    second.tend().await;
    assert_eq!(states(&server).await, [Active, Next]);
    let next = one(&server, Next).await;
    // The first is gone. The second takes over after a minute, and has seen the next key for as long as the first.
    server.clock.advance(DAY);
    second.tend().await;
    assert_eq!(one(&server, Active).await, next);
    first.tend().await;
    second.tend().await;
    assert_eq!(states(&server).await, [Retiring, Active]);
}

#[tokio::test]
async fn a_server_that_just_started_waits_until_it_has_seen_the_next_key_itself() {
    use KeyState::{Active, Next, Retiring};
    let server = TestServer::start().await;
    let mut before = Housekeeper::new(Arc::clone(server.app()));
    before.tend().await;
    server.clock.advance(29 * DAY);
    before.tend().await;
    drop(before);
    server.clock.advance(2 * DAY);
    let mut housekeeper = Housekeeper::new(Arc::clone(server.app()));
    // It takes the lease over after a minute.
    for _ in 0..10 {
        housekeeper.tend().await;
        assert_eq!(states(&server).await, [Active, Next]);
        server.clock.advance(MINUTE);
    }
    housekeeper.tend().await;
    assert_eq!(states(&server).await, [Retiring, Active]);
}

/// In the midst of a rotation the wall clock jumps by ten years, both ways.
#[tokio::test]
async fn a_clock_that_jumps_lets_no_unknown_key_sign_and_takes_none_away() {
    use KeyState::{Active, Next, Retiring};
    let server = TestServer::start().await;
    let mut housekeeper = Housekeeper::new(Arc::clone(server.app()));
    let right = server.clock.now();
    // Ahead, for less than ten minutes: nothing.
    server.clock.set_wall(right.plus(3650 * DAY));
    housekeeper.tend().await;
    server.clock.advance(9 * MINUTE);
    housekeeper.tend().await;
    assert_eq!(states(&server).await, [Active]);
    // For longer: a next key is published, which harms nobody, and does not sign until verifiers know it.
    server.clock.advance(MINUTE);
    housekeeper.tend().await;
    assert_eq!(states(&server).await, [Active, Next]);
    let (first, second) = (one(&server, Active).await, one(&server, Next).await);
    server.clock.set_wall(right.plus(2 * 3650 * DAY));
    housekeeper.tend().await;
    server.clock.advance(9 * MINUTE);
    housekeeper.tend().await;
    assert_eq!(one(&server, Active).await, first);
    server.clock.advance(MINUTE);
    housekeeper.tend().await;
    assert_eq!((one(&server, Active).await, one(&server, Retiring).await), (second.clone(), first.clone()));
    // The retired key stays, however far the clock jumps, for as long as its tokens live.
    server.clock.set_wall(Timestamp(i64::MAX));
    housekeeper.tend().await;
    assert_eq!(one(&server, Retiring).await, first);
    // Back: nothing is undone, and what a wrong clock wrote does not stop the rotation for ever.
    server.clock.set_wall(right);
    pass(&server, &mut housekeeper, 25 * HOUR).await;
    assert_eq!(one(&server, Active).await, second);
    assert_eq!(one(&server, Retiring).await, None);
    pass(&server, &mut housekeeper, 30 * DAY).await;
    assert!(one(&server, Active).await.is_some_and(|kid| Some(kid) != second), "it went on");
}

#[tokio::test]
async fn a_commit_that_fails_is_done_later() {
    use KeyState::{Active, Next};
    let server = TestServer::start().await;
    let mut housekeeper = Housekeeper::new(Arc::clone(server.app()));
    housekeeper.tend().await;
    server.clock.advance(29 * DAY);
    server.store.fail(Read::Keys, Fault::Unavailable);
    housekeeper.tend().await;
    assert_eq!(states(&server).await, [Active]);
    server.store.heal();
    housekeeper.tend().await;
    assert_eq!(states(&server).await, [Active, Next]);
}

/// A server that cannot take up keys signs with those that it has for a day at most, though it knows the credentials.
#[tokio::test]
async fn keys_that_are_far_behind_do_not_sign() {
    let server = TestServer::start().await;
    server.store.fail(Read::Keys, Fault::BadRow);
    server.create_api("more", &["more.read"], jeton_core::Algorithm::EdDsa).await;
    for _ in 0..23 {
        server.clock.advance(HOUR);
        server.poll().await;
        assert_eq!(statuses(&server.client("production")).await, [200; 3]);
    }
    server.clock.advance(HOUR);
    server.poll().await;
    assert_eq!(statuses(&server.client("production")).await, [503; 3]);
    server.store.heal();
    server.poll().await;
    assert_eq!(statuses(&server.client("production")).await, [200; 3]);
}
