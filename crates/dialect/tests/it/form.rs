//! Forms: strict where common readers forgive, and otherwise as they are.

use jeton_core::token_request::GrantType;
use jeton_dialect::WireFault;
use jeton_dialect::form::Form;
use proptest::prelude::*;

fn pairs(body: &[u8]) -> Option<Vec<(String, String)>> {
    let form = Form::read(body).ok()?;
    Some(form.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn pieces_are_decoded_and_empty_ones_skipped() {
    assert_eq!(pairs(b""), Some(owned(&[])));
    assert_eq!(pairs(b"&&a=1&&b=2&"), Some(owned(&[("a", "1"), ("b", "2")])));
    assert_eq!(pairs(b"a&b=&=c&="), Some(owned(&[("a", ""), ("b", ""), ("", "c"), ("", "")])));
    assert_eq!(pairs(b"a=b=c&d;e=f"), Some(owned(&[("a", "b=c"), ("d;e", "f")])));
    assert_eq!(pairs(b"a+b=%2B%26%3d+"), Some(owned(&[("a b", "+&= ")])));
    assert_eq!(pairs("a=\u{e9}&b=%C3%A9".as_bytes()), Some(owned(&[("a", "\u{e9}"), ("b", "\u{e9}")])));
    assert_eq!(pairs(b"a=%00"), Some(owned(&[("a", "\0")])));
}

#[test]
fn what_has_two_readings_has_none() {
    for body in [&b"a=%"[..], b"a=%4", b"a=%zz", b"%=a", b"%g0=a", b"a=%25&b=%2", b"a=1&b%=2"] {
        assert!(matches!(Form::read(body), Err(WireFault::BodyUndecodable)), "{body:?}");
    }
    for body in [&b"a=\xff"[..], b"a=%ff", b"%C3=%A9", b"a=%C0%80", b"a=%ED%A0%80", b"\xe9=a"] {
        assert!(matches!(Form::read(body), Err(WireFault::BodyUndecodable)), "{body:?}");
    }
}

#[test]
fn repetition_is_of_decoded_names_and_counts_empty_values() {
    let repeats = |body: &[u8], except| Form::read(body).expect("a form").repeats(except);
    assert!(!repeats(b"a=1&b=1&A=1", None));
    for body in [&b"a=1&b=1&a=2"[..], b"a&a", b"a=&a=1", b"a=1&%61=2", b"=1&=2", b"a+b=1&a%20b=2"] {
        assert!(repeats(body, None), "{body:?}");
    }
    assert!(!repeats(b"resource=a&resource=b", Some("resource")));
    assert!(repeats(b"resource=a&resource=b&c=&c=", Some("resource")));
}

#[test]
fn an_empty_parameter_is_none() {
    let form = Form::read(b"scope=&resource=&resource=a&resource=b&grant_type=").expect("a form");
    assert_eq!(form.get("scope"), None);
    assert_eq!(form.get("absent"), None);
    assert_eq!(form.get_all("resource").collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(form.grant_type(), Err(WireFault::GrantTypeMissing));
    let of = |body: &[u8]| Form::read(body).expect("a form").grant_type();
    assert_eq!(of(b"grant_type=client%5Fcredentials"), Ok(GrantType::ClientCredentials));
    assert_eq!(of(b"grant_type=client_credentials%20"), Ok(GrantType::Unsupported));
}

/// Whether `body` is decodable, said in another way than the reader does.
fn decodable(body: &[u8]) -> bool {
    let stray = body.iter().enumerate().any(|(at, &byte)| {
        byte == b'%' && !body.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    });
    let texts = body.split(|&byte| byte == b'&').flat_map(|piece| piece.splitn(2, |&byte| byte == b'='));
    !stray && texts.into_iter().all(|text| std::str::from_utf8(&unescaped(text)).is_ok())
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut pieces = text.split(|&byte| byte == b'%');
    let mut bytes = pieces.next().unwrap_or_default().to_vec();
    for piece in pieces {
        let digits = std::str::from_utf8(&piece[..2]).expect("hex digits");
        bytes.push(u8::from_str_radix(digits, 16).expect("hex digits"));
        bytes.extend_from_slice(&piece[2..]);
    }
    bytes
}

/// Bytes that are forms, nearly.
fn nearly_a_form() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "[a-z=&+]{1,4}".prop_map(String::into_bytes),
        4 => any::<u8>().prop_map(|byte| format!("%{byte:02x}").into_bytes()),
        2 => Just("%C3%A9".into()),
        1 => Just("%".into()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_panic(body in any::<Vec<u8>>()) {
        let _ = pairs(&body);
    }

    #[test]
    fn exactly_the_undecodable_is_refused_and_the_rest_is_read_as_others_read_it(body in nearly_a_form()) {
        let expected: Vec<_> = form_urlencoded::parse(&body).into_owned().collect();
        prop_assert_eq!(pairs(&body), decodable(&body).then_some(expected));
    }

    #[test]
    fn what_others_write_is_read(pairs_in in prop::collection::vec((".{0,8}", ".{0,8}"), 0..8)) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs_in).finish();
        prop_assert_eq!(pairs(body.as_bytes()), Some(pairs_in));
    }

    #[test]
    fn repetition_agrees_with_counting(names in prop::collection::vec("[a-c]{0,2}", 0..8)) {
        let body: Vec<String> = names.iter().map(|name| format!("{name}=")).collect();
        let form = Form::read(body.join("&").as_bytes()).expect("a form");
        let twice = names.iter().any(|name| names.iter().filter(|other| *other == name).count() > 1);
        prop_assert_eq!(form.repeats(None), twice);
    }
}
