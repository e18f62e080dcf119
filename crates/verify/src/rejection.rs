//! What a caller is told whose request does not get through (RFC 6750 section 3, RFC 9457).
//!
//! The wire says little and only fixed sentences, in the characters that RFC 6750 section 3 allows. Up to the
//! signature and the issuer all faults look alike; whoever holds a token that is signed for real can read it anyway,
//! so that it has expired, has been
//! revoked, or is for another API, is said.

use crate::error::VerifyError;
use crate::resource::Resource;
use crate::scopes::Scopes;
use std::fmt::Write as _;

/// After how many seconds a request is worth another try that could not be judged.
const RETRY_AFTER_SECONDS: u32 = 5;

/// Why a request is not let through. To add one: a variant, and what the compiler then asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No `Authorization`, or one of another scheme: 401, and no error code (RFC 6750 section 3.1).
    #[error("the request has no bearer token")]
    NoToken,
    /// `Authorization` is not one bearer token: 400 `invalid_request`.
    #[error("bad Authorization header: {0}")]
    BadRequest(#[from] BadRequest),
    /// The token is not accepted: 401 `invalid_token`. The reason is for a log.
    #[error("invalid token: {0}")]
    InvalidToken(VerifyError),
    /// The token could not be judged, since there are no keys: 503. A 401 would make callers throw good tokens away.
    #[error("the token cannot be judged: {}", VerifyError::KeysUnavailable)]
    Unavailable,
    /// The token could not be judged, since what is revoked is not known: 503 for the same reason.
    #[error("the token cannot be judged: {}", VerifyError::RevocationsUnavailable)]
    RevocationsUnavailable,
    /// The token is good, but lacks one of these scopes: 403 `insufficient_scope`.
    #[error("the token lacks a scope: {0} needed")]
    InsufficientScope(Scopes),
}

/// What is wrong with `Authorization`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    /// There is more than one such header, of whatever schemes.
    #[error("more than one")]
    SeveralHeaders,
    /// `Bearer`, and no token.
    #[error("no token after Bearer")]
    EmptyBearer,
    /// `Bearer`, and more than one word.
    #[error("more than one word after Bearer")]
    SeveralWords,
}

impl From<VerifyError> for Rejection {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::KeysUnavailable => Self::Unavailable,
            VerifyError::RevocationsUnavailable => Self::RevocationsUnavailable,
            error => Self::InvalidToken(error),
        }
    }
}

impl Rejection {
    /// The HTTP status: 400, 401, 403 or 503.
    pub const fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) => 400,
            Self::NoToken | Self::InvalidToken(_) => 401,
            Self::InsufficientScope(_) => 403,
            Self::Unavailable | Self::RevocationsUnavailable => 503,
        }
    }

    /// The value of `Retry-After`, in seconds, which a 503 must have.
    pub const fn retry_after_seconds(&self) -> Option<u32> {
        if self.status() == 503 { Some(RETRY_AFTER_SECONDS) } else { None }
    }

    /// The value of `WWW-Authenticate`, which every one of these answers but a 503 must have. It is visible ASCII and
    /// spaces whatever the realm: quotes are escaped, and what a header cannot carry becomes `?`.
    pub fn www_authenticate(&self, realm: &str) -> String {
        let mut challenge = String::from("Bearer realm=\"");
        for character in realm.chars() {
            match character {
                '"' | '\\' => challenge.extend(['\\', character]),
                ' '..='~' => challenge.push(character),
                _ => challenge.push('?'),
            }
        }
        challenge.push('"');
        if let Some(code) = self.error() {
            let description = self.description();
            // Writing to a String cannot fail; nor can the text hold a quote: all of it is ours, scopes are checked.
            let _ = write!(challenge, r#", error="{code}", error_description="{description}""#);
        }
        if let Self::InsufficientScope(scopes) = self {
            let _ = write!(challenge, r#", scope="{scopes}""#);
        }
        challenge
    }

    /// As [`www_authenticate`](Self::www_authenticate), and where the API says whose tokens it takes (RFC 9728 section 5.1).
    pub fn www_authenticate_for(&self, realm: &str, resource: &Resource) -> String {
        format!(r#"{}, resource_metadata="{}""#, self.www_authenticate(realm), resource.metadata_url())
    }

    /// The body, problem details (RFC 9457), media type `application/problem+json`.
    pub fn problem_json(&self) -> String {
        let (status, title, detail) = (self.status(), self.title(), self.description());
        format!(r#"{{"type":"about:blank","title":"{title}","status":{status},"detail":"{detail}"}}"#)
    }

    /// The error code of RFC 6750 section 3.1. A request that did not try, or could not be judged, has none.
    pub const fn error(&self) -> Option<&'static str> {
        match self {
            Self::NoToken | Self::Unavailable | Self::RevocationsUnavailable => None,
            Self::BadRequest(_) => Some("invalid_request"),
            Self::InvalidToken(_) => Some("invalid_token"),
            Self::InsufficientScope(_) => Some("insufficient_scope"),
        }
    }

    /// A sentence for a developer: the same for faults that must not be told apart.
    pub const fn description(&self) -> &'static str {
        match self {
            Self::NoToken => "The request has no access token: send Authorization: Bearer and the token.",
            Self::BadRequest(BadRequest::SeveralHeaders) => {
                "The request has more than one Authorization header."
            }
            Self::BadRequest(BadRequest::EmptyBearer) => {
                "The Authorization header has no token after Bearer."
            }
            Self::BadRequest(BadRequest::SeveralWords) => {
                "The Authorization header has more than one word after Bearer."
            }
            Self::InvalidToken(error) => match error {
                VerifyError::Malformed(_)
                | VerifyError::WrongType
                | VerifyError::WrongAlgorithm
                | VerifyError::UnknownKey
                | VerifyError::Signature
                | VerifyError::Issuer
                | VerifyError::Revision => "The access token is not valid.",
                VerifyError::Audience => "The access token is for another API.",
                VerifyError::Expired => "The access token has expired.",
                VerifyError::NotYetValid => "The access token is not valid yet.",
                VerifyError::Revoked => "The access token has been revoked.",
                VerifyError::KeysUnavailable | VerifyError::RevocationsUnavailable => {
                    Self::Unavailable.description()
                }
            },
            Self::Unavailable | Self::RevocationsUnavailable => {
                "The access token cannot be checked at present."
            }
            Self::InsufficientScope(_) => "The access token lacks a scope that this request needs.",
        }
    }

    /// The reason phrase of the status, which RFC 9457 section 4.2.1 wants beside `about:blank`.
    const fn title(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "Bad Request",
            Self::NoToken | Self::InvalidToken(_) => "Unauthorized",
            Self::InsufficientScope(_) => "Forbidden",
            Self::Unavailable | Self::RevocationsUnavailable => "Service Unavailable",
        }
    }
}
