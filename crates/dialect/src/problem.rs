//! Problem details (RFC 9457), for the `json` dialect and for what the server answers where no dialect is.
//!
//! To add a kind: a variant of [`ProblemKind`] with its status and the section that defines it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::StatusCode;
use serde::Serialize;

use crate::wire::WireResponse;

/// A problem, ready to be answered.
#[derive(Debug, Clone)]
pub struct Problem<'a> {
    /// Gives `type`, `title` and `status`.
    pub kind: ProblemKind,
    /// One sentence about this occurrence, without anything that the caller sent.
    pub detail: Cow<'a, str>,
    /// The path of the request.
    pub instance: &'a str,
    /// The request id.
    pub trace_id: &'a str,
    /// Sentences by field; left out of the answer where there is none.
    pub errors: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Problem<'_> {
    /// The answer. `Allow`, `Retry-After` and challenges are the caller's to add.
    pub fn to_response(&self) -> WireResponse {
        let status = self.kind.status();
        let body = Body {
            kind: self.kind.uri(),
            title: self.kind.title(),
            status: status.as_u16(),
            detail: &self.detail,
            instance: self.instance,
            extensions: Extensions { trace_id: self.trace_id, errors: &self.errors },
        };
        WireResponse::json(status, "application/problem+json", &body)
    }
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    extensions: Extensions<'a>,
}

#[derive(Serialize)]
struct Extensions<'a> {
    #[serde(rename = "traceId")]
    trace_id: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    errors: &'a BTreeMap<&'static str, Vec<&'static str>>,
}

/// The kinds of problems, one for each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// 400.
    BadRequest,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 413.
    ContentTooLarge,
    /// 415.
    UnsupportedMediaType,
    /// 421.
    MisdirectedRequest,
    /// 429.
    TooManyRequests,
    /// 500.
    InternalServerError,
    /// 503.
    ServiceUnavailable,
}

impl ProblemKind {
    /// The status, which also stands in the body.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::ContentTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::MisdirectedRequest => StatusCode::MISDIRECTED_REQUEST,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The `title`: the status in RFC 9110's words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad Request",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::ContentTooLarge => "Content Too Large",
            Self::UnsupportedMediaType => "Unsupported Media Type",
            Self::MisdirectedRequest => "Misdirected Request",
            Self::TooManyRequests => "Too Many Requests",
            Self::InternalServerError => "Internal Server Error",
            Self::ServiceUnavailable => "Service Unavailable",
        }
    }

    /// The `type`: a stable URI under which the status is explained (RFC 9457 section 3.1.1).
    pub const fn uri(self) -> &'static str {
        match self {
            Self::BadRequest => "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.1",
            Self::Unauthorized => "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2",
            Self::Forbidden => "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.4",
            Self::NotFound => "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.5",
            Self::MethodNotAllowed => "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6",
            Self::ContentTooLarge => "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.14",
            Self::UnsupportedMediaType => "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16",
            Self::MisdirectedRequest => "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.20",
            Self::TooManyRequests => "https://www.rfc-editor.org/rfc/rfc6585#section-4",
            Self::InternalServerError => "https://www.rfc-editor.org/rfc/rfc9110#section-15.6.1",
            Self::ServiceUnavailable => "https://www.rfc-editor.org/rfc/rfc9110#section-15.6.4",
        }
    }
}
