//! Following a revocation feed: what is believed, how long it serves, and what is fetched for it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jeton_jose::TokenError;
use jeton_verify::fetch::{
    DEFAULT_BOUND, Document, FETCH_TIMEOUT, FetchFault, MAX_CHUNKS, MAX_ENTRIES, POLL_INTERVAL, RemoteKeys,
    RemoteRevocations, RemoteRevocationsBuilder, StartError, TransportError,
};
use jeton_verify::{ChunkError, HeaderError, Rejection, RevocationSource as _, Scopes, Verdict, VerifyError};

use super::feed::{AS_OF, FEED, FeedScene, FeedTimer, claims, head, name, path, publish, signed};
use super::{Answer, KEYS, Server, key, patiently, set, settle, until};
use crate::support::{ISSUER, KEY, NOW, keys, token};

const MOMENT: Duration = Duration::from_millis(1);

#[tokio::test]
async fn what_the_feed_says_counts_from_the_next_look_on() {
    let scene = FeedScene::new(&[]).await;
    let header = format!("Bearer {}", token());
    let authorize = || scene.verifier().authorize([header.as_bytes()], &Scopes::none()).map(drop);
    assert_eq!(authorize(), Ok(()));
    for (as_of, chunk) in [(AS_OF + 1, "t token-1\n"), (AS_OF + 3, "g handle 2\n")] {
        scene.publish(as_of, &[chunk, "t another\n"]);
        scene.look().await;
        assert_eq!(authorize(), Err(Rejection::InvalidToken(VerifyError::Revoked)), "{chunk}");
        // What leaves the feed leaves the set.
        scene.publish(as_of + 1, &["t another\n", "g handle 1\n", "g other 9\n"]);
        scene.look().await;
        assert_eq!(authorize(), Ok(()));
    }
}

#[tokio::test]
async fn nothing_is_fetched_for_a_request() {
    let scene = FeedScene::new(&["t another\n"]).await;
    let (verifier, before) = (scene.verifier(), scene.server.requests().len());
    for _ in 0..1000 {
        assert!(verifier.verify(&token()).is_ok());
    }
    settle().await;
    assert_eq!(scene.server.requests().len(), before);
}

#[tokio::test]
async fn a_chunk_is_fetched_once() {
    let (first, second) = ("t a\n", "t b\n");
    let scene = FeedScene::new(&[first]).await;
    for as_of in 1..=3 {
        scene.publish(AS_OF + as_of, &[first, second]);
        scene.look().await;
    }
    assert_eq!((scene.fetches(&path(first)), scene.fetches(&path(second)), scene.fetches(FEED)), (1, 1, 4));
    assert_eq!(
        (scene.judge("a"), scene.judge("b"), scene.judge("c")),
        (Verdict::Revoked, Verdict::Revoked, Verdict::Good)
    );
    let head = scene.server.requests()[0].to_lowercase();
    assert!(head.contains("accept: application/revocations+jwt\r\n"), "{head}");
}

