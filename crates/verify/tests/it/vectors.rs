//! Tokens that must be refused, and some that must not, each with the reason: made here, and kept in
//! `tests/vectors/tokens.json` for whoever verifies Jeton's tokens in another language.
//!
//! `JETON_GOLDEN=write cargo test -p jeton-verify vectors` writes them anew, with a new key. To add one: a row in the function
//! of its class; what is expected of it is written by hand.

use crate::support::{AUDIENCE, ISSUER, KEY, NOW, claims, forge, keys, signed};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use jeton_jose::{Algorithm, JwkSet, SigningKey};
use jeton_verify::{Scopes, StaticKeys, Verifier};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// A token, and what a verifier says of it: `Ok`, or the name of a `VerifyError`.
struct Vector {
    name: String,
    token: String,
    expected: &'static str,
}

fn vector(name: impl Into<String>, token: impl Into<String>, expected: &'static str) -> Vector {
    Vector { name: name.into(), token: token.into(), expected }
}

fn all() -> Vec<Vector> {
    [good(), confused(), unsigned(), signatures(), keys_that_come_along(), headers(), payloads(), texts()]
        .into_iter()
        .flatten()
        .collect()
}

fn header() -> String {
    format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{}"}}"#, KEY.0.kid())
}

fn header_with(more: &str) -> String {
    format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{}",{more}}}"#, KEY.0.kid())
}

fn payload() -> Value {
    json!({
        "iss": ISSUER, "sub": "client-1", "client_id": "client-1", "aud": AUDIENCE, "iat": NOW - 10, "exp": NOW + 3600,
        "jti": "token-1", "scope": "read write", "company": "company-1", "rev": "handle.1",
    })
}

/// The claims with this one written so, or left out.
fn payload_with(name: &str, written: Option<&str>) -> String {
    let Value::Object(claims) = payload() else { unreachable!("it is an object") };
    let others =
        claims.iter().filter(|(other, _)| *other != name).map(|(name, value)| format!("\"{name}\":{value}"));
    let this = written.map(|written| format!("\"{name}\":{written}"));
    format!("{{{}}}", others.chain(this).collect::<Vec<_>>().join(","))
}

