//! The `oauth2` dialect: RFC 6749 section 4.4, client credentials, with the resources of RFC 8707.

use http::StatusCode;
use jeton_core::client_authentication::{ClientAuthentication, Reading};
use jeton_core::token_request::{Target, TokenRequest};
use jeton_core::{IssueError, IssuedToken, Reason};
use serde::Serialize;

use crate::basic::{Authorization, BasicPair};
use crate::content_type::FormType;
use crate::fault::{Refusal, ServerFault, WireFault};
use crate::form::Form;
use crate::wire::{Exchange, TokenBody, WireRequest, WireResponse, scope_to_tell};

/// In the contract's order. Unknown parameters are ignored, and empty ones count as absent, though neither may be
/// repeated (RFC 6749 section 3.2).
pub(crate) fn read(request: &WireRequest<'_>) -> Result<TokenRequest, WireFault> {
    content_type_is_form(request)?; // invalid_request
    let form = parameters(request.body)?; // invalid_request
    let authorization = Authorization::read(request.headers);
    one_mechanism(&authorization, &form)?; // invalid_request
    let grant_type = form.grant_type()?; // invalid_request
    let client = client(authorization, &form)?; // invalid_client
    Ok(TokenRequest { client, grant_type, scope: form.get("scope").map(Into::into), target: target(&form) })
}

pub(crate) fn content_type_is_form(request: &WireRequest<'_>) -> Result<(), WireFault> {
    match FormType::read(request.headers) {
        FormType::Form => Ok(()),
        FormType::Missing => Err(WireFault::ContentTypeMissing),
        FormType::Other => Err(WireFault::ContentTypeUnsupported),
        FormType::Repeated => Err(WireFault::ContentTypeRepeated),
    }
}

fn parameters(body: &[u8]) -> Result<Form, WireFault> {
    let form = Form::read(body)?;
    if form.repeats(Some("resource")) { Err(WireFault::ParameterRepeated) } else { Ok(form) }
}

/// RFC 6749 section 2.3: one mechanism a request. Basic counts as one however broken it is. Beside another scheme,
/// or an empty header, a pair in the body is no second mechanism of ours but a failed authentication.
pub(crate) fn one_mechanism(authorization: &Authorization, form: &Form) -> Result<(), WireFault> {
    let other_user = |pair: &BasicPair| form.get("client_id").is_some_and(|name| !pair.has_user(name));
    let secret_in_body = form.get("client_secret").is_some();
    match authorization {
        Authorization::Repeated => Err(WireFault::AuthorizationRepeated),
        Authorization::BareBasic | Authorization::Undecodable | Authorization::Pair(_) if secret_in_body => {
            Err(WireFault::TwoMechanisms)
        }
        Authorization::Pair(pair) if other_user(pair) => Err(WireFault::TwoMechanisms),
        Authorization::Missing
        | Authorization::Empty
        | Authorization::OtherScheme
        | Authorization::BareBasic
        | Authorization::Undecodable
        | Authorization::Pair(_) => Ok(()),
    }
}

pub(crate) fn client(authorization: Authorization, form: &Form) -> Result<ClientAuthentication, WireFault> {
    match (authorization, form.get("client_id"), form.get("client_secret")) {
        (Authorization::Missing, Some(client_id), Some(secret)) => {
            Ok(ClientAuthentication::plain(Reading::new(client_id.as_bytes(), secret.into())))
        }
        (authorization, _, _) => authorization.into_pair().map(BasicPair::into_client),
    }
}

fn target(form: &Form) -> Target {
    let resources: Vec<String> = form.get_all("resource").map(Into::into).collect();
    if resources.is_empty() { Target::Granted } else { Target::Resources(resources) }
}

pub(crate) fn write(exchange: &Exchange<'_>, result: Result<&IssuedToken, &Refusal>) -> WireResponse {
    match result {
        Ok(token) => success(token),
        Err(refusal) => refuse(exchange, refusal),
    }
}

/// In this dialect's words, which the endpoints beside it share.
pub(crate) fn refuse(exchange: &Exchange<'_>, refusal: &Refusal) -> WireResponse {
    match refusal {
        Refusal::Wire(fault) => wire(exchange, fault),
        Refusal::Issue(error) => issue(exchange, *error),
        Refusal::Server(fault) => server(*fault),
    }
}

/// RFC 6749 section 5.1.
fn success(token: &IssuedToken) -> WireResponse {
    let body = TokenBody::with_room_for(&token.token)
        .member("token_type", "Bearer")
        .member("expires_in", token.expires_in)
        .token("access_token", &token.token);
    match scope_to_tell(token) {
        Some(scope) => body.member("scope", scope),
        None => body,
    }
    .into_response()
}

/// RFC 6749 section 5.2. Descriptions are fixed sentences for the developer of the client, in that section's
/// characters: no quotes, no backslashes, nothing that came in the request.
#[derive(Serialize)]
struct Error {
    error: &'static str,
    error_description: &'static str,
}

pub(crate) fn error(
    status: StatusCode,
    error: &'static str,
    error_description: &'static str,
) -> WireResponse {
    WireResponse::json(status, "application/json", &Error { error, error_description })
}

fn invalid_request(description: &'static str) -> WireResponse {
    error(StatusCode::BAD_REQUEST, "invalid_request", description)
}

