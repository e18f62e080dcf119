//! How the server follows its store: one poll, and what was changed by another process is served.

use std::time::Duration;

use jeton_core::Algorithm;
use jeton_core::admin::{ApiUpdate, NewCredential, Rotation, SecretSource};
use jeton_core::intent::Intent;
use jeton_core::key_life::KeyMove;
use jeton_core::model::State;
use jeton_core::secret::Secret;
use jeton_server::Poller;
use jeton_testkit::{COMPANY, Fault, Read, ResponseExt as _, TestServer, claims_of, grant, id};

use crate::support::statuses;

#[tokio::test]
async fn a_suspended_credential_is_refused_and_a_resumed_one_is_not() {
    let server = TestServer::start().await;
    let client = server.client("production");
    assert_eq!(statuses(&client).await, [200; 3]);
    let before = claims_of(&client.json().token().await)["rev"].clone();
    client.set_state(State::Suspended).await;
    assert_eq!(statuses(&client).await, [200; 3], "nothing is known before the poll");
    server.poll().await;
    assert_eq!(statuses(&client).await, [401; 3]);
    client.set_state(State::Active).await;
    server.poll().await;
    assert_eq!(statuses(&client).await, [200; 3]);
    assert_ne!(claims_of(&client.json().token().await)["rev"], before, "the generation was raised");
    client.set_state(State::Deleted).await;
    server.poll().await;
    assert_eq!(statuses(&client).await, [401; 3]);
}

#[tokio::test]
async fn a_suspended_company_takes_all_its_credentials_along() {
    let server = TestServer::start().await;
    let clients = [server.client("production"), server.client("sandbox")];
    for state in [State::Suspended, State::Active] {
        for client in &clients {
            statuses(client).await;
        }
        server.admin().set_company_state(&id(COMPANY), state).await.unwrap();
        server.poll().await;
        let expected = if state == State::Active { 200 } else { 401 };
        for client in &clients {
            assert_eq!(statuses(client).await, [expected; 3]);
        }
    }
}

#[tokio::test]
async fn secrets_come_and_go() {
    let server = TestServer::start().await;
    let client = server.client("production");
    assert_eq!(statuses(&client).await, [200; 3]);
    let rotated = client.with_secret(&client.rotate_secret().await);
    server.poll().await;
    assert_eq!(statuses(&client).await, [200; 3]);
    assert_eq!(statuses(&rotated).await, [200; 3]);
    client.revoke_secrets().await;
    server.poll().await;
    assert_eq!(statuses(&client).await, [401; 3]);
    assert_eq!(statuses(&rotated).await, [401; 3]);
}

#[tokio::test]
async fn grants_come_and_go() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let scope = async || claims_of(&client.oauth2().token().await)["scope"].clone();
    assert_eq!(scope().await, "voice.billing voice.numbers");
    client.add_grant("voice:voice.customers").await;
    server.poll().await;
    assert_eq!(scope().await, "voice.billing voice.customers voice.numbers");
    client.remove_grant("voice").await;
    server.poll().await;
    assert_eq!(client.oauth2().send().await.json()["error"], "unauthorized_client");
}

#[tokio::test]
async fn a_client_id_that_failed_as_unknown_is_found_once_it_is_made() {
    let server = TestServer::start().await;
    let secret = "a secret of an operator, 0123456789";
    let client = server.client("production").with_id("newcomer").with_secret(secret);
    assert_eq!(statuses(&client).await, [401; 3]);
    let new = NewCredential {
        company: id(COMPANY),
        environment: id("production"),
        client_id: Some(id("newcomer")),
        label: None,
        owner: None,
        networks: vec![],
        grants: vec![grant("voice")],
        secret: Some(SecretSource::Set(Secret::set_by_operator(secret.to_owned().into()).unwrap())),
    };
    server.make_client(new).await;
    assert_eq!(statuses(&client).await, [401; 3]);
    server.poll().await;
    assert_eq!(statuses(&client).await, [200; 3]);
}