fn good() -> Vec<Vector> {
    let two = format!(r#"["https://other.example","{AUDIENCE}"]"#);
    let forged = |payload: &str| forge(&header(), payload);
    vec![
        vector("good", signed(|_| ()), "Ok"),
        vector("good: two audiences", forged(&payload_with("aud", Some(&two))), "Ok"),
        vector("good: a fraction of a second", forged(&payload_with("exp", Some("1800003600.5"))), "Ok"),
        vector(
            "good: a claim that nobody knows",
            forged(&payload_with("x", Some(r#"{"a":[null,1e400]}"#))),
            "Ok",
        ),
        vector(
            "good: a header member that nobody knows",
            forge(&header_with(r#""x":1"#), &payload().to_string()),
            "Ok",
        ),
        vector(
            "good: the type in capitals",
            forge(&header().replace("at+jwt", "AT+JWT"), &payload().to_string()),
            "Ok",
        ),
        vector(
            "good: white space in the JSON",
            forge(&header().replace(',', " ,\n "), &payload().to_string()),
            "Ok",
        ),
    ]
}

/// CVE-2015-9235 and its descendants: a MAC whose secret is the public key, in every form that libraries take keys in.
fn confused() -> Vec<Vector> {
    let set = JwkSet::new(vec![KEY.0.public_jwk().clone()]).unwrap().to_json();
    let jwk: Value = serde_json::from_str::<Value>(&set).unwrap()["keys"][0].clone();
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    // RFC 5480: id-ecPublicKey, prime256v1, and the point.
    let spki = [
        &[0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08][..],
        &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00],
        &point,
    ]
    .concat();
    let lines: Vec<String> = STANDARD
        .encode(&spki)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let pem = |end: &str| {
        format!("-----BEGIN PUBLIC KEY-----{end}{}{end}-----END PUBLIC KEY-----{end}", lines.join(end))
    };
    // RFC 5656 section 3.1.
    let field = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
    let ssh = [field(b"ecdsa-sha2-nistp256"), field(b"nistp256"), field(&point)].concat();
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("PEM", pem("\n").into()),
        ("PEM without its last line end", pem("\n").trim_end().into()),
        ("PEM with CRLF", pem("\r\n").into()),
        ("PEM in one line", pem("").into()),
        ("DER", spki.clone()),
        ("DER in base64", STANDARD.encode(&spki).into()),
        ("the point", point.clone()),
        ("x alone", coordinate("x")),
        ("JWK", jwk.to_string().into()),
        ("JWK with spaces", serde_json::to_string_pretty(&jwk).unwrap().into()),
        ("JWK with a line end", format!("{jwk}\n").into()),
        (
            "JWK of x and y alone",
            json!({"kty": "EC", "crv": "P-256", "x": jwk["x"], "y": jwk["y"]}).to_string().into(),
        ),
        ("JWK set", set.clone().into()),
        ("OpenSSH", format!("ecdsa-sha2-nistp256 {}", STANDARD.encode(&ssh)).into()),
        ("OpenSSH, the blob", ssh),
        ("nothing", vec![]),
        ("the kid", KEY.0.kid().into()),
    ];
    let algorithms = [
        ("HS256", jsonwebtoken::Algorithm::HS256),
        ("HS384", jsonwebtoken::Algorithm::HS384),
        ("HS512", jsonwebtoken::Algorithm::HS512),
    ];
    let mut vectors = Vec::new();
    for (form, secret) in &forms {
        for (name, algorithm) in algorithms {
            let input = encoded(&header().replace("ES256", name), payload().to_string().as_bytes());
            let mac =
                jsonwebtoken::crypto::sign(input.as_bytes(), &EncodingKey::from_secret(secret), algorithm)
                    .unwrap();
            vectors.push(vector(
                format!("confusion: {name} by {form}"),
                format!("{input}.{mac}"),
                "WrongAlgorithm",
            ));
            if algorithm == jsonwebtoken::Algorithm::HS256 {
                let input = encoded(&header(), payload().to_string().as_bytes());
                let mac = jsonwebtoken::crypto::sign(
                    input.as_bytes(),
                    &EncodingKey::from_secret(secret),
                    algorithm,
                );
                let token = format!("{input}.{}", mac.unwrap());
                vectors.push(vector(format!("confusion: a MAC called ES256 by {form}"), token, "Signature"));
            }
        }
    }
    for name in [
        "ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "Ed25519", "es256", "ES256 ", "A128KW", "dir",
        "",
    ] {
        let token = forge(&header().replace("ES256", name), &payload().to_string());
        vectors.push(vector(format!("another algorithm: {name:?}"), token, "WrongAlgorithm"));
    }
    vectors
}

fn unsigned() -> Vec<Vector> {
    let mut vectors = Vec::new();
    for name in ["none", "None", "NONE", "nOnE", "noNe", " none", "none ", "n\\u006fne"] {
        let header = header().replace("ES256", name);
        let input = encoded(&header, payload().to_string().as_bytes());
        let signed = forge(&header, &payload().to_string());
        vectors.push(vector(format!("{name:?}, no signature"), format!("{input}."), "WrongAlgorithm"));
        vectors.push(vector(format!("{name:?}, a true signature"), signed, "WrongAlgorithm"));
        vectors.push(vector(format!("{name:?}, two segments"), input, "Malformed"));
    }
    let input = encoded(&header(), payload().to_string().as_bytes());
    vectors.push(vector("ES256, no signature", format!("{input}."), "Signature"));
    vectors.push(vector("ES256, two segments", input, "Malformed"));
    vectors
}

/// CVE-2022-21449: r and s out of range; and forms that are no 64 bytes.
fn signatures() -> Vec<Vector> {
    const N: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let number = |last: u8| -> Vec<u8> {
        let mut bytes: Vec<u8> =
            (0..32).map(|at| u8::from_str_radix(&N[2 * at..2 * at + 2], 16).unwrap()).collect();
        bytes[31] = last;
        bytes
    };
    let numbers = [
        ("0", vec![0; 32]),
        ("1", [vec![0; 31], vec![1]].concat()),
        ("n", number(0x51)),
        ("n+1", number(0x52)),
        ("2^256-1", vec![0xFF; 32]),
    ];
    let input = encoded(&header(), payload().to_string().as_bytes());
    let with = |signature: &[u8]| format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature));
    let mut vectors = Vec::new();
    for (r_name, r) in &numbers {
        for (s_name, s) in &numbers {
            let token = with(&[r.as_slice(), s].concat());
            vectors.push(vector(format!("signature: r = {r_name}, s = {s_name}"), token, "Signature"));
        }
    }
    let good = forge(&header(), &payload().to_string());
    let (_, signature) = good.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let (r, s) = signature.split_at(32);
    let integer = |bytes: &[u8]| [&[0x02, 0x21, 0x00][..], bytes].concat();
    let der = [vec![0x30, 70], integer(r), integer(s)].concat();
    for (name, bytes) in [
        ("in DER", der),
        ("s before r", [s, r].concat()),
        ("r twice", [r, r].concat()),
        ("63 bytes", signature[..63].to_vec()),
        ("65 bytes, a zero before", [&[0], signature.as_slice()].concat()),
        ("65 bytes, a zero after", [signature.as_slice(), &[0]].concat()),
        ("96 bytes", [signature.as_slice(), &[0; 32]].concat()),
        ("twice", [signature.as_slice(), &signature].concat()),
        ("of another payload", forge_signature(&payload_with("sub", Some("\"x\"")))),
    ] {
        vectors.push(vector(format!("signature: {name}"), with(&bytes), "Signature"));
    }
    let (stranger, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    vectors.push(vector(
        "signature: of a stranger, under their kid",
        stranger.sign(&claims()).unwrap(),
        "UnknownKey",
    ));
    vectors
}

fn forge_signature(payload: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(forge(&header(), payload).rsplit_once('.').unwrap().1).unwrap()
}

fn keys_that_come_along() -> Vec<Vector> {
    let set = JwkSet::new(vec![KEY.0.public_jwk().clone()]).unwrap().to_json();
    let jwk = serde_json::from_str::<Value>(&set).unwrap()["keys"][0].to_string();
    [
        ("jwk", jwk.as_str()),
        ("jwk", "{}"),
        ("jku", r#""https://evil.example/jwks.json""#),
        ("jku", r#""https://auth.example.com/.well-known/jwks.json""#),
        ("x5u", r#""https://evil.example/chain.pem""#),
        ("x5c", r#"["MIIB"]"#),
        ("crit", r#"["exp"]"#),
        ("crit", "[]"),
        ("crit", "null"),
        ("b64", "false"),
        ("zip", r#""DEF""#),
        ("enc", r#""A128GCM""#),
    ]
    .into_iter()
    .map(|(name, value)| {
        let token = forge(&header_with(&format!("\"{name}\":{value}")), &payload().to_string());
        let written = if value == jwk { "the trusted key" } else { value };
        vector(format!("header: {name} is {written}"), token, "Malformed")
    })
    .collect()
}

fn headers() -> Vec<Vector> {
    let kid = KEY.0.kid();
    let payload = payload().to_string();
    let rows = [
        ("no typ", format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#), "WrongType"),
        ("typ JWT", format!(r#"{{"typ":"JWT","alg":"ES256","kid":"{kid}"}}"#), "WrongType"),
        (
            "typ of an id token",
            format!(r#"{{"typ":"id_token+jwt","alg":"ES256","kid":"{kid}"}}"#),
            "WrongType",
        ),
        ("typ a list", format!(r#"{{"typ":["at+jwt"],"alg":"ES256","kid":"{kid}"}}"#), "WrongType"),
        ("no alg", format!(r#"{{"typ":"at+jwt","kid":"{kid}"}}"#), "WrongAlgorithm"),
        ("alg a list", format!(r#"{{"typ":"at+jwt","alg":["ES256"],"kid":"{kid}"}}"#), "WrongAlgorithm"),
        ("alg null", format!(r#"{{"typ":"at+jwt","alg":null,"kid":"{kid}"}}"#), "WrongAlgorithm"),
        ("no kid", r#"{"typ":"at+jwt","alg":"ES256"}"#.to_owned(), "Malformed"),
        ("kid a number", r#"{"typ":"at+jwt","alg":"ES256","kid":1}"#.to_owned(), "Malformed"),
        ("kid empty", r#"{"typ":"at+jwt","alg":"ES256","kid":""}"#.to_owned(), "Malformed"),
        (
            "kid a path",
            r#"{"typ":"at+jwt","alg":"ES256","kid":"../../../dev/null"}"#.to_owned(),
            "UnknownKey",
        ),
        ("kid SQL", r#"{"typ":"at+jwt","alg":"ES256","kid":"' OR 1=1 --"}"#.to_owned(), "UnknownKey"),
        (
            "kid of 257 bytes",
            format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{}"}}"#, "k".repeat(257)),
            "Malformed",
        ),
        ("alg twice", format!(r#"{{"typ":"at+jwt","alg":"none","alg":"ES256","kid":"{kid}"}}"#), "Malformed"),
        (
            "kid twice, one escaped",
            format!(r#"{{"typ":"at+jwt","alg":"ES256","kid":"{kid}","\u006bid":"x"}}"#),
            "Malformed",
        ),
        ("a list", "[]".to_owned(), "Malformed"),
        ("a string", r#""ES256""#.to_owned(), "Malformed"),
        ("nothing", String::new(), "Malformed"),
        ("half", r#"{"typ":"at+jwt","#.to_owned(), "Malformed"),
        ("deep", format!(r#"{{"typ":{}1{}}}"#, "[".repeat(70), "]".repeat(70)), "Malformed"),
        ("a comment", format!("{}/**/", header()), "Malformed"),
        ("a byte-order mark", format!("\u{feff}{}", header()), "Malformed"),
    ];
    rows.into_iter()
        .map(|(name, header, expected)| vector(format!("header: {name}"), forge(&header, &payload), expected))
        .collect()
}

fn payloads() -> Vec<Vector> {
    let mut vectors = Vec::new();
    let mut row = |claim: &str, written: Option<&str>, expected| {
        let name = format!(
            "claim: {claim} {}",
            written.map_or("left out".to_owned(), |written| format!("is {written}"))
        );
        vectors.push(vector(name, forge(&header(), &payload_with(claim, written)), expected));
    };
    for claim in ["iss", "sub", "client_id", "aud", "iat", "exp", "jti"] {
        row(claim, None, "Malformed");
        row(claim, Some("null"), "Malformed");
        row(claim, Some("{}"), "Malformed");
        row(claim, Some("true"), "Malformed");
    }
    for claim in ["iss", "sub", "client_id", "jti", "scope", "company", "rev"] {
        row(claim, Some("1"), "Malformed");
        row(claim, Some(r#"["x"]"#), "Malformed");
    }
    for claim in ["iat", "exp", "nbf"] {
        for written in [
            r#""1800003600""#,
            "-1",
            "1e400",
            "18000036000000000000",
            "9223372036854775808",
            "253402300800",
            "[1800003600]",
        ] {
            row(claim, Some(written), "Malformed");
        }
    }
    row("aud", Some("[]"), "Malformed");
    row("aud", Some(r#""""#), "Malformed");
    row("aud", Some(r#"["https://api.example.com",1]"#), "Malformed");
    row("aud", Some(r#"[["https://api.example.com"]]"#), "Malformed");
    for other in [
        "https://api.example.com/",
        "https://API.example.com",
        "https://api.example.co",
        "https://api.example.com.evil.example",
        "*",
    ] {
        row("aud", Some(&format!("\"{other}\"")), "Audience");
    }
    for other in [
        "https://auth.example.com/",
        "http://auth.example.com",
        "https://auth.example.com.evil.example",
        "https://AUTH.example.com",
    ] {
        row("iss", Some(&format!("\"{other}\"")), "Issuer");
    }
    row("iss", Some(r#""""#), "Malformed");
    row("exp", Some(&(NOW - 5).to_string()), "Expired");
    row("exp", Some("0"), "Expired");
    row("nbf", Some(&(NOW + 6).to_string()), "NotYetValid");
    for (name, text) in [
        ("twice", payload().to_string().replacen('{', r#"{"sub":"admin","#, 1)),
        ("twice, one escaped", payload().to_string().replacen('{', r#"{"\u0073ub":"admin","#, 1)),
        ("twice, deeper down", payload_with("x", Some(r#"{"a":1,"a":2}"#))),
        ("half a surrogate pair", payload_with("sub", Some(r#""\ud800""#))),
        ("a list", "[]".to_owned()),
        ("nothing", String::new()),
        ("two objects", format!("{}{{}}", payload())),
        ("a NUL after", format!("{}\0", payload())),
        ("a comma too many", payload().to_string().replace('}', ",}")),
        ("a byte-order mark", format!("\u{feff}{}", payload())),
        ("single quotes", payload().to_string().replace('"', "'")),
        ("deep", payload_with("x", Some(&format!("{}1{}", "[".repeat(70), "]".repeat(70))))),
    ] {
        vectors.push(vector(format!("payload: {name}"), forge(&header(), &text), "Malformed"));
    }
    for bytes in [&b"\xff\xfe"[..], b"{\"iss\":\"\xc0\xaf\"}", b"{\"iss\":\"\xed\xa0\x80\"}"] {
        let input = encoded(&header(), bytes);
        let key = EncodingKey::from_ec_der(&KEY.1);
        let signature =
            jsonwebtoken::crypto::sign(input.as_bytes(), &key, jsonwebtoken::Algorithm::ES256).unwrap();
        vectors.push(vector(
            format!("payload: no UTF-8, {bytes:02x?}"),
            format!("{input}.{signature}"),
            "Malformed",
        ));
    }
    vectors
}

/// What is no compact serialization (RFC 7515 section 7.1), or not the one way to write it.
fn texts() -> Vec<Vector> {
    let token = forge(&header(), &payload().to_string());
    let segments: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = segments[..] else { unreachable!("it has three") };
    let decoded = |segment: &str| URL_SAFE_NO_PAD.decode(segment).unwrap();
    // 86 characters for 64 bytes: four bits of the last are of no meaning.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.find(&signature[85..]).unwrap();
    let trailing = format!("{}{}", &signature[..85], &alphabet[last + 1..last + 2]);
    let rows = [
        ("nothing", String::new()),
        ("a dot", ".".to_owned()),
        ("two dots", "..".to_owned()),
        ("a dot before", format!(".{token}")),
        ("a dot after", format!("{token}.")),
        ("two dots between", format!("{header}..{payload}.{signature}")),
        ("no header", format!(".{payload}.{signature}")),
        ("four segments", format!("{token}.{signature}")),
        ("five segments, as JWE", format!("{header}.{payload}.{payload}.{payload}.{signature}")),
        ("a padded header", format!("{}.{payload}.{signature}", URL_SAFE.encode(decoded(header)) + "=")),
        ("a padded payload", format!("{header}.{payload}=.{signature}")),
        ("a padded signature", format!("{header}.{payload}.{signature}==")),
        ("bits after the signature", format!("{header}.{payload}.{trailing}")),
        ("a plus", format!("{header}.{payload}.+{}", &signature[1..])),
        ("a slash", format!("{header}.{payload}./{}", &signature[1..])),
        ("a space before", format!(" {token}")),
        ("a space after", format!("{token} ")),
        ("a line end after", format!("{token}\n")),
        ("a line end within", format!("{header}.\n{payload}.{signature}")),
        ("a NUL after", format!("{token}\0")),
        ("a percent escape", token.replace('.', "%2E")),
        ("quotes around", format!("\"{token}\"")),
        ("Bearer before", format!("Bearer {token}")),
        ("another alphabet's dots", token.replace('.', "\u{ff0e}")),
        (
            "JSON serialization",
            json!({"payload": payload, "signatures": [{"protected": header, "signature": signature}]})
                .to_string(),
        ),
        (
            "flattened JSON serialization",
            json!({"payload": payload, "protected": header, "signature": signature}).to_string(),
        ),
        ("longer than a token may be", format!("{header}.{}.{signature}", "A".repeat(16 * 1024))),
    ];
    let rows = rows.into_iter().map(|(name, token)| vector(format!("text: {name}"), token, "Malformed"));
    // An empty payload is well written, but nobody signed it.
    rows.chain([vector("text: no payload", format!("{header}..{signature}"), "Signature")]).collect()
}

fn encoded(header: &str, payload: &[u8]) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}

/// The first word of the error, which is its name.
fn said(verifier: &Verifier, token: &str) -> String {
    match verifier.verify(token) {
        Ok(_) => "Ok".to_owned(),
        Err(error) => format!("{error:?}").split('(').next().unwrap_or_default().to_owned(),
    }
}

fn check<'a>(verifier: &Verifier, vectors: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) {
    let mut wrong = Vec::new();
    for (name, token, expected) in vectors {
        let found = said(verifier, token);
        if found != expected {
            wrong.push(format!("{name}: {found}, not {expected}"));
        }
        // On the wire they are one, but for what a true signature says.
        if !["Ok", "Audience", "Expired", "NotYetValid"].contains(&expected)
            && !token.contains([' ', '\n', '\0'])
        {
            let authorization = format!("Bearer {token}");
            let rejection = verifier.authorize([authorization.as_bytes()], &Scopes::none()).unwrap_err();
            assert!(!token.is_empty() && rejection.status() == 401 || rejection.status() == 400, "{name}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/tokens.json")
}

fn written(vectors: &[Vector]) -> String {
    let set = JwkSet::new(vec![KEY.0.public_jwk().clone()]).unwrap().to_json();
    let rows = vectors
        .iter()
        .map(|Vector { name, token, expected }| json!({"name": name, "token": token, "expected": expected}));
    let value = json!({
        "about": "Access tokens (RFC 9068) that must be refused, and some that must not; `expected` is jeton-verify's reason.",
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "algorithms": ["ES256"],
        "now": NOW,
        "leeway_seconds": 5,
        "jwks": serde_json::from_str::<Value>(&set).unwrap(),
        "tokens": rows.collect::<Vec<_>>(),
    });
    format!("{}\n", serde_json::to_string_pretty(&value).unwrap())
}

#[test]
fn what_is_made_now_is_judged_as_expected() {
    let vectors = all();
    let rows = || vectors.iter().map(|vector| (vector.name.as_str(), vector.token.as_str(), vector.expected));
    check(&crate::support::builder().build().unwrap(), rows());
    // Whoever allows every algorithm is told the same, but of those that the key is not for.
    let lax = Verifier::builder(ISSUER, AUDIENCE, Algorithm::ALL, keys()).clock(|| NOW).build().unwrap();
    for (name, token, expected) in rows() {
        assert_eq!(said(&lax, token) == "Ok", expected == "Ok", "{name}");
    }
    let mut names: Vec<_> = vectors.iter().map(|vector| &vector.name).collect();
    names.sort();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "two have one name");
}

#[test]
fn what_is_kept_is_judged_as_expected() {
    if std::env::var_os("JETON_GOLDEN").is_some_and(|value| value == "write") {
        std::fs::create_dir_all(path().parent().unwrap()).unwrap();
        std::fs::write(path(), written(&all())).unwrap();
    }
    let text = std::fs::read_to_string(path()).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let set = JwkSet::parse(file["jwks"].to_string().as_bytes()).unwrap();
    let keys = Arc::new(StaticKeys::from_jwk_set(&set).unwrap());
    let (issuer, audience) = (file["issuer"].as_str().unwrap(), file["audience"].as_str().unwrap());
    let now = file["now"].as_i64().unwrap();
    let verifier =
        Verifier::builder(issuer, audience, [Algorithm::Es256], keys).clock(move || now).build().unwrap();
    let kept: Vec<(&str, &str, &str)> = file["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| ["name", "token", "expected"].map(|name| row[name].as_str().unwrap()).into())
        .collect();
    check(&verifier, kept.iter().copied());
    let made: Vec<_> = all().into_iter().map(|vector| (vector.name, vector.expected)).collect();
    let kept: Vec<_> = kept.iter().map(|(name, _, expected)| ((*name).to_owned(), *expected)).collect();
    let another = kept.iter().zip(&made).find(|(kept, made)| kept != made);
    assert_eq!((another, kept.len()), (None, made.len()), "JETON_GOLDEN=write writes what is kept anew");
}
