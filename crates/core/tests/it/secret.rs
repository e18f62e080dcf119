//! The format of generated secrets, what a secret says about itself, and what an operator may choose.
//!
//! The vectors were computed apart from the code, with Python's `int.from_bytes` and `binascii.crc32`.

use jeton_core::secret::{PREFIX, PresentedSecret, Secret, SelfDescription, WeakSecret};
use proptest::prelude::*;
use zeroize::Zeroizing;

use crate::support::{Counting, PRODUCTION_SECRET, SANDBOX_SECRET, parse, production};

const VECTORS: [(&str, [u8; 32], &str); 5] = [
    ("production", COUNTING, PRODUCTION_SECRET),
    ("production", [0; 32], "jtn_production_00000000000000000000000000000000000000000003OZcnp"),
    ("sandbox", [0xFF; 32], SANDBOX_SECRET),
    // The checksum begins with zeros, and they are written.
    ("production", ending_in(15), "jtn_production_000000000000000000000000000000000000000000F004dgG"),
    // The longest name that an environment may have, and a digit carried.
    (
        "0123456789abcdef",
        ending_in(62),
        "jtn_0123456789abcdef_00000000000000000000000000000000000000000101yvGcH",
    ),
];

const COUNTING: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
    29, 30, 31,
];

const fn ending_in(last: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[31] = last;
    bytes
}

fn inspect(bytes: impl AsRef<[u8]>) -> SelfDescription {
    PresentedSecret::new(bytes.as_ref().to_vec()).inspect()
}

fn generated(environment: &str) -> SelfDescription {
    SelfDescription::Generated(parse(environment))
}

fn set(text: &str) -> Result<Secret, WeakSecret> {
    Secret::set_by_operator(Zeroizing::new(text.to_owned()))
}

#[test]
fn the_vectors_of_the_format_hold() {
    for (environment, bytes, expected) in VECTORS {
        let secret = Secret::encode(&parse(environment), &bytes);
        assert_eq!(secret.expose(), expected);
        assert_eq!(inspect(expected), generated(environment));
        // The same width at both ends of the range.
        assert_eq!(secret.expose().len(), PREFIX.len() + environment.len() + 1 + 43 + 6);
    }
}

#[test]
fn a_new_secret_is_32_random_bytes() {
    let random = Counting::default();
    assert_eq!(Secret::generate(&production(), &random).expose(), PRODUCTION_SECRET);
    let second = Secret::generate(&production(), &random);
    assert_ne!(second.expose(), PRODUCTION_SECRET);
    assert_eq!(inspect(second.expose()), generated("production"));
}

#[test]
fn a_secret_names_its_environment() {
    assert_eq!(inspect(PRODUCTION_SECRET), generated("production"));
    assert_eq!(inspect(SANDBOX_SECRET), generated("sandbox"));
    let moved = PRODUCTION_SECRET.replace("production", "sandbox");
    assert_eq!(inspect(moved), SelfDescription::Damaged);
}

#[test]
fn every_changed_character_is_noticed() {
    for at in 0..PRODUCTION_SECRET.len() {
        let mut bytes = PRODUCTION_SECRET.as_bytes().to_vec();
        for other in (0..=u8::MAX).filter(|&other| other != PRODUCTION_SECRET.as_bytes()[at]) {
            bytes[at] = other;
            let expected = if at < PREFIX.len() { SelfDescription::Other } else { SelfDescription::Damaged };
            assert_eq!(inspect(&bytes), expected, "byte {other:#x} at {at}");
        }
    }
}

#[test]
fn what_is_cut_or_extended_is_damaged() {
    for end in PREFIX.len()..PRODUCTION_SECRET.len() {
        assert_eq!(inspect(&PRODUCTION_SECRET[..end]), SelfDescription::Damaged, "{end} bytes");
    }
    for end in 0..PREFIX.len() {
        assert_eq!(inspect(&PRODUCTION_SECRET[..end]), SelfDescription::Other, "{end} bytes");
    }
    for extra in ["0", " ", "\n", "é", "00000000"] {
        assert_eq!(inspect(format!("{PRODUCTION_SECRET}{extra}")), SelfDescription::Damaged);
        assert_eq!(inspect(format!("jtn_{extra}{}", &PRODUCTION_SECRET[4..])), SelfDescription::Damaged);
        assert_eq!(inspect(format!("{extra}{PRODUCTION_SECRET}")), SelfDescription::Other);
    }
    assert_eq!(inspect("JTN_production"), SelfDescription::Other);
    assert_eq!(inspect(""), SelfDescription::Other);
}