/// The record of failures holds credentials too, which a right secret may use.
#[tokio::test]
async fn what_failed_before_is_followed_as_well() {
    let server = TestServer::start().await;
    let client = server.new_client("production", &["voice"]).await;
    server.poll().await;
    assert_eq!(statuses(&client.with_secret("wrong")).await, [401; 3]);
    let audience = Some(id("https://new.api.example/voice"));
    let update = ApiUpdate { audience, ..ApiUpdate::default() };
    server.admin().update_api(&id("voice"), update).await.unwrap();
    server.poll().await;
    assert_eq!(claims_of(&client.json().token().await)["aud"], "https://new.api.example/voice");

    let client = server.new_client("production", &["voice"]).await;
    server.poll().await;
    assert_eq!(statuses(&client.with_secret("wrong")).await, [401; 3]);
    server.admin().set_company_state(&id(COMPANY), State::Suspended).await.unwrap();
    server.poll().await;
    assert_eq!(statuses(&client).await, [401; 3]);
}

#[tokio::test]
async fn a_new_algorithm_brings_its_key() {
    let server = TestServer::start().await;
    server.create_api("orders", &["orders.read"], Algorithm::EdDsa).await;
    let client = server.new_client("sandbox", &["orders"]).await;
    server.poll().await;
    let token = client.json().token().await;
    assert!(server.verify("sandbox", "https://api.example/orders", &token).await.is_ok());
    // An API that is granted to nobody may change its algorithm.
    let update = ApiUpdate { algorithm: Some(Algorithm::Ps256), ..ApiUpdate::default() };
    client.remove_grant("orders").await;
    server.admin().update_api(&id("orders"), update).await.unwrap();
    client.add_grant("orders").await;
    server.poll().await;
    let token = client.json().token().await;
    let verified = server.verify("sandbox", "https://api.example/orders", &token).await.unwrap();
    assert!(verified.has_scope("orders.read"));
}

/// What is written in a poll that is too long for one read.
#[tokio::test]
async fn more_commits_than_one_read_takes() {
    let server = TestServer::start().await;
    let client = server.client("production");
    assert_eq!(statuses(&client).await, [200; 3]);
    client.set_state(State::Suspended).await;
    for number in 0..600 {
        let name = id(&format!("Acme {number}"));
        server.admin().update_company(&id(COMPANY), Some(name), None).await.unwrap();
    }
    let reads = server.store.count(Read::Changes);
    server.poll().await;
    assert_eq!(server.store.count(Read::Changes) - reads, 2);
    assert_eq!(statuses(&client).await, [401; 3]);
}

#[tokio::test]
async fn a_trimmed_log_flushes() {
    let server = TestServer::start().await;
    let (client, other) = (server.client("production"), server.client("sandbox"));
    assert_eq!(statuses(&client).await, [200; 3]);
    assert_eq!(statuses(&other).await, [200; 3]);
    client.set_state(State::Suspended).await;
    server.clock.advance(Duration::from_secs(1));
    // The newest change stays, so one more hides those before it.
    let purge = async || {
        other.add_grant("voice").await;
        server.purge_changes().await
    };
    assert!(purge().await > 0);
    for _ in 0..2 {
        server.poll().await;
        assert_eq!(statuses(&client).await, [401; 3]);
        assert_eq!(statuses(&other).await, [200; 3]);
        client.set_state(State::Active).await;
        server.poll().await;
        assert_eq!(statuses(&client).await, [200; 3]);
        client.set_state(State::Suspended).await;
        server.clock.advance(Duration::from_secs(1));
        purge().await;
    }
}

