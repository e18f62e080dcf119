//! The `gateway` dialect: tracked requests and numbered errors.

use http::{HeaderMap, StatusCode};
use jeton_core::token_request::{GrantType, Target, TokenRequest};
use jeton_core::{IssueError, IssuedToken};
use serde::Serialize;

use crate::basic::Authorization;
use crate::content_type::FormType;
use crate::fault::{Refusal, ServerFault, WireFault};
use crate::form::Form;
use crate::tracking_id::TrackingId;
use crate::wire::{Exchange, TokenBody, WireRequest, WireResponse, scope_to_tell};

const PARAMETERS: [&str; 2] = ["grant_type", "scope"];

/// In the contract's order. Behind each step stand the answers that it may lead to.
pub(crate) fn read(request: &WireRequest<'_>) -> Result<TokenRequest, WireFault> {
    let headers = request.headers;
    content_type_is_form(headers)?; // 400/003, 415/001
    tracking_id_is_there(headers)?; // 400/004
    headers_are_single(headers)?; // 400/005
    tracking_id_is_well_formed(headers)?; // 400/005
    query_is_empty(request.query)?; // 400/005
    let form = parameters(request.body)?; // 400/005
    let grant_type = grant_type(&form)?; // 400/002, 400/006
    let pair = Authorization::read(headers).into_pair()?; // 401/001, 400/001, 401/002
    Ok(TokenRequest {
        client: pair.into_client(),
        grant_type,
        scope: form.get("scope").map(Into::into),
        target: Target::Granted,
    })
}

fn content_type_is_form(headers: &HeaderMap) -> Result<(), WireFault> {
    match FormType::read(headers) {
        FormType::Missing => Err(WireFault::ContentTypeMissing),
        FormType::Other => Err(WireFault::ContentTypeUnsupported),
        // That it is repeated is judged later than that it is another.
        FormType::Form | FormType::Repeated => Ok(()),
    }
}

fn tracking_id_is_there(headers: &HeaderMap) -> Result<(), WireFault> {
    match TrackingId::read(headers) {
        TrackingId::Missing | TrackingId::Empty => Err(WireFault::TrackingIdMissing),
        TrackingId::Repeated | TrackingId::Malformed | TrackingId::WellFormed(_) => Ok(()),
    }
}

fn headers_are_single(headers: &HeaderMap) -> Result<(), WireFault> {
    if FormType::read(headers) == FormType::Repeated {
        return Err(WireFault::ContentTypeRepeated);
    }
    if headers.get_all(http::header::AUTHORIZATION).iter().nth(1).is_some() {
        return Err(WireFault::AuthorizationRepeated);
    }
    if TrackingId::read(headers) == TrackingId::Repeated {
        return Err(WireFault::TrackingIdRepeated);
    }
    Ok(())
}

fn tracking_id_is_well_formed(headers: &HeaderMap) -> Result<(), WireFault> {
    match TrackingId::read(headers) {
        TrackingId::Malformed => Err(WireFault::TrackingIdMalformed),
        TrackingId::Missing | TrackingId::Empty | TrackingId::Repeated | TrackingId::WellFormed(_) => Ok(()),
    }
}

/// A bare `?` has no parameter, nor has `?&`.
fn query_is_empty(query: Option<&str>) -> Result<(), WireFault> {
    let mut pieces = query.unwrap_or_default().split('&');
    if pieces.all(str::is_empty) { Ok(()) } else { Err(WireFault::QueryPresent) }
}

/// So a `client_id` or `client_secret`, which would be a second mechanism, is refused as any other parameter is.
fn parameters(body: &[u8]) -> Result<Form, WireFault> {
    let form = Form::read(body)?;
    if !form.iter().all(|(name, _)| PARAMETERS.contains(&name)) {
        return Err(WireFault::ParameterUnsupported);
    }
    if form.repeats(None) {
        return Err(WireFault::ParameterRepeated);
    }
    Ok(form)
}

fn grant_type(form: &Form) -> Result<GrantType, WireFault> {
    match form.grant_type()? {
        GrantType::ClientCredentials => Ok(GrantType::ClientCredentials),
        GrantType::Unsupported => Err(WireFault::GrantTypeUnsupported),
    }
}

pub(crate) fn write(exchange: &Exchange<'_>, result: Result<&IssuedToken, &Refusal>) -> WireResponse {
    match result {
        Ok(token) => success(token),
        Err(refusal) => error(exchange, refusal),
    }
}

fn success(token: &IssuedToken) -> WireResponse {
    let body = TokenBody::with_room_for(&token.token)
        .token("access_token", &token.token)
        .member("token_type", "Bearer")
        .member("expires_in", token.expires_in);
    match scope_to_tell(token) {
        Some(scope) => body.member("scope", scope),
        None => body,
    }
    .into_response()
}

/// One row of the contract's table. The strings are exact to the byte, uneven as they are.
struct Row {
    status: StatusCode,
    body: Error,
}

#[derive(Serialize)]
struct Error {
    code: &'static str,
    reason: &'static str,
    message: &'static str,
}

const fn row(status: StatusCode, code: &'static str, reason: &'static str, message: &'static str) -> Row {
    Row { status, body: Error { code, reason, message } }
}

const NOT_MET: &str = "Validation not met";
const AUTHENTICATION: &str = "Authentication error";

const NO_CREDENTIALS: Row =
    row(StatusCode::BAD_REQUEST, "001", NOT_MET, "The request is missing authorization parameter.");
