//! Secrets that another system hashed, at the token endpoints.

use futures_util::future::join_all;
use jeton_core::admin::{NewCredential, SecretSource};
use jeton_server::config::Dialect;
use jeton_testkit::{COMPANY, Client, GRANTED, ResponseExt as _, TestServer, grant, id};

use crate::support::{assert_answer, statuses};

const SECRET: &str = "correct horse battery staple \u{fc}";

/// What other systems made of it, one for each algorithm and more; see core's tests for who made them.
const HASHES: [&str; 6] = [
    "$2b$04$.ajiKEW2.EfsKbMkD9pZBOsUr76mb7mq2uqHrYwDPLy7OzQcWAou2",
    "$pbkdf2-sha512$1000$fW/NWYux9j4nJCTkfA/BOA$Ke.O.7DalZiiRNPx9nwcs8vocwDZzpJO71yZ.271xLSHuQTxpeUMXKFQj8OAOlq10Ce4ef.B6D1n1pIO0gSWBA",
    "$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$Js09YheLS/dMyoyI/KpDVBllIOE4a/rPAB81tOXOe4U",
    "pbkdf2_sha256$1000$saltysaltysalt$o5YqkmlaBt4ACUD446DPAG9i0CFBfIjEyY6bH/ZQLf8=",
    "$scrypt$ln=10,r=8,p=1$j3Gu9d5bq1VKiXHuHWNsTQ$T5qSOW01cx/jhs4jLMudiQLQ/i/Yx6uZMrLYd+mlg4Q",
    "$argon2id$v=19$m=256,t=2,p=2$UioF4BzDuNc65xyjFIKQsg$rL6gHBcKtC52+F4T4sls4g",
];

/// One that takes a core for a good part of a second.
const SLOW: &str = "$2b$12$cRXtsH90Gu70MvZ8Pc2jkuQlOCYUUDlRJTa3hurkV0v0TFHSITfTu";

async fn with_hash<'a>(server: &'a TestServer, hash: &str) -> Client<'a> {
    let new = NewCredential {
        company: id(COMPANY),
        environment: id("production"),
        client_id: None,
        label: None,
        owner: None,
        networks: vec![],
        grants: vec![grant(GRANTED)],
        secret: Some(SecretSource::Imported(hash.parse().unwrap())),
    };
    let client = server.make_client(new).await.with_secret(SECRET);
    server.poll().await;
    client
}

/// How many slow hashes were computed.
async fn computed(server: &TestServer) -> u32 {
    let answer = server.management("/metrics").send().await;
    let text = answer.text();
    let line = text.lines().find_map(|line| line.strip_prefix("jeton_slow_hashes_total "));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn each_form_serves_at_first_sight_in_every_dialect() {
    for hash in HASHES {
        let server = TestServer::start().await;
        let client = with_hash(&server, hash).await;
        assert_eq!(statuses(&client.with_secret("wrong")).await, [401; 3], "{hash}");
        assert_eq!(statuses(&client).await, [200; 3], "{hash}");
        let before = computed(&server).await;
        assert_eq!(statuses(&client).await, [200; 3], "{hash}");
        assert_eq!(statuses(&client.with_secret("wrong")).await, [401; 3], "{hash}");
        assert_eq!(computed(&server).await, before, "{hash}");
        assert_eq!(statuses(&client.in_environment("sandbox")).await, [401; 3], "{hash}");
    }
}

#[tokio::test]
async fn a_hundred_who_come_first_together_are_served_by_one_slow_hash() {
    let server = TestServer::start().await;
    let client = with_hash(&server, HASHES[0]).await;
    let answers = join_all((0..100).map(|_| client.oauth2().send())).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!(statuses, [200; 100]);
    assert_eq!(computed(&server).await, 1);
}

/// A secret that was changed for another is not known by what the first one was.
#[tokio::test]
async fn a_secret_that_took_its_place_is_computed_anew() {
    let server = TestServer::start().await;
    let client = with_hash(&server, HASHES[0]).await;
    assert_eq!(statuses(&client).await, [200; 3]);
    client.revoke_secrets().await;
    server.poll().await;
    assert_eq!(statuses(&client).await, [401; 3]);
    let next = client.with_secret(&client.rotate_secret().await);
    server.poll().await;
    assert_eq!(statuses(&next).await, [200; 3]);
    assert_eq!(computed(&server).await, 1);
}

/// The queue is bounded, and everybody else is answered meanwhile.
#[tokio::test]
async fn too_many_at_once_are_told_so_and_others_are_served() {
    let server = TestServer::start().await;
    let (client, other) = (with_hash(&server, SLOW).await, server.client("production"));
    assert_eq!(other.oauth2().send().await.status(), 200);
    let many = async { join_all((0..200).map(|_| client.gateway().send())).await };
    let meanwhile = async {
        let statuses = statuses(&other).await;
        (statuses, computed(&server).await)
    };
    let (answers, (others, computed_by_then)) = tokio::join!(many, meanwhile);
    assert_eq!(others, [200; 3]);
    assert!(computed_by_then <= 1);
    let (right, told): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status() == 200);
    assert_eq!((right.len(), told.len()), (128, 72));
    for answer in told {
        assert!(answer.one("retry-after").is_some());
        let words = ["001", "service unavailable", "The service is temporarily unavailable"];
        assert_answer(Dialect::Gateway, &answer, 503, words, "temporarily_unavailable");
    }
    assert_eq!(computed(&server).await, 1);
    assert_eq!(statuses(&client).await, [200; 3]);
}
