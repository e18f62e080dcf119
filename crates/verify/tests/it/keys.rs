//! Key sources.

use crate::support::{AUDIENCE, ISSUER, KEY, LateKeys, NOW, token};
use jeton_jose::{Algorithm, JwkSet, SigningKey};
use jeton_verify::{
    KeySource, KeysError, Rejection, Scopes, StaticKeys, Verifier, VerifyError, VerifyingKey,
};
use std::sync::{Arc, Mutex};

#[test]
fn keys_come_from_a_set_or_by_hand() {
    let set = JwkSet::new(vec![KEY.0.public_jwk().clone()]).unwrap();
    let fetched = JwkSet::parse(set.to_json().as_bytes()).unwrap();
    for keys in
        [StaticKeys::from_jwk_set(&fetched).unwrap(), StaticKeys::new([KEY.0.verifying_key()]).unwrap()]
    {
        assert_eq!(keys.key(KEY.0.kid()).unwrap().kid(), KEY.0.kid());
        assert!(keys.key("").is_none());
        assert!(keys.key(&KEY.0.kid().to_lowercase()).is_none());
        assert!(format!("{keys:?}").contains(KEY.0.kid()));
    }
    assert!(StaticKeys::from_jwk_set(&JwkSet::default()).unwrap().key(KEY.0.kid()).is_none());
}

#[test]
fn two_keys_of_one_name_are_refused() {
    let twice = StaticKeys::new([KEY.0.verifying_key(), KEY.0.verifying_key()]);
    assert_eq!(twice.unwrap_err(), KeysError::DuplicateKid);
}

/// A source whose keys change, as a fetched set's will.
#[derive(Default)]
struct Changing(Mutex<Vec<Arc<VerifyingKey>>>);

impl KeySource for Changing {
    fn key(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        self.0.lock().unwrap().iter().find(|key| key.kid() == kid).cloned()
    }
}

#[test]
fn a_source_may_change_under_the_verifier() {
    let source = Arc::new(Changing::default());
    let keys = Arc::clone(&source);
    let verifier =
        Verifier::builder(ISSUER, AUDIENCE, [Algorithm::Es256], keys).clock(|| NOW).build().unwrap();
    let token = token();
    assert_eq!(verifier.verify(&token).unwrap_err(), VerifyError::UnknownKey);
    source.0.lock().unwrap().push(KEY.0.verifying_key());
    assert!(verifier.verify(&token).is_ok());
    source.0.lock().unwrap().clear();
    assert_eq!(verifier.verify(&token).unwrap_err(), VerifyError::UnknownKey);
}

#[test]
fn a_source_that_gives_another_key_gains_nothing() {
    struct Any(Arc<VerifyingKey>);

    impl KeySource for Any {
        fn key(&self, _kid: &str) -> Option<Arc<VerifyingKey>> {
            Some(Arc::clone(&self.0))
        }
    }

    for (algorithm, error) in
        [(Algorithm::Es256, VerifyError::Signature), (Algorithm::EdDsa, VerifyError::WrongAlgorithm)]
    {
        let (other, _) = SigningKey::generate(algorithm).unwrap();
        let keys = Arc::new(Any(other.verifying_key()));
        let verifier = Verifier::new(ISSUER, AUDIENCE, Algorithm::ALL, keys).unwrap();
        assert_eq!(verifier.verify(&token()).unwrap_err(), error);
    }
}

fn verifier(keys: Arc<LateKeys>) -> Verifier {
    Verifier::builder(ISSUER, AUDIENCE, [Algorithm::Es256], keys).clock(|| NOW).build().unwrap()
}

#[tokio::test]
async fn a_source_that_can_look_again_is_waited_for_once() {
    let source = Arc::new(LateKeys::default());
    let token = verifier(Arc::clone(&source)).verify_async(&token()).await.unwrap();
    assert_eq!((token.kid(), source.asked()), (KEY.0.kid(), 1));

    let (stranger, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    let token = stranger.sign(&crate::support::claims()).unwrap();
    let error = verifier(Arc::clone(&source)).verify_async(&token).await.unwrap_err();
    assert_eq!((error, source.asked()), (VerifyError::UnknownKey, 2));
}

#[test]
fn without_waiting_a_source_is_told_and_the_next_try_is_good() {
    let source = Arc::new(LateKeys::default());
    let verifier = verifier(Arc::clone(&source));
    assert_eq!(verifier.verify(&token()).unwrap_err(), VerifyError::UnknownKey);
    assert_eq!(source.asked(), 1);
    assert!(verifier.verify("a.b.c").is_err());
    assert_eq!(source.asked(), 1, "that was not for want of a key");
    source.come();
    assert!(verifier.verify(&token()).is_ok());
}

#[tokio::test]
async fn where_a_source_has_no_keys_at_all_the_answer_is_503() {
    let verifier = verifier(Arc::new(LateKeys::never()));
    assert_eq!(verifier.verify_async(&token()).await.unwrap_err(), VerifyError::KeysUnavailable);
    let header = format!("Bearer {}", token());
    let rejection = verifier.authorize([header.as_bytes()], &Scopes::none()).unwrap_err();
    assert_eq!(rejection, Rejection::Unavailable);
    assert_eq!(
        (rejection.status(), rejection.error(), rejection.retry_after_seconds()),
        (503, None, Some(5))
    );
}
