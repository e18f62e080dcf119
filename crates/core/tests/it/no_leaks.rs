//! F37: whatever is printed on the way, `Debug` too, shows neither a secret nor a token.

use std::fmt::Debug;

use jeton_core::admin::{CreatedCredential, NewCredential, NewSecret, SecretSource};
use jeton_core::client_authentication::Reading;
use jeton_core::kept::KeptCredential;
use jeton_core::model::StoredSecret;
use jeton_core::secret::{PresentedSecret, Secret};
use zeroize::Zeroizing;

use crate::support::{
    Counting, FakeDirectory, House, PRODUCTION_SECRET, ambiguous, credential, parse, plain, production,
    request,
};

/// A secret of which no part may be printed.
const CANARY: &str = "canary-0123456789abcdefghijklmnopqrstuvwxyz";

fn hides(secret: &str, shown: &dyn Debug) {
    for shown in [format!("{shown:?}"), format!("{shown:#?}")] {
        let parts = secret.as_bytes().windows(8).map(|part| String::from_utf8_lossy(part).into_owned());
        for part in parts {
            assert!(!shown.contains(&part), "{part} stands in {shown}");
        }
        // As a list of bytes.
        assert!(!shown.contains("99, 97, 110") && !shown.contains("106, 116, 110"), "{shown}");
    }
}

fn canary() -> Secret {
    Secret::set_by_operator(Zeroizing::new(CANARY.to_owned())).unwrap()
}

fn stored(house: &House) -> StoredSecret {
    credential("client-1").secret(CANARY).build(&house.hash_keys).secrets[0].clone()
}

#[test]
fn secrets_are_not_printed() {
    hides(CANARY, &canary());
    hides(PRODUCTION_SECRET, &Secret::generate(&production(), &Counting::default()));
    hides(CANARY, &PresentedSecret::new(CANARY.into()));
    // Nor how long they are.
    assert_eq!(format!("{:?}", canary()), format!("{:?}", Secret::encode(&production(), &[0; 32])));
}

#[test]
fn neither_are_new_ones_on_their_way_to_their_owner() {
    let house = House::new();
    hides(CANARY, &NewSecret { secret: Some(canary()), stored: stored(&house) });
    let built = credential("client-1").secret(CANARY).build(&house.hash_keys);
    hides(CANARY, &CreatedCredential { credential: built.clone(), secret: Some(canary()) });
    hides(CANARY, &KeptCredential::from(built));
    hides(
        CANARY,
        &NewCredential {
            company: parse("acme"),
            environment: production(),
            client_id: None,
            label: None,
            owner: None,
            networks: vec![],
            grants: Vec::new(),
            secret: Some(SecretSource::Set(canary())),
        },
    );
}

/// People swap the two fields: a client id that nobody has looked up may be a secret.
#[test]
fn a_request_prints_neither_field_of_the_credentials() {
    for secret in [CANARY, PRODUCTION_SECRET] {
        hides(secret, &Reading::new(b"client-1", secret.into()));
        hides(secret, &Reading::new(secret.as_bytes(), b"client-1".to_vec()));
        hides(secret, &plain(secret, "client-1"));
        hides(secret, &ambiguous((secret, "a"), ("a", secret)));
        hides(secret, &request(plain("client-1", secret)));
        hides(secret, &request(plain(secret, "client-1")));
    }
}

fn outcome_hides(house: &House, directory: &FakeDirectory, client_id: &str, secret: &str) {
    let outcome = house.issue(directory, &request(plain(client_id, secret)));
    hides(CANARY, &outcome);
    if let Ok(token) = &outcome.result {
        hides(&token.token, &token);
        hides(&token.token, &outcome);
        // But which token it is can be followed.
        assert!(format!("{outcome:?}").contains(&token.jti));
    }
}

#[test]
fn what_came_of_a_request_prints_neither_secret_nor_token() {
    let house = House::new();
    let directory = house.directory([credential("client-1").secret(CANARY).voice()]);
    outcome_hides(&house, &directory, "client-1", CANARY);
    outcome_hides(&house, &directory, "client-1", "wrong");
    outcome_hides(&house, &directory, CANARY, "client-1");
    outcome_hides(&house, &directory, "unknown", CANARY);
    hides(CANARY, &house.ring);
    hides(CANARY, &house.hash_keys);
}
