//! Each check of the verifier, alone.

use crate::support::{AUDIENCE, ISSUER, KEY, NOW, builder, claims, forge, keys, signed, token, verifier};
use jeton_jose::{AccessTokenClaims, Algorithm, SigningKey};
use jeton_verify::{ClaimsError, ConfigError, HeaderError, StaticKeys, TokenError, Verifier, VerifyError};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

fn error(token: &str) -> VerifyError {
    verifier().verify(token).unwrap_err()
}

#[test]
fn a_good_token_says_who_calls() {
    let token = verifier().verify(&token()).unwrap();
    assert_eq!((token.client_id(), token.subject()), ("client-1", "client-1"));
    assert_eq!((token.company(), token.rev()), (Some("company-1"), Some("handle.1")));
    assert_eq!((token.issuer(), token.jti(), token.kid()), (ISSUER, "token-1", KEY.0.kid()));
    assert_eq!((token.iat(), token.exp()), (NOW - 10, NOW + 3600));
    assert_eq!(token.audiences().collect::<Vec<_>>(), [AUDIENCE]);
    assert_eq!(token.scopes().collect::<Vec<_>>(), ["read", "write"]);
}

#[test]
fn a_token_of_another_rfc_9068_issuer_is_as_good() {
    let token = signed(|claims| (claims.company, claims.rev, claims.scope) = (None, None, None));
    let token = verifier().verify(&token).unwrap();
    assert_eq!((token.company(), token.rev(), token.scopes().count()), (None, None, 0));
}