const NO_GRANT_TYPE: Row = row(StatusCode::BAD_REQUEST, "002", NOT_MET, "The request is missing grant_type.");
const NO_CONTENT_TYPE: Row =
    row(StatusCode::BAD_REQUEST, "003", NOT_MET, "The request is missing content_type header");
const NO_TRACKING_ID: Row =
    row(StatusCode::BAD_REQUEST, "004", NOT_MET, "The request is missing x-tracking-id.");
const INVALID_PARAMETER: Row = row(StatusCode::BAD_REQUEST, "005", NOT_MET, "Invalid input parameter");
const OTHER_GRANT_TYPE: Row = row(
    StatusCode::BAD_REQUEST,
    "006",
    NOT_MET,
    "The authorization grant type is not supported by authorization server",
);
const NO_AUTHORIZATION: Row =
    row(StatusCode::UNAUTHORIZED, "001", AUTHENTICATION, "The authorization parameter is missing.");
const WRONG_AUTHORIZATION: Row =
    row(StatusCode::UNAUTHORIZED, "002", AUTHENTICATION, "The authorization parameter is not valid.");
const OTHER_METHOD: Row = row(
    StatusCode::METHOD_NOT_ALLOWED,
    "001",
    "Method not allowed",
    "The method is not supported by the endpoint.",
);
const TOO_LARGE: Row =
    row(StatusCode::PAYLOAD_TOO_LARGE, "001", "Payload too large", "The posted body is too large.");
const OTHER_CONTENT_TYPE: Row = row(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "001",
    NOT_MET,
    "The format of the posted body is not supported by the endpoint.",
);
const TOO_MANY: Row =
    row(StatusCode::TOO_MANY_REQUESTS, "001", "Too many requests", "The request limit is exceeded.");
const INTERNAL: Row =
    row(StatusCode::INTERNAL_SERVER_ERROR, "001", "Internal error", "An unknown internal error occurred");
const NO_KEY: Row = row(StatusCode::INTERNAL_SERVER_ERROR, "002", "internal error", "O Auth server failed.");
const UNAVAILABLE: Row = row(
    StatusCode::SERVICE_UNAVAILABLE,
    "001",
    "service unavailable",
    "The service is temporarily unavailable",
);

fn error(exchange: &Exchange<'_>, refusal: &Refusal) -> WireResponse {
    match refusal {
        Refusal::Wire(fault) => wire(exchange, fault),
        Refusal::Issue(error) => issue(exchange, *error),
        Refusal::Server(fault) => server(*fault),
    }
}

fn wire(exchange: &Exchange<'_>, fault: &WireFault) -> WireResponse {
    match fault {
        WireFault::ContentTypeMissing => NO_CONTENT_TYPE.answer(),
        WireFault::ContentTypeUnsupported => OTHER_CONTENT_TYPE.answer(),
        WireFault::TrackingIdMissing => NO_TRACKING_ID.answer(),
        WireFault::ContentTypeRepeated
        | WireFault::AuthorizationRepeated
        | WireFault::TrackingIdRepeated
        | WireFault::TrackingIdMalformed
        | WireFault::QueryPresent
        | WireFault::BodyUndecodable
        | WireFault::ParameterUnsupported
        | WireFault::ParameterRepeated
        // Not faults of this dialect; what they would be here:
        | WireFault::TokenMissing
        | WireFault::TwoMechanisms
        | WireFault::NotJson(_)
        | WireFault::Fields(_) => INVALID_PARAMETER.answer(),
        WireFault::GrantTypeMissing => NO_GRANT_TYPE.answer(),
        WireFault::GrantTypeUnsupported => OTHER_GRANT_TYPE.answer(),
        WireFault::AuthorizationMissing => unauthorized(&NO_AUTHORIZATION, exchange),
        WireFault::AuthorizationEmpty => NO_CREDENTIALS.answer(),
        WireFault::SchemeUnsupported | WireFault::BasicUndecodable => {
            unauthorized(&WRONG_AUTHORIZATION, exchange)
        }
    }
}

fn issue(exchange: &Exchange<'_>, error: IssueError) -> WireResponse {
    match error {
        IssueError::InvalidClient(_) => unauthorized(&WRONG_AUTHORIZATION, exchange),
        IssueError::UnsupportedGrantType => OTHER_GRANT_TYPE.answer(),
        IssueError::NoGrant | IssueError::InvalidScope(_) | IssueError::InvalidTarget(_) => {
            INVALID_PARAMETER.answer()
        }
        IssueError::NoSigningKey => server(ServerFault::NoSigningKey),
        IssueError::Unavailable => server(ServerFault::STORE_OUT_OF_REACH),
    }
}

fn server(fault: ServerFault) -> WireResponse {
    match fault {
        ServerFault::MethodNotAllowed => OTHER_METHOD.answer().allow_post(),
        ServerFault::BodyTooLarge => TOO_LARGE.answer(),
        ServerFault::BodyIncomplete => INVALID_PARAMETER.answer(),
        ServerFault::TooManyRequests { retry_after_seconds } => {
            TOO_MANY.answer().retry_after(retry_after_seconds)
        }
        ServerFault::Unavailable { retry_after_seconds } => {
            UNAVAILABLE.answer().retry_after(retry_after_seconds)
        }
        ServerFault::NoSigningKey => NO_KEY.answer(),
        ServerFault::Internal => INTERNAL.answer(),
    }
}

impl Row {
    fn answer(&self) -> WireResponse {
        WireResponse::json(self.status, "application/json", &self.body)
    }
}

fn unauthorized(row: &Row, exchange: &Exchange<'_>) -> WireResponse {
    row.answer().challenge("Basic", exchange.environment)
}
