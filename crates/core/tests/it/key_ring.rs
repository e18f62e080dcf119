//! Keys as they are made, stored, and opened again; and every way in which a stored key can be unusable.

use std::sync::{Arc, LazyLock};

use jeton_core::Algorithm;
use jeton_core::id::EnvironmentName;
use jeton_core::key_ring::{
    KeyRing, new_hash_key, new_master_key_check, new_signing_key, open_hash_keys, prove_master_keys,
};
use jeton_core::master_key::{MasterKeys, OpenError, Sealed};
use jeton_core::model::{KeyState, StoredHashKey, StoredSigningKey};

use crate::support::{Counting, NOW, master_keys, parse, production, sandbox};

static MASTER: LazyLock<MasterKeys> = LazyLock::new(|| master_keys(&["mk"]));

fn new_key(environment: &EnvironmentName, algorithm: Algorithm) -> StoredSigningKey {
    new_signing_key(environment, algorithm, &MASTER, &Counting::default(), NOW).unwrap()
}

fn open(rows: &[StoredSigningKey]) -> KeyRing {
    KeyRing::open(rows, &MASTER, &KeyRing::default()).unwrap()
}

/// The sentence with which a row is refused, when nothing of it was opened before.
fn refusal(row: &StoredSigningKey) -> String {
    KeyRing::open(std::slice::from_ref(row), &MASTER, &KeyRing::default()).unwrap_err().to_string()
}

fn published(ring: &KeyRing, environment: &EnvironmentName) -> Vec<String> {
    let keys = ring.environment(environment).map_or(&[][..], |keys| keys.jwk_set().keys());
    keys.iter().map(|key| key.kid().to_owned()).collect()
}

#[test]
fn a_new_key_of_every_algorithm_is_published_and_signs() {
    let rows = Algorithm::ALL.map(|algorithm| new_key(&production(), algorithm));
    let ring = open(&rows);
    assert_eq!(published(&ring, &production()).len(), 4);
    for (row, algorithm) in rows.iter().zip(Algorithm::ALL) {
        assert_eq!(
            (row.state, row.algorithm, &row.environment),
            (KeyState::Active, algorithm, &production())
        );
        assert_eq!((row.published, row.active_from), (NOW, NOW));
        assert_eq!((row.sign_until, row.remove_after), (None, None));
        let signer = ring.signer(&production(), algorithm).unwrap();
        assert_eq!((signer.kid(), signer.algorithm()), (row.kid.as_str(), algorithm));
        let verifying = ring.environment(&production()).unwrap().verifying_key(row.kid.as_str()).unwrap();
        assert_eq!((verifying.kid(), verifying.algorithm()), (row.kid.as_str(), algorithm));
    }
}

#[test]
fn environments_do_not_share_keys() {
    let (here, there) = (new_key(&production(), Algorithm::Es256), new_key(&sandbox(), Algorithm::Es256));
    let ring = open(&[here.clone(), there.clone()]);
    for (environment, own, other) in [(production(), &here, &there), (sandbox(), &there, &here)] {
        assert_eq!(published(&ring, &environment), [own.kid.to_string()]);
        assert_eq!(ring.signer(&environment, Algorithm::Es256).unwrap().kid(), own.kid.as_str());
        assert!(ring.environment(&environment).unwrap().verifying_key(other.kid.as_str()).is_none());
        assert!(ring.signer(&environment, Algorithm::EdDsa).is_none());
    }
    assert!(ring.environment(&parse("staging")).is_none());
    assert!(ring.signer(&parse("staging"), Algorithm::Es256).is_none());
}

#[test]
fn the_state_says_who_is_published_and_who_signs() {
    for (state, is_published, signs) in [
        (KeyState::Next, true, false),
        (KeyState::Active, true, true),
        (KeyState::Retiring, true, false),
        (KeyState::Removed, false, false),
    ] {
        let row = StoredSigningKey { state, ..new_key(&production(), Algorithm::Es256) };
        let ring = open(std::slice::from_ref(&row));
        assert_eq!(published(&ring, &production()).contains(&row.kid.to_string()), is_published, "{state}");
        let keys = ring.environment(&production());
        assert_eq!(keys.is_some_and(|keys| keys.verifying_key(row.kid.as_str()).is_some()), is_published);
        assert_eq!(ring.signer(&production(), Algorithm::Es256).is_some(), signs, "{state}");
    }
}

#[test]
fn a_retiring_key_leaves_signing_to_the_active_one_in_any_order() {
    let active = new_key(&production(), Algorithm::Es256);
    let retiring = StoredSigningKey { state: KeyState::Retiring, ..new_key(&production(), Algorithm::Es256) };
    for rows in [[active.clone(), retiring.clone()], [retiring.clone(), active.clone()]] {
        let ring = open(&rows);
        assert_eq!(ring.signer(&production(), Algorithm::Es256).unwrap().kid(), active.kid.as_str());
        assert_eq!(published(&ring, &production()).len(), 2);
    }
}

