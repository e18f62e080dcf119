//! Key sets: ours as written, foreign ones as read.

use crate::support::{encode, key};
use jeton_jose::json::JsonError;
use jeton_jose::{Algorithm, Jwk, JwkSet, JwkSetError, MAX_JWKS_BYTES, MAX_JWKS_KEYS};
use serde_json::{Value, json};

fn ours() -> Vec<Jwk> {
    Algorithm::ALL.map(|algorithm| key(algorithm).signing.public_jwk().clone()).into()
}

/// A usable key with these members over its own; `null` takes one away.
fn altered(algorithm: Algorithm, changes: &Value) -> Value {
    let mut members = serde_json::to_value(key(algorithm).signing.public_jwk()).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        members[name] = value.clone();
    }
    members.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    members
}

fn parse(keys: &[Value]) -> Result<JwkSet, JwkSetError> {
    JwkSet::parse(json!({ "keys": keys, "unknown": 1 }).to_string().as_bytes())
}

#[test]
fn a_set_is_read_as_it_was_written() {
    let set = JwkSet::new(ours()).unwrap();
    let read = JwkSet::parse(set.to_json().as_bytes()).unwrap();
    assert_eq!(read, set);
    assert_eq!(read.to_json(), set.to_json());
    for jwk in set.keys() {
        assert_eq!(read.get(jwk.kid()), Some(jwk));
    }
    assert_eq!(JwkSet::parse(br#"{"keys":[]}"#).unwrap(), JwkSet::default());
}

#[test]
fn published_keys_have_these_members_and_no_other() {
    for (algorithm, names) in [
        (Algorithm::Es256, vec!["kty", "crv", "x", "y", "use", "alg", "kid"]),
        (Algorithm::EdDsa, vec!["kty", "crv", "x", "use", "alg", "kid"]),
        (Algorithm::Rs256, vec!["kty", "n", "e", "use", "alg", "kid"]),
        (Algorithm::Ps256, vec!["kty", "n", "e", "use", "alg", "kid"]),
    ] {
        let text = serde_json::to_string(key(algorithm).signing.public_jwk()).unwrap();
        let value = jeton_jose::json::parse(text.as_bytes()).unwrap();
        assert_eq!(value.as_object().unwrap().iter().map(|(name, _)| name).collect::<Vec<_>>(), names);
    }
}

#[test]
fn a_key_without_alg_has_the_algorithm_of_its_kind() {
    for (algorithm, expected) in [
        (Algorithm::Es256, Algorithm::Es256),
        (Algorithm::EdDsa, Algorithm::EdDsa),
        (Algorithm::Ps256, Algorithm::Rs256),
    ] {
        let set =
            parse(&[altered(algorithm, &json!({ "alg": null, "use": null, "x5t": "ignored" }))]).unwrap();
        assert_eq!(set.keys()[0].algorithm(), expected);
    }
}

#[test]
fn keys_that_we_cannot_use_are_left_out() {
    let unusable = [
        (Algorithm::Es256, json!({ "use": "enc" })),
        (Algorithm::Es256, json!({ "use": 1 })),
        (Algorithm::Es256, json!({ "key_ops": ["sign"] })),
        (Algorithm::Es256, json!({ "alg": "ES384" })),
        (Algorithm::Es256, json!({ "alg": "es256" })),
        (Algorithm::Es256, json!({ "alg": "RS256" })),
        (Algorithm::Es256, json!({ "alg": "HS256" })),
        (Algorithm::Es256, json!({ "alg": 7 })),
        (Algorithm::Es256, json!({ "kty": "ec" })),
        (Algorithm::Es256, json!({ "kty": "AKP" })),
        (Algorithm::Es256, json!({ "kty": null })),
        (Algorithm::Es256, json!({ "crv": "P-384" })),
        (Algorithm::Es256, json!({ "crv": null })),
        (Algorithm::Es256, json!({ "x": null })),
        (Algorithm::Es256, json!({ "x": "AA" })),
        (Algorithm::Es256, json!({ "x": encode([1; 33]) })),
        (Algorithm::Es256, json!({ "x": encode([1; 32]) })),
        (Algorithm::Es256, json!({ "y": format!("{}=", encode([1; 32])) })),
        (Algorithm::Es256, json!({ "kid": null })),
        (Algorithm::Es256, json!({ "kid": "" })),
        (Algorithm::Es256, json!({ "kid": 5 })),
        (Algorithm::Es256, json!({ "kid": "k".repeat(257) })),
        (Algorithm::EdDsa, json!({ "crv": "Ed448" })),
        (Algorithm::EdDsa, json!({ "x": encode([1; 31]) })),
        (Algorithm::EdDsa, json!({ "alg": "Ed25519" })),
        (Algorithm::Rs256, json!({ "alg": "RS512" })),
        (Algorithm::Rs256, json!({ "n": encode([0xff; 128]) })),
        (Algorithm::Rs256, json!({ "e": "Aw" })),
        (Algorithm::Rs256, json!({ "e": null })),
    ];
    let usable =
        altered(Algorithm::Es256, &json!({ "kid": "good", "key_ops": ["verify"], "x5c": ["ignored"] }));
    for (algorithm, changes) in unusable {
        let set = parse(&[altered(algorithm, &changes), usable.clone()]).unwrap();
        assert_eq!((set.keys().len(), set.skipped()), (1, 1), "{changes}");
        assert_eq!(set.keys()[0].kid(), "good", "{changes}");
    }
}

#[test]
fn a_set_that_publishes_a_secret_is_refused() {
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        let leaked = altered(Algorithm::Rs256, &json!({ name: "AQAB" }));
        assert_eq!(parse(&[leaked]), Err(JwkSetError::PrivateKey), "{name}");
    }
    assert_eq!(parse(&[json!({ "kty": "oct", "k": "AQAB" })]), Err(JwkSetError::PrivateKey));
}

#[test]
fn two_keys_of_one_name_are_refused() {
    let key = altered(Algorithm::Es256, &json!({ "kid": "same" }));
    assert_eq!(parse(&[key.clone(), key]), Err(JwkSetError::DuplicateKid));
    let twice = [ours(), ours()].concat();
    assert_eq!(JwkSet::new(twice), Err(JwkSetError::DuplicateKid));
}

#[test]
fn documents_that_are_no_set_are_refused() {
    for document in
        ["[]", "{}", "null", r#"{"keys":{}}"#, r#"{"keys":null}"#, r#"{"keys":[1]}"#, r#"{"KEYS":[]}"#]
    {
        assert_eq!(JwkSet::parse(document.as_bytes()), Err(JwkSetError::NotASet), "{document}");
    }
    let repeated = JwkSet::parse(br#"{"keys":[],"keys":[]}"#);
    assert!(matches!(repeated, Err(JwkSetError::Json(JsonError::Duplicate { .. }))));
    assert!(matches!(JwkSet::parse(b"<html>"), Err(JwkSetError::Json(JsonError::Syntax { .. }))));
}

#[test]
fn sets_have_limits() {
    let keys = |number| vec![json!({ "kty": "unknown" }); number];
    assert_eq!(parse(&keys(MAX_JWKS_KEYS)).unwrap().skipped(), MAX_JWKS_KEYS);
    assert_eq!(parse(&keys(MAX_JWKS_KEYS + 1)), Err(JwkSetError::TooManyKeys));
    assert_eq!(JwkSet::parse(&vec![b' '; MAX_JWKS_BYTES + 1]), Err(JwkSetError::TooLarge));
}
