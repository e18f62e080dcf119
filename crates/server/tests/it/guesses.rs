//! Limits on guessing: who is counted, who never is, and what a failure beyond the limit costs.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use jeton_core::admin::{NewCredential, SecretSource};
use jeton_core::secret::Secret;
use jeton_server::Limits;
use jeton_server::config::{Config, Dialect};
use jeton_testkit::{COMPANY, Client, GRANTED, Read, ResponseExt as _, TestServer, grant, id};

use crate::support::{assert_answer, likeness, percent_encoded, statuses};

/// Where the test's attacker is, and where its victim.
const ATTACKER: &str = "203.0.113.9";
const VICTIM: &str = "198.51.100.1";

/// As many failures as the default limits allow at once.
const AT_ONCE: usize = 100;

fn assert_limited(dialect: Dialect, answer: &Response<Bytes>) {
    let words = ["001", "Too many requests", "The request limit is exceeded."];
    assert_answer(dialect, answer, 429, words, "temporarily_unavailable");
}

/// A well-formed secret of production that nobody has.
fn wrong_secret(number: u8) -> String {
    Secret::encode(&id("production"), &[number; 32]).expose().to_owned()
}

async fn fail(client: &Client<'_>, address: &str, times: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..times {
        statuses.push(client.oauth2().from_address(address).send().await.status().as_u16());
    }
    statuses
}

async fn with_set_secret<'a>(server: &'a TestServer, secret: &str) -> Client<'a> {
    let new = NewCredential {
        company: id(COMPANY),
        environment: id("production"),
        client_id: None,
        label: None,
        owner: None,
        networks: vec![],
        grants: vec![grant(GRANTED)],
        secret: Some(SecretSource::Set(Secret::set_by_operator(secret.to_owned().into()).unwrap())),
    };
    let client = server.make_client(new).await.with_secret(secret);
    server.poll().await;
    client
}

#[tokio::test]
async fn an_address_has_a_hundred_failures_a_minute() {
    let server = TestServer::start().await;
    let client = server.client("production");
    for number in 0..AT_ONCE {
        let nobody = client.with_id(&format!("nobody-{number}")).with_secret("wrong");
        assert_eq!(fail(&nobody, ATTACKER, 1).await, [401]);
    }
    let nobody = client.with_id("nobody").with_secret("wrong");
    for dialect in Dialect::ALL {
        assert_limited(dialect, &nobody.call(dialect).from_address(ATTACKER).send().await);
        // Others are others.
        assert_eq!(nobody.call(dialect).from_address(VICTIM).send().await.status(), 401);
    }
    let answer = nobody.oauth2().from_address(ATTACKER).send().await;
    assert_eq!(answer.one("retry-after"), Some("1"));
    server.clock.advance(Duration::from_secs(1));
    server.poll().await;
    assert_eq!(fail(&nobody, ATTACKER, 2).await, [401, 429]);
    server.clock.advance(Duration::from_mins(1));
    server.poll().await;
    assert!(fail(&nobody, ATTACKER, AT_ONCE).await.iter().all(|status| *status == 401));
}

#[tokio::test]
async fn a_client_id_has_a_hundred_failures_a_minute_known_or_not() {
    let server = TestServer::start().await;
    let known = server.client("production").with_secret(&wrong_secret(1));
    let unknown = known.with_id("nobody");
    let mut answers = Vec::new();
    for client in [&known, &unknown] {
        for number in 0..AT_ONCE {
            let address = format!("10.0.{}.1", number + usize::from(client.id == "nobody") * 100);
            assert_eq!(fail(client, &address, 1).await, [401]);
        }
        let answer = client.oauth2().from_address("10.1.0.1").send().await;
        assert_limited(Dialect::OAuth2, &answer);
        answers.push(likeness(&answer));
    }
    assert_eq!(answers[0], answers[1]);
    // Look-alikes are other clients, and encoded ones are the same.
    assert_eq!(fail(&unknown.with_id("NOBODY"), "10.1.0.1", 1).await, [401]);
    assert_eq!(fail(&unknown.with_id(&percent_encoded("nobody")), "10.1.0.1", 1).await, [429]);
    // Environments are apart.
    assert_eq!(fail(&unknown.in_environment("sandbox"), "10.1.0.1", 1).await, [401]);
}

