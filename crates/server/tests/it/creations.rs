//! Creations that are asked for again: what comes of them, through the use cases that all front ends share.

use std::time::Duration;

use jeton_core::admin::{Admin, AdminError, Asked, NewApi, NewCredential, Rotation, SecretSource};
use jeton_core::intent::{CreationKey, RefusedReason};
use jeton_core::model::{Audience, State};
use jeton_core::{Algorithm, Clock as _};
use jeton_testkit::{COMPANY, TestServer, id};

use crate::support::statuses;

/// An administrator whose request has this key, and asks for what that hash stands for.
fn asking(server: &TestServer, key: u8, request: u8) -> Admin {
    let expires = server.clock.now().plus(Duration::from_hours(24));
    let creation = Some(CreationKey { key: [key; 32], request: [request; 32], expires });
    let admin = server.admin();
    Admin { asked: Asked { creation, ..admin.asked.clone() }, ..admin }
}

fn new_credential(secret: Option<SecretSource>) -> NewCredential {
    NewCredential {
        company: id(COMPANY),
        environment: id("production"),
        client_id: None,
        label: None,
        owner: None,
        networks: vec![],
        grants: vec![],
        secret,
    }
}

fn another_key_needed<T: std::fmt::Debug>(result: Result<T, AdminError>) {
    match result {
        Err(AdminError::Refused(RefusedReason::Repeated { same_request: false, .. })) => {}
        other => panic!("{other:?}"),
    }
}

fn gone<T: std::fmt::Debug>(result: Result<T, AdminError>, gone: &str) {
    match result {
        Err(AdminError::CreatedBeforeAndGone { what, .. }) => assert_eq!(what, gone),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_credential_is_made_once_and_its_secret_shown_once() {
    let server = TestServer::start().await;
    let ask = async |request| {
        asking(&server, 1, request).create_credential(new_credential(Some(SecretSource::Generated))).await
    };
    let first = ask(1).await.unwrap();
    assert!(!first.replayed && first.value.secret.is_some());
    let again = ask(1).await.unwrap();
    assert!(again.replayed && again.value.secret.is_none());
    assert_eq!(again.value.credential, first.value.credential);
    another_key_needed(ask(2).await);
    // As it is now.
    let (environment, client_id) = (id("production"), first.value.credential.client_id);
    server.admin().set_credential_state(&environment, &client_id, State::Suspended).await.unwrap();
    assert_eq!(ask(1).await.unwrap().value.credential.state, State::Suspended);
    server.admin().set_credential_state(&environment, &client_id, State::Deleted).await.unwrap();
    gone(ask(1).await, "credential");
    // A day later the key is anybody's.
    server.clock.advance(Duration::from_hours(24));
    let anew = ask(2).await.unwrap();
    assert!(!anew.replayed);
    assert_ne!(anew.value.credential.client_id, client_id);
}

#[tokio::test]
async fn a_secret_is_added_once() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let ask = async |request| {
        let rotation = Rotation { overlap: Some(Duration::ZERO), ..Rotation::default() };
        asking(&server, 1, request).rotate_secret(&client.environment, &id(&client.id), rotation).await
    };
    let first = ask(1).await.unwrap();
    let again = ask(1).await.unwrap();
    assert!(!first.replayed && first.value.secret.is_some());
    assert!(again.replayed && again.value.secret.is_none());
    assert_eq!(again.value.stored.id, first.value.stored.id);
    assert!(again.value.stored.revoked.is_none(), "the second request did not end what the first one made");
    another_key_needed(ask(2).await);
    server.admin().set_credential_state(&client.environment, &id(&client.id), State::Deleted).await.unwrap();
    let later = asking(&server, 1, 1);
    let rotation = Rotation::default();
    gone(later.rotate_secret(&client.environment, &id(&client.id), rotation).await, "secret");
}

#[tokio::test]
async fn companies_and_apis_are_made_once() {
    let server = TestServer::start().await;
    let company =
        async |request| asking(&server, 1, request).create_company(&id("new"), id("New"), Some(3)).await;
    assert!(!company(1).await.unwrap().replayed);
    assert!(company(1).await.unwrap().replayed);
    another_key_needed(company(2).await);
    // Without a key, the id is taken.
    let taken = server.admin().create_company(&id("new"), id("New"), None).await;
    assert!(matches!(taken, Err(AdminError::Refused(RefusedReason::Exists { .. }))), "{taken:?}");
    server.admin().set_company_state(&id("new"), State::Deleted).await.unwrap();
    gone(company(1).await, "company");

    let api = async |key| {
        let audience = Audience { default: id("https://api.example/new"), by_environment: [].into() };
        let new = NewApi { id: id("new"), audience, scopes: vec![], algorithm: Algorithm::EdDsa };
        asking(&server, key, 1).create_api(new).await
    };
    another_key_needed(asking(&server, 1, 7).create_company(&id("newer"), id("New"), None).await);
    assert!(!api(2).await.unwrap().replayed);
    assert!(api(2).await.unwrap().replayed);
    server.admin().delete_api(&id("new")).await.unwrap();
    gone(api(2).await, "API");
}

/// A key says nothing of what changes what is there.
#[tokio::test]
async fn a_key_holds_up_no_other_change() {
    let server = TestServer::start().await;
    let admin = asking(&server, 1, 1);
    admin.create_credential(new_credential(None)).await.unwrap();
    for name in ["One", "Two"] {
        admin.update_company(&id(COMPANY), Some(id(name)), None).await.unwrap();
    }
    assert_eq!(admin.company(&id(COMPANY)).await.unwrap().name, id("Two"));
}

#[tokio::test]
async fn a_credential_without_a_secret_has_no_tokens_until_it_gets_one() {
    let server = TestServer::start().await;
    let created = server.admin().create_credential(new_credential(None)).await.unwrap().value;
    assert!(created.secret.is_none() && created.credential.secrets.is_empty());
    let client = server.client("production").with_id(created.credential.client_id.as_str());
    assert_eq!(statuses(&client.with_secret("a-guess-of-somebody")).await, [401; 3]);
}
