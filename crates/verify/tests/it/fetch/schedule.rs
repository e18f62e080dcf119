//! Fetches of the schedule, and how long keys serve.

use std::time::Duration;

use jeton_verify::fetch::{DEFAULT_KEEP, DEFAULT_REFRESH, FetchFault, MAX_REFRESH, MIN_REFRESH, RemoteKeys};
use jeton_verify::{KeySource as _, VerifyError};

use super::{Answer, KEYS, ManualTimer, Scene, Server, key, set, settle, token_of, until};

const MOMENT: Duration = Duration::from_millis(1);

impl Scene {
    /// Lets time pass to the next fetch of the schedule, which comes then and not before.
    async fn expect_next_fetch_after(&self, time: Duration) {
        let before = self.fetches();
        self.timer.advance(time.saturating_sub(MOMENT));
        settle().await;
        assert_eq!(self.fetches(), before, "a moment before {time:?}");
        self.timer.advance(MOMENT);
        until(|| self.fetches() > before).await;
        self.idle().await;
        assert_eq!(self.fetches(), before + 1);
    }
}

#[tokio::test]
async fn as_often_as_the_issuer_says_within_bounds() {
    for (header, expected) in [
        ("x: y", DEFAULT_REFRESH),
        ("cache-control: public, max-age=300", Duration::from_mins(5)),
        ("cache-control: max-age=1234", Duration::from_secs(1234)),
        ("cache-control: max-age=1", MIN_REFRESH),
        ("cache-control: no-store", MIN_REFRESH),
        ("cache-control: max-age=31536000", MAX_REFRESH),
        ("cache-control: max-age=999999999999999999999", MAX_REFRESH),
        ("cache-control: \u{fffd}", DEFAULT_REFRESH),
    ] {
        let scene = Scene::new(Answer::with_header(r#"{"keys":[]}"#, header)).await;
        for _ in 0..3 {
            scene.expect_next_fetch_after(expected).await;
        }
    }
    let every = Duration::from_secs(90);
    let scene = Scene::with(Answer::json(r#"{"keys":[]}"#), |builder| builder.refresh_every(every)).await;
    scene.expect_next_fetch_after(every).await;
}

#[tokio::test]
async fn after_a_failure_sooner_and_then_less_often() {
    let scene = Scene::new(Answer::down()).await;
    for seconds in [1, 2, 4, 8, 16, 30, 30, 30] {
        scene.expect_next_fetch_after(Duration::from_secs(seconds)).await;
    }
    scene.server.set(KEYS, Answer::json(r#"{"keys":[]}"#));
    scene.expect_next_fetch_after(Duration::from_secs(30)).await;
    scene.server.set(KEYS, Answer::down());
    scene.expect_next_fetch_after(DEFAULT_REFRESH).await;
    scene.expect_next_fetch_after(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn removed_keys_die_with_the_refresh() {
    let (old, new) = (key(), key());
    let scene = Scene::new(set(&[&old])).await;
    scene.server.set(KEYS, set(&[&new]));
    assert!(scene.verifier().verify(&token_of(&old)).is_ok(), "it does not know yet");
    scene.expect_next_fetch_after(DEFAULT_REFRESH).await;
    assert!(scene.keys.key(old.kid()).is_none());
    assert!(scene.verifier().verify(&token_of(&new)).is_ok());
    scene.server.set(KEYS, Answer::json(r#"{"keys":[]}"#));
    scene.expect_next_fetch_after(DEFAULT_REFRESH).await;
    assert!(scene.keys.key(new.kid()).is_none());
    assert_eq!(scene.verifier().verify(&token_of(&new)).unwrap_err(), VerifyError::UnknownKey);
}

#[tokio::test]
async fn keys_outlive_a_server_that_is_down_or_mad() {
    let (old, new) = (key(), key());
    let scene = Scene::new(set(&[&old])).await;
    let mut wait = DEFAULT_REFRESH;
    for answer in [
        Answer::down(),
        Answer::status("500 Oops", "", ""),
        Answer::json("<html>"),
        Answer::json(r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#),
        Answer::json(" ".repeat(300_000)),
    ] {
        scene.server.set(KEYS, answer);
        scene.expect_next_fetch_after(wait).await;
        wait = if wait == DEFAULT_REFRESH { Duration::from_secs(1) } else { wait * 2 };
        assert!(scene.verifier().verify(&token_of(&old)).is_ok());
        assert!(scene.keys.last_error().is_some());
        scene.keys.ready().await.unwrap();
    }
    scene.server.set(KEYS, set(&[&new]));
    scene.expect_next_fetch_after(wait).await;
    assert!(scene.verifier().verify(&token_of(&new)).is_ok());
    assert!(scene.verifier().verify(&token_of(&old)).is_err());
    assert!(scene.keys.last_error().is_none());
}

#[tokio::test]
async fn keys_that_are_too_old_serve_no_more_and_come_back() {
    for keep in [DEFAULT_KEEP, Duration::from_hours(1)] {
        let key = key();
        let scene = Scene::with(set(&[&key]), |builder| builder.keep_for(keep)).await;
        scene.server.set(KEYS, Answer::status("503 Down", "", ""));
        scene.timer.advance(keep.saturating_sub(MOMENT));
        assert!(scene.verifier().verify(&token_of(&key)).is_ok());
        scene.timer.advance(MOMENT);
        let error = scene.verifier().verify(&token_of(&key)).unwrap_err();
        assert_eq!(error, VerifyError::KeysUnavailable, "after {keep:?}");
        scene.idle().await;
        assert_eq!(scene.keys.last_error().unwrap().fault, FetchFault::Status(503));
        assert!(scene.keys.ready().await.is_err());
        scene.server.set(KEYS, set(&[&key]));
        scene.timer.advance(Duration::from_secs(30));
        until(|| scene.keys.is_available()).await;
        assert!(scene.verifier().verify(&token_of(&key)).is_ok());
    }
}

#[tokio::test]
async fn an_issuer_that_moves_its_keys_is_followed() {
    let (first, second, server, timer) = (key(), key(), Server::start().await, ManualTimer::default());
    let issuer = server.url("");
    let lead_to = |path: &str| {
        let metadata = format!(r#"{{"issuer":"{issuer}","jwks_uri":"{issuer}{path}"}}"#);
        server.set("/.well-known/oauth-authorization-server", Answer::json(metadata));
    };
    lead_to("/a");
    server.set("/a", set(&[&first]));
    server.set("/b", set(&[&second]));
    let keys = RemoteKeys::of_issuer(&issuer).timer(timer.clone()).start().unwrap();
    keys.ready().await.unwrap();
    lead_to("/b");
    timer.advance(DEFAULT_REFRESH);
    until(|| keys.key(second.kid()).is_some()).await;
    assert!(keys.key(first.kid()).is_none());
}

#[tokio::test]
async fn nothing_is_fetched_for_nobody() {
    let Scene { server, keys, timer } = Scene::new(Answer::json(r#"{"keys":[]}"#)).await;
    until(|| timer.sleepers() == 1).await;
    drop(keys);
    until(|| timer.sleepers() == 0).await;
    timer.advance(DEFAULT_REFRESH * 10);
    assert_eq!(server.requests().len(), 1);
}
