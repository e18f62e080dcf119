//! Tokens that attackers send (F1 to F5, F8, F20).

use crate::support::{HEADER_WITHOUT_ALG, claims, decode, encode, forge, header, key, payload, read, sign};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use jeton_jose::json::JsonError;
use jeton_jose::{Algorithm, HeaderError, MAX_TOKEN_BYTES, TokenError, UnverifiedToken};

fn header_error(algorithm: Algorithm, header: &str) -> HeaderError {
    match read(algorithm, &forge(algorithm, header, &payload())) {
        Err(TokenError::Header(error)) => error,
        other => panic!("{header} gives {other:?}"),
    }
}

#[test]
fn the_forger_of_these_tests_can_make_a_good_token() {
    for algorithm in Algorithm::ALL {
        assert_eq!(read(algorithm, &forge(algorithm, &header(algorithm), &payload())), Ok(claims()));
    }
}

/// The public key in every form that a library ever took for a shared secret.
fn public_key_forms(algorithm: Algorithm) -> Vec<Vec<u8>> {
    let pkcs8 = &key(algorithm).pkcs8;
    let (raw, der) = match algorithm {
        Algorithm::Es256 => {
            let alg = &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
            let pair = EcdsaKeyPair::from_pkcs8(alg, pkcs8).unwrap();
            (pair.public_key().as_ref().to_vec(), pair.public_key().as_der().unwrap())
        }
        Algorithm::EdDsa => {
            let pair = Ed25519KeyPair::from_pkcs8(pkcs8).unwrap();
            (pair.public_key().as_ref().to_vec(), pair.public_key().as_der().unwrap())
        }
        Algorithm::Rs256 | Algorithm::Ps256 => {
            let pair = RsaKeyPair::from_pkcs8(pkcs8).unwrap();
            (pair.public_key().as_ref().to_vec(), pair.public_key().as_der().unwrap())
        }
    };
    let base64 = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
    let jwk = key(algorithm).signing.public_jwk();
    vec![
        raw,
        der.as_ref().to_vec(),
        format!("{pem}\n").into_bytes(),
        pem.replace('\n', "\r\n").into_bytes(),
        pem.into_bytes(),
        base64.into_bytes(),
        serde_json::to_vec(jwk).unwrap(),
        serde_json::to_vec_pretty(jwk).unwrap(),
        Vec::new(),
    ]
}

