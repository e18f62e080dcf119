//! The grammars of identifiers, at their bounds and one step beyond.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use jeton_core::id::{
    ApiId, AudienceUri, ClientId, CompanyId, EnvironmentName, Handle, IdError, KeyId, ScopeName, SecretId,
    Text, is_absolute_uri,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What every type of identifier can do.
trait Id: FromStr<Err = IdError> + Display + Debug + AsRef<str> + Serialize + DeserializeOwned {}
impl<T: FromStr<Err = IdError> + Display + Debug + AsRef<str> + Serialize + DeserializeOwned> Id for T {}

/// Allowed texts come back as they were, by every way in and out.
fn allows<T: Id>(texts: &[&str]) {
    for text in texts {
        let id: T = text.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!((id.as_ref(), id.to_string().as_str()), (*text, *text));
        // In quotes, as messages show it.
        assert_eq!(format!("{id:?}"), format!("{text:?}"));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, serde_json::to_string(text).unwrap());
        assert_eq!(serde_json::from_str::<T>(&json).unwrap().as_ref(), *text);
    }
}

/// Others are refused by every way in, and no error repeats them: people paste secrets into the wrong field.
fn refuses<T: Id>(texts: &[&str]) {
    for text in texts {
        let error = text.parse::<T>().err().unwrap_or_else(|| panic!("{text:?} is allowed"));
        let json = serde_json::from_str::<T>(&serde_json::to_string(text).unwrap()).unwrap_err();
        for shown in [error.to_string(), format!("{error:?}"), json.to_string()] {
            assert!(text.len() < 12 || !shown.contains(text), "{shown}");
        }
        assert!(json.to_string().contains(&error.to_string()));
    }
}

fn chars(length: usize) -> String {
    "a".repeat(length)
}

#[test]
fn environments() {
    allows::<EnvironmentName>(&["a", "0", "production", &chars(16)]);
    refuses::<EnvironmentName>(&["", &chars(17), "Production", "pre-prod", "a_b", "a b", "é", "a\n"]);
}

#[test]
fn companies_and_apis() {
    let allowed = ["a", "0", "a-", "a--b", "operators", &chars(63)];
    let refused = ["", &chars(64), "-a", "-", "A", "a_b", "a.b", "a b", "é", "a\n", "a:b", "a,b"];
    allows::<CompanyId>(&allowed);
    refuses::<CompanyId>(&refused);
    allows::<ApiId>(&allowed);
    refuses::<ApiId>(&refused);
}

#[test]
fn client_ids() {
    allows::<ClientId>(&["a", "-", ".", "_", "~", "Az09-._~", "..", &chars(128)]);
    refuses::<ClientId>(&["", &chars(129), "a b", "a+b", "a%20", "a:b", "a/b", "é", "a\0", "a\n", " a"]);
    assert_ne!("Client".parse::<ClientId>(), "client".parse::<ClientId>());
    assert_eq!("Client-A.Z_~".parse::<ClientId>().unwrap().folded(), "client-a.z_~");
}

#[test]
fn scope_names() {
    allows::<ScopeName>(&["a", "!", "#", "[", "]", "~", "voice.numbers", "https://a/b?c:d;e", &chars(128)]);
    refuses::<ScopeName>(&["", &chars(129), "a,b", ",", "a b", "\"", "\\", "\x7f", "\x1f", "é", "a\n"]);
}

#[test]
fn texts() {
    allows::<Text>(&["a", " ", "Übergröße GmbH & Co. \"KG\"", &chars(200), &"é".repeat(200)]);
    refuses::<Text>(&["", &chars(201), &"é".repeat(201), "tab\tin the middle", "two\nlines", "\u{85}", "\0"]);
}

#[test]
fn secret_ids_key_ids_and_handles() {
    allows::<SecretId>(&["a", "Z9", &chars(32)]);
    refuses::<SecretId>(&["", &chars(33), "a-b", "a_b", "a b", "é"]);
    allows::<KeyId>(&["a", "!\"\\~", &chars(256)]);
    refuses::<KeyId>(&["", &chars(257), "a b", "é", "\x7f", "\n"]);
    allows::<Handle>(&["AZaz09-_AZaz09-_AZaz09"]);
    refuses::<Handle>(&["", &chars(21), &chars(23), "aaaaaaaaaaaaaaaaaaaaa.", "aaaaaaaaaaaaaaaaaaaa+/"]);
}

#[test]
fn audiences() {
    let longest = format!("https://api.example/{}", chars(492));
    assert_eq!(longest.len(), 512);
    allows::<AudienceUri>(&["https://api.example/voice", "https://api.example", "urn:a:b", "x:", &longest]);
    allows::<AudienceUri>(&["https://api.example/?q=%20", "https://[::1]:8080/a", "HTTPS://API.Example/"]);
    refuses::<AudienceUri>(&["", "voice", "/voice", "//an.example", "https://an.example/#", "urn:a:b#c"]);
    refuses::<AudienceUri>(&["https://an.example/a b", "https://an.example/%zz", "https://an.example/é"]);
    refuses::<AudienceUri>(&[&format!("{longest}a"), " https://spaced.example", "https://broken.example\n"]);
}

#[test]
fn absolute_uris_are_compared_as_they_stand() {
    // RFC 3986 would call these equal; RFC 8707 compares strings.
    let one: AudienceUri = "https://api.example/a".parse().unwrap();
    for other in ["HTTPS://api.example/a", "https://API.example/a", "https://api.example/%61"] {
        assert_ne!(one, other.parse().unwrap());
    }
    assert!(is_absolute_uri("a:b") && !is_absolute_uri("a:b#") && !is_absolute_uri("b"));
}

proptest! {
    #[test]
    fn a_client_id_is_what_the_contract_says(text in "[A-Za-z0-9._~-]{0,130}|\\PC{0,5}|[ -~]{0,4}") {
        let unreserved = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
        let allowed = !text.is_empty() && text.len() <= 128 && text.chars().all(unreserved);
        prop_assert_eq!(text.parse::<ClientId>().is_ok(), allowed);
    }

    #[test]
    fn a_scope_name_is_what_rfc_6749_says_without_the_comma(text in "[!-~]{0,130}|\\PC{0,5}|[ -~]{0,4}") {
        let allowed = !text.is_empty()
            && text.len() <= 128
            && text.chars().all(|c| matches!(c, '!'..='~') && !matches!(c, '"' | '\\' | ','));
        prop_assert_eq!(text.parse::<ScopeName>().is_ok(), allowed);
    }

    #[test]
    fn any_text_is_judged_without_a_panic(text in "\\PC{0,40}|[\\x00-\\x7f]{0,20}|[a-z]+:[!-~]{0,20}") {
        if is_absolute_uri(&text) {
            prop_assert!(text.is_ascii() && text.contains(':') && !text.contains(['#', ' ', '"', '<']));
        }
        let _ = (text.parse::<Text>(), text.parse::<CompanyId>(), text.parse::<Handle>());
    }
}
