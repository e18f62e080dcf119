//! Key sets of other issuers.

use std::collections::BTreeSet;

use jeton_verify::{JwkSet, StaticKeys};
use serde_json::Value;

/// The members of a public key; a private one has others.
const PUBLIC: [&str; 9] = ["kty", "use", "alg", "kid", "crv", "x", "y", "n", "e"];

/// What is accepted are usable public keys, each of one name, which are written as they were read.
pub fn key_set(data: &[u8]) {
    let Ok(set) = JwkSet::parse(data) else { return };
    StaticKeys::from_jwk_set(&set).expect("what is left out is what cannot be used");
    let kids: BTreeSet<_> = set.keys().iter().map(jeton_jose::Jwk::kid).collect();
    assert_eq!(kids.len(), set.keys().len(), "two keys have one kid");

    let written = set.to_json();
    let again = JwkSet::parse(written.as_bytes()).expect("what we write we read");
    assert_eq!((again.keys(), again.skipped()), (set.keys(), 0));
    let written: Value = serde_json::from_str(&written).expect("we write JSON");
    for key in written["keys"].as_array().expect("a set has keys") {
        let members = key.as_object().expect("a key is an object");
        assert!(members.keys().all(|name| PUBLIC.contains(&name.as_str())), "{members:?}");
    }
    for key in set.keys() {
        assert_eq!(key.thumbprint().len(), 43, "SHA-256 in base64url");
    }
}
