//! A verifier that remembers is never more lenient than one that does not.

use crate::support::{AUDIENCE, ISSUER, KEY, NOW, Revocations, builder, signed, token};
use jeton_jose::SigningKey;
use jeton_verify::{Algorithm, KeySource, VerifiedToken, Verifier, VerifyError, VerifyingKey};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

const BYTES: u64 = 1 << 20;

/// Whether both came of one check of the signature: what was remembered is handed out, not read again.
fn is_same(one: &VerifiedToken, other: &VerifiedToken) -> bool {
    std::ptr::eq(one.client_id(), other.client_id())
}

/// A source whose one key the test takes away or exchanges.
#[derive(Clone, Default)]
struct Changing(Arc<Mutex<Option<Arc<VerifyingKey>>>>);

impl Changing {
    fn set(&self, key: Option<Arc<VerifyingKey>>) {
        *self.0.lock().unwrap() = key;
    }
}

impl KeySource for Changing {
    fn key(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        self.0.lock().unwrap().clone().filter(|_| kid == KEY.0.kid())
    }
}

#[test]
fn a_token_that_comes_again_is_the_same_one() {
    let (remembers, forgets) = (builder().cache_bytes(BYTES).build().unwrap(), builder().build().unwrap());
    let token = token();
    assert!(is_same(&remembers.verify(&token).unwrap(), &remembers.clone().verify(&token).unwrap()));
    assert!(!is_same(&forgets.verify(&token).unwrap(), &forgets.verify(&token).unwrap()));
}

#[tokio::test]
async fn both_ways_to_ask_share_what_is_known() {
    let verifier = builder().cache_bytes(BYTES).build().unwrap();
    let token = token();
    assert!(is_same(&verifier.verify_async(&token).await.unwrap(), &verifier.verify(&token).unwrap()));
}

#[test]
fn a_token_that_differs_in_one_byte_is_another() {
    let verifier = builder().cache_bytes(BYTES).build().unwrap();
    let token = token();
    verifier.verify(&token).unwrap();
    for at in 0..token.len() {
        let mut other = token.clone().into_bytes();
        other[at] = if other[at] == b'A' { b'B' } else { b'A' };
        assert!(verifier.verify(std::str::from_utf8(&other).unwrap()).is_err(), "byte {at}");
    }
    for other in [format!("{token}A"), format!(" {token}"), token[..token.len() - 1].to_owned()] {
        assert!(verifier.verify(&other).is_err());
    }
}

#[test]
fn time_goes_on_for_what_is_remembered() {
    let now = Arc::new(AtomicI64::new(NOW));
    let clock = Arc::clone(&now);
    let verifier = builder()
        .cache_bytes(BYTES)
        .leeway_seconds(0)
        .clock(move || clock.load(Ordering::Relaxed))
        .build()
        .unwrap();
    let token = signed(|claims| claims.nbf = Some(NOW));
    verifier.verify(&token).unwrap();
    for (moment, expected) in [
        (NOW + 3599, Ok(())),
        (NOW - 1, Err(VerifyError::NotYetValid)),
        (NOW, Ok(())),
        (NOW + 3600, Err(VerifyError::Expired)),
        (NOW + 3599, Ok(())),
    ] {
        now.store(moment, Ordering::Relaxed);
        assert_eq!(verifier.verify(&token).map(drop), expected, "{moment}");
    }
}

#[test]
fn a_key_that_is_taken_away_takes_its_tokens_along() {
    let source = Changing::default();
    source.set(Some(KEY.0.verifying_key()));
    let verifier = Verifier::builder(ISSUER, AUDIENCE, [Algorithm::Es256], Arc::new(source.clone()));
    let verifier = verifier.clock(|| NOW).cache_bytes(BYTES).build().unwrap();
    let token = token();
    let first = verifier.verify(&token).unwrap();
    source.set(None);
    assert_eq!(verifier.verify(&token).unwrap_err(), VerifyError::UnknownKey);
    // Another key that is published under the old name has signed nothing yet.
    let (stranger, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    source.set(Some(stranger.verifying_key()));
    assert_eq!(verifier.verify(&token).unwrap_err(), VerifyError::Signature);
    source.set(Some(KEY.0.verifying_key()));
    assert!(is_same(&first, &verifier.verify(&token).unwrap()));
}

#[test]
fn what_is_revoked_is_asked_each_time() {
    let feed = Revocations::of("t other\n");
    let verifier = builder().revocations(Arc::new(feed.clone())).cache_bytes(BYTES).build().unwrap();
    let token = token();
    verifier.verify(&token).unwrap();
    feed.say("t token-1\n");
    assert_eq!(verifier.verify(&token).unwrap_err(), VerifyError::Revoked);
    feed.say("g handle 2\n");
    assert_eq!(verifier.verify(&token).unwrap_err(), VerifyError::Revoked);
}

#[test]
fn a_refusal_is_not_remembered() {
    let source = Changing::default();
    let feed = Revocations::default();
    let verifier = Verifier::builder(ISSUER, AUDIENCE, [Algorithm::Es256], Arc::new(source.clone()));
    let verifier =
        verifier.revocations(Arc::new(feed.clone())).clock(|| NOW).cache_bytes(BYTES).build().unwrap();
    let token = token();
    assert_eq!(verifier.verify(&token).unwrap_err(), VerifyError::UnknownKey);
    source.set(Some(KEY.0.verifying_key()));
    assert_eq!(verifier.verify(&token).unwrap_err(), VerifyError::RevocationsUnavailable);
    feed.say("t other\n");
    verifier.verify(&token).unwrap();
    for wrong in
        [signed(|claims| claims.aud = vec!["https://other".into()]), signed(|claims| claims.exp = NOW - 60)]
    {
        let error = verifier.verify(&wrong).unwrap_err();
        assert_eq!(verifier.verify(&wrong).unwrap_err(), error);
    }
}

#[test]
fn it_holds_no_more_than_it_may() {
    let verifier = builder().cache_bytes(64 * 1024).build().unwrap();
    let tokens: Vec<_> =
        (0..1000).map(|number| signed(|claims| claims.jti = number.to_string().into())).collect();
    let first: Vec<_> = tokens.iter().map(|token| verifier.verify(token).unwrap()).collect();
    let again = tokens.iter().map(|token| verifier.verify(token).unwrap());
    let remembered = again.zip(&first).filter(|(again, first)| is_same(again, first)).count();
    // 64 KiB hold some forty; whoever goes through more in turn finds fewer.
    assert!(remembered <= 50, "{remembered}");
}