#[test]
fn scopes_are_whole_words() {
    let with =
        |scope: &'static str| verifier().verify(&signed(|claims| claims.scope = Some(scope.into()))).unwrap();
    let token = with("read.all write:x");
    assert!(token.has_scope("read.all") && token.has_scope("write:x"));
    for absent in ["read", "read.", "READ.ALL", "all", "write", "", " ", "read.all write:x", "x"] {
        assert!(!token.has_scope(absent), "{absent}");
    }
    assert!(!with("").has_scope(""));
    assert_eq!(with(" a  b ").scopes().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn text_that_is_no_token() {
    for text in ["", "x", "a.b.c", "....", "null", "Bearer x", &"a".repeat(1 << 20), &".".repeat(1 << 20)] {
        assert!(matches!(error(text), VerifyError::Malformed(_)), "{text:.20}");
    }
    let header = r#"{"alg":"ES256","typ":"at+jwt","kid":"k","crit":["x"]}"#;
    let refused = TokenError::Header(HeaderError::Refused("crit"));
    assert_eq!(error(&forge(header, "{}")), VerifyError::Malformed(refused));
}

#[test]
fn claims_that_are_none() {
    let header = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{}"}}"#, KEY.0.kid());
    let missing = TokenError::Claims(ClaimsError::Missing("iss"));
    assert_eq!(error(&forge(&header, "{}")), VerifyError::Malformed(missing));
    let exp = r#"{"iss":"i","sub":"s","client_id":"c","aud":"a","iat":1,"exp":"never","jti":"j"}"#;
    assert_eq!(
        error(&forge(&header, exp)),
        VerifyError::Malformed(TokenError::Claims(ClaimsError::Type("exp")))
    );
}

#[test]
fn another_type_or_algorithm() {
    let kid = KEY.0.kid();
    assert_eq!(
        error(&forge(&format!(r#"{{"alg":"ES256","typ":"JWT","kid":"{kid}"}}"#), "{}")),
        VerifyError::WrongType
    );
    for alg in ["none", "HS256", "RS256", "EdDSA"] {
        let header = format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"{kid}"}}"#);
        assert_eq!(error(&forge(&header, "{}")), VerifyError::WrongAlgorithm, "{alg}");
    }
    // The key is trusted and the signature good, but this verifier was not told of ES256.
    let narrow = Verifier::new(ISSUER, AUDIENCE, [Algorithm::EdDsa, Algorithm::Rs256], keys()).unwrap();
    assert_eq!(narrow.verify(&token()).unwrap_err(), VerifyError::WrongAlgorithm);
    // And here the header names an allowed algorithm that is not the key's.
    let wide = Verifier::new(ISSUER, AUDIENCE, Algorithm::ALL, keys()).unwrap();
    let confused = forge(&format!(r#"{{"alg":"RS256","typ":"at+jwt","kid":"{kid}"}}"#), "{}");
    assert_eq!(wide.verify(&confused).unwrap_err(), VerifyError::WrongAlgorithm);
}

#[test]
fn a_key_of_nobody_we_trust() {
    let (stranger, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    assert_eq!(error(&stranger.sign(&claims()).unwrap()), VerifyError::UnknownKey);
    // Under the name of a trusted key.
    let own = stranger.sign(&claims()).unwrap();
    let trusted = token();
    let header = trusted.split('.').next().unwrap();
    let stolen = format!("{header}.{}", own.split_once('.').unwrap().1);
    assert_eq!(error(&stolen), VerifyError::Signature);
}

#[test]
fn the_issuer_is_compared_byte_for_byte() {
    for issuer in [
        "https://auth.example.com/",
        "https://auth.example.com:443",
        "https://AUTH.example.com",
        "http://auth.example.com",
        "https://sandbox.auth.example.com",
        "https://auth.example.co",
    ] {
        assert_eq!(error(&signed(|claims| claims.iss = issuer.into())), VerifyError::Issuer, "{issuer}");
    }
}

#[test]
fn one_audience_must_be_ours() {
    let with = |audiences: &[&'static str]| {
        signed(|claims| claims.aud = audiences.iter().map(|a| (*a).into()).collect())
    };
    assert!(verifier().verify(&with(&["https://other.example.com", AUDIENCE])).is_ok());
    for audiences in [
        &["https://other.example.com"][..],
        &["https://api.example.com/"],
        &["https://api.example.com/v1", "https://api.example.co"],
        &["HTTPS://API.EXAMPLE.COM"],
        &["https://api.example.com https://x"],
    ] {
        assert_eq!(error(&with(audiences)), VerifyError::Audience, "{audiences:?}");
    }
}

#[test]
fn times_are_judged_to_the_second() {
    let clock = Arc::new(AtomicI64::new(0));
    let now = Arc::clone(&clock);
    for leeway in [0, 5, 60] {
        let now = Arc::clone(&now);
        let verifier =
            builder().leeway_seconds(leeway).clock(move || now.load(Ordering::Relaxed)).build().unwrap();
        let leeway = i64::from(leeway);
        let token = signed(|claims| (claims.nbf, claims.exp) = (Some(NOW), NOW + 100));
        for (at, expected) in [
            (NOW - leeway - 1, Err(VerifyError::NotYetValid)),
            (NOW - leeway, Ok(())),
            (NOW + 100 + leeway - 1, Ok(())),
            (NOW + 100 + leeway, Err(VerifyError::Expired)),
            (i64::MIN, Err(VerifyError::NotYetValid)),
            (i64::MAX, Err(VerifyError::Expired)),
        ] {
            clock.store(at, Ordering::Relaxed);
            assert_eq!(verifier.verify(&token).map(|_| ()), expected, "leeway {leeway}, at {at}");
        }
    }
}

#[test]
fn the_default_leeway_is_five_seconds() {
    assert!(verifier().verify(&signed(|claims| claims.exp = NOW - 4)).is_ok());
    assert_eq!(error(&signed(|claims| claims.exp = NOW - 5)), VerifyError::Expired);
}

#[test]
fn times_at_the_ends_overflow_nothing() {
    assert!(verifier().verify(&signed(|claims| claims.exp = jeton_jose::MAX_NUMERIC_DATE)).is_ok());
    assert_eq!(error(&signed(|claims| claims.exp = 0)), VerifyError::Expired);
    let latest = signed(|claims| {
        (claims.exp, claims.nbf) = (jeton_jose::MAX_NUMERIC_DATE, Some(jeton_jose::MAX_NUMERIC_DATE));
    });
    assert_eq!(error(&latest), VerifyError::NotYetValid);
}

#[test]
fn issued_in_the_future_is_a_slow_clock_and_no_fault() {
    assert!(verifier().verify(&signed(|claims| claims.iat = NOW + 30)).is_ok());
}

#[test]
fn the_system_clock_is_the_default() {
    let verifier = Verifier::new(ISSUER, AUDIENCE, [Algorithm::Es256], keys()).unwrap();
    assert!(verifier.verify(&signed(|claims| claims.exp = jeton_jose::MAX_NUMERIC_DATE)).is_ok());
    assert_eq!(verifier.verify(&signed(|claims| claims.exp = 1)).unwrap_err(), VerifyError::Expired);
}

#[test]
fn every_algorithm_works() {
    for algorithm in Algorithm::ALL {
        let (key, _) = SigningKey::generate(algorithm).unwrap();
        let keys = Arc::new(StaticKeys::new([key.verifying_key()]).unwrap());
        let verifier = Verifier::builder(ISSUER, AUDIENCE, [algorithm], keys).clock(|| NOW).build().unwrap();
        assert_eq!(verifier.verify(&key.sign(&claims()).unwrap()).unwrap().client_id(), "client-1");
    }
}

#[test]
fn nothing_has_a_default_that_accepts_anything() {
    let new = |issuer, audience, algorithms: &[Algorithm]| {
        Verifier::new(issuer, audience, algorithms.iter().copied(), keys()).map(|_| ()).unwrap_err()
    };
    assert_eq!(new("", AUDIENCE, &[Algorithm::Es256]), ConfigError::Issuer);
    assert_eq!(new(ISSUER, "", &[Algorithm::Es256]), ConfigError::Audience);
    assert_eq!(new(ISSUER, AUDIENCE, &[]), ConfigError::Algorithms);
    let lax = builder().leeway_seconds(61).build();
    assert_eq!(lax.map(|_| ()).unwrap_err(), ConfigError::Leeway);
}

#[test]
fn errors_have_words_and_nothing_of_the_token() {
    let mark = "c4n4ry";
    let marked = |claims: &mut AccessTokenClaims<'static>| {
        (claims.iss, claims.client_id, claims.jti) = (mark.into(), mark.into(), mark.into());
    };
    let errors = [
        error(&signed(marked)),
        error(mark),
        error(&forge(&format!(r#"{{"alg":"{mark}","kid":"{mark}","typ":"at+jwt"}}"#), mark)),
        error(&forge(&format!(r#"{{"alg":"ES256","kid":"{mark}","typ":"{mark}"}}"#), mark)),
        error(&forge(&format!(r#"{{"alg":"ES256","kid":"{mark}","typ":"at+jwt"}}"#), mark)),
        error(&forge(&format!(r#"{{"{mark}":1,"{mark}":1}}"#), mark)),
    ];
    for error in errors {
        assert!(!format!("{error} {error:?} {}", error.code()).contains(mark), "{error:?}");
    }
}
