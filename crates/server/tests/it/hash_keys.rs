//! Keys of the secrets' hash that take each other's place.

use std::sync::Arc;

use jeton_core::Clock as _;
use jeton_core::model::Credential;
use jeton_server::Housekeeper;
use jeton_testkit::{Client, TestServer, id};

use crate::support::statuses;

async fn stored(server: &TestServer, client: &Client<'_>) -> Credential {
    let found = server.store.inner().credential(&client.environment, &id(&client.id)).await.unwrap();
    found.unwrap()
}

/// How many live secrets hang on each key.
async fn uses(server: &TestServer) -> Vec<(i64, u32)> {
    server.store.inner().hash_key_uses(server.clock.now()).await.unwrap()
}

#[tokio::test]
async fn a_secret_moves_to_the_newest_key_when_it_is_used() {
    let server = TestServer::start().await;
    let (client, idle) = (server.client("production"), server.client("sandbox"));
    let mut housekeeper = Housekeeper::new(Arc::clone(server.app()));
    assert_eq!(statuses(&client).await, [200; 3]);
    assert_eq!(server.admin().add_hash_key().await.unwrap(), 2);
    server.poll().await;
    assert_eq!(statuses(&client.with_secret("wrong")).await, [401; 3]);
    housekeeper.tend().await;
    assert_eq!(uses(&server).await, [(1, 2)], "a wrong secret moves nothing");
    assert_eq!(statuses(&client).await, [200; 3]);
    let before = stored(&server, &client).await;
    housekeeper.tend().await;
    assert_eq!(uses(&server).await, [(1, 1), (2, 1)]);
    let after = stored(&server, &client).await;
    assert_eq!(after.revision, before.revision, "nothing changed but how it is kept");
    assert_ne!(after.secrets[0].lookup_tag, before.secrets[0].lookup_tag);
    assert_eq!(statuses(&client).await, [200; 3]);

    let found = server.admin().find_secret(&secret(&client)).await.unwrap().unwrap();
    assert_eq!(found.credential.client_id.as_str(), client.id, "a leaked one is still found");

    // Another server has the old hash in memory, or reads the new one: both are right.
    let locked_out = server.admin().locked_out_without(1).await.unwrap();
    assert_eq!(locked_out.len(), 1);
    assert_eq!(locked_out[0].0, idle.environment);
    assert!(server.admin().drop_hash_key(1, false).await.is_err());
    server.admin().drop_hash_key(1, true).await.unwrap();
    server.poll().await;
    assert_eq!([statuses(&client).await, statuses(&idle).await], [[200; 3], [401; 3]]);
}

fn secret(client: &Client<'_>) -> jeton_core::secret::PresentedSecret {
    jeton_core::secret::PresentedSecret::new(client.secret.clone().into_bytes())
}

/// Between two polls, a server may meet a secret that another one has moved already.
#[tokio::test]
async fn a_server_that_has_not_heard_of_a_key_refuses_nobody_for_it() {
    let server = TestServer::start().await;
    let client = server.client("production");
    server.admin().add_hash_key().await.unwrap();
    let rotated = client.with_secret(&client.rotate_secret().await);
    assert_eq!(statuses(&rotated).await, [503; 3], "it cannot say");
    server.poll().await;
    assert_eq!([statuses(&rotated).await, statuses(&client).await], [[200; 3]; 2]);
}

#[tokio::test]
async fn a_secret_that_died_meanwhile_stays_dead() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let mut housekeeper = Housekeeper::new(Arc::clone(server.app()));
    server.admin().add_hash_key().await.unwrap();
    server.poll().await;
    assert_eq!(statuses(&client).await, [200; 3]);
    server
        .admin()
        .revoke_secrets(&client.environment, &id(&client.id), jeton_core::intent::WhichSecrets::All)
        .await
        .unwrap();
    let again = client.with_secret(&client.rotate_secret().await);
    housekeeper.tend().await;
    server.poll().await;
    assert_eq!(
        [statuses(&again).await, statuses(&client).await],
        [[200; 3], [401; 3]],
        "a dead one moves too, and stays dead"
    );
}
