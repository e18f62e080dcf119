//! What a request costs: how often the store is read, and that the cost tells nobody which client ids exist.

use jeton_core::client_authentication::ClientAuthentication;
use jeton_core::{IssueError, Reason};

use crate::support::{FakeDirectory, House, ambiguous, credential, plain, request};

const RIGHT: &str = "a right secret";

fn house_with_one() -> (House, FakeDirectory) {
    let house = House::new();
    let directory = house.directory([credential("one").secret(RIGHT).voice()]);
    (house, directory)
}

/// Whether there was a token, and how many reads it took.
fn cost(house: &House, directory: &FakeDirectory, client: ClientAuthentication) -> (bool, u32) {
    let result = house.issue(directory, &request(client)).result;
    (result.is_ok(), directory.reads())
}

#[test]
fn the_first_success_reads_once_and_the_next_ones_never() {
    let (house, directory) = house_with_one();
    assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (true, 1));
    assert_eq!(directory.remembered(), ["one"]);
    for _ in 0..3 {
        assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (true, 0));
    }
    assert_eq!((directory.remembered().len(), directory.remembered_failures()), (0, 0));
}

#[test]
fn a_cached_success_needs_no_store() {
    let (house, directory) = house_with_one();
    let directory = directory.warm();
    directory.break_down();
    assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (true, 0));
}

/// Clients that encode as RFC 6749 section 2.3.1 wants send `~` as `%7E`, and such a text can be no client id.
#[test]
fn a_cached_success_reads_nothing_where_only_one_reading_is_a_client_id() {
    let house = House::new();
    let directory = house.directory([credential("one~").secret(RIGHT).voice()]);
    for client in [ambiguous(("one%7E", "x"), ("one~", RIGHT)), ambiguous(("one~", RIGHT), ("one%7E", "x"))] {
        assert!(cost(&house, &directory, client.clone()).0);
        assert_eq!(cost(&house, &directory, client), (true, 0));
    }
}

#[test]
fn a_cached_success_reads_nothing_where_only_the_secret_has_two_readings() {
    let (house, directory) = house_with_one();
    let directory = directory.warm();
    for client in [ambiguous(("one", "x"), ("one", RIGHT)), ambiguous(("one", RIGHT), ("one", "x"))] {
        assert_eq!(cost(&house, &directory, client), (true, 0));
    }
}

#[test]
fn two_client_ids_are_answered_from_the_cache_for_both_or_for_none() {
    let house = House::new();
    let two = ["one", "other"].map(|id| credential(id).secret(RIGHT).voice());
    let directory = house.directory(two.clone());
    assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (true, 1));
    // The cache alone would call the first one right.
    let both = || ambiguous(("one", RIGHT), ("other", RIGHT));
    let (error, _) = house.refusal(&directory, both());
    assert_eq!(error, IssueError::InvalidClient(Reason::AmbiguousBasic));
    assert_eq!(directory.reads(), 1);
    let warm = house.directory(two).warm();
    assert_eq!(cost(&house, &warm, ambiguous(("one", RIGHT), ("other", "wrong"))), (true, 0));
    assert_eq!(cost(&house, &warm, both()), (false, 1));
}

/// What anyone can try of client ids: one that was never made, one that exists and one that was just in use.
fn failures(
    client: impl Fn(&str) -> ClientAuthentication,
    fails_in_store: bool,
) -> Vec<(IssueError, Vec<u32>)> {
    let attempts = ["unknown", "cold", "cached"].map(|id| {
        let house = House::new();
        let stored = ["cold", "cached"].map(|id| credential(id).secret(RIGHT).voice());
        let directory = house.directory(stored);
        assert_eq!(cost(&house, &directory, plain("cached", RIGHT)), (true, 1));
        if fails_in_store {
            directory.break_down();
        }
        let (error, _) = house.refusal(&directory, client(id));
        let mut reads = vec![directory.reads()];
        for _ in 0..3 {
            house.refusal(&directory, client(id));
            reads.push(directory.reads());
        }
        (error, reads)
    });
    attempts.into()
}

#[test]
fn a_failure_reads_once_whether_the_client_is_known_or_not_and_the_next_ones_never() {
    let (unknown, wrong) = (Reason::UnknownClient, Reason::WrongSecret);
    let attempts = failures(|id| plain(id, "wrong"), false);
    let expected = [unknown, wrong, wrong].map(|why| (IssueError::InvalidClient(why), vec![1, 0, 0, 0]));
    assert_eq!(attempts, expected);
}

