//! Credentials that can be read two ways: who it is, and what is said of it.

use jeton_core::client_authentication::{ClientAuthentication, Reading};
use jeton_core::model::State;
use jeton_core::{IssueError, Reason};

use crate::support::{
    House, PRODUCTION_SECRET, SANDBOX_SECRET, ambiguous, credential, plain, reading, request,
};

const RIGHT: &str = "a right secret";

/// Who got a token, of a store with `one` and `other`, both with the secret [`RIGHT`].
fn who(client: ClientAuthentication) -> Result<String, Reason> {
    let house = House::new();
    let directory = house.directory(["one", "other"].map(|id| credential(id).secret(RIGHT).voice()));
    let outcome = house.issue(&directory, &request(client));
    match outcome.result {
        Ok(_) => Ok(outcome.known.unwrap().client_id().to_string()),
        Err(IssueError::InvalidClient(reason)) => Err(reason),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn either_reading_may_be_the_right_one() {
    assert_eq!(who(plain("one", RIGHT)), Ok("one".to_owned()));
    assert_eq!(who(ambiguous(("one", RIGHT), ("one", "wrong"))), Ok("one".to_owned()));
    assert_eq!(who(ambiguous(("one", "wrong"), ("one", RIGHT))), Ok("one".to_owned()));
    assert_eq!(who(ambiguous(("one", RIGHT), ("unknown", RIGHT))), Ok("one".to_owned()));
    assert_eq!(who(ambiguous(("unknown", RIGHT), ("other", RIGHT))), Ok("other".to_owned()));
    assert_eq!(who(ambiguous(("one", "wrong"), ("other", RIGHT))), Ok("other".to_owned()));
    assert_eq!(who(ambiguous(("one", RIGHT), ("other", "wrong"))), Ok("one".to_owned()));
}

#[test]
fn two_right_readings_are_refused_where_they_are_two_credentials() {
    assert_eq!(who(ambiguous(("one", RIGHT), ("other", RIGHT))), Err(Reason::AmbiguousBasic));
    assert_eq!(who(ambiguous(("other", RIGHT), ("one", RIGHT))), Err(Reason::AmbiguousBasic));
    assert_eq!(who(ambiguous(("one", RIGHT), ("one", RIGHT))), Ok("one".to_owned()));
}

#[test]
fn two_secrets_of_one_credential_are_not_ambiguous() {
    let house = House::new();
    let directory = house.directory([credential("one").secret("100%41").secret("100A").voice()]);
    let outcome = house.issue(&directory, &request(ambiguous(("one", "100%41"), ("one", "100A"))));
    assert!(outcome.result.is_ok());
}

#[test]
fn a_reading_that_can_be_no_client_id_leaves_the_other() {
    for bad in ["", "o%6Ee", "one+", "one:", "öne", &"a".repeat(129)] {
        assert_eq!(who(ambiguous((bad, RIGHT), ("one", RIGHT))), Ok("one".to_owned()), "{bad}");
        assert_eq!(who(ambiguous(("one", RIGHT), (bad, RIGHT))), Ok("one".to_owned()), "{bad}");
        assert_eq!(who(plain(bad, RIGHT)), Err(Reason::UnknownClient), "{bad}");
    }
    let no_text = || Reading::new(b"one\xff", RIGHT.into());
    assert_eq!(who(ClientAuthentication::plain(no_text())), Err(Reason::UnknownClient));
    assert_eq!(who(ClientAuthentication::ambiguous(no_text(), reading("one", RIGHT))), Ok("one".to_owned()));
}

#[test]
fn a_suspended_credential_does_not_make_a_pair_ambiguous() {
    let house = House::new();
    let suspended = credential("one").secret(RIGHT).voice().state(State::Suspended);
    let directory = house.directory([suspended, credential("other").secret(RIGHT).voice()]);
    for client in [ambiguous(("one", RIGHT), ("other", RIGHT)), ambiguous(("other", RIGHT), ("one", RIGHT))] {
        let outcome = house.issue(&directory, &request(client));
        assert!(outcome.result.is_ok());
        assert_eq!(outcome.known.unwrap().client_id().as_str(), "other");
    }
}

/// The reason, in both orders of the readings: which of them is the first is an accident.
fn told(first: (&str, &str), second: (&str, &str)) -> Reason {
    let house = House::new();
    let directory = house.directory([
        credential("one").secret(RIGHT),
        credential("suspended").secret(SANDBOX_SECRET).secret("jtn_looks like one").state(State::Suspended),
    ]);
    let reasons = [ambiguous(first, second), ambiguous(second, first)]
        .map(|client| house.refusal(&directory, client).0.reason());
    assert_eq!(reasons[0], reasons[1], "the order of the readings counts");
    reasons[0]
}

#[test]
fn the_reading_that_came_further_gives_the_reason() {
    assert_eq!(told(("unknown", RIGHT), ("one", "wrong")), Reason::WrongSecret);
    assert_eq!(told(("un%20known", RIGHT), ("unknown", RIGHT)), Reason::UnknownClient);
    assert_eq!(told(("unknown", "jtn_damaged"), ("unknown", "wrong")), Reason::BadChecksum);
    assert_eq!(told(("unknown", SANDBOX_SECRET), ("unknown", "wrong")), Reason::WrongEnvironment);
    // One reading of a whole secret is damaged, and of the other it is only wrong.
    assert_eq!(told(("one", "jtn_production%5F"), ("one", PRODUCTION_SECRET)), Reason::WrongSecret);
    // A right secret counts for more than what it looks like under a client id that is none.
    assert_eq!(
        told(("suspen%64ed", SANDBOX_SECRET), ("suspended", SANDBOX_SECRET)),
        Reason::SuspendedCredential
    );
    let odd = "jtn_looks like one";
    assert_eq!(told(("suspen%64ed", odd), ("suspended", odd)), Reason::SuspendedCredential);
    assert_eq!(told(("one", "wrong"), ("suspended", SANDBOX_SECRET)), Reason::SuspendedCredential);
}

#[test]
fn a_client_is_known_only_once_the_store_has_it() {
    let house = House::new();
    let directory = house.directory([credential("one").secret(RIGHT)]);
    let known = |client| house.refusal(&directory, client).1;
    assert_eq!(known(plain("unknown", RIGHT)), None);
    // People swap the two fields, and a generated secret is a well-formed client id.
    assert_eq!(known(plain(PRODUCTION_SECRET, "one")), None);
    assert_eq!(known(plain("one", "wrong")).as_deref(), Some("one"));
    assert_eq!(known(ambiguous(("o%6Ee", "wrong"), ("one", "wrong"))).as_deref(), Some("one"));
    let outcome = house.issue(&directory, &request(plain("one", "wrong")));
    assert_eq!(outcome.known.unwrap().company().as_str(), "acme");
}
