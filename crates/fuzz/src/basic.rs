//! The `Authorization` header, as bytes off the wire and as the pair that a client would make.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use jeton_dialect::basic::Authorization;

/// Takes the input for a header, and then for a pair that becomes one.
pub fn basic(data: &[u8]) {
    if let Some(Authorization::Pair(pair)) = read(data) {
        let (scheme, encoded) = data.trim_ascii().split_at(b"Basic".len());
        assert!(scheme.eq_ignore_ascii_case(b"Basic"), "another scheme was taken for Basic");
        let sent = STANDARD.decode(encoded.trim_ascii()).expect("a pair is standard base64");
        assert_eq!(secrets(pair)[0], split(&sent).expect("a pair has a colon").1);
    }
    if let Some((user, secret)) = split(data) {
        as_sent(user, secret);
        form_encoded(user, secret);
    }
}

/// RFC 7617: joined as they are.
fn as_sent(user: &[u8], secret: &[u8]) {
    let Some(Authorization::Pair(pair)) = read(header(&[user, b":", secret].concat()).as_bytes()) else {
        panic!("a pair with a colon was refused");
    };
    if let Ok(name) = std::str::from_utf8(user) {
        assert!(pair.has_user(name), "the user as sent is no reading");
    }
    assert_eq!(secrets(pair)[0], secret);
}

/// RFC 6749 section 2.3.1: form-encoded before they are joined, as another library does it.
fn form_encoded(user: &[u8], secret: &[u8]) {
    let encode = |bytes: &[u8]| form_urlencoded::byte_serialize(bytes).collect::<String>();
    let sent = format!("{}:{}", encode(user), encode(secret));
    let Some(Authorization::Pair(pair)) = read(header(sent.as_bytes()).as_bytes()) else {
        panic!("an encoded pair was refused");
    };
    assert_eq!(secrets(pair)[1], secret);
}

/// What the header is read as, unless it is one that no connection lets through.
fn read(value: &[u8]) -> Option<Authorization> {
    let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_bytes(value).ok()?)]);
    Some(Authorization::read(&headers))
}

fn header(pair: &[u8]) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

fn split(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some((&pair[..colon], &pair[colon + 1..]))
}

fn secrets(pair: jeton_dialect::basic::BasicPair) -> [Vec<u8>; 2] {
    pair.into_client().readings().each_ref().map(|reading| reading.secret.expose().to_vec())
}
