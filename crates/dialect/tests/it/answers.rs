//! What holds for every answer, whatever the refusal and the dialect.

use http::HeaderMap;
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use jeton_core::id::EnvironmentName;
use jeton_core::{IssueError, IssuedToken, Reason};
use jeton_dialect::fault::{Field, FieldFault, FieldFaults, JsonFault};
use jeton_dialect::{Dialect, Exchange, Refusal, ServerFault, WireFault, WireResponse};
use serde_json::Value;

const REQUEST_ID: &str = "0199-request";
const PATH: &str = "/a/\"quoted\"/path";

/// Writes `result` for a client that sent this `Accept`.
fn write(dialect: Dialect, accept: Option<&str>, result: Result<&IssuedToken, &Refusal>) -> WireResponse {
    let environment: EnvironmentName = "production".parse().expect("a name");
    let mut headers = HeaderMap::new();
    if let Some(accept) = accept {
        headers.insert(ACCEPT, accept.parse().expect("a value"));
    }
    let accept = headers.get_all(ACCEPT);
    dialect.write(&Exchange { request_id: REQUEST_ID, environment: &environment, path: PATH, accept }, result)
}

fn refusals() -> Vec<Refusal> {
    let fields = FieldFaults::one(Field::Other, FieldFault::Repeated);
    let wire = [
        WireFault::ContentTypeMissing,
        WireFault::ContentTypeUnsupported,
        WireFault::ContentTypeRepeated,
        WireFault::TrackingIdMissing,
        WireFault::TrackingIdMalformed,
        WireFault::TrackingIdRepeated,
        WireFault::QueryPresent,
        WireFault::BodyUndecodable,
        WireFault::NotJson(JsonFault::NotUtf8),
        WireFault::Fields(fields),
        WireFault::ParameterUnsupported,
        WireFault::ParameterRepeated,
        WireFault::GrantTypeMissing,
        WireFault::GrantTypeUnsupported,
        WireFault::TwoMechanisms,
        WireFault::AuthorizationRepeated,
        WireFault::AuthorizationMissing,
        WireFault::AuthorizationEmpty,
        WireFault::SchemeUnsupported,
        WireFault::BasicUndecodable,
    ];
    let with_reason = [IssueError::InvalidClient, IssueError::InvalidScope, IssueError::InvalidTarget];
    let with_reason = with_reason.iter().flat_map(|of| Reason::ALL.iter().map(|&reason| of(reason)));
    let without = [
        IssueError::UnsupportedGrantType,
        IssueError::NoGrant,
        IssueError::NoSigningKey,
        IssueError::Unavailable,
    ];
    let server = [
        ServerFault::MethodNotAllowed,
        ServerFault::BodyTooLarge,
        ServerFault::BodyIncomplete,
        ServerFault::TooManyRequests { retry_after_seconds: 7 },
        ServerFault::Unavailable { retry_after_seconds: 7 },
        ServerFault::NoSigningKey,
        ServerFault::Internal,
    ];
    let issue = with_reason.chain(without);
    wire.map(Refusal::from).into_iter().chain(issue.map(Into::into)).chain(server.map(Into::into)).collect()
}

fn header(response: &WireResponse, name: &http::HeaderName) -> Option<String> {
    let mut found = response.headers.iter().filter(|(key, _)| key == name);
    let value = found.next().map(|(_, value)| value.to_str().expect("ASCII").to_owned());
    assert!(found.next().is_none(), "{name} twice");
    value
}

#[test]
fn every_status_carries_what_it_must() {
    for dialect in Dialect::ALL {
        for refusal in refusals() {
            let response = write(dialect, None, Err(&refusal));
            let status = response.status.as_u16();
            let scheme = if dialect == Dialect::Json { "Bearer" } else { "Basic" };
            let challenge = (status == 401).then(|| format!("{scheme} realm=\"production\""));
            assert_eq!(header(&response, &WWW_AUTHENTICATE), challenge, "{dialect} {refusal:?}");
            assert_eq!(header(&response, &ALLOW).as_deref(), (status == 405).then_some("POST"));
            assert_eq!(header(&response, &RETRY_AFTER).is_some(), matches!(status, 429 | 503));
            let media =
                if dialect == Dialect::Json { "application/problem+json" } else { "application/json" };
            assert_eq!(header(&response, &CONTENT_TYPE).as_deref(), Some(media));
        }
    }
}

#[test]
fn an_unknown_client_and_a_wrong_secret_get_the_same_bytes() {
    for dialect in Dialect::ALL {
        let answer = |&reason| {
            let response = write(dialect, None, Err(&IssueError::InvalidClient(reason).into()));
            (response.status, response.headers, response.body)
        };
        let mut answers = Reason::ALL.iter().map(answer);
        let first = answers.next().expect("a reason");
        assert!(answers.all(|answer| answer == first));
    }
}

