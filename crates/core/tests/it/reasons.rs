//! Why a client is refused, and in which order that is asked.

use std::time::Duration;

use jeton_core::model::State;
use jeton_core::token_request::{GrantType, Target, TokenRequest};
use jeton_core::{Algorithm, IssueError, Reason, Timestamp};

use crate::support::{
    House, NOW, PRODUCTION_SECRET, SANDBOX_SECRET, credential, hash_keys, plain, request, secret,
};

const RIGHT: &str = "a right secret";
const TICK: Duration = Duration::from_micros(1);

/// Why `client-1` is refused, if it is, when it presents its right secret.
fn with_right(credential: crate::support::CredentialBuilder) -> Option<Reason> {
    House::new().reason(credential.voice(), RIGHT)
}

#[test]
fn the_right_secret_of_an_active_credential_is_enough() {
    assert_eq!(with_right(credential("client-1").secret(RIGHT)), None);
    assert_eq!(with_right(credential("client-1").secret("another").secret(RIGHT)), None);
}

#[test]
fn a_wrong_secret_says_what_it_looks_like() {
    let house = House::new();
    let damaged = PRODUCTION_SECRET.replace("003a", "003b");
    for (presented, reason) in [
        ("wrong", Reason::WrongSecret),
        ("", Reason::WrongSecret),
        ("a right secret ", Reason::WrongSecret),
        (PRODUCTION_SECRET, Reason::WrongSecret),
        (SANDBOX_SECRET, Reason::WrongEnvironment),
        (&damaged, Reason::BadChecksum),
        ("jtn_", Reason::BadChecksum),
    ] {
        let known = credential("client-1").secret(RIGHT).voice();
        assert_eq!(house.reason(known, presented), Some(reason), "{presented}");
        let none_lives = credential("client-1").with(secret(RIGHT).revoked()).voice();
        let reason = if reason == Reason::WrongSecret { Reason::NoSecret } else { reason };
        assert_eq!(house.reason(none_lives, presented), Some(reason), "{presented}");
        let unknown = credential("another").secret(presented).voice();
        let reason = if reason == Reason::NoSecret { Reason::UnknownClient } else { reason };
        assert_eq!(house.reason(unknown, presented), Some(reason), "{presented}");
    }
}

/// Rows cannot be swapped, even by one who can write to the database.
#[test]
fn a_row_that_was_moved_here_by_hand_matches_nothing() {
    let base = || credential("client-1").secret(RIGHT);
    assert_eq!(with_right(base().hashed_for("production", "client-1")), None);
    assert_eq!(with_right(base().hashed_for("sandbox", "client-1")), Some(Reason::WrongSecret));
    assert_eq!(with_right(base().hashed_for("production", "client-2")), Some(Reason::WrongSecret));
    assert_eq!(with_right(base().hashed_for("production", "Client-1")), Some(Reason::WrongSecret));
}

#[test]
fn dead_secrets_are_told_from_wrong_ones() {
    let base = || credential("client-1");
    assert_eq!(with_right(base().with(secret(RIGHT).revoked())), Some(Reason::RevokedSecret));
    assert_eq!(with_right(base().with(secret(RIGHT).expires(NOW))), Some(Reason::ExpiredSecret));
    let beside_a_live_one = base().secret("another").with(secret(RIGHT).revoked());
    assert_eq!(with_right(beside_a_live_one), Some(Reason::RevokedSecret));
    let both = base().with(secret(RIGHT).revoked().expires(NOW));
    assert_eq!(with_right(both), Some(Reason::RevokedSecret));
    assert_eq!(with_right(base()), Some(Reason::NoSecret));
}

/// R26: the old secret stops at its deadline exactly.
#[test]
fn a_deadline_is_kept_to_the_microsecond() {
    for (deadline, secret_reason, credential_reason) in [
        (NOW.plus(TICK), None, None),
        (NOW, Some(Reason::ExpiredSecret), Some(Reason::ExpiredCredential)),
        (NOW.minus(TICK), Some(Reason::ExpiredSecret), Some(Reason::ExpiredCredential)),
    ] {
        let expiring = credential("client-1").with(secret(RIGHT).expires(deadline));
        assert_eq!(with_right(expiring), secret_reason);
        let expiring = credential("client-1").secret(RIGHT).expires(deadline);
        assert_eq!(with_right(expiring), credential_reason);
    }
    assert_eq!(with_right(credential("client-1").secret(RIGHT).expires(Timestamp(i64::MAX))), None);
}

/// Someone set the same secret twice: as long as one of them lives, it is right.
#[test]
fn a_secret_that_lives_also_under_a_dead_id_is_right() {
    for dead in [secret(RIGHT).expires(NOW), secret(RIGHT).revoked()] {
        let dead_first = credential("client-1").with(dead.clone()).secret(RIGHT);
        assert_eq!(with_right(dead_first), None);
        let dead_last = credential("client-1").secret(RIGHT).with(dead);
        assert_eq!(with_right(dead_last), None);
    }
}

