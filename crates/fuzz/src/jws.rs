//! A token from anywhere: nothing verifies but what the keys' owner signed.

use std::sync::{Arc, LazyLock};

use jeton_jose::UnverifiedToken;
use jeton_verify::{
    Algorithm, JwkSet, KeySource, Rejection, Scopes, StaticKeys, VerifiedToken, Verifier, VerifyingKey,
};

/// Public keys, one for each algorithm. Nobody has their private halves any more.
const KEYS: &str = include_str!("jws/keys.json");
/// What they signed: a token a line.
const TOKENS: &str = include_str!("jws/tokens.txt");
/// A time at which these tokens are good.
const NOW: i64 = 1_800_000_000;

struct Fixed {
    keys: Vec<VerifyingKey>,
    verifier: Verifier,
    /// The same, with what it has seen in memory: a little, so that things are forgotten too.
    remembers: Verifier,
}

static FIXED: LazyLock<Fixed> = LazyLock::new(|| {
    let set = JwkSet::parse(KEYS.as_bytes()).expect("the fixed keys are a set");
    let keys = set.keys().iter().map(|key| VerifyingKey::from_jwk(key).expect("they are usable"));
    let source = Arc::new(StaticKeys::from_jwk_set(&set).expect("they are usable"));
    let builder = || {
        let source = Arc::clone(&source) as Arc<dyn KeySource>;
        Verifier::builder("https://auth.example", "https://api.example", Algorithm::ALL, source).clock(|| NOW)
    };
    let verifier = builder().build().expect("the verifier is well formed");
    let remembers = builder().cache_bytes(4096).build().expect("the verifier is well formed");
    Fixed { keys: keys.collect(), verifier, remembers }
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
        let judged = FIXED.verifier.authorize([header], &any);
        for _ in 0..2 {
            // Whether it comes for the first time or again: what is remembered changes nothing.
            let remembered = FIXED.remembers.authorize([header], &any);
            let jti = |judged: &Result<VerifiedToken, Rejection>| {
                judged.as_ref().map(|token| token.jti().to_owned()).map_err(Clone::clone)
            };
            assert_eq!(jti(&remembered), jti(&judged), "it is another answer from memory");
        }
        match judged {
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
