//! The `json` dialect's body: what is read of it, and which fields are named where it is wrong.

use jeton_core::Reason;
use jeton_core::id::ClientId;
use jeton_core::token_request::{GrantType, Target};
use jeton_dialect::fault::{Field, FieldFault, JsonFault};
use jeton_dialect::{Dialect, WireFault};
use proptest::prelude::*;
use serde_json::json;

use crate::support::Request;

fn fault(body: impl AsRef<[u8]>) -> WireFault {
    Request::plain(Dialect::Json).with_body(body).fault(Dialect::Json).expect("a fault")
}

fn fields(body: &str) -> Vec<(Field, FieldFault)> {
    match fault(body) {
        WireFault::Fields(faults) => faults.iter().collect(),
        other => panic!("{other:?}"),
    }
}

fn target(audience: &str) -> Target {
    let body = format!(r#"{{"clientId":"app","clientSecret":"s3cret"{audience}}}"#);
    Request::plain(Dialect::Json).with_body(body).read(Dialect::Json).expect("a request").target
}

#[test]
fn the_plain_request_is_read() {
    let request = Request::plain(Dialect::Json).with_query("a=b").read(Dialect::Json).expect("a request");
    assert_eq!(request.client.readings()[0].secret.expose(), b"s3cret");
    assert_eq!(request.client.client_ids().map(|id| id.map(ClientId::as_str)), [Some("app"); 2]);
    assert_eq!((request.grant_type, request.scope), (GrantType::ClientCredentials, None));
}

#[test]
fn the_audience_may_be_left_out_or_null() {
    assert_eq!(target(""), Target::OnlyOne);
    assert_eq!(target(r#","audienceUrl":null"#), Target::OnlyOne);
    assert_eq!(target(r#","audienceurl":"x""#), Target::OnlyOne);
    let audience = "https://api.example/voice".to_owned();
    assert_eq!(target(r#","audienceUrl":"https:\/\/api.example/voice""#), Target::Audience(audience));
}

#[test]
fn a_pair_in_json_is_not_form_decoded() {
    let body = r#"{"clientId":"app","clientSecret":"a+b%41\u00e9"}"#;
    let request = Request::plain(Dialect::Json).with_body(body).read(Dialect::Json).expect("a request");
    for reading in request.client.readings() {
        assert_eq!(reading.secret.expose(), "a+b%41\u{e9}".as_bytes());
    }
}

#[test]
fn all_fields_at_fault_are_named_at_once() {
    use Field::{AudienceUrl, ClientId, ClientSecret};
    let all = |fault| vec![(ClientId, fault), (ClientSecret, fault)];
    assert_eq!(fields("{}"), all(FieldFault::Missing));
    assert_eq!(fields(r#"{"clientId":"","clientSecret":""}"#), all(FieldFault::Empty));
    assert_eq!(fields(r#"{"ClientId":"a","client_secret":"b"}"#), all(FieldFault::Missing));
    for wrong in ["7", "null", "true", "[]", "{}", "[\"a\"]"] {
        let body = format!(r#"{{"clientId":{wrong},"clientSecret":{wrong}}}"#);
        assert_eq!(fields(&body), all(FieldFault::NotAString), "{wrong}");
    }
    assert_eq!(
        fields(r#"{"clientId":7,"clientSecret":"","audienceUrl":"not a uri"}"#),
        [
            (ClientId, FieldFault::NotAString),
            (ClientSecret, FieldFault::Empty),
            (AudienceUrl, FieldFault::NotAnAbsoluteUri)
        ]
    );
}

#[test]
fn the_audience_is_an_absolute_uri_or_a_fault() {
    let of = |audience: &str| {
        fields(&format!(r#"{{"clientId":"a","clientSecret":"b","audienceUrl":{audience}}}"#))
    };
    let one = |fault| vec![(Field::AudienceUrl, fault)];
    assert_eq!(of("\"\""), one(FieldFault::Empty));
    assert_eq!(of("7"), one(FieldFault::NotAString));
    for wrong in
        ["not a uri", "/voice", "api.example", "//api.example/", "https://api.example/#a", "https://a b/"]
    {
        assert_eq!(of(&format!("\"{wrong}\"")), one(FieldFault::NotAnAbsoluteUri), "{wrong}");
    }
}

#[test]
fn a_repeated_member_is_named_only_if_it_is_a_field() {
    let repeated = |body: &str| {
        let [(field, FieldFault::Repeated)] = fields(body)[..] else { panic!("{body}") };
        field.name()
    };
    assert_eq!(repeated(r#"{"clientId":"a","clientId":"b","clientSecret":"c"}"#), "clientId");
    assert_eq!(repeated(r#"{"clientSecret":"a","client\u0053ecret":"a"}"#), "clientSecret");
    assert_eq!(repeated(r#"{"audienceUrl":null,"audienceUrl":null}"#), "audienceUrl");
    assert_eq!(repeated(r#"{"jtn_production_x":1,"jtn_production_x":2}"#), "$");
    assert_eq!(repeated(r#"{"clientId":"a","x":{"clientId":1,"clientId":2}}"#), "$");
    assert_eq!(repeated(r#"{"clientId":"a","x":[[{"y":1,"y":2}]]}"#), "$");
}

#[test]
fn what_is_no_strict_json_object_is_refused_with_its_reason() {
    let object = br#"{"clientId":"app","clientSecret":"s3cret"}"#;
    let json = |fault| WireFault::NotJson(fault);
    assert_eq!(fault(""), json(JsonFault::Empty));
    assert_eq!(fault(" \r\n\t"), json(JsonFault::Empty));
    assert_eq!(fault("{body}"), json(JsonFault::Syntax { line: 1, column: 2 }));
    assert!(matches!(fault(&object[..20]), WireFault::NotJson(JsonFault::Syntax { .. })));
    assert_eq!(fault([b"\xef\xbb\xbf", &object[..]].concat()), json(JsonFault::ByteOrderMark));
    assert_eq!(fault([&object[..], b" x"].concat()), json(JsonFault::Trailing));
    assert_eq!(fault([&object[..], &object[..]].concat()), json(JsonFault::Trailing));
    assert_eq!(fault(b"{\"clientId\":\"\xff\"}"), json(JsonFault::NotUtf8));
    assert_eq!(fault(r#"{"clientId":"\ud800"}"#), json(JsonFault::UnpairedSurrogate));
    assert_eq!(fault(r#"{"\udc00":1}"#), json(JsonFault::UnpairedSurrogate));
    for value in ["[]", "null", "7", "\"a\"", "true", "[{}]"] {
        assert_eq!(fault(value), json(JsonFault::NotAnObject), "{value}");
    }
}

#[test]
fn the_reason_is_that_of_the_first_field() {
    assert_eq!(fault("{}").reason(), Reason::FieldInvalid);
    assert_eq!(fault(r#"{"a":1,"a":1}"#).reason(), Reason::ParameterRepeated);
    let body = r#"{"clientId":"a","clientSecret":"b","audienceUrl":"x"}"#;
    assert_eq!(fault(body).reason(), Reason::TargetMalformed);
    assert_eq!(fault("[]").reason(), Reason::BodyUndecodable);
}

proptest! {
    #[test]
    fn no_bytes_panic(body in any::<Vec<u8>>(), text in "[\\[\\]{}\",:\\\\a-f0-9u ]{0,40}") {
        let _ = Request::plain(Dialect::Json).with_body(body).fault(Dialect::Json);
        let _ = Request::plain(Dialect::Json).with_body(text).fault(Dialect::Json);
    }

    #[test]
    fn what_others_write_is_read(id in "[A-Za-z0-9._~-]{1,128}", secret in ".{1,40}", extra in ".{0,9}") {
        let known = ["clientId", "clientSecret", "audienceUrl"];
        prop_assume!(!known.contains(&extra.as_str()));
        let body = json!({ "clientId": id, "clientSecret": secret, extra: [1, null] }).to_string();
        let request = Request::plain(Dialect::Json).with_body(body).read(Dialect::Json).expect("a request");
        prop_assert_eq!(request.client.readings()[0].secret.expose(), secret.as_bytes());
        prop_assert_eq!(request.client.client_ids()[0].map(|id| id.as_str().to_owned()), Some(id));
    }
}