/// R16 and F17 of the security checklist.
#[tokio::test]
async fn nobody_locks_a_generated_secret_out() {
    let server = TestServer::start().await;
    let right = server.client("production");
    let cold = server.new_client("production", &[GRANTED]).await;
    server.poll().await;
    for client in [&right, &cold] {
        fail(&client.with_secret("wrong"), ATTACKER, 10 * AT_ONCE).await;
        fail(&client.with_secret(&wrong_secret(1)), ATTACKER, 10).await;
    }
    // By its id and by its address, in memory or not.
    let unseen = server.new_client("production", &[GRANTED]).await;
    server.poll().await;
    for client in [&right, &cold, &unseen] {
        for address in [VICTIM, ATTACKER] {
            for dialect in Dialect::ALL {
                let answer = client.call(dialect).from_address(address).send().await;
                assert_eq!(answer.status(), 200, "{dialect} from {address}");
            }
        }
    }
}

#[tokio::test]
async fn beyond_the_limit_the_store_is_not_read() {
    let server = TestServer::start().await;
    let known = server.client("production");
    let unknown = known.with_id("nobody");
    fail(&known.with_secret("wrong"), ATTACKER, AT_ONCE).await;
    fail(&unknown.with_secret("wrong"), VICTIM, AT_ONCE).await;
    let before = server.store.count(Read::Credentials);
    for client in [&known, &unknown] {
        for secret in ["wrong", "jtn_production_damaged", &wrong_secret(1), &wrong_secret(2)] {
            assert_eq!(fail(&client.with_secret(secret), ATTACKER, 2).await, [429; 2]);
        }
    }
    for number in 0..50 {
        assert_eq!(
            fail(&known.with_id(&format!("fresh-{number}")).with_secret("wrong"), ATTACKER, 1).await,
            [429]
        );
    }
    assert_eq!(server.store.count(Read::Credentials), before);
    // The one exception: a secret that may be right, of a client id that has not been seen.
    let fresh = known.with_id("fresh").with_secret(&wrong_secret(3));
    assert_eq!(fail(&fresh, ATTACKER, 5).await, [429; 5]);
    assert_eq!(server.store.count(Read::Credentials), before + 1);
}

#[tokio::test]
async fn reads_beyond_the_limit_wait_their_turn() {
    let server = TestServer::start().await;
    let client = server.client("production");
    fail(&client.with_id("nobody").with_secret("wrong"), ATTACKER, AT_ONCE).await;
    let before = server.store.count(Read::Credentials);
    let mut held = server.store.hold(Read::Credentials);
    let first = client.with_id("first").with_secret(&wrong_secret(1));
    let first = first.oauth2().from_address(ATTACKER).send();
    let right = client.oauth2().from_address(ATTACKER).send();
    let release = async {
        held.reached().await;
        held.release();
    };
    let (first, right, ()) = tokio::join!(first, right, release);
    assert_eq!((first.status().as_u16(), right.status().as_u16()), (429, 200));
    assert_eq!(server.store.count(Read::Credentials), before + 2);
}

