//! Credentials that may be used from some networks only, in every dialect.

use std::sync::Arc;

use http_body_util::Full;
use ipnet::IpNet;
use jeton_core::admin::{CredentialUpdate, NewCredential, SecretSource};
use jeton_server::config::{Config, Dialect};
use jeton_server::{App, Connection, Poller};
use jeton_testkit::{COMPANY, Client, GRANTED, ResponseExt as _, TestServer, grant, id, logs};

use crate::support::{assert_invalid_client, likeness, statuses};

const INSIDE: &str = "192.0.2.7";
const OUTSIDE: &str = "198.51.100.7";
const PROXY: &str = "10.0.0.1";

/// What another system made of [`PASSWORD`].
const HASH: &str = "pbkdf2_sha256$1000$saltysaltysalt$o5YqkmlaBt4ACUD446DPAG9i0CFBfIjEyY6bH/ZQLf8=";
const PASSWORD: &str = "correct horse battery staple \u{fc}";

fn parsed(networks: &[&str]) -> Vec<IpNet> {
    networks.iter().map(|network| network.parse().unwrap()).collect()
}

async fn with_secret<'a>(server: &'a TestServer, networks: &[&str], secret: SecretSource) -> Client<'a> {
    let new = NewCredential {
        company: id(COMPANY),
        environment: id("production"),
        client_id: None,
        label: None,
        owner: None,
        networks: parsed(networks),
        grants: vec![grant(GRANTED)],
        secret: Some(secret),
    };
    let client = server.make_client(new).await;
    server.poll().await;
    client
}

/// A client that may come from these networks.
async fn with_networks<'a>(server: &'a TestServer, networks: &[&str]) -> Client<'a> {
    with_secret(server, networks, SecretSource::Generated).await
}

async fn set_networks(server: &TestServer, client: &Client<'_>, networks: &[&str]) {
    let update = CredentialUpdate { networks: Some(parsed(networks)), ..CredentialUpdate::default() };
    server.admin().update_credential(&client.environment, &id(&client.id), update).await.unwrap();
}

/// The statuses of all dialects.
async fn from(client: &Client<'_>, address: &str) -> Vec<u16> {
    let mut statuses = vec![];
    for dialect in Dialect::ALL {
        statuses.push(client.call(dialect).from_address(address).send().await.status().as_u16());
    }
    statuses
}

#[tokio::test]
async fn outside_of_them_a_right_secret_is_answered_like_a_wrong_one() {
    logs::capture();
    let server = TestServer::start().await;
    let client = with_networks(&server, &["192.0.2.0/24"]).await;
    for dialect in Dialect::ALL {
        let inside = client.call(dialect).from_address(INSIDE).send().await;
        assert_eq!(inside.status(), 200, "{dialect}");
        let outside = client.call(dialect).from_address(OUTSIDE).send().await;
        assert_invalid_client(dialect, &outside);
        let wrong = client.with_secret("wrong").call(dialect).from_address(OUTSIDE).send().await;
        assert_eq!(likeness(&outside), likeness(&wrong), "{dialect}");
        assert_eq!(logs::request(outside.request_id())["reason"], "address_not_allowed");
        // Who has no right secret learns nothing of networks, and nor does the log.
        assert_eq!(logs::request(wrong.request_id())["reason"], "wrong_secret");
    }
}

#[tokio::test]
async fn without_a_known_address_a_list_refuses() {
    let server = TestServer::start().await;
    let listed = with_networks(&server, &["0.0.0.0/0", "::/0"]).await;
    let free = with_networks(&server, &[]).await;
    assert_eq!(statuses(&free).await, [200; 3]);
    assert_eq!(statuses(&listed).await, [401; 3]);
    for address in [INSIDE, "2001:db8::1"] {
        assert_eq!(from(&listed, address).await, [200; 3]);
    }
}

#[tokio::test]
async fn ipv4_within_ipv6_is_ipv4() {
    let server = TestServer::start().await;
    let four = with_networks(&server, &["192.0.2.0/24"]).await;
    let six = with_networks(&server, &["2001:db8::/32", "::/1"]).await;
    assert_eq!(from(&four, "::ffff:192.0.2.7").await, [200; 3]);
    assert_eq!(from(&four, "::ffff:198.51.100.7").await, [401; 3]);
    assert_eq!(from(&four, "::192.0.2.7").await, [401; 3]);
    assert_eq!(from(&six, "2001:db8::7").await, [200; 3]);
    // Its bits are within `::/1`, and it is none of that network all the same.
    assert_eq!(from(&six, "::ffff:192.0.2.7").await, [401; 3]);
}

