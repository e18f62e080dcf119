//! The contracts' order: where several faults are there, the first of the list answers.
//!
//! Each step spoils a plain request in one way. For every two steps both are applied, the later one first, and the
//! fault must be that of the earlier; so every pair of neighbours is among them.

use jeton_core::Reason;
use jeton_dialect::Dialect;

use crate::support::{BASIC, FORM, Request};

type Step = (Reason, fn(Request) -> Request);

fn assert_order(dialect: Dialect, steps: &[Step]) {
    assert!(Request::plain(dialect).read(dialect).is_ok());
    for (at, &(reason, spoil)) in steps.iter().enumerate() {
        let alone = spoil(Request::plain(dialect));
        assert_eq!(alone.fault(dialect).map(|fault| fault.reason()), Some(reason), "{dialect}: {at} alone");
        for (later, &(second, spoil_before)) in steps.iter().enumerate().skip(at + 1) {
            let both = spoil(spoil_before(Request::plain(dialect)));
            let found = both.fault(dialect).map(|fault| fault.reason());
            assert_eq!(found, Some(reason), "{dialect}: {at}, {reason}, with {later}, {second}");
        }
    }
}

#[test]
fn gateway() {
    assert_order(
        Dialect::Gateway,
        &[
            (Reason::ContentTypeMissing, |r| r.add("content-type", "")),
            (Reason::ContentTypeUnsupported, |r| r.add("content-type", "application/json")),
            (Reason::TrackingIdMissing, |r| r.add("x-tracking-id", "")),
            (Reason::ContentTypeRepeated, |r| r.add("content-type", FORM)),
            (Reason::AuthorizationRepeated, |r| r.add("authorization", BASIC).add("authorization", BASIC)),
            (Reason::TrackingIdRepeated, |r| r.add("x-tracking-id", "t-2")),
            (Reason::TrackingIdMalformed, |r| r.set("x-tracking-id", "a b")),
            (Reason::QueryPresent, |r| r.with_query("scope=a")),
            (Reason::BodyUndecodable, |r| r.parameter("scope=%")),
            (Reason::ParameterUnsupported, |r| r.parameter("client_secret=s3cret")),
            (Reason::ParameterRepeated, |r| r.parameter("scope=").parameter("scope=")),
            (Reason::GrantTypeMissing, |r| r.without_parameter("grant_type")),
            (Reason::GrantTypeUnsupported, |r| {
                r.without_parameter("grant_type").parameter("grant_type=password")
            }),
            (Reason::AuthorizationMissing, |r| r.without("authorization")),
            (Reason::AuthorizationEmpty, |r| r.set("authorization", "Basic")),
            (Reason::SchemeUnsupported, |r| r.set("authorization", "Bearer abc")),
            (Reason::BasicUndecodable, |r| r.set("authorization", "Basic YWJj")),
        ],
    );
}

#[test]
fn oauth2() {
    assert_order(
        Dialect::OAuth2,
        &[
            (Reason::ContentTypeMissing, |r| r.add("content-type", "")),
            (Reason::ContentTypeUnsupported, |r| r.add("content-type", "application/json")),
            (Reason::ContentTypeRepeated, |r| r.add("content-type", FORM)),
            (Reason::BodyUndecodable, |r| r.parameter("scope=%")),
            (Reason::ParameterRepeated, |r| r.parameter("unknown=").parameter("unknown=")),
            (Reason::AuthorizationRepeated, |r| r.add("authorization", BASIC).add("authorization", BASIC)),
            (Reason::TwoMechanisms, |r| r.set("authorization", BASIC).parameter("client_secret=s3cret")),
            (Reason::TwoMechanisms, |r| r.set("authorization", BASIC).parameter("client_id=other")),
            (Reason::GrantTypeMissing, |r| r.without_parameter("grant_type")),
            (Reason::AuthorizationMissing, |r| r.without("authorization")),
            (Reason::AuthorizationEmpty, |r| r.set("authorization", "")),
            (Reason::SchemeUnsupported, |r| r.set("authorization", "Bearer abc")),
            (Reason::BasicUndecodable, |r| r.set("authorization", "Basic YWJj")),
        ],
    );
}

