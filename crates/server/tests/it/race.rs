//! The race of load, change and insert: what was read before a change must not be served after it.
//!
//! Each test holds a request back once it has read its credential, makes a change and lets the server take it up,
//! and only then lets the request go on. Its own answer may be of before; those after it may not.

use jeton_core::admin::{ApiUpdate, SecretSource};
use jeton_core::model::State;
use jeton_testkit::{COMPANY, Client, Read, TestServer, claims_of, id};

use crate::support::statuses;

/// Sends a token request whose read began before `change` and ended after it. Returns the status.
async fn overtaken(server: &TestServer, client: &Client<'_>, change: impl AsyncFnOnce()) -> u16 {
    let mut held = server.store.hold(Read::Credentials);
    let changing = async {
        held.reached().await;
        change().await;
        server.poll().await;
        held.release();
    };
    let (answer, ()) = tokio::join!(client.oauth2().send(), changing);
    answer.status().as_u16()
}

#[tokio::test]
async fn a_change_of_the_credential() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let status = overtaken(&server, &client, async || client.set_state(State::Suspended).await).await;
    assert_eq!(status, 200);
    assert_eq!(statuses(&client).await, [401; 3]);
}

#[tokio::test]
async fn a_change_of_the_secret() {
    let server = TestServer::start().await;
    let client = server.client("production");
    overtaken(&server, &client, async || client.revoke_secrets().await).await;
    assert_eq!(statuses(&client).await, [401; 3]);
}

#[tokio::test]
async fn a_change_of_the_grant() {
    let server = TestServer::start().await;
    let client = server.client("production");
    overtaken(&server, &client, async || client.remove_grant("voice:voice.billing").await).await;
    assert_eq!(claims_of(&client.oauth2().token().await)["scope"], "voice.numbers");
}

#[tokio::test]
async fn a_change_of_the_company() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let suspend = async || {
        server.admin().set_company_state(&id(COMPANY), State::Suspended).await.unwrap();
    };
    overtaken(&server, &client, suspend).await;
    assert_eq!(statuses(&client).await, [401; 3]);
}

#[tokio::test]
async fn a_change_of_the_api() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let update = async || {
        let audience = Some(id("https://new.api.example/voice"));
        let update = ApiUpdate { audience, ..ApiUpdate::default() };
        server.admin().update_api(&id("voice"), update).await.unwrap();
    };
    overtaken(&server, &client, update).await;
    assert_eq!(claims_of(&client.oauth2().token().await)["aud"], "https://new.api.example/voice");
}

/// The failures' record has the same race: an id that was unknown when it was read.
#[tokio::test]
async fn a_client_id_that_is_made_meanwhile() {
    let server = TestServer::start().await;
    let secret = "a secret of an operator, 0123456789";
    let client = server.client("production").with_id("newcomer").with_secret(secret);
    let create = async || {
        server
            .make_client(jeton_core::admin::NewCredential {
                company: id(COMPANY),
                environment: id("production"),
                client_id: Some(id("newcomer")),
                label: None,
                owner: None,
                networks: vec![],
                grants: vec![jeton_testkit::grant("voice")],
                secret: Some(SecretSource::Set(
                    jeton_core::secret::Secret::set_by_operator(secret.to_owned().into()).unwrap(),
                )),
            })
            .await;
    };
    assert_eq!(overtaken(&server, &client, create).await, 401);
    assert_eq!(statuses(&client).await, [200; 3]);
}

/// A wrong secret that becomes right.
#[tokio::test]
async fn a_secret_that_is_added_meanwhile() {
    let server = TestServer::start().await;
    let client = server.client("production");
    client.revoke_secrets().await;
    server.poll().await;
    let new = tokio::sync::OnceCell::new();
    let rotate = async || {
        let secret = client.rotate_secret().await;
        new.set(secret).unwrap();
    };
    assert_eq!(overtaken(&server, &client, rotate).await, 401);
    assert_eq!(statuses(&client).await, [401; 3]);
    assert_eq!(statuses(&client.with_secret(new.get().unwrap())).await, [200; 3]);
}

/// The change is committed but not followed yet: what is read then is new already, and stays.
#[tokio::test]
async fn what_is_read_after_the_change_and_before_the_poll_is_kept() {
    let server = TestServer::start().await;
    let client = server.client("production");
    client.remove_grant("voice:voice.billing").await;
    assert_eq!(claims_of(&client.oauth2().token().await)["scope"], "voice.numbers");
    client.add_grant("voice:voice.billing").await;
    server.poll().await;
    assert_eq!(claims_of(&client.oauth2().token().await)["scope"], "voice.billing voice.numbers");
}

/// A poll that has read the changes of before, held back until after a newer one was followed by nobody.
#[tokio::test]
async fn a_change_during_a_poll_is_taken_up_by_the_next() {
    let server = TestServer::start().await;
    let client = server.client("production");
    assert_eq!(statuses(&client).await, [200; 3]);
    let mut held = server.store.hold(Read::Changes);
    let changing = async {
        held.reached().await;
        client.set_state(State::Suspended).await;
        assert_eq!(client.oauth2().send().await.status(), 200);
        held.release();
    };
    tokio::join!(server.poll(), changing);
    assert_eq!(client.oauth2().send().await.status(), 200);
    server.poll().await;
    assert_eq!(statuses(&client).await, [401; 3]);
}
