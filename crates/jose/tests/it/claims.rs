//! Claims of every wrong type and value, each in a token with a true signature (F6, F7).

use crate::support::{claims, forge, header, key, payload, read};
use jeton_jose::json::JsonError;
use jeton_jose::{AccessTokenClaims, Algorithm, ClaimsError, MAX_NUMERIC_DATE, SignError, TokenError};
use serde_json::{Value, json};

fn read_payload(payload: &str) -> Result<AccessTokenClaims<'static>, TokenError> {
    read(Algorithm::EdDsa, &forge(Algorithm::EdDsa, &header(Algorithm::EdDsa), payload))
}

/// The usual claims with this one set to `json`, which is text so that it can be what no `Value` holds.
fn with(name: &str, json: &str) -> String {
    let mut members: Value = serde_json::from_str(&payload()).unwrap();
    members.as_object_mut().unwrap().remove(name);
    let rest = members.to_string();
    format!(r#"{},"{name}":{json}}}"#, rest.strip_suffix('}').unwrap())
}

fn refused(name: &str, json: &str) -> ClaimsError {
    match read_payload(&with(name, json)) {
        Err(TokenError::Claims(error)) => error,
        other => panic!("{name}: {json} gives {other:?}"),
    }
}

const STRINGS: [&str; 4] = ["iss", "sub", "client_id", "jti"];
const OPTIONAL_STRINGS: [&str; 3] = ["scope", "company", "rev"];
const TIMES: [&str; 3] = ["iat", "exp", "nbf"];

#[test]
fn a_claim_of_another_type_is_refused_and_never_absent() {
    for name in STRINGS.into_iter().chain(OPTIONAL_STRINGS) {
        for json in ["null", "true", "1", "1.5", "1e400", "[]", "[\"a\"]", "{}"] {
            assert_eq!(refused(name, json), ClaimsError::Type(name), "{json}");
        }
    }
    for name in TIMES {
        for json in ["null", "true", "\"1800000000\"", "\"\"", "[]", "[1]", "{}"] {
            assert_eq!(refused(name, json), ClaimsError::Type(name), "{json}");
        }
    }
    for json in ["null", "true", "1", "{}", "[1]", "[null]", "[\"a\",1]", "[[\"a\"]]"] {
        assert_eq!(refused("aud", json), ClaimsError::Type("aud"), "{json}");
    }
}

#[test]
fn a_time_out_of_range_is_refused() {
    let faulty = [
        "-1",
        "-0.5",
        "253402300800",
        "253402300799.5",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "18446744073709551616",
        "1e19",
        "1e400",
        "-1e400",
    ];
    for name in TIMES {
        for json in faulty {
            assert_eq!(refused(name, json), ClaimsError::Range(name), "{json}");
        }
    }
}

#[test]
fn a_time_may_have_a_fraction_or_an_exponent() {
    for (json, seconds) in [
        ("0", 0),
        ("-0", 0),
        ("-0.0", 0),
        ("1e-400", 0),
        ("0.999", 0),
        ("1800000000.999", 1_800_000_000),
        ("1.8e9", 1_800_000_000),
        ("18E+8", 1_800_000_000),
        ("253402300799", MAX_NUMERIC_DATE),
    ] {
        assert_eq!(read_payload(&with("exp", json)).unwrap().exp, seconds, "{json}");
        assert_eq!(read_payload(&with("nbf", json)).unwrap().nbf, Some(seconds), "{json}");
    }
}

#[test]
fn required_claims_are_required() {
    let mut least: Value = serde_json::from_str(&payload()).unwrap();
    for name in OPTIONAL_STRINGS {
        least.as_object_mut().unwrap().remove(name);
    }
    let read = read_payload(&least.to_string()).unwrap();
    assert_eq!((read.nbf, read.scope, read.company, read.rev), (None, None, None, None));
    for name in ["iss", "sub", "client_id", "aud", "iat", "exp", "jti"] {
        let mut without = least.clone();
        without.as_object_mut().unwrap().remove(name);
        let result = read_payload(&without.to_string());
        assert_eq!(result, Err(TokenError::Claims(ClaimsError::Missing(name))));
    }
}

#[test]
fn an_empty_claim_says_nothing() {
    for name in STRINGS {
        assert_eq!(refused(name, "\"\""), ClaimsError::Empty(name));
    }
    for json in ["[]", "\"\"", "[\"a\",\"\"]"] {
        assert_eq!(refused("aud", json), ClaimsError::Empty("aud"), "{json}");
    }
    // Keycloak writes it for a client without scopes.
    assert_eq!(read_payload(&with("scope", "\"\"")).unwrap().scope.as_deref(), Some(""));
}

#[test]
fn audiences_and_unknown_claims() {
    let aud = |json| read_payload(&with("aud", json)).unwrap().aud;
    assert_eq!(aud("\"a\""), ["a"]);
    assert_eq!(aud("[\"a\"]"), ["a"]);
    assert_eq!(aud("[\"a\",\"b\"]"), ["a", "b"]);
    assert_eq!(read_payload(&with("cnf", r#"{"x":[1e400,{"y":null}]}"#)).unwrap(), claims());
}

#[test]
fn claims_must_be_one_strict_object() {
    for payload in ["[]", "null", "\"{}\"", "1"] {
        assert_eq!(read_payload(payload), Err(TokenError::Claims(ClaimsError::NotAnObject)), "{payload}");
    }
    let strict = |payload: &str| match read_payload(payload) {
        Err(TokenError::Claims(ClaimsError::Json(error))) => error,
        other => panic!("{payload} gives {other:?}"),
    };
    let repeated = payload().replacen('{', r#"{"\u0065xp":1,"#, 1);
    assert!(matches!(strict(&repeated), JsonError::Duplicate { depth: 0, .. }));
    assert!(matches!(strict(&with("act", r#"{"sub":1,"sub":2}"#)), JsonError::Duplicate { depth: 1, .. }));
    assert_eq!(strict(&format!("{}x", payload())), JsonError::Trailing);
    assert_eq!(strict(&format!("\u{feff}{}", payload())), JsonError::ByteOrderMark);
    assert_eq!(strict(&with("iss", r#""\ud800""#)), JsonError::UnpairedSurrogate);
    assert!(matches!(strict(""), JsonError::Syntax { .. }));
}

#[test]
fn what_could_not_be_read_is_not_signed() {
    let sign = |change: fn(&mut AccessTokenClaims<'static>)| {
        let mut claims = claims();
        change(&mut claims);
        match key(Algorithm::EdDsa).signing.sign(&claims) {
            Err(SignError::Claims(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(sign(|claims| claims.aud.clear()), ClaimsError::Empty("aud"));
    assert_eq!(sign(|claims| claims.client_id = "".into()), ClaimsError::Empty("client_id"));
    assert_eq!(sign(|claims| claims.exp = -1), ClaimsError::Range("exp"));
    assert_eq!(sign(|claims| claims.nbf = Some(i64::MAX)), ClaimsError::Range("nbf"));
}

#[test]
fn the_matrix_covers_the_documented_claims() {
    let written: Value = serde_json::from_str(&payload()).unwrap();
    let mut names: Vec<&str> = written.as_object().unwrap().keys().map(String::as_str).collect();
    let mut tested: Vec<&str> = [&STRINGS[..], &OPTIONAL_STRINGS, &TIMES[..2], &["aud"]].concat();
    names.sort_unstable();
    tested.sort_unstable();
    assert_eq!(names, tested);
    assert_eq!(written["aud"], json!("https://api.example.com"));
}