#[test]
fn json() {
    assert_order(
        Dialect::Json,
        &[
            (Reason::ContentTypeRepeated, |r| r.add("content-type", "application/json")),
            (Reason::ContentTypeUnsupported, |r| r.set("content-type", "text/plain")),
            (Reason::BodyUndecodable, |r| r.with_body("{")),
            (Reason::ParameterRepeated, |r| r.with_body(r#"{"clientId":"","clientId":""}"#)),
            (Reason::FieldInvalid, |r| r.with_body(r#"{"clientId":"","audienceUrl":"a b"}"#)),
            (Reason::TargetMalformed, |r| {
                r.with_body(r#"{"clientId":"app","clientSecret":"s3cret","audienceUrl":"a b"}"#)
            }),
        ],
    );
}

#[test]
fn a_query_without_a_parameter_is_none() {
    for query in ["", "&", "&&"] {
        assert!(Request::plain(Dialect::Gateway).with_query(query).read(Dialect::Gateway).is_ok(), "{query}");
    }
    for query in ["a", "=", "a=b", "&a"] {
        let fault = Request::plain(Dialect::Gateway).with_query(query).fault(Dialect::Gateway);
        assert_eq!(fault.map(|fault| fault.reason()), Some(Reason::QueryPresent), "{query}");
    }
    for dialect in [Dialect::OAuth2, Dialect::Json] {
        assert!(Request::plain(dialect).with_query("client_secret=a&scope=b").read(dialect).is_ok());
    }
}

/// What `oauth2` makes of a header beside what stands in the body.
#[test]
fn mechanisms_side_by_side() {
    let read = |authorization: Option<&str>, body: &[&str]| {
        let plain = Request::plain(Dialect::OAuth2).without("authorization");
        let request = authorization.map_or(plain.clone(), |value| plain.set("authorization", value));
        let request = body.iter().fold(request, |request, piece| request.parameter(piece));
        request.fault(Dialect::OAuth2).map(|fault| fault.reason())
    };
    // `a%2Bb:s3cret`, whose user is `a%2Bb` as sent and `a+b` decoded.
    let encoded = Some("Basic YSUyQmI6czNjcmV0");
    let pair: &[&str] = &["client_id=app", "client_secret=s3cret"];

    assert_eq!(read(None, pair), None);
    assert_eq!(read(None, &["client_id=app"]), Some(Reason::AuthorizationMissing));
    assert_eq!(read(None, &["client_secret=s3cret"]), Some(Reason::AuthorizationMissing));
    assert_eq!(read(None, &["client_id=", "client_secret=s3cret"]), Some(Reason::AuthorizationMissing));

    assert_eq!(read(Some(BASIC), &["client_id=app"]), None);
    assert_eq!(read(Some(BASIC), &["client_id=", "client_secret="]), None);
    assert_eq!(read(Some(BASIC), &["client_id=App"]), Some(Reason::TwoMechanisms));
    assert_eq!(read(Some(BASIC), &["client_secret=s3cret"]), Some(Reason::TwoMechanisms));
    assert_eq!(read(encoded, &["client_id=a%2Bb"]), None);
    assert_eq!(read(encoded, &["client_id=a%252Bb"]), None);
    assert_eq!(read(encoded, &["client_id=a+b"]), Some(Reason::TwoMechanisms));

    for broken in ["Basic", "Basic !!!"] {
        assert_eq!(read(Some(broken), pair), Some(Reason::TwoMechanisms), "{broken}");
    }
    assert_eq!(read(Some("Basic"), &["client_id=app"]), Some(Reason::AuthorizationEmpty));
    assert_eq!(read(Some("Basic !!!"), &["client_id=app"]), Some(Reason::BasicUndecodable));
    assert_eq!(read(Some("Bearer abc"), pair), Some(Reason::SchemeUnsupported));
    assert_eq!(read(Some(""), pair), Some(Reason::AuthorizationEmpty));
}
