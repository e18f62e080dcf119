//! Key sources.

use crate::support::{AUDIENCE, ISSUER, KEY, NOW, token};
use jeton_jose::{Algorithm, JwkSet, SigningKey};
use jeton_verify::{KeySource, KeysError, StaticKeys, Verifier, VerifyError, VerifyingKey};
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