/// What was read ahead of the changes that were followed, of a store that then turns out to lack them: as a standby that
/// was behind takes over before the next poll.
#[tokio::test]
async fn a_read_ahead_of_what_is_no_more_is_dropped() {
    let server = TestServer::start().await;
    let (copy, _folder) = server.copy_of_store().await;
    let new = {
        let admin = server.admin();
        let client = server.client("production");
        let rotation = Rotation::default();
        let rotated = admin.rotate_secret(&client.environment, &id(&client.id), rotation).await.unwrap();
        client.with_secret(rotated.value.secret.unwrap().expose())
    };
    assert_eq!(statuses(&new).await, [200; 3], "read before any poll told of it");
    server.store.replace(copy);
    server.poll().await;
    assert_eq!(statuses(&new).await, [401; 3]);
    assert_eq!(statuses(&server.client("production")).await, [200; 3]);
}

/// An older copy of the store was put back: the sequence goes back, and what is cached is from a future that is
/// not.
#[tokio::test]
async fn a_sequence_that_goes_back_flushes() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let (copy, _folder) = server.copy_of_store().await;
    let rotated = client.with_secret(&client.rotate_secret().await);
    let new = server.new_client("production", &["voice"]).await;
    server.poll().await;
    assert_eq!(statuses(&rotated).await, [200; 3]);
    assert_eq!(statuses(&new).await, [200; 3]);
    server.store.replace(copy);
    server.poll().await;
    assert_eq!(statuses(&client).await, [200; 3]);
    assert_eq!(statuses(&rotated).await, [401; 3]);
    assert_eq!(statuses(&new).await, [401; 3]);
    // And it goes on from there.
    client.set_state(State::Suspended).await;
    server.poll().await;
    assert_eq!(statuses(&client).await, [401; 3]);
}

/// Keys that could not be read when they changed are taken up later, by whichever poller comes next.
#[tokio::test]
async fn keys_that_could_not_be_taken_up_are_not_forgotten() {
    let server = TestServer::start().await;
    server.create_api("orders", &["orders.read"], Algorithm::EdDsa).await;
    let client = server.new_client("production", &["orders"]).await;
    server.store.fail(Read::Keys, Fault::Unavailable);
    Poller::new(server.app().clone()).poll().await;
    assert_eq!(client.json().send().await.status(), 500);
    server.store.heal();
    Poller::new(server.app().clone()).poll().await;
    assert_eq!(client.json().send().await.status(), 200);
}

/// A key that another master key sealed, say, must not take the others away.
#[tokio::test]
async fn a_key_that_cannot_be_opened_leaves_the_old_ones() {
    let server = TestServer::start().await;
    let mut keys = server.store.inner().keys().await.unwrap().value.signing;
    let (sealed, mut broken) = (keys.remove(0), keys.remove(0));
    broken.private = sealed.private;
    broken.kid = id("broken");
    broken.algorithm = Algorithm::Rs256;
    server.commit(&[Intent::AddSigningKey(broken.clone())]).await;
    server.poll().await;
    for environment in jeton_testkit::ENVIRONMENTS {
        assert_eq!(statuses(&server.client(environment)).await, [200; 3]);
    }
    // It stops the next start, which says why.
    let why = server.start_another().await.unwrap_err().to_string();
    assert!(why.contains("signing key broken (RS256 in "), "{why}");
    server.commit(&[Intent::MoveSigningKey(KeyMove::remove(&broken.kid, broken.state))]).await;
    server.poll().await;
    server.start_another().await.unwrap();
}

/// Two servers on one store, as the next issues will have them.
#[tokio::test]
async fn a_second_server_takes_up_the_same_keys() {
    let server = TestServer::start().await;
    let before = server.store.inner().keys().await.unwrap();
    let another = server.start_another().await.unwrap();
    assert_eq!(server.store.inner().keys().await.unwrap(), before);
    let request = server.client("production").json().into_request().map(http_body_util::Full::new);
    let answer = another.answer(jeton_server::Connection::default(), request).await;
    assert_eq!(answer.status(), 200);
}
