//! Keys that nobody knows: what a token may cause, and what a stranger cannot.

use std::time::Duration;

use jeton_jose::SigningKey;
use jeton_verify::fetch::{COOLDOWN, DEFAULT_REFRESH, FETCH_TIMEOUT};
use jeton_verify::{KeySource as _, Rejection, Scopes, Verifier, VerifyError};

use super::{Answer, KEYS, Scene, key, patiently, set, token_of, until};
use crate::support::forge;

/// A token whose key nobody has, a new one each time.
fn stranger(number: usize) -> String {
    forge(&format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"stranger-{number}"}}"#), "{}")
}

async fn verify(verifier: &Verifier, token: &str) -> Result<(), VerifyError> {
    patiently(verifier.verify_async(token)).await.map(drop)
}

#[tokio::test]
async fn the_first_token_of_a_new_key_is_good() {
    let (old, new) = (key(), key());
    let scene = Scene::new(set(&[&old])).await;
    scene.server.set(KEYS, set(&[&old, &new]));
    assert_eq!(verify(&scene.verifier(), &token_of(&new)).await, Ok(()));
    assert_eq!(verify(&scene.verifier(), &token_of(&old)).await, Ok(()));
    assert_eq!(scene.fetches(), 2);
}

#[tokio::test]
async fn the_header_too() {
    let (old, new) = (key(), key());
    let scene = Scene::new(set(&[&old])).await;
    scene.server.set(KEYS, set(&[&new]));
    let header = format!("Bearer {}", token_of(&new));
    let (verifier, scopes) = (scene.verifier(), Scopes::new(["read"]).unwrap());
    let token = patiently(verifier.authorize_async([header.as_bytes()], &scopes)).await.unwrap();
    assert_eq!(token.kid(), new.kid());
    let scopes = Scopes::new(["admin"]).unwrap();
    let rejection = patiently(verifier.authorize_async([header.as_bytes()], &scopes)).await.unwrap_err();
    assert_eq!(rejection, Rejection::InsufficientScope(scopes));
    assert_eq!(
        patiently(verifier.authorize_async([], &Scopes::none())).await.unwrap_err(),
        Rejection::NoToken
    );
}

#[tokio::test]
async fn without_waiting_the_second_try_is_good() {
    let (old, new) = (key(), key());
    let scene = Scene::new(set(&[&old])).await;
    scene.server.set(KEYS, set(&[&old, &new]));
    let header = format!("Bearer {}", token_of(&new));
    let try_it = || scene.verifier().authorize([header.as_bytes()], &Scopes::none());
    assert_eq!(try_it().unwrap_err(), Rejection::InvalidToken(VerifyError::UnknownKey));
    until(|| scene.keys.key(new.kid()).is_some()).await;
    assert!(try_it().is_ok());
}

#[tokio::test]
async fn a_hundred_requests_share_one_fetch() {
    let (old, new) = (key(), key());
    let scene = Scene::new(set(&[&old])).await;
    scene.server.set(KEYS, set(&[&new]));
    let token = token_of(&new);
    let all: Vec<_> = (0..100)
        .map(|_| {
            let (verifier, token) = (scene.verifier(), token.clone());
            tokio::spawn(async move { verify(&verifier, &token).await })
        })
        .collect();
    for one in all {
        assert_eq!(one.await.unwrap(), Ok(()));
    }
    assert_eq!(scene.fetches(), 2);
}