#[tokio::test]
async fn the_head_is_asked_for_on_condition_and_the_same_one_is_no_news() {
    let scene = FeedScene::new(&["t a\n"]).await;
    scene.head(Answer::status("304 Not Modified", "", ""));
    scene.look().await;
    let asked = scene.server.requests().pop().unwrap().to_lowercase();
    let etag = name(&KEY.0.sign_statement("revocations+jwt", b"x").unwrap()).len();
    let condition = asked.split("if-none-match: \"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!((condition.len(), scene.fault()), (etag, None));
    assert_eq!((scene.judge("a"), scene.judge("b")), (Verdict::Revoked, Verdict::Good));
    // The issuer that is asked has not heard of the store since, which no answer makes newer.
    scene.timer.time.advance(DEFAULT_BOUND);
    assert_eq!(scene.judge("b"), Verdict::Stale);
}

#[tokio::test]
async fn a_head_that_is_not_to_be_believed_changes_nothing() {
    let long = Duration::from_hours(1);
    let scene = FeedScene::with(&["t a\n"], keys(), |builder| builder.bound(long)).await;
    let good = claims(AS_OF + 1, &["t b\n"]);
    publish(&scene.server, AS_OF + 1, &["t b\n"]);
    let (stranger, of_head) =
        (key(), |text: &str| KEY.0.sign_statement("revocations+jwt", text.as_bytes()).unwrap());
    let text = of_head(&good);
    let (message, _) = text.rsplit_once('.').unwrap();
    let other = of_head(&good.replace("\"seq\":7", "\"seq\":8"));
    let forged = format!("{message}.{}", other.rsplit('.').next().unwrap());
    let of_type = |typ: &str| KEY.0.sign_statement(typ, good.as_bytes()).unwrap();
    let wrong_type = FetchFault::Head(TokenError::Header(HeaderError::Type));
    let many = vec![""; MAX_CHUNKS + 1];
    let expires = |exp: i64| good.replace(&format!("\"exp\":{}", NOW + 30), &format!("\"exp\":{exp}"));
    assert_ne!(expires(1), good);
    for (what, answer, fault) in [
        ("a forged signature", head(&forged), FetchFault::Head(TokenError::Signature)),
        (
            "a key of nobody",
            head(&stranger.sign_statement("revocations+jwt", good.as_bytes()).unwrap()),
            FetchFault::HeadKey,
        ),
        ("an access token", head(&token()), wrong_type.clone()),
        ("another statement", head(&of_type("logout+jwt")), wrong_type.clone()),
        ("a JWT", head(&of_type("JWT")), wrong_type),
        ("no JWS", head("x.y"), FetchFault::Head(TokenError::Segments)),
        ("an answer with a line end", head(&format!("{text}\n")), FetchFault::Head(TokenError::Alphabet)),
        (
            "no text",
            Answer::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n\xff".to_vec()),
            FetchFault::NotHead,
        ),
        (
            "another issuer",
            signed(&good.replace(ISSUER, "https://sandbox.auth.example.com")),
            FetchFault::OtherIssuer,
        ),
        ("expired", signed(&expires(NOW - 5)), FetchFault::HeadExpired),
        ("long expired", signed(&expires(0)), FetchFault::HeadExpired),
        ("no JSON", signed("x"), FetchFault::NotHead),
        ("an array", signed("[]"), FetchFault::NotHead),
        ("no claims", signed("{}"), FetchFault::NotHead),
        ("a claim twice", signed(&good.replace("\"seq\":7", "\"seq\":7,\"seq\":7")), FetchFault::NotHead),
        ("a fraction", signed(&good.replace("\"seq\":7", "\"seq\":7.5")), FetchFault::NotHead),
        ("no as_of", signed(&good.replace("as_of", "at")), FetchFault::NotHead),
        (
            "a text for a time",
            signed(&good.replace(&format!("{}", NOW + 30), "\"never\"")),
            FetchFault::NotHead,
        ),
        ("no chunks", signed(&good.replace("chunks", "chunk")), FetchFault::NotHead),
        (
            "a chunk of no hash",
            signed(&good.replace(&name("t b\n"), "../../../etc/passwd")),
            FetchFault::NotHead,
        ),
        ("a chunk of a short hash", signed(&good.replace(&name("t b\n"), "AAAA")), FetchFault::NotHead),
        ("too large", head(&"a".repeat(64 * 1024 + 1)), FetchFault::TooLarge),
        ("too many chunks", signed(&claims(AS_OF + 1, &many)), FetchFault::TooLarge),
        ("a redirect", Answer::status("302 Found", "location: /elsewhere\r\n", ""), FetchFault::Redirect),
        ("out of order", Answer::status("503 Down", "retry-after: 5\r\n", ""), FetchFault::Status(503)),
        ("gone", Answer::status("404 Not Found", "", ""), FetchFault::Status(404)),
        ("down", Answer::down(), FetchFault::Interrupted),
        ("nothing changed, unasked", Answer::status("206 Partial", "", ""), FetchFault::Status(206)),
    ] {
        scene.head(answer);
        scene.look().await;
        assert_eq!(scene.fault(), Some(fault), "{what}");
        assert_eq!(scene.revocations.last_error().unwrap().document, Document::RevocationHead, "{what}");
        assert_eq!((scene.judge("a"), scene.judge("b")), (Verdict::Revoked, Verdict::Good), "{what}");
    }
    assert_eq!(scene.fetches(&path("t b\n")), 0, "nothing that it names is fetched");
    scene.publish(AS_OF + 1, &["t b\n"]);
    scene.look().await;
    assert_eq!((scene.fault(), scene.judge("b"), scene.judge("a")), (None, Verdict::Revoked, Verdict::Good));
}

#[tokio::test]
async fn a_head_may_expire_by_as_much_as_clocks_may_differ() {
    for (ahead, fault) in [(34, None), (35, Some(FetchFault::HeadExpired))] {
        let scene = FeedScene::new(&[]).await;
        scene.now.store(NOW + ahead, Ordering::Relaxed);
        scene.publish(AS_OF + 1, &[]);
        scene.look().await;
        assert_eq!(scene.fault(), fault, "a clock that is {ahead} s ahead");
    }
}

#[tokio::test]
async fn a_head_is_no_access_token() {
    let scene = FeedScene::new(&[]).await;
    let head = KEY.0.sign_statement("revocations+jwt", claims(AS_OF, &[]).as_bytes()).unwrap();
    assert_eq!(scene.verifier().verify(&head).unwrap_err(), VerifyError::WrongType);
}

#[tokio::test]
async fn an_older_head_is_ignored_and_makes_nothing_fresh() {
    let scene = FeedScene::new(&["t a\n"]).await;
    scene.publish(AS_OF + 10, &["t a\n", "t b\n"]);
    scene.look().await;
    // Somebody replays the first one, or a server that lags behind is asked.
    for _ in 0..5 {
        scene.publish(AS_OF, &["t a\n"]);
        scene.look().await;
        assert_eq!((scene.fault(), scene.judge("b")), (None, Verdict::Revoked));
    }
    scene.timer.time.advance(DEFAULT_BOUND.saturating_sub(POLL_INTERVAL * 11 / 2 + MOMENT));
    assert_eq!(scene.judge("c"), Verdict::Good);
    scene.timer.time.advance(MOMENT);
    assert_eq!(scene.judge("c"), Verdict::Stale, "counted from the request for the last good head");
}

#[tokio::test]
async fn an_issuers_clock_that_was_set_back_is_followed_after_the_bound() {
    let scene = FeedScene::new(&["t a\n"]).await;
    scene.publish(AS_OF - 5000, &["t b\n"]);
    scene.look().await;
    assert_eq!((scene.judge("a"), scene.judge("b")), (Verdict::Revoked, Verdict::Good));
    scene.look_after(DEFAULT_BOUND).await;
    assert_eq!((scene.judge("a"), scene.judge("b")), (Verdict::Good, Verdict::Revoked));
    // One that stands still is none that was set back.
    for _ in 0..2 {
        scene.look_after(DEFAULT_BOUND).await;
        assert_eq!((scene.judge("a"), scene.judge("b")), (Verdict::Stale, Verdict::Revoked));
    }
}

#[tokio::test]
async fn all_that_a_head_names_counts_at_once_or_nothing_of_it() {
    let scene = FeedScene::new(&["t a\n"]).await;
    for (answer, fault) in [
        (Answer::status("200 OK", "", "t c\nt d\n"), FetchFault::ChunkHash),
        (Answer::status("200 OK", "", ""), FetchFault::ChunkHash),
        (Answer::status("404 Not Found", "", ""), FetchFault::Status(404)),
        (Answer::status("200 OK", "", &"x".repeat(256 * 1024 + 1)), FetchFault::TooLarge),
        (Answer::down(), FetchFault::Interrupted),
    ] {
        scene.publish(AS_OF + 1, &["t b\n", "t c\n"]);
        scene.server.set(&path("t c\n"), answer);
        scene.look().await;
        let error = scene.revocations.last_error().unwrap();
        assert_eq!((error.document, &error.fault), (Document::RevocationChunk, &fault));
        assert_eq!((scene.judge("a"), scene.judge("b")), (Verdict::Revoked, Verdict::Good), "{fault}");
    }
    assert_eq!(scene.fetches(&path("t b\n")), 1, "kept for the next look");
    scene.publish(AS_OF + 1, &["t b\n", "t c\n"]);
    scene.look().await;
    let judged = ["a", "b", "c"].map(|jti| scene.judge(jti));
    assert_eq!((scene.fault(), judged), (None, [Verdict::Good, Verdict::Revoked, Verdict::Revoked]));
    // Its hash is right, but it is none.
    scene.publish(AS_OF + 2, &["t\n"]);
    scene.look().await;
    assert_eq!(
        (scene.fault(), scene.judge("b")),
        (Some(FetchFault::Chunk(ChunkError::Line)), Verdict::Revoked)
    );
}

#[tokio::test]
async fn a_chunk_that_has_gone_means_another_head_at_once_but_not_for_ever() {
    let scene = FeedScene::new(&["t a\n"]).await;
    publish(&scene.server, AS_OF + 2, &["t c\n"]);
    scene.head(Answer::Once(Box::new((
        signed(&claims(AS_OF + 1, &["t b\n"])),
        signed(&claims(AS_OF + 2, &["t c\n"])),
    ))));
    scene.look().await;
    assert_eq!((scene.fault(), scene.judge("c"), scene.fetches(FEED)), (None, Verdict::Revoked, 3));
    scene.head(signed(&claims(AS_OF + 3, &["t gone\n"])));
    scene.look().await;
    assert_eq!((scene.fault(), scene.fetches(FEED)), (Some(FetchFault::Status(404)), 6));
}

#[tokio::test]
async fn more_entries_than_there_may_be_are_a_broken_feed() {
    let scene = FeedScene::new(&["t a\n"]).await;
    let chunks: Vec<String> =
        (0..=MAX_ENTRIES / 4096).map(|number| format!("t {number}\n{}", "t b\n".repeat(4095))).collect();
    let chunks: Vec<&str> = chunks.iter().map(String::as_str).collect();
    scene.publish(AS_OF + 1, &chunks);
    scene.look().await;
    assert_eq!(scene.fault(), Some(FetchFault::TooManyEntries));
    assert_eq!((scene.judge("a"), scene.judge("b")), (Verdict::Revoked, Verdict::Good));
    scene.publish(AS_OF + 2, &chunks[1..]);
    scene.look().await;
    assert_eq!((scene.fault(), scene.judge("b"), scene.judge("0")), (None, Verdict::Revoked, Verdict::Good));
}

#[tokio::test]
async fn after_the_bound_nothing_is_accepted_until_the_feed_is_heard_again() {
    for bound in [DEFAULT_BOUND, Duration::from_secs(10)] {
        let scene = FeedScene::with(&["t a\n"], keys(), |builder| builder.bound(bound)).await;
        scene.head(Answer::down());
        let header = format!("Bearer {}", token());
        let authorize = || scene.verifier().authorize([header.as_bytes()], &Scopes::none()).map(drop);
        scene.look_after(bound.saturating_sub(MOMENT)).await;
        assert_eq!(authorize(), Ok(()));
        scene.timer.time.advance(MOMENT);
        assert_eq!(authorize(), Err(Rejection::RevocationsUnavailable));
        assert!(scene.revocations.ready().await.is_err() && !scene.revocations.is_fresh());
        assert_eq!(scene.judge("a"), Verdict::Revoked, "that stays true");
        scene.publish(AS_OF + 1, &["t a\n"]);
        scene.look().await;
        assert_eq!((authorize(), scene.fault()), (Ok(()), None));
    }
}

#[tokio::test]
async fn whoever_says_so_aloud_goes_on_by_what_was_known_last() {
    let scene = FeedScene::with(&["t a\n"], keys(), RemoteRevocationsBuilder::danger_accept_when_stale).await;
    scene.head(Answer::down());
    scene.look_after(DEFAULT_BOUND * 100).await;
    assert_eq!((scene.judge("a"), scene.judge("b")), (Verdict::Revoked, Verdict::Good));
    assert!(!scene.revocations.is_fresh());
    // Where nothing was ever known there is nothing to go by.
    let (server, timer) = (Server::start().await, FeedTimer::default());
    let builder = RemoteRevocations::of_feed(server.url(FEED), ISSUER, keys()).timer(timer);
    let revocations = builder.danger_accept_when_stale().start().unwrap();
    assert_eq!(patiently(revocations.ready()).await.unwrap_err().fault, FetchFault::Status(404));
    assert_eq!(revocations.judge("b", None), Verdict::Stale);
}

#[tokio::test]
async fn a_slow_answer_is_given_up_after_two_seconds() {
    let scene = FeedScene::new(&["t a\n"]).await;
    scene.head(Answer::Unfinished(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nabc".to_vec()));
    let before = scene.server.requests().len();
    scene.timer.time.advance(POLL_INTERVAL * 11 / 10);
    until(|| scene.server.requests().len() > before).await;
    scene.look_after(FETCH_TIMEOUT).await;
    assert_eq!((scene.fault(), scene.judge("b")), (Some(FetchFault::TimedOut), Verdict::Good));
}

#[tokio::test]
async fn a_head_by_a_new_key_has_the_keys_fetched_as_a_token_has() {
    let (server, new) = (Server::start().await, key());
    server.set(KEYS, set(&[&KEY.0]));
    let source = RemoteKeys::of_key_set(server.url(KEYS)).start().unwrap();
    patiently(source.ready()).await.unwrap();
    let scene = FeedScene::with(&["t a\n"], source, |builder| builder).await;
    server.set(KEYS, set(&[&KEY.0, &new]));
    publish(&scene.server, AS_OF + 1, &["t b\n"]);
    let text = new.sign_statement("revocations+jwt", claims(AS_OF + 1, &["t b\n"]).as_bytes()).unwrap();
    scene.head(head(&text));
    scene.look().await;
    assert_eq!((scene.fault(), scene.judge("b"), server.requests().len()), (None, Verdict::Revoked, 2));
}

#[tokio::test]
async fn nothing_is_fetched_for_nobody() {
    let FeedScene { server, revocations, timer, .. } = FeedScene::new(&[]).await;
    let before = server.requests().len();
    drop(revocations);
    until(|| timer.time.sleepers() == 0).await;
    timer.time.advance(POLL_INTERVAL * 100);
    settle().await;
    assert_eq!(server.requests().len(), before);
}

#[tokio::test]
async fn feeds_are_where_keys_may_be() {
    let start = |url: &str| RemoteRevocations::of_feed(url, ISSUER, keys()).start().err();
    assert_eq!(start("http://auth.example.com/feed"), Some(StartError::Transport(TransportError::PlainHttp)));
    assert_eq!(start("https://user@auth.example.com/feed"), Some(StartError::Transport(TransportError::Url)));
    assert_eq!(
        RemoteRevocations::of_issuer("https://a.example?x", keys()).start().err(),
        Some(StartError::Issuer)
    );
    let loud = RemoteRevocations::of_feed("http://auth.example.com/feed", ISSUER, keys()).danger_plain_http();
    assert!(loud.start().is_ok());
}

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    let started = RemoteRevocations::of_feed("https://auth.example.com/feed", ISSUER, keys()).start();
    assert_eq!(started.err(), Some(StartError::NoRuntime));
}
