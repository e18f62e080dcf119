//! `Content-Type` (RFC 9110 section 8.3), as the dialects that read forms and the one that reads JSON see it.
//!
//! To add a format of bodies: a closed enum with one reading function, that looks at all `Content-Type` headers at
//! once, since what several mean differs too.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::media::{Media, trim};

/// What a request whose body should be a form says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormType {
    /// `application/x-www-form-urlencoded`, once. Parameters do not matter, not even `charset`: a form is UTF-8.
    Form,
    /// No header, or an empty one, alone or among others.
    Missing,
    /// Another type, alone or among others.
    Other,
    /// The right type, more than once.
    Repeated,
}

impl FormType {
    /// Reads all `Content-Type` headers.
    pub fn read(headers: &HeaderMap) -> Self {
        let values = || headers.get_all(CONTENT_TYPE).iter().map(|value| trim(value.as_bytes()));
        match values().count() {
            0 => Self::Missing,
            _ if values().any(<[u8]>::is_empty) => Self::Missing,
            _ if !values().all(is_form) => Self::Other,
            1 => Self::Form,
            _ => Self::Repeated,
        }
    }
}

/// What a request whose body should be JSON says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonType {
    /// `application/json`, `text/json` or `application/*+json` in UTF-8, or nothing at all.
    Json,
    /// Another type, or another charset.
    Other,
    /// More than one.
    Repeated,
}

impl JsonType {
    /// Reads all `Content-Type` headers. An empty one counts as none.
    pub fn read(headers: &HeaderMap) -> Self {
        let values = headers.get_all(CONTENT_TYPE).iter().map(|value| trim(value.as_bytes()));
        let mut values = values.filter(|value| !value.is_empty());
        match (values.next(), values.next()) {
            (None, _) => Self::Json,
            (Some(value), None) if is_json(value) => Self::Json,
            (Some(_), None) => Self::Other,
            (Some(_), Some(_)) => Self::Repeated,
        }
    }
}

fn is_form(value: &[u8]) -> bool {
    Media::read(value).is_some_and(|media| media.is("application", "x-www-form-urlencoded"))
}

fn is_json(value: &[u8]) -> bool {
    Media::read(value).is_some_and(|media| {
        let mut charsets = media.parameters().filter(|parameter| parameter.named("charset"));
        is_json_media(&media) && charsets.all(|charset| charset.is_value("utf-8"))
    })
}

fn is_json_media(media: &Media<'_>) -> bool {
    media.is("application", "json") || media.is("text", "json") || {
        let suffix = media.sub.len().checked_sub("+json".len()).filter(|&at| at > 0);
        media.main.eq_ignore_ascii_case(b"application")
            && suffix.is_some_and(|at| media.sub[at..].eq_ignore_ascii_case(b"+json"))
    }
}