#[test]
fn states_are_told_only_to_who_has_the_secret() {
    let house = House::new();
    let base = || credential("client-1").secret(RIGHT).voice();
    let (suspended, deleted) = (State::Suspended, State::Deleted);
    for (built, reason) in [
        (base().state(suspended), Reason::SuspendedCredential),
        (base().company_state(suspended), Reason::SuspendedCompany),
        (base().state(deleted), Reason::DeletedCredential),
        (base().company_state(deleted), Reason::DeletedCompany),
        (base().expires(NOW), Reason::ExpiredCredential),
        // What can be undone least is said first.
        (base().state(deleted).company_state(deleted), Reason::DeletedCredential),
        (base().state(suspended).company_state(deleted), Reason::DeletedCompany),
        (base().state(suspended).company_state(suspended), Reason::SuspendedCredential),
        (base().state(suspended).expires(NOW), Reason::SuspendedCredential),
    ] {
        assert_eq!(house.reason(built.clone(), RIGHT), Some(reason));
        assert_eq!(house.reason(built, "wrong"), Some(Reason::WrongSecret));
    }
}

#[test]
fn a_dead_secret_comes_before_a_suspension_and_a_deletion_before_both() {
    let base = || credential("client-1").with(secret(RIGHT).revoked());
    assert_eq!(with_right(base().state(State::Suspended)), Some(Reason::RevokedSecret));
    assert_eq!(with_right(base().company_state(State::Suspended)), Some(Reason::RevokedSecret));
    assert_eq!(with_right(base().state(State::Deleted)), Some(Reason::DeletedCredential));
    assert_eq!(with_right(base().company_state(State::Deleted)), Some(Reason::DeletedCompany));
}

#[test]
fn a_secret_under_a_hash_key_that_is_gone_is_a_wrong_one() {
    let mut house = House::new();
    let directory = house.directory([credential("client-1").secret(RIGHT).voice()]);
    house.hash_keys = hash_keys(&[2]);
    let (error, known) = house.refusal(&directory, plain("client-1", RIGHT));
    assert_eq!((error.reason(), known.as_deref()), (Reason::WrongSecret, Some("client-1")));
    house.hash_keys = hash_keys(&[1, 2]);
    let fresh = house.issue(&directory, &request(plain("client-1", RIGHT)));
    assert!(fresh.result.is_ok());
}

/// The client, then the grant type, then grants, scope and target, then the key.
#[test]
fn faults_are_judged_in_the_order_of_the_contract() {
    let house = House::signing(&[]);
    let error = |secret, grant_type, scope: Option<&str>, target: Target, granted: bool| {
        let credential = credential("client-1").secret(RIGHT);
        let credential = if granted { credential.voice() } else { credential };
        let client = plain("client-1", secret);
        let request = TokenRequest { client, grant_type, scope: scope.map(str::to_owned), target };
        house.issue(&house.directory([credential]), &request).result.unwrap_err()
    };
    let bad = || Target::Resources(vec!["no uri".to_owned()]);
    let (other, usual) = (GrantType::Unsupported, GrantType::ClientCredentials);
    let wrong = IssueError::InvalidClient(Reason::WrongSecret);
    assert_eq!(error("wrong", other, Some(""), bad(), false), wrong);
    assert_eq!(error(RIGHT, other, Some(""), bad(), false), IssueError::UnsupportedGrantType);
    assert_eq!(error(RIGHT, usual, Some(""), bad(), false), IssueError::NoGrant);
    let scope = IssueError::InvalidScope(Reason::ScopeMalformed);
    assert_eq!(error(RIGHT, usual, Some(""), bad(), true), scope);
    let target = IssueError::InvalidTarget(Reason::TargetMalformed);
    assert_eq!(error(RIGHT, usual, None, bad(), true), target);
    assert_eq!(error(RIGHT, usual, None, Target::Granted, true), IssueError::NoSigningKey);
}

#[test]
fn a_ring_without_the_algorithm_s_key_signs_nothing() {
    let house = House::signing(&[Algorithm::EdDsa]);
    let directory = house.directory([credential("client-1").secret(RIGHT).voice()]);
    let (error, known) = house.refusal(&directory, plain("client-1", RIGHT));
    assert_eq!((error, known.as_deref()), (IssueError::NoSigningKey, Some("client-1")));
}

#[test]
fn every_error_has_its_reason() {
    for (error, reason) in [
        (IssueError::InvalidClient(Reason::WrongSecret), Reason::WrongSecret),
        (IssueError::InvalidScope(Reason::ScopeMalformed), Reason::ScopeMalformed),
        (IssueError::InvalidTarget(Reason::TargetMissing), Reason::TargetMissing),
        (IssueError::UnsupportedGrantType, Reason::GrantTypeUnsupported),
        (IssueError::NoGrant, Reason::NoGrant),
        (IssueError::NoSigningKey, Reason::NoSigningKey),
        (IssueError::Unavailable, Reason::Unavailable),
    ] {
        assert_eq!(error.reason(), reason);
    }
    for (at, reason) in Reason::ALL.iter().enumerate() {
        assert_eq!(Reason::from_word(reason.as_str()), Some(*reason));
        assert!(Reason::ALL[..at].iter().all(|other| other.as_str() != reason.as_str()));
    }
}
