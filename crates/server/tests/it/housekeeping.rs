//! What one server does for all that share a store.

use std::sync::Arc;
use std::time::Duration;

use jeton_core::model::Sequence;
use jeton_core::{Clock as _, Timestamp};
use jeton_server::{App, Housekeeper};
use jeton_testkit::{COMPANY, Fault, Read, TestServer, id, logs};

const DAY: Duration = Duration::from_hours(24);

async fn oldest_change(server: &TestServer) -> Sequence {
    let changes = server.store.inner().changes(Sequence(0), u32::MAX).await.unwrap();
    changes.rows.first().unwrap().sequence
}

/// One more change, at this moment.
async fn change(server: &TestServer) {
    let name = Some("Acme".parse().unwrap());
    server.admin().update_company(&id(COMPANY), name, None).await.unwrap();
}

async fn housekeepers(server: &TestServer) -> (Arc<App>, Housekeeper, Housekeeper) {
    let other = server.start_another().await.unwrap();
    let (one, two) = (Housekeeper::new(Arc::clone(server.app())), Housekeeper::new(Arc::clone(&other)));
    (other, one, two)
}

#[tokio::test]
async fn changes_are_kept_for_400_days() {
    let server = TestServer::start().await;
    let mut housekeeper = Housekeeper::new(Arc::clone(server.app()));
    server.clock.advance(400 * DAY);
    change(&server).await;
    housekeeper.tend().await;
    assert_eq!(oldest_change(&server).await, Sequence(1));
    server.clock.advance(Duration::from_secs(1));
    housekeeper.tend().await;
    assert_eq!(oldest_change(&server).await, Sequence(1), "not so old by the newest change");
    change(&server).await;
    let last = server.store.inner().changes(Sequence(0), u32::MAX).await.unwrap().sequence;
    housekeeper.tend().await;
    assert_eq!(oldest_change(&server).await, Sequence(last.0 - 1));
    // Who follows the changes has followed those, and needs nothing anew.
    server.poll().await;
    let reads = server.store.count(Read::Keys);
    change(&server).await;
    server.poll().await;
    assert_eq!(server.store.count(Read::Keys), reads);
    assert_eq!(server.client("production").oauth2().send().await.status(), 200);
}

/// The wall clock of a server is far ahead, and nobody else's.
#[tokio::test]
async fn a_clock_far_ahead_removes_nothing() {
    let server = TestServer::start().await;
    let mut housekeeper = Housekeeper::new(Arc::clone(server.app()));
    let wall = server.clock.now();
    for ahead in [10 * 365 * DAY, 200 * 365 * DAY] {
        server.clock.set_wall(wall.plus(ahead));
        housekeeper.tend().await;
    }
    server.clock.set_wall(Timestamp(i64::MAX));
    housekeeper.tend().await;
    server.clock.set_wall(Timestamp(i64::MIN));
    housekeeper.tend().await;
    assert_eq!(oldest_change(&server).await, Sequence(1));
}

#[tokio::test]
async fn one_of_two_servers_does_it_until_it_is_gone() {
    let server = TestServer::start().await;
    let (_other, mut one, mut two) = housekeepers(&server).await;
    one.tend().await;
    two.tend().await;
    let fill = async || {
        change(&server).await;
        server.clock.advance(401 * DAY);
        change(&server).await;
        oldest_change(&server).await
    };
    let before = fill().await;
    // By the clock the first has been silent for long, but the second saw its beat a moment ago for the first time.
    one.tend().await;
    assert_ne!(oldest_change(&server).await, before, "the first holds the lease");
    let before = fill().await;
    two.tend().await;
    assert_eq!(oldest_change(&server).await, before, "the second saw it move on");
    // The first is gone.
    server.clock.advance(Duration::from_secs(59));
    two.tend().await;
    assert_eq!(oldest_change(&server).await, before, "not for long enough");
    server.clock.advance(Duration::from_secs(1));
    two.tend().await;
    assert_ne!(oldest_change(&server).await, before, "the second took it over");
    let before = fill().await;
    one.tend().await;
    assert_eq!(oldest_change(&server).await, before, "the first came back, and has lost it");
}

#[tokio::test]
async fn one_that_ends_well_makes_room_at_once() {
    let server = TestServer::start().await;
    let (_other, mut one, mut two) = housekeepers(&server).await;
    one.tend().await;
    two.tend().await;
    change(&server).await;
    server.clock.advance(401 * DAY);
    change(&server).await;
    let before = oldest_change(&server).await;
    // One that ends and has nothing to give takes nothing from the first.
    Housekeeper::new(Arc::clone(server.app())).run(async {}).await;
    one.tend().await;
    assert_ne!(oldest_change(&server).await, before, "the first holds the lease");
    one.run(async {}).await;
    change(&server).await;
    server.clock.advance(401 * DAY);
    change(&server).await;
    let before = oldest_change(&server).await;
    two.tend().await;
    assert_ne!(oldest_change(&server).await, before, "nobody waited for a minute");
}

#[tokio::test]
async fn a_lease_that_cannot_be_given_back_is_told_of() {
    logs::capture();
    let server = TestServer::start().await;
    let mut housekeeper = Housekeeper::new(Arc::clone(server.app()));
    housekeeper.tend().await;
    server.store.fail(Read::Other, Fault::Unavailable);
    housekeeper.run(async {}).await;
    assert!(logs::text().contains("housekeeping could not be handed over"), "{}", logs::text());
}

#[tokio::test]
async fn a_store_that_is_away_is_told_of_once() {
    logs::capture();
    let server = TestServer::start().await;
    let mut housekeeper = Housekeeper::new(Arc::clone(server.app()));
    server.store.fail(Read::Other, Fault::Unavailable);
    housekeeper.tend().await;
    housekeeper.tend().await;
    server.store.heal();
    housekeeper.tend().await;
    let said = logs::text();
    assert_eq!(said.matches("housekeeping failed").count(), 1, "{said}");
    assert_eq!(said.matches("housekeeping goes on").count(), 1, "{said}");
}