#[test]
fn a_changed_row_is_refused_with_its_name() {
    let row = new_key(&production(), Algorithm::Es256);
    let other = new_key(&production(), Algorithm::Es256);
    let mut flipped = row.private.clone();
    flipped.bytes[20] ^= 1;
    let sealed = |bytes: &[u8]| {
        let context = format!("jeton signing key production ES256 {}", row.kid);
        MASTER.seal(&context, bytes, &Counting::default())
    };
    let other_name = Sealed { master_key: "gone".to_owned(), ..row.private.clone() };
    for (changed, why) in [
        (StoredSigningKey { private: flipped, ..row.clone() }, "it is corrupt"),
        (StoredSigningKey { private: other.private.clone(), ..row.clone() }, "it is corrupt"),
        (StoredSigningKey { kid: other.kid.clone(), ..row.clone() }, "it is corrupt"),
        (StoredSigningKey { environment: sandbox(), ..row.clone() }, "it is corrupt"),
        (StoredSigningKey { algorithm: Algorithm::EdDsa, ..row.clone() }, "it is corrupt"),
        (StoredSigningKey { private: other_name, ..row.clone() }, "\"gone\""),
        (StoredSigningKey { private: sealed(b"no key"), ..row.clone() }, "PKCS#8"),
    ] {
        let said = refusal(&changed);
        let name = format!("signing key {} ({} in {})", changed.kid, changed.algorithm, changed.environment);
        assert!(said.contains(&name) && said.contains(why), "{said}");
    }
    let whole = open(std::slice::from_ref(&row));
    assert_eq!(published(&whole, &production()), [row.kid.to_string()]);
}

#[test]
fn a_key_under_the_id_of_another_is_refused() {
    // Sealed for this row by one who has the master key, so that only the key's own id gives it away.
    let (row, other) = (new_key(&production(), Algorithm::Es256), new_key(&production(), Algorithm::Es256));
    let context = |kid: &str| format!("jeton signing key production ES256 {kid}");
    let plain = MASTER.open(&context(other.kid.as_str()), &other.private).unwrap();
    let private = MASTER.seal(&context(row.kid.as_str()), &plain, &Counting::default());
    assert!(refusal(&StoredSigningKey { private, ..row }).contains("it has another key id"));
}

#[test]
fn keys_that_were_open_before_are_taken_over() {
    let row = new_key(&production(), Algorithm::Es256);
    let before = open(std::slice::from_ref(&row));
    // What the row holds now cannot be opened, which shows that nobody tried.
    let lost = Sealed { master_key: "gone".to_owned(), bytes: Vec::new() };
    let retiring = StoredSigningKey { private: lost, state: KeyState::Retiring, ..row.clone() };
    let after = KeyRing::open(&[retiring], &MASTER, &before).unwrap();
    let key = |ring: &KeyRing| ring.environment(&production()).unwrap().verifying_key(row.kid.as_str());
    assert!(Arc::ptr_eq(&key(&before).unwrap(), &key(&after).unwrap()));
    assert!(after.signer(&production(), Algorithm::Es256).is_none());
    assert!(published(&KeyRing::open(&[], &MASTER, &before).unwrap(), &production()).is_empty());
}

#[test]
fn what_was_open_before_serves_only_its_own_environment_and_algorithm() {
    let row = new_key(&production(), Algorithm::Rs256);
    let before = open(std::slice::from_ref(&row));
    for changed in [
        StoredSigningKey { environment: sandbox(), ..row.clone() },
        // The same RSA key would have the same id under the other algorithm.
        StoredSigningKey { algorithm: Algorithm::Ps256, ..row.clone() },
    ] {
        let error = KeyRing::open(&[changed], &MASTER, &before).unwrap_err();
        assert!(error.why.contains("it is corrupt"), "{error}");
    }
}

#[test]
fn hash_keys_open_under_their_own_numbers_alone() {
    let random = Counting::default();
    let row = |number| new_hash_key(number, &MASTER, &random, NOW);
    let (one, two) = (row(1), row(2));
    assert_eq!((one.number, one.created), (1, NOW));
    let keys = open_hash_keys(&[two.clone(), one.clone()], &MASTER).unwrap();
    assert_eq!(format!("{keys:?}"), "[1, 2]");
    let again = open_hash_keys(&[one.clone(), two.clone()], &MASTER).unwrap();
    let hash = |keys: &jeton_core::hash_key::HashKeys| keys.hash(&production(), "client", b"secret");
    assert_eq!(hash(&keys), hash(&again));
    assert_ne!(hash(&keys), hash(&open_hash_keys(&[row(2)], &MASTER).unwrap()));

    let short = MASTER.seal("jeton hash key 1", &[0; 16], &random);
    for (rows, what, why) in [
        (vec![StoredHashKey { key: two.key.clone(), ..one.clone() }], "hash key 1", "it is corrupt"),
        (vec![one, StoredHashKey { number: 3, ..two.clone() }], "hash key 3", "it is corrupt"),
        (vec![StoredHashKey { number: 1, key: short, created: NOW }], "hash key 1", "it is not 32 bytes"),
        (vec![], "hash key", "there is none"),
    ] {
        let error = open_hash_keys(&rows, &MASTER).unwrap_err();
        assert!(error.what == what && error.why.contains(why), "{error}");
    }
}

#[test]
fn the_check_value_proves_the_master_keys() {
    let check = new_master_key_check(&MASTER, &Counting::default());
    assert_eq!(prove_master_keys(&check, &MASTER), Ok(()));
    assert_eq!(prove_master_keys(&check, &master_keys(&["mk", "newer"])), Ok(()));
    // The same name, and another key.
    let impostor = MasterKeys::parse(&crate::support::key_line("mk", b'Z')).unwrap();
    assert_eq!(prove_master_keys(&check, &impostor), Err(OpenError::Corrupt));
    let other = OpenError::OtherKey { master_key: "mk".to_owned() };
    assert_eq!(prove_master_keys(&check, &master_keys(&["other"])), Err(other));
    // Another value of the same store proves nothing.
    let hash_key = new_hash_key(1, &MASTER, &Counting::default(), NOW);
    assert_eq!(prove_master_keys(&hash_key.key, &MASTER), Err(OpenError::Corrupt));
    let other_text = MASTER.seal("jeton master key check", b"other", &Counting::default());
    assert_eq!(prove_master_keys(&other_text, &MASTER), Err(OpenError::Corrupt));
}
