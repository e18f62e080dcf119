//! The answers of the revocation endpoint (RFC 7009 section 2.2).

use http::StatusCode;

use crate::fault::Refusal;
use crate::oauth2;
use crate::wire::{Exchange, WireResponse};

/// Why a token was not revoked. One that is none of ours, or not good any more, is no reason: it is as if revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRevoked {
    /// The request or its sender was refused.
    Refused(Refusal),
    /// It was issued to another client.
    OfAnother,
}

/// Writes the answer: an empty 200, or an error as RFC 6749 section 5.2 has them.
pub fn write(exchange: &Exchange<'_>, result: Result<(), &NotRevoked>) -> WireResponse {
    match result {
        Ok(()) => WireResponse { status: StatusCode::OK, headers: Vec::new(), body: Vec::new() },
        Err(NotRevoked::Refused(refusal)) => oauth2::refuse(exchange, refusal),
        Err(NotRevoked::OfAnother) => {
            oauth2::error(StatusCode::BAD_REQUEST, "invalid_grant", "The token was issued to another client.")
        }
    }
}
