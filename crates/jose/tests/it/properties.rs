//! What holds for every input.

use crate::support::{claims, key, read};
use jeton_jose::{AccessTokenClaims, Algorithm, JwkSet, MAX_NUMERIC_DATE, UnverifiedToken};
use proptest::prelude::*;
use std::borrow::Cow;

fn text() -> impl Strategy<Value = Cow<'static, str>> {
    "\\PC{1,20}|[\\x00-\\x7f]{1,20}".prop_map(Cow::Owned)
}

fn any_claims() -> impl Strategy<Value = AccessTokenClaims<'static>> {
    let strings = (text(), text(), text(), text(), prop::collection::vec(text(), 1..4));
    let times = (0..=MAX_NUMERIC_DATE, prop::option::of(0..=MAX_NUMERIC_DATE), 0..=MAX_NUMERIC_DATE);
    let ours = (prop::option::of(text()), prop::option::of(text()), prop::option::of(text()));
    (strings, times, ours).prop_map(
        |((iss, sub, client_id, jti, aud), (iat, nbf, exp), (scope, company, rev))| AccessTokenClaims {
            iss,
            sub,
            client_id,
            aud,
            iat,
            nbf,
            exp,
            jti,
            scope,
            company,
            rev,
        },
    )
}

proptest! {
    #[test]
    fn any_text_is_judged_without_a_panic(text in "\\PC*|[A-Za-z0-9_.-]{0,300}") {
        let _ = UnverifiedToken::parse(&text);
        let _ = JwkSet::parse(text.as_bytes());
    }

    #[test]
    fn any_header_and_payload_are_judged_without_a_panic(
        header in r#"\{("(alg|typ|kid|crit)":("ES256"|"at\+jwt"|"k"|1|null|\[\]),?){0,5}\}"#,
        payload in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let token = crate::support::forge(Algorithm::EdDsa, &header, &String::from_utf8_lossy(&payload));
        let _ = read(Algorithm::EdDsa, &token);
    }

    #[test]
    fn what_is_signed_is_read(claims in any_claims(), which in 0..2_usize) {
        let algorithm = Algorithm::ALL[which];
        let token = key(algorithm).signing.sign(&claims).unwrap();
        prop_assert_eq!(read(algorithm, &token).unwrap(), claims);
    }

    #[test]
    fn any_number_as_a_time_is_judged_without_a_panic(number in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,20})?") {
        let payload = crate::support::payload().replace("1800003600", &number);
        let token = crate::support::forge(Algorithm::EdDsa, &crate::support::header(Algorithm::EdDsa), &payload);
        if let Ok(claims) = read(Algorithm::EdDsa, &token) {
            prop_assert!((0..=MAX_NUMERIC_DATE).contains(&claims.exp));
        }
    }
}

#[test]
fn a_changed_character_anywhere_is_refused() {
    for algorithm in Algorithm::ALL {
        let token = key(algorithm).signing.sign(&claims()).unwrap();
        for at in 0..token.len() {
            for replacement in ["A", "B", "_", "."] {
                let mut changed = token.clone();
                changed.replace_range(at..=at, replacement);
                assert!(
                    changed == token || read(algorithm, &changed).is_err(),
                    "{algorithm} {at} {replacement}"
                );
            }
        }
        (0..token.len())
            .for_each(|end| assert!(read(algorithm, &token[..end]).is_err(), "{algorithm} {end}"));
    }
}
