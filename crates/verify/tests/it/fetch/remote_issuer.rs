//! Keys and revocations of an issuer in one call, by its metadata.

use jeton_jose::{AccessTokenClaims, Algorithm};
use jeton_verify::fetch::{ConnectError, Document, FetchFault, RemoteIssuer};
use jeton_verify::{SystemClock, VerifyError};

use super::feed::{FEED, name};
use super::{Answer, KEYS, Server, patiently, set};
use crate::support::{AUDIENCE, KEY, claims};

const METADATA: &str = "/.well-known/oauth-authorization-server";

/// An issuer that revoked the token `token-2`, by the clock on the wall.
async fn issuer() -> Server {
    let (server, chunk) = (Server::start().await, "t token-2\n");
    let (iss, now) = (server.url(""), jeton_verify::Clock::now(&SystemClock));
    lead_to(&server, &format!("{iss}{FEED}"));
    server.set(KEYS, set(&[&KEY.0]));
    server.set(&super::feed::path(chunk), Answer::status("200 OK", "", chunk));
    let claims = format!(
        r#"{{"iss":"{iss}","seq":0,"as_of":{now}000,"exp":{},"chunks":["{}"],"later":1}}"#,
        now + 30,
        name(chunk)
    );
    server.set(FEED, super::feed::signed(&claims));
    server
}

fn lead_to(server: &Server, feed: &str) {
    let (iss, keys) = (server.url(""), server.url(KEYS));
    let metadata = format!(r#"{{"issuer":"{iss}","jwks_uri":"{keys}","revocation_feed":"{feed}"}}"#);
    server.set(METADATA, Answer::json(metadata));
}

async fn fault(issuer: &str) -> (Document, FetchFault) {
    match patiently(RemoteIssuer::connect(issuer)).await.unwrap_err() {
        ConnectError::Fetch(error) => (error.document, error.fault),
        ConnectError::Start(why) => panic!("{why}"),
    }
}

#[tokio::test]
async fn an_issuer_is_all_that_must_be_named() {
    let server = issuer().await;
    let remote = patiently(RemoteIssuer::connect(server.url(""))).await.unwrap();
    let verifier = remote.verifier(AUDIENCE, [Algorithm::Es256]).build().unwrap();
    let token = |jti: &'static str| {
        let exp = jeton_jose::MAX_NUMERIC_DATE;
        KEY.0
            .sign(&AccessTokenClaims { iss: server.url("").into(), jti: jti.into(), exp, ..claims() })
            .unwrap()
    };
    assert_eq!(verifier.verify(&token("token-1")).map(drop), Ok(()));
    assert_eq!(verifier.verify(&token("token-2")).map(drop), Err(VerifyError::Revoked));
    assert!(remote.revocations().is_fresh());
    assert!(format!("{verifier:?}").contains("asks_for_revocations: true"));
}

#[tokio::test]
async fn an_issuer_without_a_feed_is_an_error() {
    let server = issuer().await;
    let (iss, keys) = (server.url(""), server.url(KEYS));
    server.set(METADATA, Answer::json(format!(r#"{{"issuer":"{iss}","jwks_uri":"{keys}"}}"#)));
    assert_eq!(fault(&iss).await, (Document::Metadata, FetchFault::NoFeed));
}

#[tokio::test]
async fn a_feed_is_not_fetched_from_places_that_the_issuer_could_not_be_at() {
    let server = issuer().await;
    for feed in ["https://127.0.0.1/feed", "http://10.0.0.1/feed", "file:///etc/passwd", "/feed", ""] {
        lead_to(&server, feed);
        assert_eq!(fault(&server.url("")).await, (Document::Metadata, FetchFault::FeedUri), "{feed}");
    }
    lead_to(&server, &server.url("/nowhere"));
    assert_eq!(fault(&server.url("")).await, (Document::RevocationHead, FetchFault::Status(404)));
}

#[tokio::test]
async fn a_feed_that_has_moved_is_found_again() {
    let server = issuer().await;
    let remote = patiently(RemoteIssuer::connect(server.url(""))).await.unwrap();
    lead_to(&server, &server.url("/moved"));
    server.set(FEED, Answer::status("410 Gone", "", ""));
    server.set("/moved", Answer::status("503 Not yet", "", ""));
    super::until(|| server.paths().iter().filter(|path| *path == "/moved").count() >= 2).await;
    assert!(remote.revocations().is_fresh());
}
