//! The `Authorization` header: which bytes are which variant, and the two readings of a pair.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jeton_dialect::basic::{Authorization, BasicPair};
use proptest::prelude::*;

use crate::support::authorizations;

#[derive(Debug, PartialEq)]
enum Kind {
    Missing,
    Repeated,
    Empty,
    BareBasic,
    OtherScheme,
    Undecodable,
    Pair,
}

fn kind(values: &[&[u8]]) -> Kind {
    match Authorization::read(&authorizations(values)) {
        Authorization::Missing => Kind::Missing,
        Authorization::Repeated => Kind::Repeated,
        Authorization::Empty => Kind::Empty,
        Authorization::BareBasic => Kind::BareBasic,
        Authorization::OtherScheme => Kind::OtherScheme,
        Authorization::Undecodable => Kind::Undecodable,
        Authorization::Pair(_) => Kind::Pair,
    }
}

#[test]
fn every_header_is_one_of_seven_things() {
    assert_eq!(kind(&[]), Kind::Missing);
    assert_eq!(kind(&[b"Basic YTpi", b"Basic YTpi"]), Kind::Repeated);
    assert_eq!(kind(&[b"", b""]), Kind::Repeated);
    assert_eq!(kind(&[b""]), Kind::Empty);
    for bare in [&b"Basic"[..], b"basic", b"BASIC", b"Basic  "] {
        assert_eq!(kind(&[bare]), Kind::BareBasic, "{bare:?}");
    }
    for other in [&b"Bearer abc"[..], b"Bearer", b"Basically YTpi", b"BasicYTpi", b"YTpi", b"\xff YTpi"] {
        assert_eq!(kind(&[other]), Kind::OtherScheme, "{other:?}");
    }
    for pair in [&b"Basic YTpi"[..], b"bAsIc YTpi", b"Basic   YTpi", b"Basic Og==", b"Basic YTo6Og=="] {
        assert_eq!(kind(&[pair]), Kind::Pair, "{pair:?}");
    }
}

#[test]
fn base64_is_the_standard_alphabet_with_its_padding() {
    let undecodable: [&[u8]; 9] = [
        b"Basic !!!",         // no base64
        b"Basic YWJj",        // no colon
        b"Basic Og",          // no padding
        b"Basic Og=",         // half of it
        b"Basic Oh==",        // bits left over
        b"Basic YTpi YTpi",   // two words
        b"Basic YTpi\xe9",    // obs-text
        b"Basic Pz8_OnNlY3Q", // the URL-safe alphabet
        b"Basic YTpi, Basic YTpi",
    ];
    for value in undecodable {
        assert_eq!(kind(&[value]), Kind::Undecodable, "{value:?}");
    }
}

/// The user (as far as `names` has it) and the secret of each reading.
fn readings(pair: &[u8]) -> [Vec<u8>; 2] {
    let client = pair_of(pair).into_client();
    client.readings().map(|reading| reading.secret.expose().to_vec())
}

fn pair_of(pair: &[u8]) -> BasicPair {
    let header = format!("Basic {}", STANDARD.encode(pair));
    Authorization::read(&authorizations(&[header.as_bytes()])).into_pair().expect("a pair")
}

#[test]
fn a_pair_is_split_at_the_first_colon_and_read_both_ways() {
    assert_eq!(readings(b"a:b:c"), [b"b:c".to_vec(), b"b:c".to_vec()]);
    assert_eq!(readings(b"a:b+c"), [b"b+c".to_vec(), b"b c".to_vec()]);
    assert_eq!(readings(b"a:b%3Ac"), [b"b%3Ac".to_vec(), b"b:c".to_vec()]);
    assert_eq!(readings(b"a:%FF"), [b"%FF".to_vec(), b"\xff".to_vec()]);
    // What only looks like an escape stands for itself, also beside one.
    assert_eq!(readings(b"a:100%"), [b"100%".to_vec(), b"100%".to_vec()]);
    assert_eq!(readings(b"a:%zz%41%4"), [b"%zz%41%4".to_vec(), b"%zzA%4".to_vec()]);
    // An encoded colon is no separator, and what needs no decoding on one side is kept on the other.
    let pair = pair_of(b"a%3Ab:c");
    assert!(pair.has_user("a%3Ab") && pair.has_user("a:b") && !pair.has_user("a"));
    assert_eq!(readings(b"a%3Ab:c"), [b"c".to_vec(), b"c".to_vec()]);
}

#[test]
fn an_id_outside_the_grammar_is_nobody() {
    for pair in [&b":secret"[..], b"caf\xe9:secret", b"a b:secret", b":"] {
        assert!(pair_of(pair).into_client().client_ids().iter().all(Option::is_none), "{pair:?}");
    }
    let ids = pair_of(b"my%2Dapp:secret").into_client();
    let ids = ids.client_ids().map(|id| id.map(|id| id.as_str().to_owned()));
    assert_eq!(ids, [None, Some("my-app".to_owned())]);
}

proptest! {
    #[test]
    fn no_bytes_panic(value in prop::collection::vec(any::<u8>(), 0..100), credentials in any::<Vec<u8>>()) {
        kind(&[&value]);
        kind(&[&[b"Basic ", &value[..]].concat()]);
        kind(&[&[b"Basic ", STANDARD.encode(credentials).as_bytes()].concat()]);
    }

    #[test]
    fn the_first_reading_is_the_pair_as_sent(user in "[^:]{0,20}", secret in any::<Vec<u8>>()) {
        let sent = [user.as_bytes(), b":", &secret[..]].concat();
        prop_assert!(pair_of(&sent).has_user(&user));
        prop_assert_eq!(&readings(&sent)[0], &secret);
    }

    #[test]
    fn the_second_reading_is_what_was_form_encoded(user in "\\PC{0,20}", secret in any::<Vec<u8>>()) {
        let encode = |bytes: &[u8]| form_urlencoded::byte_serialize(bytes).collect::<String>();
        let sent = format!("{}:{}", encode(user.as_bytes()), encode(&secret));
        prop_assert!(pair_of(sent.as_bytes()).has_user(&user));
        prop_assert_eq!(&readings(sent.as_bytes())[1], &secret);
    }
}