/// With a challenge also where the client sent no `Authorization`: every 401 needs one (RFC 9110 section 15.5.2).
fn invalid_client(exchange: &Exchange<'_>, description: &'static str) -> WireResponse {
    error(StatusCode::UNAUTHORIZED, "invalid_client", description).challenge("Basic", exchange.environment)
}

fn wire(exchange: &Exchange<'_>, fault: &WireFault) -> WireResponse {
    match fault {
        WireFault::ContentTypeMissing => {
            invalid_request("There is no Content-Type; it must be application/x-www-form-urlencoded.")
        }
        WireFault::ContentTypeUnsupported => {
            invalid_request("The Content-Type must be application/x-www-form-urlencoded.")
        }
        WireFault::ContentTypeRepeated => invalid_request("There is more than one Content-Type."),
        WireFault::BodyUndecodable => invalid_request(
            "The body cannot be decoded: a percent sign needs two hex digits, and the text must be UTF-8.",
        ),
        WireFault::ParameterRepeated => {
            invalid_request("A parameter is repeated; only the one named resource may be.")
        }
        WireFault::AuthorizationRepeated => invalid_request("There is more than one Authorization header."),
        WireFault::TwoMechanisms => invalid_request(
            "The client authenticates in two ways: use the Authorization header or the body, not both.",
        ),
        WireFault::TokenMissing => invalid_request("There is no token."),
        WireFault::GrantTypeMissing => invalid_request("There is no grant_type."),
        WireFault::AuthorizationMissing => invalid_client(
            exchange,
            "There are no credentials: send them with HTTP Basic, or as client_id and client_secret in the body.",
        ),
        WireFault::AuthorizationEmpty => {
            invalid_client(exchange, "The Authorization header carries no credentials.")
        }
        WireFault::SchemeUnsupported => {
            invalid_client(exchange, "The Authorization header must use the scheme Basic.")
        }
        WireFault::BasicUndecodable => invalid_client(
            exchange,
            "The Basic credentials must be the base64, with padding, of client id, colon and secret.",
        ),
        WireFault::GrantTypeUnsupported => unsupported_grant_type(),
        // Not faults of this dialect; what they would be here:
        WireFault::TrackingIdMissing
        | WireFault::TrackingIdMalformed
        | WireFault::TrackingIdRepeated
        | WireFault::QueryPresent
        | WireFault::NotJson(_)
        | WireFault::Fields(_)
        | WireFault::ParameterUnsupported => invalid_request("The request is malformed."),
    }
}

fn issue(exchange: &Exchange<'_>, issue_error: IssueError) -> WireResponse {
    const BAD_REQUEST: StatusCode = StatusCode::BAD_REQUEST;
    match issue_error {
        // One sentence whatever the reason, so that nobody learns which clients exist.
        IssueError::InvalidClient(_) => invalid_client(exchange, "The client could not be authenticated."),
        IssueError::UnsupportedGrantType => unsupported_grant_type(),
        IssueError::NoGrant => {
            error(BAD_REQUEST, "unauthorized_client", "These credentials are not granted any API.")
        }
        IssueError::InvalidScope(reason) => error(BAD_REQUEST, "invalid_scope", scope_sentence(reason)),
        IssueError::InvalidTarget(reason) => error(BAD_REQUEST, "invalid_target", target_sentence(reason)),
        IssueError::NoSigningKey => server(ServerFault::NoSigningKey),
        IssueError::Unavailable => server(ServerFault::STORE_OUT_OF_REACH),
    }
}

fn unsupported_grant_type() -> WireResponse {
    error(StatusCode::BAD_REQUEST, "unsupported_grant_type", "The only grant_type is client_credentials.")
}

fn scope_sentence(reason: Reason) -> &'static str {
    if reason == Reason::ScopeMalformed {
        "The scope is malformed: names are separated by single spaces."
    } else if reason == Reason::ScopeNotOfResource {
        "A scope belongs to none of the requested resources."
    } else {
        "A scope is unknown, or not granted to these credentials."
    }
}

fn target_sentence(reason: Reason) -> &'static str {
    if reason == Reason::TargetMalformed {
        "A resource is not an absolute URI without a fragment."
    } else {
        "A resource is unknown, or not granted to these credentials."
    }
}

fn server(fault: ServerFault) -> WireResponse {
    match fault {
        ServerFault::MethodNotAllowed => {
            error(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "The method must be POST.").allow_post()
        }
        ServerFault::BodyTooLarge => error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalid_request",
            "The body must not be larger than 65536 bytes.",
        ),
        ServerFault::BodyIncomplete => invalid_request("The body did not arrive whole, or not in time."),
        ServerFault::TooManyRequests { retry_after_seconds } => {
            temporarily_unavailable(StatusCode::TOO_MANY_REQUESTS, "There are too many requests.")
                .retry_after(retry_after_seconds)
        }
        ServerFault::Unavailable { retry_after_seconds } => {
            temporarily_unavailable(StatusCode::SERVICE_UNAVAILABLE, "The service is unavailable for now.")
                .retry_after(retry_after_seconds)
        }
        ServerFault::NoSigningKey | ServerFault::Internal => error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_error",
            "The server met an unexpected condition; x-request-id names this request.",
        ),
    }
}

/// Codes of RFC 6749 section 4.1.2.1, which has no such codes for this endpoint.
fn temporarily_unavailable(status: StatusCode, description: &'static str) -> WireResponse {
    error(status, "temporarily_unavailable", description)
}
