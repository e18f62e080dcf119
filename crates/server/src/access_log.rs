//! One line for every request: what was asked, of whom, what came of it and truly why. The same is counted.
//!
//! Never here: secrets, tokens, query strings, paths that we do not know, client ids that the store does not
//! know, and tracking ids outside their grammar.

use std::net::IpAddr;
use std::time::Duration;

use http::StatusCode;
use jeton_core::authority::Known;
use jeton_core::id::{ClientId, CompanyId};
use jeton_core::{Clock, Reason};

use crate::config::Dialect;
use crate::metrics::{Metrics, TokenRequestEnd};

/// What there is to say of a request, gathered as it goes.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    pub(crate) request_id: String,
    pub(crate) tracking_id: Option<String>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) environment: Option<String>,
    /// The dialect of a token endpoint, or what else the path is.
    pub(crate) endpoint: &'static str,
    /// Of a token request, the place of its environment, and its dialect.
    pub(crate) token_request: Option<(usize, Dialect)>,
    /// Whose request it is, where it named a credential.
    pub(crate) known: Option<Known>,
    /// Whose token a gateway asked about, once that was found good.
    pub(crate) bearer: Option<(ClientId, CompanyId)>,
    /// The operator, of a request to the management API.
    pub(crate) actor: Option<String>,
    pub(crate) reason: Option<Reason>,
    /// Why a gateway was told not to let a request through.
    pub(crate) rejection: Option<&'static str>,
    /// The id of the token that was issued.
    pub(crate) jti: Option<String>,
}

/// Writes the line when the request ends, however it ends: a caller that goes away is logged too.
pub(crate) struct Line<'a> {
    pub(crate) entry: Entry,
    /// What was answered, once it was.
    pub(crate) status: Option<StatusCode>,
    clock: &'a dyn Clock,
    metrics: &'a Metrics,
    started: Duration,
}

impl<'a> Line<'a> {
    /// For a request that begins now.
    pub(crate) fn begin(entry: Entry, clock: &'a dyn Clock, metrics: &'a Metrics) -> Self {
        Self { entry, status: None, clock, metrics, started: clock.uptime() }
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let took = self.clock.uptime().saturating_sub(self.started);
        self.entry.count(self.metrics, self.status, took);
        self.entry.write(self.status, took);
    }
}

/// What came of a request, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A token.
    Issued,
    /// What was asked for, and that was no token.
    Answered,
    /// Nothing, by the caller's fault.
    Refused,
    /// Nothing, by ours.
    Failed,
    /// Nobody knows: the caller went away.
    Abandoned,
}

impl Outcome {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }

    /// What it is to get no token for this reason.
    pub(crate) fn without_token(reason: Reason) -> Self {
        match reason {
            Reason::Internal | Reason::NoSigningKey | Reason::Unavailable => Self::Failed,
            _ => Self::Refused,
        }
    }
}

impl Entry {
    fn outcome(&self, status: Option<StatusCode>) -> Outcome {
        match (self.reason, status) {
            (_, None) => Outcome::Abandoned,
            (Some(reason), _) => Outcome::without_token(reason),
            (None, _) if self.jti.is_some() => Outcome::Issued,
            (None, Some(status)) if status.is_success() || status == StatusCode::NOT_MODIFIED => {
                Outcome::Answered
            }
            (None, Some(_)) => Outcome::Refused,
        }
    }

    fn count(&self, metrics: &Metrics, status: Option<StatusCode>, took: Duration) {
        metrics.request(self.endpoint, status);
        if let Some((environment, dialect)) = self.token_request {
            let ended = match (self.outcome(status), self.reason) {
                (Outcome::Abandoned, _) => TokenRequestEnd::Abandoned,
                (_, Some(reason)) => TokenRequestEnd::Without(reason),
                (_, None) => TokenRequestEnd::Issued,
            };
            metrics.token_request(environment, dialect, ended, took);
        }
    }

    fn write(&self, status: Option<StatusCode>, took: Duration) {
        let known = self.known.as_ref().map(|known| (known.client_id(), known.company()));
        let whose = known.or_else(|| self.bearer.as_ref().map(|(client_id, company)| (client_id, company)));
        let (client_id, company) = whose.unzip();
        tracing::info!(
            target: "jeton::request",
            request_id = self.request_id,
            tracking_id = self.tracking_id,
            address = self.address.map(tracing::field::display),
            environment = self.environment,
            dialect = self.endpoint,
            client_id = client_id.map(ClientId::as_str),
            company = company.map(CompanyId::as_str),
            actor = self.actor,
            status = status.map(|status| status.as_u16()),
            outcome = self.outcome(status).as_str(),
            reason = self.reason.map(Reason::as_str).or(self.rejection),
            jti = self.jti,
            duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            "request"
        );
    }
}
