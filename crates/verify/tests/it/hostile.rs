//! Tokens made to be believed, against a verifier that would take every algorithm, and tokens in the wrong place.
//!
//! What a token may look like at all is tested in `jeton-jose`; here is what the verifier makes of it.

use crate::support::{AUDIENCE, ISSUER, KEY, NOW, claims, forge, keys, token, verifier};
use jeton_jose::{Algorithm, JwkSet, SigningKey};
use jeton_verify::{HeaderError, Rejection, Scopes, TokenError, Verifier, VerifyError};

fn lax() -> Verifier {
    Verifier::builder(ISSUER, AUDIENCE, Algorithm::ALL, keys()).clock(|| NOW).build().unwrap()
}

fn refused(header: &str) -> VerifyError {
    lax().verify(&forge(header, "{}")).unwrap_err()
}

#[test]
fn a_key_that_comes_with_the_token_is_not_used() {
    let (stranger, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    let set = JwkSet::new(vec![stranger.public_jwk().clone()]).unwrap().to_json();
    let jwk = set.trim_start_matches("{\"keys\":[").trim_end_matches("]}");
    for (name, value) in [
        ("jwk", jwk),
        ("jku", r#""https://evil.example/keys""#),
        ("x5u", r#""https://evil.example/chain""#),
        ("x5c", r#"["AAAA"]"#),
    ] {
        let kid = KEY.0.kid();
        let header = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{kid}","{name}":{value}}}"#);
        let expected = VerifyError::Malformed(TokenError::Header(HeaderError::Refused(name)));
        assert_eq!(refused(&header), expected);
    }
}

#[test]
fn a_key_id_is_looked_up_and_nothing_else() {
    for kid in
        ["../../../dev/null", "/etc/passwd", "' OR 1=1 --", "\\u0000", "\\u00e9", "https://evil.example", "*"]
    {
        let header = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{kid}"}}"#);
        assert_eq!(refused(&header), VerifyError::UnknownKey, "{kid}");
    }
    for kid in ["\"\"".to_owned(), "1".to_owned(), "null".to_owned(), format!("\"{}\"", "k".repeat(257))] {
        let header = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":{kid}}}"#);
        assert_eq!(refused(&header), VerifyError::Malformed(TokenError::Header(HeaderError::KeyId)));
    }
}

#[test]
fn what_would_change_the_reading_is_refused() {
    let kid = KEY.0.kid();
    for more in
        [r#""crit":["exp"]"#, r#""crit":[]"#, r#""b64":false"#, r#""zip":"DEF""#, r#""enc":"A128GCM""#]
    {
        let header = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{kid}",{more}}}"#);
        assert!(matches!(refused(&header), VerifyError::Malformed(_)), "{more}");
    }
    let twice = format!(r#"{{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"{kid}"}}"#);
    assert!(matches!(refused(&twice), VerifyError::Malformed(_)));
}

#[test]
fn the_type_is_an_access_tokens_in_any_case() {
    let kid = KEY.0.kid();
    let signed = |typ: &str| {
        let payload = r#"{"iss":"https://auth.example.com","sub":"s","client_id":"c","aud":"https://api.example.com","iat":1,"exp":1900000000,"jti":"j"}"#;
        forge(&format!(r#"{{"alg":"ES256","typ":"{typ}","kid":"{kid}"}}"#), payload)
    };
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert!(lax().verify(&signed(typ)).is_ok(), "{typ}");
    }
    for typ in ["JWT", "jwt", "at jwt", "at+jwt ", "text/at+jwt", "dpop+jwt", "secevent+jwt", ""] {
        assert_eq!(lax().verify(&signed(typ)).unwrap_err(), VerifyError::WrongType, "{typ}");
    }
}

#[test]
fn every_way_to_be_no_token_looks_alike_to_the_caller() {
    let (stranger, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    let mut seen = Vec::new();
    for token in [
        "x",
        "a.b.c",
        &".".repeat(1 << 20),
        &forge("{}", "{}"),
        &forge(r#"{"alg":"none","typ":"at+jwt","kid":"k"}"#, "{}"),
        &forge(&format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{}"}}"#, KEY.0.kid()), "{"),
        &stranger.sign(&claims()).unwrap(),
        &token()[..token().len() - 1],
    ] {
        let header = format!("Bearer {token}");
        let rejection = verifier().authorize([header.as_bytes()], &Scopes::none()).unwrap_err();
        assert!(matches!(rejection, Rejection::InvalidToken(_)));
        seen.push((rejection.status(), rejection.www_authenticate("production"), rejection.problem_json()));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
}
