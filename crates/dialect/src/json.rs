//! The `json` dialect: JSON in, bare token out, problem details (RFC 9457).
//!
//! The query and any `Authorization` are ignored.

use std::borrow::Cow;

use http::StatusCode;
use jeton_core::client_authentication::{ClientAuthentication, Reading};
use jeton_core::id::is_absolute_uri;
use jeton_core::json::{self, JsonError, Object, Value};
use jeton_core::token_request::{GrantType, Target, TokenRequest};
use jeton_core::{IssueError, IssuedToken, Reason};

use crate::accept::TokenForm;
use crate::content_type::JsonType;
use crate::fault::{Field, FieldFault, FieldFaults, JsonFault, Refusal, ServerFault, WireFault};
use crate::problem::{Problem, ProblemKind};
use crate::wire::{Exchange, WireRequest, WireResponse};

/// In the contract's order.
pub(crate) fn read(request: &WireRequest<'_>) -> Result<TokenRequest, WireFault> {
    content_type_is_json(request)?; // 415
    body_is_there(request.body)?; // 400
    let body = json::parse(request.body).map_err(fault_of)?; // 400
    let object = body.as_object().ok_or(WireFault::NotJson(JsonFault::NotAnObject))?; // 400
    fields(object).map_err(WireFault::Fields) // 400
}

fn content_type_is_json(request: &WireRequest<'_>) -> Result<(), WireFault> {
    match JsonType::read(request.headers) {
        JsonType::Json => Ok(()),
        JsonType::Other => Err(WireFault::ContentTypeUnsupported),
        JsonType::Repeated => Err(WireFault::ContentTypeRepeated),
    }
}

/// Nothing is no JSON either, but deserves a better sentence than a position in it.
fn body_is_there(body: &[u8]) -> Result<(), WireFault> {
    if body.trim_ascii().is_empty() { Err(WireFault::NotJson(JsonFault::Empty)) } else { Ok(()) }
}

fn fault_of(error: JsonError) -> WireFault {
    WireFault::NotJson(match error {
        JsonError::Duplicate { name, depth } => {
            let known = [Field::ClientId, Field::ClientSecret, Field::AudienceUrl];
            let field = known.into_iter().find(|field| depth == 0 && field.name() == name.as_str());
            let faults = FieldFaults::one(field.unwrap_or(Field::Other), FieldFault::Repeated);
            return WireFault::Fields(faults);
        }
        JsonError::Syntax { line, column } => JsonFault::Syntax { line, column },
        JsonError::NotUtf8 { .. } => JsonFault::NotUtf8,
        JsonError::ByteOrderMark => JsonFault::ByteOrderMark,
        JsonError::Trailing => JsonFault::Trailing,
        JsonError::UnpairedSurrogate => JsonFault::UnpairedSurrogate,
        JsonError::TooDeep => JsonFault::TooDeep,
    })
}

/// Reads the three fields and collects what is wrong with any of them. Names are case-sensitive, unknown ones are
/// ignored.
fn fields(object: &Object<'_>) -> Result<TokenRequest, FieldFaults> {
    let (client_id, secret) = (text(object, Field::ClientId), text(object, Field::ClientSecret));
    match (client_id, secret, target(object)) {
        (Ok(client_id), Ok(secret), Ok(target)) => Ok(TokenRequest {
            client: ClientAuthentication::plain(Reading::new(client_id.as_bytes(), secret.into())),
            grant_type: GrantType::ClientCredentials,
            scope: None,
            target,
        }),
        (client_id, secret, target) => Err(FieldFaults::among([
            (Field::ClientId, client_id.err()),
            (Field::ClientSecret, secret.err()),
            (Field::AudienceUrl, target.err()),
        ])),
    }
}

fn text<'o>(object: &'o Object<'_>, field: Field) -> Result<&'o str, FieldFault> {
    let value = object.get(field.name()).ok_or(FieldFault::Missing)?;
    match value.as_str() {
        None => Err(FieldFault::NotAString),
        Some("") => Err(FieldFault::Empty),
        Some(text) => Ok(text),
    }
}

fn target(object: &Object<'_>) -> Result<Target, FieldFault> {
    if let None | Some(Value::Null) = object.get(Field::AudienceUrl.name()) {
        return Ok(Target::OnlyOne);
    }
    let audience = text(object, Field::AudienceUrl)?;
    if is_absolute_uri(audience) {
        Ok(Target::Audience(audience.into()))
    } else {
        Err(FieldFault::NotAnAbsoluteUri)
    }
}

pub(crate) fn write(exchange: &Exchange<'_>, result: Result<&IssuedToken, &Refusal>) -> WireResponse {
    match result {
        Ok(token) => success(exchange, &token.token),
        Err(Refusal::Wire(fault)) => wire(exchange, fault),
        Err(Refusal::Issue(error)) => issue(exchange, *error),
        Err(Refusal::Server(fault)) => server(exchange, *fault),
    }
}

fn success(exchange: &Exchange<'_>, token: &str) -> WireResponse {
    match TokenForm::preferred(exchange.accept.iter()) {
        TokenForm::TextPlain => WireResponse::new(StatusCode::OK, "text/plain; charset=utf-8", token.into()),
        TokenForm::ApplicationJson => WireResponse::json(StatusCode::OK, "application/json", &token),
        TokenForm::TextJson => WireResponse::json(StatusCode::OK, "text/json; charset=utf-8", &token),
    }
}

