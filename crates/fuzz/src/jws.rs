//! A token from anywhere: nothing verifies but what the keys' owner signed.

use std::sync::{Arc, LazyLock};

use jeton_jose::UnverifiedToken;
use jeton_verify::{Algorithm, JwkSet, Scopes, StaticKeys, Verifier, VerifyingKey};

/// Public keys, one for each algorithm. Nobody has their private halves any more.
const KEYS: &str = include_str!("jws/keys.json");
/// What they signed: a token a line.
const TOKENS: &str = include_str!("jws/tokens.txt");
/// A time at which these tokens are good.
const NOW: i64 = 1_800_000_000;

struct Fixed {
    keys: Vec<VerifyingKey>,
    verifier: Verifier,
}

static FIXED: LazyLock<Fixed> = LazyLock::new(|| {
    let set = JwkSet::parse(KEYS.as_bytes()).expect("the fixed keys are a set");
    let keys = set.keys().iter().map(|key| VerifyingKey::from_jwk(key).expect("they are usable"));
    let source = Arc::new(StaticKeys::from_jwk_set(&set).expect("they are usable"));
    let verifier = Verifier::builder("https://auth.example", "https://api.example", Algorithm::ALL, source);
    let verifier = verifier.clock(|| NOW).build().expect("the verifier is well formed");
    Fixed { keys: keys.collect(), verifier }
});

/// Takes the input for a token, and for a whole `Authorization` header.
pub fn jws(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        for key in &FIXED.keys {
            if UnverifiedToken::parse(text).and_then(|token| token.verify(key)).is_ok() {
                assert!(is_signed(text), "a token verifies that nobody signed");
            }
        }
    }
    let any = Scopes::default();
    for header in [data, &[b"Bearer ", data].concat()] {
        match FIXED.verifier.authorize([header], &any) {
            Ok(_) => {
                // Spaces and tabs around the token are forgiven.
                let mut words = header.rsplit(|byte| matches!(byte, b' ' | b'\t'));
                let token = words.find(|word| !word.is_empty()).unwrap_or_default();
                assert!(
                    std::str::from_utf8(token).is_ok_and(is_signed),
                    "a header is taken that nobody signed"
                );
            }
            Err(rejection) => assert!((400..=403).contains(&rejection.status())),
        }
    }
}

/// Whether it is one of the tokens. An ECDSA signature has a twin (r and n - s) that is as true, so of `ES256` only what
/// was signed is compared.
fn is_signed(token: &str) -> bool {
    let has_twin = UnverifiedToken::parse(token).is_ok_and(|token| token.algorithm() == Algorithm::Es256);
    TOKENS.lines().any(|signed| signed == token || has_twin && message(signed) == message(token))
}

fn message(token: &str) -> Option<&str> {
    token.rsplit_once('.').map(|(message, _)| message)
}
