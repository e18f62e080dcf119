//! How secrets are hashed: what counts, which key is used, and that no two rows can stand for one another.

use jeton_core::hash_key::{HashKeys, LookupTag, SecretHash};
use jeton_core::secret::PresentedSecret;
use proptest::prelude::*;

use crate::support::{hash_keys, parse, production, sandbox};

fn code(environment: &str, client_id: &str, secret: &str) -> [u8; 32] {
    let SecretHash::Hmac { code, .. } =
        hash_keys(&[7]).hash(&parse(environment), client_id, secret.as_bytes())
    else {
        panic!("it is made here")
    };
    code
}

/// Whether `secret`, presented by `client_id` of `production`, is what `hash` was made of.
fn matches(keys: &HashKeys, client_id: &str, secret: &[u8], hash: &SecretHash) -> bool {
    keys.present(&production(), client_id, &PresentedSecret::new(secret.to_vec())).matches(hash)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Computed with Python's `hmac`, from the definition in the module's header: the stored form must never change.
#[test]
fn the_vectors_of_the_stored_form_hold() {
    assert_eq!(
        hex(&code("production", "client", "a secret")),
        "4e03a2a2c6eff68e2b9345fa5936677c42b50caeec91a5f326bb47c39edd3ced"
    );
    let LookupTag(tag) = hash_keys(&[7]).lookup_tag(b"a secret");
    assert_eq!(hex(&tag), "5ec872c28be3008d8ef54eb3f229181a");
}

#[test]
fn every_part_counts_and_the_boundaries_between_them() {
    let all = [
        ("production", "client", "secret"),
        ("sandbox", "client", "secret"),
        ("production", "Client", "secret"),
        ("production", "client", "Secret"),
        ("production", "clients", "ecret"),
        ("production", "clien", "tsecret"),
        ("production", "", "clientsecret"),
        ("production", "clientsecret", ""),
        ("productionc", "lient", "secret"),
        ("client", "production", "secret"),
        ("production", "secret", "client"),
    ];
    let codes = all.map(|(environment, client_id, secret)| code(environment, client_id, secret));
    for (at, code) in codes.iter().enumerate() {
        assert!(!codes[..at].contains(code), "{:?} hashes like another", all[at]);
    }
    assert_ne!(code("a", "ab", "c"), code("a", "a", "bc"));
}

#[test]
fn what_was_hashed_matches_and_nothing_else_does() {
    let keys = hash_keys(&[1]);
    let hash = keys.hash(&production(), "client", b"secret");
    assert!(matches(&keys, "client", b"secret", &hash));
    assert!(!matches(&keys, "client", b"secret ", &hash));
    assert!(!matches(&keys, "client", b"", &hash));
    assert!(!matches(&keys, "other", b"secret", &hash));
    let elsewhere = keys.present(&sandbox(), "client", &PresentedSecret::new(b"secret".to_vec()));
    assert!(!elsewhere.matches(&hash));
}

#[test]
fn every_byte_of_a_long_secret_counts() {
    let keys = hash_keys(&[1]);
    let long: Vec<u8> = (0..=u8::MAX).cycle().take(2000).collect();
    let hash = keys.hash(&production(), "client", &long);
    assert!(matches(&keys, "client", &long, &hash));
    // 72 bytes are where bcrypt stops, 64 are a block of SHA-256.
    for at in [0, 63, 64, 71, 72, 73, 1000, 1999] {
        let mut other = long.clone();
        other[at] ^= 1;
        assert!(!matches(&keys, "client", &other, &hash), "byte {at}");
        assert!(!matches(&keys, "client", &long[..at], &hash), "cut at {at}");
    }
}

#[test]
fn the_newest_key_hashes_and_the_older_ones_still_match() {
    let (old, new) = (hash_keys(&[3]), hash_keys(&[3, 5]));
    let before = old.hash(&production(), "client", b"secret");
    let after = new.hash(&production(), "client", b"secret");
    assert!(matches!(before, SecretHash::Hmac { key: 3, .. }));
    assert!(matches!(after, SecretHash::Hmac { key: 5, .. }));
    assert!(matches(&new, "client", b"secret", &before));
    assert!(matches(&new, "client", b"secret", &after));
    // A key that is not there any more locks its secrets out.
    assert!(!matches(&old, "client", b"secret", &after));
    // The newest is the one of the highest number, in whichever order they come.
    assert_eq!(hash_keys(&[5, 3]).hash(&production(), "client", b"secret"), after);
    assert_eq!(hash_keys(&[5, 3]).lookup_tag(b"secret"), hash_keys(&[5]).lookup_tag(b"secret"));
}

#[test]
fn a_code_under_one_key_is_nothing_under_another() {
    let keys = hash_keys(&[1, 2]);
    let SecretHash::Hmac { code, .. } = keys.hash(&production(), "client", b"secret") else {
        panic!("it is made here")
    };
    assert!(!matches(&keys, "client", b"secret", &SecretHash::Hmac { key: 1, code }));
    assert!(matches(&keys, "client", b"secret", &SecretHash::Hmac { key: 2, code }));
}

#[test]
fn the_look_up_tag_knows_the_secret_alone() {
    let keys = hash_keys(&[1]);
    assert_eq!(keys.lookup_tag(b"secret"), keys.lookup_tag(b"secret"));
    assert_ne!(keys.lookup_tag(b"secret"), keys.lookup_tag(b"secreT"));
    assert_ne!(keys.lookup_tag(b"secret"), hash_keys(&[2]).lookup_tag(b"secret"));
    // The tag may be shown to more people than the code, so it must not be a part of one.
    assert_ne!(keys.lookup_tag(b"secret").0, code("production", "client", "secret")[..16]);
}

#[test]
fn without_a_key_nothing_can_be_hashed() {
    assert!(HashKeys::new([]).is_none());
}

#[test]
fn only_the_numbers_of_the_keys_are_printed() {
    assert_eq!(format!("{:?}", hash_keys(&[7, 2])), "[2, 7]");
}

proptest! {
    #[test]
    fn a_flipped_bit_of_the_code_matches_nothing(at in 0_usize..32, bit in 0_u8..8) {
        let keys = hash_keys(&[1]);
        let SecretHash::Hmac { key, mut code } = keys.hash(&production(), "client", b"secret") else { panic!("it is made here") };
        code[at] ^= 1 << bit;
        let flipped = SecretHash::Hmac { key, code };
        prop_assert!(!matches(&keys, "client", b"secret", &flipped));
    }

    #[test]
    fn secrets_of_any_bytes_are_told_apart(one: Vec<u8>, other: Vec<u8>, client_id in "[a-z]{0,5}") {
        let keys = hash_keys(&[1]);
        let hash = keys.hash(&production(), &client_id, &one);
        prop_assert!(matches(&keys, &client_id, &one, &hash));
        prop_assert_eq!(matches(&keys, &client_id, &other, &hash), one == other);
    }
}