#[test]
fn the_same_holds_for_every_way_to_be_read_twice() {
    for (name, client) in [
        ("two secrets", (|id| ambiguous((id, "wro%6Eg"), (id, "wrong"))) as fn(&str) -> ClientAuthentication),
        ("no client id first", |id| ambiguous(("no+id", "wrong"), (id, "wrong"))),
        ("no client id second", |id| ambiguous((id, "wrong"), ("no+id", "wrong"))),
        ("an unknown one first", |id| ambiguous(("nobody", "wrong"), (id, "wrong"))),
    ] {
        for (error, reads) in failures(client, false) {
            assert!(matches!(error, IssueError::InvalidClient(_)));
            assert_eq!(reads, [1, 0, 0, 0], "{name}");
        }
    }
}

#[test]
fn without_the_store_nobody_is_told_anything_and_nothing_is_remembered() {
    for (error, reads) in failures(|id| plain(id, "wrong"), true) {
        // Every attempt tries again.
        assert_eq!((error, reads), (IssueError::Unavailable, vec![1, 1, 1, 1]));
    }
    let (house, directory) = house_with_one();
    directory.break_down();
    for client in [plain("one", RIGHT), plain("one", "wrong"), plain("unknown", RIGHT), plain("no+id", "")] {
        assert_eq!(house.refusal(&directory, client), (IssueError::Unavailable, None));
        assert_eq!((directory.remembered().len(), directory.remembered_failures()), (0, 0));
    }
}

#[test]
fn failures_without_a_client_id_read_once_for_all() {
    let (house, directory) = house_with_one();
    assert_eq!(cost(&house, &directory, plain("no+id", "wrong")), (false, 1));
    assert_eq!(directory.remembered_failures(), 1);
    assert_eq!(cost(&house, &directory, plain("nor this", "wrong")), (false, 0));
}

#[test]
fn the_failures_of_one_client_id_spare_no_other_the_read() {
    let (house, directory) = house_with_one();
    assert_eq!(cost(&house, &directory, plain("unknown", "wrong")), (false, 1));
    assert_eq!(cost(&house, &directory, plain("unknown2", "wrong")), (false, 1));
    assert_eq!(cost(&house, &directory, plain("one", "wrong")), (false, 1));
}

/// The right secret is right while others guess, and costs nothing where the store was read for them.
#[test]
fn a_failure_stands_in_nobody_s_way() {
    let (house, directory) = house_with_one();
    assert_eq!(cost(&house, &directory, plain("one", "wrong")), (false, 1));
    assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (true, 0));
    let directory = directory.warm();
    assert_eq!(cost(&house, &directory, plain("one", RIGHT)), (true, 0));
}

/// The cache may be behind the store: what it calls wrong is asked of the store.
#[test]
fn a_secret_that_is_newer_than_the_cache_is_found_in_the_store() {
    let (house, directory) = house_with_one();
    let directory = directory.warm();
    directory.replace(&house.hash_keys, credential("one").secret(RIGHT).secret("new").voice());
    assert_eq!(cost(&house, &directory, plain("one", "new")), (true, 1));
    assert_eq!(directory.remembered(), ["one"]);
    assert_eq!(cost(&house, &directory, plain("one", "new")), (true, 0));
}

#[test]
fn of_two_readings_the_right_one_is_remembered() {
    let house = House::new();
    let directory = house.directory(["one", "other"].map(|id| credential(id).secret(RIGHT).voice()));
    assert_eq!(cost(&house, &directory, ambiguous(("one", "wrong"), ("other", RIGHT))), (true, 1));
    assert_eq!(directory.remembered(), ["other"]);
}

/// A refusal for what was asked is no failure of the client.
#[test]
fn what_is_refused_after_the_client_costs_no_read() {
    let (house, directory) = house_with_one();
    let directory = directory.warm();
    let mut asking = request(plain("one", RIGHT));
    asking.scope = Some("unknown".to_owned());
    let error = house.issue(&directory, &asking).result.unwrap_err();
    assert_eq!(error, IssueError::InvalidScope(Reason::ScopeNotGranted));
    assert_eq!((directory.reads(), directory.remembered_failures()), (0, 0));
}
