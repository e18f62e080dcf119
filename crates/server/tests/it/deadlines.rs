//! Secrets that end: at the moment that was said, on every server, and after a restart too.

use std::time::Duration;

use jeton_core::admin::{AdminError, Deadline, Rotation};
use jeton_core::intent::RefusedReason;
use jeton_server::Connection;
use jeton_testkit::{Client, TestServer, id};

use crate::support::statuses;

const DAY: Duration = Duration::from_hours(24);

fn overlap(overlap: Duration) -> Rotation {
    Rotation { overlap: Some(overlap), ..Rotation::default() }
}

/// Rotates, and gives who has the new secret.
async fn rotate<'a>(server: &TestServer, client: &Client<'a>, rotation: Rotation) -> Client<'a> {
    let new = server.admin().rotate_secret(&client.environment, &id(&client.id), rotation).await.unwrap();
    client.with_secret(new.value.secret.unwrap().expose())
}

async fn move_end(server: &TestServer, client: &Client<'_>, deadline: Deadline) -> Result<(), AdminError> {
    server.admin().set_deadline(&client.environment, &id(&client.id), None, deadline).await
}

#[tokio::test]
async fn the_old_secret_ends_at_the_deadline_exactly() {
    let server = TestServer::start().await;
    let old = server.client("production");
    let new = rotate(&server, &old, overlap(7 * DAY)).await;
    server.poll().await;
    server.clock.advance((7 * DAY).saturating_sub(Duration::from_micros(1)));
    server.poll().await;
    assert_eq!([statuses(&old).await, statuses(&new).await], [[200; 3]; 2]);
    // Nobody told the server anything: it knows from memory.
    server.clock.advance(Duration::from_micros(1));
    assert_eq!([statuses(&old).await, statuses(&new).await], [[401; 3], [200; 3]]);
}

#[tokio::test]
async fn and_on_a_server_that_started_meanwhile() {
    let server = TestServer::start().await;
    let old = server.client("production");
    let new = rotate(&server, &old, overlap(DAY / 2)).await;
    let another = server.start_another().await.unwrap();
    let status = async |client: &Client<'_>| {
        let request = client.oauth2().into_request().map(http_body_util::Full::new);
        another.answer(Connection::default(), request).await.status().as_u16()
    };
    assert_eq!([status(&old).await, status(&new).await], [200; 2]);
    server.clock.advance(DAY / 2);
    assert_eq!([status(&old).await, status(&new).await], [401, 200]);
}

#[tokio::test]
async fn without_an_overlap_the_old_one_goes_on() {
    let server = TestServer::start().await;
    let old = server.client("production");
    let new = rotate(&server, &old, Rotation::default()).await;
    server.clock.advance(400 * DAY);
    server.poll().await;
    assert_eq!([statuses(&old).await, statuses(&new).await], [[200; 3]; 2]);
    // An overlap of nothing makes room at once.
    let refused = server.admin().rotate_secret(&old.environment, &id(&old.id), overlap(Duration::ZERO)).await;
    assert!(
        matches!(refused, Err(AdminError::Refused(RefusedReason::TwoSecrets { .. }))),
        "two live, and nobody said which is the old one: {refused:?}"
    );
    old.revoke_secrets().await;
    let third = rotate(&server, &old, Rotation::default()).await;
    let fourth = rotate(&server, &old, overlap(Duration::ZERO)).await;
    server.poll().await;
    assert_eq!([statuses(&third).await, statuses(&fourth).await], [[401; 3], [200; 3]]);
}

#[tokio::test]
async fn an_overlap_never_prolongs() {
    let server = TestServer::start().await;
    let old = server.client("production");
    move_end(&server, &old, Deadline::Sooner(DAY)).await.unwrap();
    let new = rotate(&server, &old, overlap(7 * DAY)).await;
    server.clock.advance(DAY);
    server.poll().await;
    assert_eq!([statuses(&old).await, statuses(&new).await], [[401; 3], [200; 3]]);
}

#[tokio::test]
async fn a_new_secret_may_have_an_end_of_its_own() {
    let server = TestServer::start().await;
    let old = server.client("production");
    let rotation = Rotation { lifetime: Some(DAY), ..Rotation::default() };
    let new = rotate(&server, &old, rotation).await;
    server.poll().await;
    assert_eq!(statuses(&new).await, [200; 3]);
    server.clock.advance(DAY);
    server.poll().await;
    assert_eq!([statuses(&old).await, statuses(&new).await], [[200; 3], [401; 3]]);
}

#[tokio::test]
async fn an_end_is_moved_in_the_direction_that_was_said() {
    let server = TestServer::start().await;
    let client = server.client("production");
    for without_an_end in [Deadline::Later(DAY), Deadline::Never] {
        let refused = move_end(&server, &client, without_an_end).await;
        assert!(matches!(refused, Err(AdminError::Deadline(_))), "{refused:?}");
    }
    move_end(&server, &client, Deadline::Sooner(2 * DAY)).await.unwrap();
    for wrong in
        [Deadline::Sooner(2 * DAY), Deadline::Sooner(3 * DAY), Deadline::Later(2 * DAY), Deadline::Later(DAY)]
    {
        let refused = move_end(&server, &client, wrong).await;
        assert!(matches!(refused, Err(AdminError::Deadline(_))), "{wrong:?}: {refused:?}");
    }
    move_end(&server, &client, Deadline::Later(4 * DAY)).await.unwrap();
    server.clock.advance(3 * DAY);
    server.poll().await;
    assert_eq!(statuses(&client).await, [200; 3]);
    move_end(&server, &client, Deadline::Never).await.unwrap();
    server.clock.advance(300 * DAY);
    server.poll().await;
    assert_eq!(statuses(&client).await, [200; 3]);
    // What has ended is not brought back.
    move_end(&server, &client, Deadline::Sooner(DAY)).await.unwrap();
    server.clock.advance(DAY);
    let refused = move_end(&server, &client, Deadline::Never).await;
    assert!(matches!(refused, Err(AdminError::Refused(RefusedReason::NoLiveSecret { .. }))), "{refused:?}");
}