#[tokio::test]
async fn ten_thousand_strangers_cause_one_fetch_in_a_cooldown() {
    let known = key();
    for (answer, is_kept) in [
        (set(&[&known]), true),
        // An empty set is an answer: the issuer has taken its keys away.
        (Answer::json(r#"{"keys":[]}"#), false),
        (Answer::status("500 Oops", "", ""), true),
    ] {
        let scene = Scene::new(set(&[&known])).await;
        scene.server.set(KEYS, answer);
        let verifier = scene.verifier();
        let mut strangers = 0;
        for round in 1..=4 {
            for _ in 0..2500 {
                strangers += 1;
                assert_eq!(verify(&verifier, &stranger(strangers)).await, Err(VerifyError::UnknownKey));
                assert!(verifier.verify(&stranger(strangers)).is_err());
            }
            assert_eq!(scene.fetches(), 1 + round, "the first, and one for each cooldown");
            // Whoever is known is let through all the while, also where the issuer has nothing to say.
            if is_kept {
                assert_eq!(verify(&verifier, &token_of(&known)).await, Ok(()));
            }
            if round == 1 {
                scene.timer.advance(COOLDOWN.saturating_sub(Duration::from_millis(1)));
                assert!(verify(&verifier, &stranger(0)).await.is_err());
                assert_eq!(scene.fetches(), 1 + round, "not a moment sooner");
                scene.timer.advance(Duration::from_millis(1));
            } else {
                scene.timer.advance(COOLDOWN);
            }
        }
        assert_eq!(strangers, 10_000);
    }
}

#[tokio::test]
async fn strangers_do_not_disturb_those_who_are_known() {
    let known = key();
    let scene = Scene::new(set(&[&known])).await;
    scene.server.set(KEYS, Answer::Unfinished(vec![]));
    let verifier = scene.verifier();
    let waiting = {
        let verifier = verifier.clone();
        tokio::spawn(async move { verifier.verify_async(&stranger(1)).await.map(drop) })
    };
    until(|| scene.fetches() == 2).await;
    // While that fetch hangs, nobody who is known waits for it.
    assert_eq!(verify(&verifier, &token_of(&known)).await, Ok(()));
    assert!(!waiting.is_finished());
    scene.timer.advance(FETCH_TIMEOUT);
    assert_eq!(patiently(waiting).await.unwrap(), Err(VerifyError::UnknownKey));
    assert_eq!(verify(&verifier, &token_of(&known)).await, Ok(()));
}

#[tokio::test]
async fn strangers_do_not_put_off_the_schedule() {
    let scene = Scene::new(Answer::json(r#"{"keys":[]}"#)).await;
    let (verifier, mut demanded) = (scene.verifier(), 0);
    // Nine cooldowns, and at the end of the tenth the schedule's turn.
    while scene.timer_reads() + COOLDOWN < DEFAULT_REFRESH {
        scene.timer.advance(COOLDOWN);
        assert!(verify(&verifier, &stranger(demanded)).await.is_err());
        demanded += 1;
        assert_eq!(scene.fetches(), 1 + demanded);
    }
    scene.timer.advance(COOLDOWN);
    until(|| scene.fetches() == 2 + demanded).await;
}

#[tokio::test]
async fn tokens_that_are_wrong_for_another_reason_cause_nothing() {
    let (known, other) = (key(), key());
    let scene = Scene::new(set(&[&known])).await;
    let verifier = scene.verifier();
    let of_known = token_of(&known);
    let (head, _) = of_known.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", token_of(&other).rsplit('.').next().unwrap());
    let ed = SigningKey::generate(jeton_jose::Algorithm::EdDsa).unwrap().0;
    for token in ["", "x.y.z", &forged, &token_of(&ed)] {
        assert!(verify(&verifier, token).await.is_err());
        assert!(verifier.verify(token).is_err());
    }
    assert_eq!(scene.fetches(), 1);
}

#[tokio::test]
async fn without_any_keys_the_answer_is_not_known() {
    let key = key();
    let scene = Scene::new(Answer::down()).await;
    let verifier = scene.verifier();
    assert_eq!(verify(&verifier, &token_of(&key)).await, Err(VerifyError::KeysUnavailable));
    let header = format!("Bearer {}", token_of(&key));
    let rejection = verifier.authorize([header.as_bytes()], &Scopes::none()).unwrap_err();
    assert_eq!((rejection.status(), rejection.error()), (503, None));
    assert_eq!(rejection.retry_after_seconds(), Some(5));
    assert_eq!(verifier.verify("x").unwrap_err().code(), "malformed", "that is known without keys");
    scene.server.set(KEYS, set(&[&key]));
    scene.timer.advance(COOLDOWN);
    assert_eq!(verify(&verifier, &token_of(&key)).await, Ok(()));
}

#[tokio::test]
async fn the_first_fetch_is_waited_for() {
    let key = key();
    let server = super::Server::start().await;
    server.set(KEYS, set(&[&key]));
    let timer = super::ManualTimer::default();
    let keys =
        jeton_verify::fetch::RemoteKeys::of_key_set(server.url(KEYS)).timer(timer.clone()).start().unwrap();
    let scene = Scene { server, keys, timer };
    assert_eq!(verify(&scene.verifier(), &token_of(&key)).await, Ok(()));
    assert_eq!(scene.fetches(), 1);
}

impl Scene {
    fn timer_reads(&self) -> Duration {
        jeton_verify::fetch::Timer::elapsed(&self.timer)
    }
}
