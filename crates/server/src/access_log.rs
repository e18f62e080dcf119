//! One line for every request: what was asked, of whom, what came of it and truly why.
//!
//! Never here: secrets, tokens, query strings, paths that we do not know, client ids that the store does not
//! know, and tracking ids outside their grammar.

use std::net::IpAddr;
use std::time::Duration;

use http::StatusCode;
use jeton_core::Reason;
use jeton_core::authority::Known;

/// What there is to say of a request, gathered as it goes.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    pub(crate) request_id: String,
    pub(crate) tracking_id: Option<String>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) environment: Option<String>,
    /// The dialect of a token endpoint, or what else the path is.
    pub(crate) endpoint: &'static str,
    pub(crate) client: Option<Known>,
    pub(crate) reason: Option<Reason>,
    /// The id of the token that was issued.
    pub(crate) jti: Option<String>,
}

impl Entry {
    /// Writes the line.
    pub(crate) fn write(&self, status: StatusCode, took: Duration) {
        let outcome = match (self.reason, status) {
            (Some(Reason::Internal | Reason::NoSigningKey | Reason::Unavailable), _) => "failed",
            (None, _) if self.jti.is_some() => "issued",
            (None, status) if status.is_success() || status == StatusCode::NOT_MODIFIED => "answered",
            (_, _) => "refused",
        };
        tracing::info!(
            target: "jeton::request",
            request_id = self.request_id,
            tracking_id = self.tracking_id,
            address = self.address.map(tracing::field::display),
            environment = self.environment,
            dialect = self.endpoint,
            client_id = self.client.as_ref().map(|known| known.client_id.as_str()),
            company = self.client.as_ref().map(|known| known.company.as_str()),
            status = status.as_u16(),
            outcome,
            reason = self.reason.map(Reason::as_str),
            jti = self.jti,
            duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            "request"
        );
    }
}
