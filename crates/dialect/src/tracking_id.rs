//! `x-tracking-id`: the caller's own name for a request, which every answer gives back if it can.

use http::{HeaderMap, HeaderName};

use crate::media::trim;

/// The header, in requests and in answers.
pub const X_TRACKING_ID: HeaderName = HeaderName::from_static("x-tracking-id");

/// What came as the tracking id of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackingId<'a> {
    /// None.
    Missing,
    /// An empty one, alone or among others.
    Empty,
    /// More than one.
    Repeated,
    /// One, not of 1 to 128 visible ASCII characters.
    Malformed,
    /// One that is well formed.
    WellFormed(&'a str),
}

impl<'a> TrackingId<'a> {
    /// Reads all `x-tracking-id` headers.
    pub fn read(headers: &'a HeaderMap) -> Self {
        let values = || headers.get_all(X_TRACKING_ID).iter().map(|value| trim(value.as_bytes()));
        if values().any(<[u8]>::is_empty) {
            return Self::Empty;
        }
        let mut values = values();
        match (values.next(), values.next()) {
            (None, _) => Self::Missing,
            (Some(_), Some(_)) => Self::Repeated,
            (Some(value), None) => well_formed(value).map_or(Self::Malformed, Self::WellFormed),
        }
    }

    /// What the answer carries in `x-tracking-id`: the caller's, the request id where the caller sent none, and
    /// nothing where the caller sent something that cannot be given back.
    pub fn to_answer(self, request_id: &'a str) -> Option<&'a str> {
        match self {
            Self::Missing => Some(request_id),
            Self::WellFormed(tracking_id) => Some(tracking_id),
            Self::Empty | Self::Repeated | Self::Malformed => None,
        }
    }
}

fn well_formed(value: &[u8]) -> Option<&str> {
    let allowed = (1..=128).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
    std::str::from_utf8(value).ok().filter(|_| allowed)
}
