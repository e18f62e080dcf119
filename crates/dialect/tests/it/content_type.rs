//! `Content-Type` for the two families of bodies.

use http::header::CONTENT_TYPE;
use jeton_dialect::content_type::{FormType, JsonType};
use proptest::prelude::*;

use crate::support::{FORM, content_types, headers_of};

fn form(values: &[&str]) -> FormType {
    FormType::read(&content_types(values))
}

fn json(values: &[&str]) -> JsonType {
    JsonType::read(&content_types(values))
}

#[test]
fn a_form_is_a_form_in_any_case_and_with_any_parameter() {
    let good = [
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-UrlEncoded",
        "application/x-www-form-urlencoded;charset=UTF-8",
        "application/x-www-form-urlencoded ; charset=\"iso-8859-1\"",
        "application/x-www-form-urlencoded;",
        "application/x-www-form-urlencoded; utf-8",
        "application/x-www-form-urlencoded; a=\"x;y,z\"",
    ];
    for value in good {
        assert_eq!(form(&[value]), FormType::Form, "{value}");
    }
    let other = [
        "application/json",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded2",
        "application/ x-www-form-urlencoded",
        "x-www-form-urlencoded",
        "application/*",
        "; charset=utf-8",
        "application/x-www-form-urlencoded, application/json",
        "application/x-www-form-urlencoded; charset=utf-8, application/json",
    ];
    for value in other {
        assert_eq!(form(&[value]), FormType::Other, "{value}");
    }
}

#[test]
fn of_several_an_empty_one_counts_first_then_another_type_then_the_number() {
    assert_eq!(form(&[]), FormType::Missing);
    assert_eq!(form(&[""]), FormType::Missing);
    assert_eq!(form(&["", "text/plain"]), FormType::Missing);
    assert_eq!(form(&[FORM, "text/plain"]), FormType::Other);
    assert_eq!(form(&[FORM, FORM]), FormType::Repeated);
}

#[test]
fn json_is_three_families_in_utf_8() {
    let good = [
        "application/json",
        "APPLICATION/JSON",
        "text/json",
        "application/problem+json",
        "application/json-patch+json; charset=utf-8",
        "application/vnd.a.b+JSON",
        "application/json;charset=UTF-8",
        "application/json; charset=\"Utf-8\"",
        "application/json; charset=\"utf\\-8\"",
        "application/json; charset=utf-8; charset=UTF-8",
        "application/json; profile=\"a;charset=latin1\"",
        "application/json; utf-8",
        "application/json;;",
    ];
    for value in good {
        assert_eq!(json(&[value]), JsonType::Json, "{value}");
    }
    let other = [
        "text/plain",
        "text/problem+json",
        "application/+json",
        "application/jsonp",
        "application/json+xml",
        "json",
        "*/*",
        "application/json; charset=utf-16",
        "application/json; charset=utf8",
        "application/json; charset=",
        "application/json; charset",
        "application/json; charset=\"utf-8",
        "application/json; charset = utf-8",
        "application/json; charset=utf-8; charset=latin1",
        "application/json, application/json",
    ];
    for value in other {
        assert_eq!(json(&[value]), JsonType::Other, "{value}");
    }
}

#[test]
fn an_empty_type_is_no_type_of_json() {
    assert_eq!(json(&[]), JsonType::Json);
    assert_eq!(json(&[""]), JsonType::Json);
    assert_eq!(json(&["", ""]), JsonType::Json);
    assert_eq!(json(&["", "application/json"]), JsonType::Json);
    assert_eq!(json(&["application/json", "application/json"]), JsonType::Repeated);
    assert_eq!(json(&["application/json", "text/plain"]), JsonType::Repeated);
}

fn any_case(text: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<bool>(), text.len()).prop_map(move |upper| {
        let cased = |(c, up): (char, bool)| if up { c.to_ascii_uppercase() } else { c };
        text.chars().zip(upper).map(cased).collect()
    })
}

proptest! {
    #[test]
    fn no_bytes_panic(values in prop::collection::vec(any::<Vec<u8>>(), 0..4)) {
        let headers = headers_of(&CONTENT_TYPE, &values);
        let _ = (FormType::read(&headers), JsonType::read(&headers));
    }

    #[test]
    fn case_and_parameters_do_not_matter(
        kind in any_case("application/x-www-form-urlencoded"),
        json_kind in any_case("application/json"),
        name in "[a-b]{1,8}",
        value in "[!#-\\[\\]-~ ]{0,8}",
    ) {
        prop_assert_eq!(form(&[&format!("{kind}; {name}=\"{value}\"")]), FormType::Form);
        prop_assert_eq!(json(&[&format!("{json_kind} ;{name}=\"{value}\"; CHARSET=utf-8")]), JsonType::Json);
    }
}