#[tokio::test]
async fn a_set_secret_is_limited_but_not_where_it_was_right() {
    const SECRET: &str = "correct horse battery staple 0123456789";
    let server = TestServer::start().await;
    let client = with_set_secret(&server, SECRET).await;
    assert_eq!(fail(&client, VICTIM, 1).await, [200]);
    let wrong = client.with_secret("wrong");
    for number in 0..AT_ONCE {
        assert_eq!(fail(&wrong, &format!("10.0.{number}.1"), 1).await, [401]);
    }
    // A guess that happens to be right is not even looked at.
    assert_eq!(fail(&client, ATTACKER, 1).await, [429]);
    assert_eq!(fail(&client, VICTIM, 1).await, [200]);
    // Where it was right, its failures are counted too.
    let statuses = fail(&wrong, VICTIM, AT_ONCE + 1).await;
    assert_eq!((statuses[AT_ONCE - 1], statuses[AT_ONCE]), (401, 429));
    assert_eq!(fail(&client, VICTIM, 1).await, [429]);
}

#[tokio::test]
async fn ipv6_is_counted_by_its_64_bits() {
    let server = TestServer::start().await;
    let nobody = async |address: &str, number: usize| {
        let client = server.client("production").with_id(&format!("nobody-{number}")).with_secret("wrong");
        fail(&client, address, 1).await[0]
    };
    for number in 0..AT_ONCE {
        assert_eq!(nobody(&format!("2001:db8:0:1::{number:x}"), number).await, 401);
    }
    assert_eq!(nobody("2001:db8:0:1:ffff::1", AT_ONCE).await, 429);
    assert_eq!(nobody("2001:db8:0:2::1", AT_ONCE).await, 401);
}

#[tokio::test]
async fn only_failed_authentications_count() {
    let server = TestServer::start().await;
    let client = server.client("production");
    for _ in 0..2 * AT_ONCE {
        let answer = client.oauth2().scope("nonsense").from_address(ATTACKER).send().await;
        assert_eq!(answer.status(), 400);
    }
    // A library that tries the header first, and the body after a 401, still gets its token.
    for _ in 0..2 * AT_ONCE {
        let answer = client.oauth2().without("authorization").from_address(ATTACKER).send().await;
        assert_eq!(answer.status(), 401);
    }
    assert_eq!(fail(&client.with_secret("wrong"), ATTACKER, 1).await, [401]);
}

#[tokio::test]
async fn behind_a_proxy_its_clients_are_counted() {
    let config = Config { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..Config::default() };
    let server = TestServer::builder().config(config).start().await;
    let fail = async |from: &str| {
        let nobody = server.client("production").with_id("nobody").with_secret("wrong");
        let call = nobody.oauth2().from_address("10.0.0.1").header("x-forwarded-for", from);
        call.send().await.status().as_u16()
    };
    let unlimited_by_id = async |number: usize, from: &str| {
        let nobody = server.client("production").with_id(&format!("id-{number}")).with_secret("wrong");
        let call = nobody.oauth2().from_address("10.0.0.1").header("x-forwarded-for", from);
        call.send().await.status().as_u16()
    };
    for number in 0..AT_ONCE {
        let spoofed = format!("192.0.2.{number}, {ATTACKER}");
        assert_eq!(unlimited_by_id(number, &spoofed).await, 401);
    }
    assert_eq!(fail(&format!("192.0.2.200, {ATTACKER}")).await, 429);
    assert_eq!(fail(VICTIM).await, 401);
}

/// F23 of the security checklist.
#[tokio::test]
async fn what_is_counted_is_bounded() {
    let limits = Limits { remembered_guessers: 64, ..Limits::default() };
    let server = TestServer::builder().limits(limits).start().await;
    let client = server.client("production").with_secret("wrong");
    for number in 0..1000_u16 {
        let [high, low] = number.to_be_bytes();
        fail(&client.with_id(&format!("nobody-{number}")), &format!("192.0.{high}.{low}"), 1).await;
    }
    let metrics = server.management("/metrics").send().await;
    let entries = metrics.text().lines().find_map(|line| line.strip_prefix("jeton_guess_limit_entries "));
    assert!(entries.unwrap().parse::<u32>().unwrap() <= 64);
    assert_eq!(statuses(&server.client("production")).await, [200; 3]);
}
