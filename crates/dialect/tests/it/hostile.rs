//! What comes from the internet: large, deep and broken. Each of these must end, quickly and with the right fault.

use jeton_dialect::accept::TokenForm;
use jeton_dialect::fault::JsonFault;
use jeton_dialect::{Dialect, WireFault};

use crate::support::{FORM, Request, header_value};

const LIMIT: usize = 65_536;

fn form(body: impl AsRef<[u8]>) -> Option<WireFault> {
    Request::plain(Dialect::OAuth2).with_body(body).fault(Dialect::OAuth2)
}

fn json(body: impl AsRef<[u8]>) -> Option<WireFault> {
    Request::plain(Dialect::Json).with_body(body).fault(Dialect::Json)
}

#[test]
fn forms_of_nothing_but_separators() {
    assert_eq!(form(vec![b'&'; LIMIT]), Some(WireFault::GrantTypeMissing));
    assert_eq!(form(vec![b'%'; LIMIT]), Some(WireFault::BodyUndecodable));
    assert_eq!(form(vec![b'='; LIMIT]), Some(WireFault::GrantTypeMissing));
    assert_eq!(form(vec![b'+'; LIMIT]), Some(WireFault::GrantTypeMissing));
    assert_eq!(form("=&".repeat(LIMIT / 2)), Some(WireFault::ParameterRepeated));
}

#[test]
fn thirty_thousand_parameters() {
    let many: Vec<String> = (0..30_000).map(|number| format!("{number:x}")).collect();
    assert_eq!(form(many.join("&")), Some(WireFault::GrantTypeMissing));
    assert_eq!(form(format!("{}&7", many.join("&"))), Some(WireFault::ParameterRepeated));
    assert_eq!(form(format!("{}&grant_type=client_credentials", many.join("&"))), None);
    let resources = "resource=a&".repeat(5_000) + "grant_type=client_credentials";
    assert_eq!(form(resources), None);
    let scopes = "a ".repeat(32_000);
    assert_eq!(form(format!("grant_type=client_credentials&scope={scopes}")), None);
}

#[test]
fn deep_and_wide_json() {
    for opening in ["[", "{\"a\":", "[[{\"a\":"] {
        let deep = opening.repeat(LIMIT / opening.len());
        assert!(matches!(json(deep), Some(WireFault::NotJson(_))), "{opening}");
    }
    let closed = "[".repeat(LIMIT / 2) + &"]".repeat(LIMIT / 2);
    assert_eq!(json(closed), Some(WireFault::NotJson(JsonFault::TooDeep)));
    let in_a_field = format!("{{\"clientId\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    assert_eq!(json(in_a_field), Some(WireFault::NotJson(JsonFault::TooDeep)));
    let wide: Vec<String> = (0..6_000).map(|number| format!("\"{number:x}\":0")).collect();
    assert!(matches!(json(format!("{{{}}}", wide.join(","))), Some(WireFault::Fields(_))));
    assert!(matches!(json(format!("[{}0]", "0,".repeat(LIMIT / 2 - 2))), Some(WireFault::NotJson(_))));
}

#[test]
fn headers_of_a_megabyte() {
    let megabyte = vec![b'A'; 1 << 20];
    let header = |start: &str| [start.as_bytes(), &megabyte[..]].concat();
    let authorization =
        |value: Vec<u8>| Request::plain(Dialect::Gateway).set("authorization", value).fault(Dialect::Gateway);
    assert_eq!(authorization(header("Basic ")), Some(WireFault::BasicUndecodable));
    assert_eq!(authorization(header("Basic !")), Some(WireFault::BasicUndecodable));
    assert_eq!(authorization(header("")), Some(WireFault::SchemeUnsupported));
    assert_eq!(authorization(header("Basic YTpi")), None);
    assert_eq!(authorization([&b"Basic "[..], &b"OiVB".repeat(1 << 18)].concat()), None);
    let tracked = Request::plain(Dialect::Gateway).set("x-tracking-id", &megabyte).fault(Dialect::Gateway);
    assert_eq!(tracked, Some(WireFault::TrackingIdMalformed));
    let typed = Request::plain(Dialect::Gateway).set("content-type", header("application/"));
    assert_eq!(typed.fault(Dialect::Gateway), Some(WireFault::ContentTypeUnsupported));
    for piece in [",", ";", "\"", "\\", "*/*,", "text/json;q=0.1,", "a/b;c=\"\\\","] {
        let list = header_value(piece.repeat((1 << 20) / piece.len()).as_bytes());
        TokenForm::preferred([&list]);
    }
}

#[test]
fn header_bytes_that_are_no_text() {
    for byte in (0x80..=0xFF_u8).chain([b'\t']) {
        let garbage = [byte; 7];
        for dialect in Dialect::ALL {
            for name in ["authorization", "content-type", "x-tracking-id", "accept"] {
                let request = Request::plain(dialect);
                let _ = request.clone().set(name, garbage).fault(dialect);
                let _ = request.clone().set(name, [b"Basic ", &garbage[..]].concat()).fault(dialect);
                let _ = request.add(name, [FORM.as_bytes(), b";", &garbage[..]].concat()).fault(dialect);
            }
        }
        TokenForm::preferred([&header_value(&garbage)]);
    }
}