#[test]
fn gateway_errors_are_rows_of_the_table() {
    // Status, code, reason and message of every row, as the contract has them.
    let table = [
        (400, "001", "Validation not met", "The request is missing authorization parameter."),
        (400, "002", "Validation not met", "The request is missing grant_type."),
        (400, "003", "Validation not met", "The request is missing content_type header"),
        (400, "004", "Validation not met", "The request is missing x-tracking-id."),
        (400, "005", "Validation not met", "Invalid input parameter"),
        (
            400,
            "006",
            "Validation not met",
            "The authorization grant type is not supported by authorization server",
        ),
        (401, "001", "Authentication error", "The authorization parameter is missing."),
        (401, "002", "Authentication error", "The authorization parameter is not valid."),
        (415, "001", "Validation not met", "The format of the posted body is not supported by the endpoint."),
        (500, "001", "Internal error", "An unknown internal error occurred"),
        (500, "002", "internal error", "O Auth server failed."),
        (503, "001", "service unavailable", "The service is temporarily unavailable"),
        (405, "001", "Method not allowed", "The method is not supported by the endpoint."),
        (413, "001", "Payload too large", "The posted body is too large."),
        (429, "001", "Too many requests", "The request limit is exceeded."),
    ];
    let mut unseen: Vec<_> = table.to_vec();
    for refusal in refusals() {
        let response = write(Dialect::Gateway, None, Err(&refusal));
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(3));
        let row = (
            response.status.as_u16(),
            body["code"].as_str().expect("a string"),
            body["reason"].as_str().expect("a string"),
            body["message"].as_str().expect("a string"),
        );
        assert!(table.contains(&row), "{refusal:?}: {row:?}");
        unseen.retain(|other| *other != row);
    }
    assert_eq!(unseen, []);
}

#[test]
fn oauth2_errors_are_those_of_rfc_6749() {
    let codes = [
        (400, "invalid_request"),
        (405, "invalid_request"),
        (413, "invalid_request"),
        (401, "invalid_client"),
        (400, "unsupported_grant_type"),
        (400, "unauthorized_client"),
        (400, "invalid_scope"),
        (400, "invalid_target"),
        (429, "temporarily_unavailable"),
        (503, "temporarily_unavailable"),
        (500, "server_error"),
    ];
    let mut unseen = codes.to_vec();
    for refusal in refusals() {
        let response = write(Dialect::OAuth2, None, Err(&refusal));
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(2));
        let code = (response.status.as_u16(), body["error"].as_str().expect("a string"));
        assert!(codes.contains(&code), "{refusal:?}: {code:?}");
        let description = body["error_description"].as_str().expect("a string");
        let allowed = |byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        assert!(!description.is_empty() && description.bytes().all(allowed), "{description}");
        unseen.retain(|other| *other != code);
    }
    assert_eq!(unseen, []);
}

#[test]
fn json_errors_are_whole_problems() {
    let mut unseen = vec![400, 401, 405, 413, 415, 429, 500, 503];
    for refusal in refusals() {
        let response = write(Dialect::Json, Some("text/plain"), Err(&refusal));
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(6));
        assert_eq!(body["status"], response.status.as_u16());
        assert_eq!(body["instance"], PATH);
        assert_eq!(body["extensions"]["traceId"], REQUEST_ID);
        for member in ["type", "title", "detail"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
        }
        if let Some(errors) = body["extensions"].get("errors") {
            let of_sentences = |list: &Value| list.as_array().is_some_and(|list| !list.is_empty());
            assert!(errors.as_object().is_some_and(|errors| errors.values().all(of_sentences)));
        }
        unseen.retain(|status| *status != response.status.as_u16());
    }
    assert_eq!(unseen, [0; 0]);
}

#[test]
fn the_scope_is_told_where_none_was_asked_for_and_there_is_one() {
    for dialect in [Dialect::Gateway, Dialect::OAuth2] {
        for (scope, asked, told) in [
            (Some("a b"), false, Some("a b")),
            (Some("a b"), true, None),
            (None, false, None),
            (None, true, None),
        ] {
            let token = IssuedToken {
                token: "head.claims.signature".to_owned(),
                expires_in: 1800,
                scope: scope.map(str::to_owned),
                scope_asked: asked,
                jti: "jti".to_owned(),
            };
            let body: Value = serde_json::from_slice(&write(dialect, None, Ok(&token)).body).expect("JSON");
            assert_eq!(body.get("scope").and_then(Value::as_str), told);
            assert_eq!(body["access_token"], "head.claims.signature");
            assert_eq!(body["token_type"], "Bearer");
            assert_eq!(body["expires_in"], 1800);
            assert_eq!(body.as_object().map(serde_json::Map::len), Some(3 + usize::from(told.is_some())));
        }
    }
}

#[test]
fn debug_of_an_answer_hides_its_body() {
    let refusal = ServerFault::Internal.into();
    let shown = format!("{:?}", write(Dialect::Gateway, None, Err(&refusal)));
    assert!(shown.contains("500") && !shown.contains("unknown internal error"));
}

#[test]
fn dialects_are_known_by_name() {
    for dialect in Dialect::ALL {
        assert_eq!(dialect.as_str().parse(), Ok(dialect));
        assert_eq!(serde_json::from_value::<Dialect>(dialect.as_str().into()).ok(), Some(dialect));
        assert_eq!(dialect.to_string(), dialect.as_str());
    }
    assert!("Gateway".parse::<Dialect>().is_err());
}
