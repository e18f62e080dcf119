//! The file of master keys under a server that runs: read again when keys change, and believed only if it opens them.

use std::sync::Arc;

use jeton_core::Algorithm;
use jeton_core::admin::Admin;
use jeton_core::master_key::MasterKeys;
use jeton_testkit::{MASTER_KEY, ResponseExt as _, TestServer, logs};

/// Another key, which seals from then on.
const NEXT: &str = "mk-next ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";

const SAID: &str = "the master keys cannot be read again";

/// How many keys are published.
async fn published(server: &TestServer) -> usize {
    let set = server.get("production", "/.well-known/jwks.json").send().await.json();
    set["keys"].as_array().unwrap().len()
}

/// Whether the server takes up one more signing key, by which it signs.
async fn takes_up(server: &TestServer, admin: &Admin, algorithm: Algorithm) {
    let before = published(server).await;
    let api = jeton_testkit::api("orders", "https://api.example/orders", &["orders.read"], algorithm);
    admin.create_api(api).await.unwrap();
    server.poll().await;
    assert_eq!(published(server).await, before + 1, "{}", logs::text());
    assert_eq!(server.client("production").oauth2().send().await.status(), 200);
}

#[tokio::test]
async fn a_file_that_goes_bad_takes_nothing_from_a_server_that_runs() {
    logs::capture();
    let cut = &MASTER_KEY[..MASTER_KEY.len() - 9];
    let other = NEXT.replace("mk-next", "mk-test");
    for bad in ["", cut, NEXT, other.as_str()] {
        let server = TestServer::start().await;
        server.write_master_file(bad);
        takes_up(&server, &server.admin(), Algorithm::EdDsa).await;
    }
    assert!(logs::text().contains(SAID), "{}", logs::text());
    for key in [MASTER_KEY, NEXT] {
        let key = key.split(' ').nth(1).unwrap();
        assert!(!logs::text().contains(&key[..20]), "{}", logs::text());
    }
}

/// Somebody puts the file of before back.
#[tokio::test]
async fn a_stale_copy_takes_nothing_that_was_taken_up() {
    let server = TestServer::start().await;
    let both = format!("{MASTER_KEY}\n{NEXT}\n");
    server.write_master_file(&both);
    let admin = Admin { master: Arc::new(MasterKeys::parse(&both).unwrap()), ..server.admin() };
    admin.re_encrypt().await.unwrap();
    server.poll().await;
    server.write_master_file(MASTER_KEY);
    takes_up(&server, &admin, Algorithm::EdDsa).await;
    // The old key alone opens nothing any more, so it starts no server either.
    assert!(server.start_another().await.is_err());
}

/// The copy is behind, and the store is ahead: there is nothing in memory that opens it.
#[tokio::test]
async fn keys_that_no_key_opens_leave_those_in_memory() {
    let server = TestServer::start().await;
    let both = format!("{MASTER_KEY}\n{NEXT}\n");
    let admin = Admin { master: Arc::new(MasterKeys::parse(&both).unwrap()), ..server.admin() };
    admin.re_encrypt().await.unwrap();
    server.poll().await;
    assert_eq!(server.client("production").oauth2().send().await.status(), 200);
    // The copy that has it comes, and at the next look all is well.
    server.write_master_file(&both);
    server.poll().await;
    takes_up(&server, &admin, Algorithm::EdDsa).await;
}
