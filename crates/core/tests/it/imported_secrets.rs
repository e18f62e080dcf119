//! What imported secrets cost: the slow hash once for the right secret, and never again.

use jeton_core::client_authentication::ClientAuthentication;
use jeton_core::model::State;
use jeton_core::{IssueError, Reason, Timestamp};

use crate::support::{
    FakeDirectory, House, NOW, PRODUCTION_SECRET, ambiguous, credential, imported, plain, request, secret,
};

const RIGHT: &str = "correct horse battery staple \u{fc}";
const HASH: &str = "pbkdf2_sha256$1000$saltysaltysalt$o5YqkmlaBt4ACUD446DPAG9i0CFBfIjEyY6bH/ZQLf8=";

/// What came of it, and how many slow hashes it took.
fn cost(house: &House, directory: &FakeDirectory, client: ClientAuthentication) -> (Option<Reason>, u32) {
    let reason = match house.issue(directory, &request(client)).result {
        Ok(_) => None,
        Err(IssueError::InvalidClient(reason)) => Some(reason),
        Err(other) => panic!("{other:?} is no fault of the client"),
    };
    (reason, house.slow_hashes.computed())
}

fn house_with_one() -> (House, FakeDirectory) {
    let house = House::new();
    let directory = house.directory([credential("one").with(imported(HASH)).voice()]);
    (house, directory)
}

#[test]
fn the_right_secret_is_computed_once() {
    let (house, directory) = house_with_one();
    assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (None, 1));
    for _ in 0..3 {
        assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (None, 0));
    }
    directory.break_down();
    assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (None, 0), "nor is the store read");
}

#[test]
fn a_wrong_secret_is_computed_until_the_right_one_is_known() {
    let (house, directory) = house_with_one();
    let wrong = || plain("one", "wrong");
    assert_eq!(cost(&house, &directory, wrong()), (Some(Reason::WrongSecret), 1));
    assert_eq!(cost(&house, &directory, wrong()), (Some(Reason::WrongSecret), 1));
    assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (None, 1));
    assert_eq!(cost(&house, &directory, wrong()), (Some(Reason::WrongSecret), 0));
}

#[test]
fn each_reading_is_computed_and_one_that_is_no_other_only_once() {
    let (house, directory) = house_with_one();
    let neither = ambiguous(("one", "a+b"), ("one", "a b"));
    assert_eq!(cost(&house, &directory, neither), (Some(Reason::WrongSecret), 2));
    assert_eq!(cost(&house, &directory, ambiguous(("one", "x%20y"), ("one", RIGHT))), (None, 2));
}

#[test]
fn nothing_is_computed_that_makes_no_difference() {
    let house = House::new();
    let one = || credential("one").voice();
    let directory = house.directory([one().with(imported(HASH)).secret("another")]);
    assert_eq!(cost(&house, &directory, plain("one", "another")), (None, 0));
    let generated = cost(&house, &directory, plain("one", PRODUCTION_SECRET));
    assert_eq!(generated, (Some(Reason::WrongSecret), 0), "no other system made this");
    assert_eq!(cost(&house, &directory, plain("nobody", RIGHT)), (Some(Reason::UnknownClient), 0));

    let dead = [
        one().with(imported(HASH).revoked()),
        one().with(imported(HASH).expires(NOW)),
        one().with(imported(HASH)).expires(Timestamp(NOW.0 - 1)),
        one().with(imported(HASH)).state(State::Suspended),
        one().with(imported(HASH)).company_state(State::Suspended),
    ];
    for credential in dead {
        let directory = house.directory([credential]);
        let (reason, computed) = cost(&house, &directory, plain("one", RIGHT));
        assert!(reason.is_some() && computed == 0, "{reason:?}");
    }
}

/// The true reason of somebody who was known before.
#[test]
fn a_known_secret_that_ended_is_told_from_a_wrong_one() {
    let (house, directory) = house_with_one();
    cost(&house, &directory, plain("one", RIGHT));
    let with = |secret| credential("one").with(secret).voice();
    for (ended, reason) in [
        (imported(HASH).revoked(), Reason::RevokedSecret),
        (imported(HASH).expires(NOW), Reason::ExpiredSecret),
    ] {
        let directory = house.directory([with(ended)]);
        assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (Some(reason), 0));
    }
    let directory = house.directory([with(imported(HASH)).with(secret("next"))]);
    assert_eq!(cost(&house, &directory, plain("one", "next")), (None, 0));
}

/// A hash key that was dropped can compare nothing, so the slow hash decides again.
#[test]
fn what_is_known_under_a_dropped_hash_key_is_known_no_more() {
    let (mut house, directory) = house_with_one();
    assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (None, 1));
    house.hash_keys = crate::support::hash_keys(&[1, 2]);
    assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (None, 0));
    house.hash_keys = crate::support::hash_keys(&[2]);
    assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (None, 1));
    assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (None, 0));
}
