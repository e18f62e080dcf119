//! What an issuer signs beside tokens, and that neither passes for the other.

use crate::support::{claims, encode, forge, header, key, payload, read};
use jeton_jose::json::JsonError;
use jeton_jose::{Algorithm, HeaderError, TokenError, UnverifiedStatement, UnverifiedToken};

const TYP: &str = "revocations+jwt";
const LIMIT: usize = 64 * 1024;

fn opened(algorithm: Algorithm, text: &str, typ: &str) -> Result<Vec<u8>, TokenError> {
    UnverifiedStatement::parse(text, typ, LIMIT)?.verify(&key(algorithm).signing.verifying_key())
}

#[test]
fn a_statement_comes_back_as_it_was_signed() {
    for algorithm in Algorithm::ALL {
        let signing = &key(algorithm).signing;
        let long = vec![0xA5; 40 * 1024];
        for content in [b"".as_slice(), b"{}", &long] {
            let text = signing.sign_statement(TYP, content).unwrap();
            let unverified = UnverifiedStatement::parse(&text, TYP, LIMIT).unwrap();
            assert_eq!((unverified.kid(), unverified.algorithm()), (signing.kid(), algorithm));
            assert_eq!(unverified.verify(&signing.verifying_key()), Ok(content.to_vec()));
        }
    }
}

#[test]
fn neither_passes_for_the_other() {
    for algorithm in Algorithm::ALL {
        let signing = &key(algorithm).signing;
        let statement = signing.sign_statement(TYP, payload().as_bytes()).unwrap();
        let not_of_that_type = TokenError::Header(HeaderError::Type);
        assert_eq!(UnverifiedToken::parse(&statement).err(), Some(not_of_that_type.clone()));
        assert_eq!(opened(algorithm, &statement, "other+jwt"), Err(not_of_that_type.clone()));
        let token = signing.sign(&claims()).unwrap();
        assert_eq!(opened(algorithm, &token, TYP), Err(not_of_that_type));
        assert_eq!(read(algorithm, &token), Ok(claims()));
    }
}

#[test]
#[should_panic(expected = "a statement is no access token")]
fn no_statement_has_a_tokens_type() {
    let _ = key(Algorithm::Es256).signing.sign_statement("application/AT+JWT", b"{}");
}

#[test]
fn a_statement_is_read_as_strictly_as_a_token() {
    let algorithm = Algorithm::Es256;
    let good = format!(r#"{{"alg":"ES256","typ":"{TYP}","kid":"k"}}"#);
    assert_eq!(opened(algorithm, &forge(algorithm, &good, "{}"), TYP), Ok(b"{}".to_vec()));
    let with = |member: &str| good.replace(r#""kid""#, &format!(r#"{member},"kid""#));
    let refusal = |header: &str| match opened(algorithm, &forge(algorithm, header, "{}"), TYP) {
        Err(TokenError::Header(error)) => error,
        other => panic!("{header} gives {other:?}"),
    };
    assert_eq!(refusal(&with(r#""crit":[]"#)), HeaderError::Refused("crit"));
    assert_eq!(refusal(&with(r#""jwk":{}"#)), HeaderError::Refused("jwk"));
    assert!(matches!(refusal(&with(r#""alg":"ES256""#)), HeaderError::Json(JsonError::Duplicate { .. })));
    assert_eq!(refusal(&good.replace("ES256", "none")), HeaderError::Algorithm);
    assert_eq!(refusal(&header(algorithm)), HeaderError::Type);

    let text = key(algorithm).signing.sign_statement(TYP, b"{}").unwrap();
    let swapped = text.replace(&format!(".{}.", encode("{}")), &format!(".{}.", encode("[]")));
    assert_eq!(opened(algorithm, &swapped, TYP), Err(TokenError::Signature));
    assert_eq!(opened(algorithm, &format!("{text}="), TYP), Err(TokenError::Alphabet));
    assert_eq!(opened(algorithm, &format!("{text}.e30"), TYP), Err(TokenError::Segments));
    assert_eq!(opened(algorithm, &format!("{text}AAA"), TYP), Err(TokenError::Encoding));
    let tight = text.len();
    assert!(UnverifiedStatement::parse(&text, TYP, tight).is_ok());
    assert_eq!(UnverifiedStatement::parse(&text, TYP, tight - 1).err(), Some(TokenError::TooLong));
    let other = key(Algorithm::EdDsa).signing.verifying_key();
    let unverified = UnverifiedStatement::parse(&text, TYP, LIMIT).unwrap();
    assert_eq!(unverified.verify(&other), Err(TokenError::KeyAlgorithm));
}
