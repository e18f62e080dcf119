//! jsonwebtoken as the oracle: it reads what we write, and we read what it writes.

use crate::support::{claims, encoding_key, key, read, theirs};
use jeton_jose::Algorithm;
use jsonwebtoken::{DecodingKey, Header, Validation, jwk};
use serde_json::{Value, json};

fn their_reading(algorithm: Algorithm, token: &str) -> jsonwebtoken::TokenData<Value> {
    let jwk = serde_json::to_value(key(algorithm).signing.public_jwk()).unwrap();
    let jwk: jwk::Jwk = serde_json::from_value(jwk).unwrap();
    let mut validation = Validation::new(theirs(algorithm));
    validation.validate_exp = false;
    validation.set_audience(&["https://api.example.com"]);
    validation.set_issuer(&["https://auth.example.com"]);
    jsonwebtoken::decode(token, &DecodingKey::from_jwk(&jwk).unwrap(), &validation).unwrap()
}

#[test]
fn it_reads_what_we_sign() {
    for algorithm in Algorithm::ALL {
        let signing = &key(algorithm).signing;
        let read = their_reading(algorithm, &signing.sign(&claims()).unwrap());
        assert_eq!(read.header.alg, theirs(algorithm));
        assert_eq!(read.header.typ.as_deref(), Some("at+jwt"));
        assert_eq!(read.header.kid.as_deref(), Some(signing.kid()));
        assert_eq!(
            read.claims,
            json!({
                "iss": "https://auth.example.com", "sub": "client-1", "client_id": "client-1",
                "aud": "https://api.example.com", "iat": 1_800_000_000, "exp": 1_800_003_600, "jti": "01J9-a",
                "scope": "read write", "company": "company-1", "rev": "handle.1"
            })
        );
    }
}

#[test]
fn several_audiences_are_an_array_and_absent_claims_absent() {
    let mut claims = claims();
    claims.aud.push("https://other.example.com".into());
    (claims.scope, claims.company, claims.rev, claims.nbf) = (None, None, None, Some(1_800_000_000));
    let token = key(Algorithm::Es256).signing.sign(&claims).unwrap();
    let read = their_reading(Algorithm::Es256, &token).claims;
    assert_eq!(read["aud"], json!(["https://api.example.com", "https://other.example.com"]));
    assert_eq!(read["nbf"], json!(1_800_000_000));
    assert!(["scope", "company", "rev"].iter().all(|name| read.get(name).is_none()));
}

#[test]
fn we_read_what_it_signs() {
    for algorithm in Algorithm::ALL {
        for typ in ["at+jwt", "application/at+jwt", "AT+JWT", "Application/At+Jwt"] {
            let mut header = Header::new(theirs(algorithm));
            header.typ = Some(typ.into());
            header.kid = Some("any name".into());
            let token = jsonwebtoken::encode(&header, &claims(), &encoding_key(algorithm)).unwrap();
            assert_eq!(read(algorithm, &token).unwrap(), claims(), "{algorithm} {typ}");
        }
    }
}

#[test]
fn thumbprints_agree() {
    for algorithm in Algorithm::ALL {
        let jwk = jwk::Jwk::from_encoding_key(&encoding_key(algorithm), theirs(algorithm)).unwrap();
        assert_eq!(key(algorithm).signing.kid(), jwk.thumbprint(jwk::ThumbprintHash::SHA256).unwrap());
    }
}