#[tokio::test]
async fn behind_proxies_what_they_vouch_for_counts_and_nothing_else() {
    let config = Config { trusted_proxies: parsed(&["10.0.0.0/8"]), ..Config::default() };
    let server = TestServer::builder().config(config).start().await;
    let client = with_networks(&server, &["192.0.2.0/24"]).await;
    let through = async |peer: &str, header: &str, text: &str| {
        let mut statuses = vec![];
        for dialect in Dialect::ALL {
            let call = client.call(dialect).from_address(peer).header(header, text);
            statuses.push(call.send().await.status().as_u16());
        }
        statuses
    };
    assert_eq!(through(PROXY, "x-forwarded-for", INSIDE).await, [200; 3]);
    assert_eq!(through(PROXY, "x-forwarded-for", "198.51.100.7, 192.0.2.7").await, [200; 3]);
    assert_eq!(through(PROXY, "forwarded", "for=192.0.2.7").await, [200; 3]);
    // What the client wrote stands left of what the proxy saw.
    assert_eq!(through(PROXY, "x-forwarded-for", "192.0.2.7, 198.51.100.7").await, [401; 3]);
    assert_eq!(through(PROXY, "forwarded", "for=192.0.2.7, for=198.51.100.7").await, [401; 3]);
    assert_eq!(through(PROXY, "forwarded", "for=unknown").await, [401; 3]);
    // Nobody believes a stranger.
    assert_eq!(through(OUTSIDE, "x-forwarded-for", INSIDE).await, [401; 3]);
    assert_eq!(through(OUTSIDE, "forwarded", "for=192.0.2.7").await, [401; 3]);
    // And the proxy itself is no client within the networks.
    assert_eq!(from(&client, PROXY).await, [401; 3]);
}

#[tokio::test]
async fn a_change_is_followed_by_every_node() {
    let server = TestServer::start().await;
    let client = with_networks(&server, &[]).await;
    let another = server.start_another().await.unwrap();
    let mut follows = Poller::new(Arc::clone(&another));
    assert_eq!(from(&client, OUTSIDE).await, [200; 3]);
    assert_eq!(at(&another, &client, OUTSIDE).await, 200);
    set_networks(&server, &client, &["192.0.2.0/24"]).await;
    assert_eq!(from(&client, OUTSIDE).await, [200; 3], "nothing is known before the poll");
    server.poll().await;
    follows.poll().await;
    assert_eq!(from(&client, OUTSIDE).await, [401; 3]);
    assert_eq!(at(&another, &client, OUTSIDE).await, 401);
    // A failure that is remembered stands in nobody's way who comes from elsewhere.
    assert_eq!(from(&client, INSIDE).await, [200; 3]);
    assert_eq!(at(&another, &client, INSIDE).await, 200);
    set_networks(&server, &client, &[]).await;
    server.poll().await;
    follows.poll().await;
    assert_eq!(from(&client, OUTSIDE).await, [200; 3]);
    assert_eq!(at(&another, &client, OUTSIDE).await, 200);
}

async fn at(node: &Arc<App>, client: &Client<'_>, address: &str) -> u16 {
    let peer = Some(address.parse().unwrap());
    let request = client.oauth2().into_request().map(Full::new);
    node.answer(Connection { peer, ..Connection::default() }, request).await.status().as_u16()
}

#[tokio::test]
async fn revocation_and_introspection_refuse_alike() {
    logs::capture();
    let server = TestServer::start().await;
    let client = with_networks(&server, &["192.0.2.0/24"]).await;
    let token = client.oauth2().from_address(INSIDE).token().await;
    let present = async |client: &Client<'_>, path: &str, address: &str| {
        client.oauth2().target(path).param("token", &token).from_address(address).send().await
    };
    for path in ["/oauth/v2/introspect", "/oauth/v2/revoke"] {
        let outside = present(&client, path, OUTSIDE).await;
        assert_eq!(outside.status(), 401, "{path}");
        let wrong = present(&client.with_secret("wrong"), path, OUTSIDE).await;
        assert_eq!(likeness(&outside), likeness(&wrong), "{path}");
        assert_eq!(logs::request(outside.request_id())["reason"], "address_not_allowed");
    }
    let answer = present(&client, "/oauth/v2/introspect", INSIDE).await;
    assert_eq!(answer.json()["active"], true, "nobody outside has revoked it");
    assert_eq!(present(&client, "/oauth/v2/revoke", INSIDE).await.status(), 200);
}

/// The slow hash is computed all the same, so that the time of an answer says nothing of networks.
#[tokio::test]
async fn the_secret_of_another_system_is_judged_first() {
    logs::capture();
    let server = TestServer::start().await;
    let secret = SecretSource::Imported(HASH.parse().unwrap());
    let client = with_secret(&server, &["192.0.2.0/24"], secret).await.with_secret(PASSWORD);
    let outside = client.oauth2().from_address(OUTSIDE).send().await;
    assert_eq!(outside.status(), 401);
    assert_eq!(logs::request(outside.request_id())["reason"], "address_not_allowed");
    assert_eq!(from(&client, INSIDE).await, [200; 3]);
    let wrong = client.with_secret("wrong").oauth2().from_address(OUTSIDE).send().await;
    assert_eq!(logs::request(wrong.request_id())["reason"], "wrong_secret");
}