fn wire(exchange: &Exchange<'_>, fault: &WireFault) -> WireResponse {
    match fault {
        WireFault::ContentTypeUnsupported => unsupported(
            exchange,
            "The Content-Type must be application/json, text/json or application/*+json, in UTF-8.",
        ),
        WireFault::ContentTypeRepeated => unsupported(exchange, "There is more than one Content-Type."),
        WireFault::NotJson(fault) => bad_request(exchange, json_sentence(*fault)),
        WireFault::Fields(faults) => bad_fields(exchange, faults),
        // Not faults of this dialect; what they would be here:
        WireFault::ContentTypeMissing => unsupported(exchange, "There is no Content-Type."),
        WireFault::AuthorizationMissing
        | WireFault::AuthorizationEmpty
        | WireFault::SchemeUnsupported
        | WireFault::BasicUndecodable => unauthorized(exchange),
        WireFault::TrackingIdMissing
        | WireFault::TrackingIdMalformed
        | WireFault::TrackingIdRepeated
        | WireFault::QueryPresent
        | WireFault::BodyUndecodable
        | WireFault::ParameterUnsupported
        | WireFault::ParameterRepeated
        | WireFault::TokenMissing
        | WireFault::GrantTypeMissing
        | WireFault::GrantTypeUnsupported
        | WireFault::TwoMechanisms
        | WireFault::AuthorizationRepeated => bad_request(exchange, "The request is malformed."),
    }
}

fn json_sentence(fault: JsonFault) -> Cow<'static, str> {
    match fault {
        JsonFault::Syntax { line, column } => {
            format!("The body is not JSON at line {line}, column {column}.").into()
        }
        JsonFault::Empty => "The body is empty.".into(),
        JsonFault::NotUtf8 => "The body is not UTF-8.".into(),
        JsonFault::ByteOrderMark => "The body starts with a byte-order mark.".into(),
        JsonFault::Trailing => "Something follows the JSON object.".into(),
        JsonFault::UnpairedSurrogate => "A string in the body holds half of a surrogate pair.".into(),
        JsonFault::TooDeep => "The body is nested too deep.".into(),
        JsonFault::NotAnObject => "The body is not a JSON object.".into(),
    }
}

fn issue(exchange: &Exchange<'_>, error: IssueError) -> WireResponse {
    match error {
        IssueError::InvalidClient(_) => unauthorized(exchange),
        IssueError::NoGrant => bad_audience(exchange, FieldFault::NoGrant),
        IssueError::InvalidTarget(Reason::TargetMissing) => bad_audience(exchange, FieldFault::Ambiguous),
        IssueError::InvalidTarget(_) => bad_audience(exchange, FieldFault::NotGranted),
        IssueError::NoSigningKey => server(exchange, ServerFault::NoSigningKey),
        IssueError::Unavailable => server(exchange, ServerFault::STORE_OUT_OF_REACH),
        // This dialect asks for neither.
        IssueError::UnsupportedGrantType | IssueError::InvalidScope(_) => {
            bad_request(exchange, "The request is malformed.")
        }
    }
}

fn server(exchange: &Exchange<'_>, fault: ServerFault) -> WireResponse {
    match fault {
        ServerFault::MethodNotAllowed => {
            answer(exchange, ProblemKind::MethodNotAllowed, "The method must be POST.").allow_post()
        }
        ServerFault::BodyTooLarge => {
            answer(exchange, ProblemKind::ContentTooLarge, "The body must not be larger than 65,536 bytes.")
        }
        ServerFault::BodyIncomplete => {
            bad_request(exchange, "The body did not arrive whole, or not in time.")
        }
        ServerFault::TooManyRequests { retry_after_seconds } => {
            answer(exchange, ProblemKind::TooManyRequests, "There are too many requests.")
                .retry_after(retry_after_seconds)
        }
        ServerFault::Unavailable { retry_after_seconds } => {
            answer(exchange, ProblemKind::ServiceUnavailable, "The service is unavailable for now.")
                .retry_after(retry_after_seconds)
        }
        ServerFault::NoSigningKey | ServerFault::Internal => answer(
            exchange,
            ProblemKind::InternalServerError,
            "The server met an unexpected condition; traceId names this request.",
        ),
    }
}

fn unsupported(exchange: &Exchange<'_>, detail: &'static str) -> WireResponse {
    answer(exchange, ProblemKind::UnsupportedMediaType, detail)
}

/// One sentence whatever the reason, so that nobody learns which clients exist.
fn unauthorized(exchange: &Exchange<'_>) -> WireResponse {
    answer(exchange, ProblemKind::Unauthorized, "The client could not be authenticated.")
        .challenge("Bearer", exchange.environment)
}

fn bad_request(exchange: &Exchange<'_>, detail: impl Into<Cow<'static, str>>) -> WireResponse {
    answer(exchange, ProblemKind::BadRequest, detail)
}

fn bad_audience(exchange: &Exchange<'_>, fault: FieldFault) -> WireResponse {
    bad_fields(exchange, &FieldFaults::one(Field::AudienceUrl, fault))
}

fn bad_fields(exchange: &Exchange<'_>, faults: &FieldFaults) -> WireResponse {
    let detail = "The body has fields that are at fault.".into();
    problem(exchange, ProblemKind::BadRequest, detail, Some(faults)).to_response()
}

fn answer(exchange: &Exchange<'_>, kind: ProblemKind, detail: impl Into<Cow<'static, str>>) -> WireResponse {
    problem(exchange, kind, detail.into(), None).to_response()
}

fn problem<'a>(
    exchange: &Exchange<'a>,
    kind: ProblemKind,
    detail: Cow<'a, str>,
    faults: Option<&FieldFaults>,
) -> Problem<'a> {
    let errors = faults.map(FieldFaults::sentences).unwrap_or_default();
    Problem { kind, detail, instance: exchange.path, trace_id: exchange.request_id, errors }
}