#[test]
fn a_right_checksum_over_a_wrong_form_is_damaged() {
    // The checksums are right: what is wrong is a digit that is none, an environment that is none, and no `_`.
    for text in [
        "jtn_production_-0000000000000000000000000000000000000000013FIJ0G",
        "jtn_Production_00000000000000000000000000000000000000000014aimaF",
        "jtn__00000000000000000000000000000000000000000010eauyn",
        "jtn_aaaaaaaaaaaaaaaaa_00000000000000000000000000000000000000000010KRmT0",
        "jtn_production-00000000000000000000000000000000000000000012piDyz",
    ] {
        assert_eq!(inspect(text), SelfDescription::Damaged, "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_inspected_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..100),
        tail in prop::collection::vec(any::<u8>(), 40..80),
    ) {
        inspect(&bytes);
        // A chance of one in 2^32 that it is a secret is none.
        prop_assert_eq!(inspect([PREFIX.as_bytes(), &tail].concat()), SelfDescription::Damaged);
    }

    #[test]
    fn whatever_is_encoded_says_where_it_belongs(bytes: [u8; 32], environment in "[a-z0-9]{1,16}") {
        let secret = Secret::encode(&parse(&environment), &bytes);
        prop_assert_eq!(inspect(secret.expose()), generated(&environment));
        prop_assert!(secret.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
        prop_assert_eq!(&*secret.last_four(), &secret.expose()[secret.expose().len() - 4..]);
    }
}

#[test]
fn an_operators_secret_has_32_to_256_bytes() {
    let sized = |length: usize| "abcdefghijkl".chars().cycle().take(length).collect::<String>();
    assert_eq!(set(&sized(31)).unwrap_err(), WeakSecret::Length);
    assert_eq!(set(&sized(32)).unwrap().expose(), sized(32));
    assert_eq!(set(&sized(256)).unwrap().expose(), sized(256));
    assert_eq!(set(&sized(257)).unwrap_err(), WeakSecret::Length);
    // Bytes are counted, not characters: 12 of one byte and 10 of two make 32.
    let short = format!("abcdefghijkl{}", "é".repeat(9));
    assert_eq!(set(&short).unwrap_err(), WeakSecret::Length);
    assert!(set(&format!("{short}é")).is_ok());
}

#[test]
fn an_operators_secret_has_no_control_characters() {
    for control in ['\0', '\t', '\n', '\r', '\u{1b}', '\u{7f}', '\u{80}', '\u{9f}'] {
        for text in [format!("{PRODUCTION_SECRET}{control}"), format!("{control}{PRODUCTION_SECRET}")] {
            assert_eq!(set(&text).unwrap_err(), WeakSecret::Control, "{control:?}");
        }
    }
    assert!(set("spaces and \"quotes\" are no control characters ~").is_ok());
}

#[test]
fn an_operators_secret_has_12_different_characters() {
    assert_eq!(set(&format!("abcdefghijk{}", "k".repeat(30))).unwrap_err(), WeakSecret::Repetitive);
    assert!(set(&format!("abcdefghijkl{}", "k".repeat(30))).is_ok());
    // Characters are counted, not bytes: these are 11, of 22 different bytes.
    assert_eq!(set(&"éŁƒɐʼˇ̀ͰѐԱך".repeat(2)).unwrap_err(), WeakSecret::Repetitive);
    // The same characters far from one another are still the same.
    assert_eq!(set(&"abcdefghijk".repeat(5)).unwrap_err(), WeakSecret::Repetitive);
}

#[test]
fn the_last_four_are_characters() {
    for (text, expected) in [
        ("abcdefghijklmnopqrstuvwxyz-012345", "2345"),
        ("abcdefghijklmnopqrstuvwxyz-01éüß", "1éüß"),
        ("abcdefghijklmnopqrstuvwxyz😀😁😂😃😄", "😁😂😃😄"),
    ] {
        assert_eq!(&*set(text).unwrap().last_four(), expected);
    }
}