#[test]
fn a_public_key_is_never_a_shared_secret() {
    for algorithm in Algorithm::ALL {
        for secret in public_key_forms(algorithm) {
            let hmac = |header: &str| {
                let message = format!("{}.{}", encode(header), encode(payload()));
                let secret = jsonwebtoken::EncodingKey::from_secret(&secret);
                let hs256 = jsonwebtoken::Algorithm::HS256;
                let tag = jsonwebtoken::crypto::sign(message.as_bytes(), &secret, hs256).unwrap();
                format!("{message}.{tag}")
            };
            let confused = hmac(&format!(r#"{{"alg":"HS256",{HEADER_WITHOUT_ALG}}}"#));
            assert_eq!(read(algorithm, &confused), Err(TokenError::Header(HeaderError::Algorithm)));
            assert_eq!(read(algorithm, &hmac(&header(algorithm))), Err(TokenError::Signature));
        }
    }
}

#[test]
fn none_in_every_case_is_no_algorithm() {
    for cases in 0..16_u8 {
        let name: String = "none"
            .chars()
            .enumerate()
            .map(|(i, c)| if cases & (1 << i) == 0 { c } else { c.to_ascii_uppercase() })
            .collect();
        let header = encode(format!(r#"{{"alg":"{name}",{HEADER_WITHOUT_ALG}}}"#));
        for signature in ["", "AA"] {
            let token = format!("{header}.{}.{signature}", encode(payload()));
            assert_eq!(read(Algorithm::Es256, &token), Err(TokenError::Header(HeaderError::Algorithm)));
        }
    }
    for alg in
        ["\"\"", "null", "[\"ES256\"]", "256", "\"es256\"", "\"ES256 \"", "\"ES384\"", "\"HS512\"", "\"dir\""]
    {
        let header = format!(r#"{{"alg":{alg},{HEADER_WITHOUT_ALG}}}"#);
        assert_eq!(header_error(Algorithm::Es256, &header), HeaderError::Algorithm, "{alg}");
    }
    assert_eq!(header_error(Algorithm::Es256, &format!("{{{HEADER_WITHOUT_ALG}}}")), HeaderError::Algorithm);
}

#[test]
fn a_key_serves_its_own_algorithm_only() {
    for algorithm in Algorithm::ALL {
        for claimed in Algorithm::ALL.into_iter().filter(|claimed| *claimed != algorithm) {
            let token = forge(algorithm, &header(claimed), &payload());
            assert_eq!(read(algorithm, &token), Err(TokenError::KeyAlgorithm));
            assert_eq!(read(claimed, &token), Err(TokenError::Signature));
        }
    }
}

#[test]
fn signatures_cut_short_or_grown_are_wrong() {
    for algorithm in Algorithm::ALL {
        let token = forge(algorithm, &header(algorithm), &payload());
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = decode(signature);
        let refused = |signature: &[u8]| {
            let token = format!("{message}.{}", encode(signature));
            assert_eq!(
                read(algorithm, &token),
                Err(TokenError::Signature),
                "{algorithm} {}",
                signature.len()
            );
        };
        (0..signature.len()).for_each(|end| refused(&signature[..end]));
        refused(&[&signature[..], &[0]].concat());
        refused(&[&[0], &signature[..]].concat());
        refused(&vec![0; signature.len()]);
        refused(&[&signature[..], &signature[..]].concat());
    }
}

/// The order of P-256.
const N: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

#[test]
fn psychic_signatures_are_wrong() {
    let mut n_plus_1 = N;
    n_plus_1[31] += 1;
    let mut one = [0; 32];
    one[31] = 1;
    let message = format!("{}.{}", encode(header(Algorithm::Es256)), encode(payload()));
    let numbers = [[0; 32], one, N, n_plus_1, [0xff; 32]];
    for r in &numbers {
        for s in &numbers {
            let token = format!("{message}.{}", encode([*r, *s].concat()));
            assert_eq!(read(Algorithm::Es256, &token), Err(TokenError::Signature));
        }
    }
}

#[test]
fn es256_signatures_are_taken_with_either_s_and_never_as_der() {
    let token = forge(Algorithm::Es256, &header(Algorithm::Es256), &payload());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = decode(signature);
    let (r, s) = signature.split_at(32);
    let mirrored = format!("{message}.{}", encode([r, &n_minus(s)].concat()));
    assert_eq!(read(Algorithm::Es256, &mirrored), Ok(claims()));
    // Both numbers positive whatever their first bit, which makes this DER of the same signature.
    let integer = |number: &[u8]| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let sign = if number[zeros] & 0x80 == 0 { &[][..] } else { &[0] };
        let digits = [sign, &number[zeros..]].concat();
        [&[2, u8::try_from(digits.len()).unwrap()], &digits[..]].concat()
    };
    let body = [integer(r), integer(s)].concat();
    let der = [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat();
    let token = format!("{message}.{}", encode(der));
    assert_eq!(read(Algorithm::Es256, &token), Err(TokenError::Signature));
}

fn n_minus(s: &[u8]) -> Vec<u8> {
    let mut borrow = false;
    let mut difference: Vec<u8> = N
        .iter()
        .zip(s)
        .rev()
        .map(|(n, s)| {
            let (digit, under) = n.overflowing_sub(*s);
            let (digit, under_again) = digit.overflowing_sub(borrow.into());
            borrow = under || under_again;
            digit
        })
        .collect();
    difference.reverse();
    difference
}

#[test]
fn headers_that_change_the_reading_or_bring_a_key_are_refused() {
    let jwk = serde_json::to_string(key(Algorithm::Es256).signing.public_jwk()).unwrap();
    for (name, values) in [
        ("crit", vec!["[\"x\"]", "[]", "null", "\"exp\"", "[\"alg\"]", "[\"b64\"]", "{}"]),
        ("b64", vec!["false", "true", "null"]),
        ("zip", vec!["\"DEF\"", "null"]),
        ("enc", vec!["\"A128GCM\""]),
        ("jwk", vec![&jwk, "null"]),
        ("jku", vec!["\"https://attacker.example/jwks.json\"", "\"file:///etc/passwd\""]),
        ("x5u", vec!["\"https://attacker.example/cert.pem\""]),
        ("x5c", vec!["[\"AA==\"]"]),
    ] {
        for value in values {
            let header = format!(r#"{{"alg":"ES256",{HEADER_WITHOUT_ALG},"{name}":{value}}}"#);
            assert_eq!(header_error(Algorithm::Es256, &header), HeaderError::Refused(name), "{value}");
        }
    }
    let harmless = format!(r#"{{"alg":"ES256",{HEADER_WITHOUT_ALG},"x5t":"AA","Crit":["x"],"any":{{}}}}"#);
    assert_eq!(read(Algorithm::Es256, &forge(Algorithm::Es256, &harmless, &payload())), Ok(claims()));
}

#[test]
fn only_access_tokens_are_access_tokens() {
    for typ in [
        "\"JWT\"",
        "\"jwt\"",
        "\"\"",
        "\"at\"",
        "\"at+jwt \"",
        "\"application/jwt\"",
        "\"dpop+jwt\"",
        "null",
        "1",
        "[\"at+jwt\"]",
        "\"text/at+jwt\"",
        "\"\u{212a}at+jwt\"",
    ] {
        let header = format!(r#"{{"alg":"ES256","kid":"k","typ":{typ}}}"#);
        assert_eq!(header_error(Algorithm::Es256, &header), HeaderError::Type, "{typ}");
    }
    assert_eq!(header_error(Algorithm::Es256, r#"{"alg":"ES256","kid":"k"}"#), HeaderError::Type);
}

#[test]
fn key_ids_are_short_strings_and_nothing_more() {
    let with_kid = |kid: &str| format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":{kid}}}"#);
    let long = format!("\"{}\"", "k".repeat(257));
    for kid in ["null", "1", "\"\"", "[\"k\"]", &long] {
        assert_eq!(header_error(Algorithm::Es256, &with_kid(kid)), HeaderError::KeyId, "{kid}");
    }
    assert_eq!(header_error(Algorithm::Es256, r#"{"alg":"ES256","typ":"at+jwt"}"#), HeaderError::KeyId);
    for kid in ["../../dev/null", "' OR 1=1 --", "\0", "\u{202e}", "http://127.0.0.1/", "é"] {
        let token = forge(Algorithm::Es256, &with_kid(&serde_json::to_string(kid).unwrap()), &payload());
        assert_eq!(UnverifiedToken::parse(&token).unwrap().kid(), kid, "an opaque name");
    }
}

#[test]
fn headers_are_strict_json_objects() {
    let refused = |header: &str| header_error(Algorithm::Es256, header);
    for header in ["[]", "null", "\"at+jwt\""] {
        assert_eq!(refused(header), HeaderError::NotAnObject);
    }
    for header in [
        format!(r#"{{"alg":"none","alg":"ES256",{HEADER_WITHOUT_ALG}}}"#),
        format!(r#"{{"\u0061lg":"ES256","alg":"ES256",{HEADER_WITHOUT_ALG}}}"#),
        format!(r#"{{"alg":"ES256",{HEADER_WITHOUT_ALG},"x":[{{"y":1,"y":1}}]}}"#),
    ] {
        assert!(matches!(refused(&header), HeaderError::Json(JsonError::Duplicate { .. })), "{header}");
    }
    assert_eq!(refused(&format!("{}{{}}", header(Algorithm::Es256))), HeaderError::Json(JsonError::Trailing));
    assert!(matches!(refused(""), HeaderError::Json(JsonError::Syntax { .. })));
}

#[test]
fn only_the_compact_form_is_read() {
    let good = forge(Algorithm::Es256, &header(Algorithm::Es256), &payload());
    let parse = |token: &str| UnverifiedToken::parse(token).map(|_| ()).unwrap_err();
    for token in [
        format!("{good}="),
        format!("{good} "),
        format!(" {good}"),
        format!("{good}\n"),
        good.replace('.', "+"),
        good.replacen('.', "%2E", 1),
        format!("{good}\0"),
        format!("{good}é"),
        format!("{good},{good}"),
        format!(r#"{{"payload":"{}","signatures":[]}}"#, encode(payload())),
        "\u{ff0e}.".repeat(2),
    ] {
        assert_eq!(parse(&token), TokenError::Alphabet, "{token}");
    }
    for token in [
        "",
        "a",
        "a.b",
        &format!("{good}."),
        &format!(".{good}"),
        "a.b.c.d.e",
        "....",
        &"a".repeat(MAX_TOKEN_BYTES),
    ] {
        assert_eq!(parse(token), TokenError::Segments, "{token}");
    }
    let detached = good.splitn(3, '.').enumerate().map(|(i, part)| if i == 1 { "" } else { part });
    let detached: Vec<&str> = detached.collect();
    assert_eq!(read(Algorithm::Es256, &detached.join(".")), Err(TokenError::Signature));
}

#[test]
fn base64url_is_canonical() {
    // One header, whose length leaves two bits of its last character unused.
    let mut header = header(Algorithm::Es256);
    while header.len() % 3 != 2 {
        header.push(' ');
    }
    let token = forge(Algorithm::Es256, &header, &payload());
    assert_eq!(read(Algorithm::Es256, &token), Ok(claims()));
    let (head, rest) = token.split_once('.').unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.find(head.chars().last().unwrap()).unwrap();
    let same_bytes = &alphabet[last + 1..last + 2];
    let second = format!("{}{same_bytes}.{rest}", &head[..head.len() - 1]);
    assert_eq!(UnverifiedToken::parse(&second).map(|_| ()), Err(TokenError::Encoding));
    assert_eq!(UnverifiedToken::parse(&format!("{head}AA.{rest}")).map(|_| ()), Err(TokenError::Encoding));
}

#[test]
fn size_is_judged_before_anything_else() {
    for token in [".".repeat(1 << 20), "\u{1f4a3}".repeat(1 << 18), format!("{}.", "e".repeat(1 << 20))] {
        assert_eq!(UnverifiedToken::parse(&token).map(|_| ()), Err(TokenError::TooLong));
    }
    let dots = ".".repeat(MAX_TOKEN_BYTES);
    assert_eq!(UnverifiedToken::parse(&dots).map(|_| ()), Err(TokenError::Segments));
}

#[test]
fn a_signature_is_over_this_header_and_this_payload() {
    let one = forge(Algorithm::EdDsa, &header(Algorithm::EdDsa), &payload());
    let two = forge(Algorithm::EdDsa, &header(Algorithm::EdDsa), &payload().replace("client-1", "client-2"));
    let (head, rest) = one.split_once('.').unwrap();
    let signature = rest.split_once('.').unwrap().1;
    let other_payload = two.split('.').nth(1).unwrap();
    let spliced = format!("{head}.{other_payload}.{signature}");
    assert_eq!(read(Algorithm::EdDsa, &spliced), Err(TokenError::Signature));
    let other_message = format!("{head}.{other_payload}x.{}", sign(Algorithm::EdDsa, b"something else"));
    assert!(read(Algorithm::EdDsa, &other_message).is_err());
}

#[test]
fn nothing_of_a_token_is_printed() {
    let token = forge(Algorithm::EdDsa, &header(Algorithm::EdDsa), &payload());
    let parsed = UnverifiedToken::parse(&token).unwrap();
    let debug = format!("{parsed:?}");
    assert_eq!(debug, r#"UnverifiedToken { header: Header { algorithm: EdDsa, kid: "k" }, .. }"#);
}
