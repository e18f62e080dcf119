//! The closed list of dialects, and the two doors to each.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jeton_core::IssuedToken;
use jeton_core::token_request::TokenRequest;
use serde::Deserialize;

use crate::fault::{Refusal, WireFault};
use crate::wire::{Exchange, WireRequest, WireResponse};
use crate::{gateway, json, oauth2};

/// The wire contract of a token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Tracked requests and numbered errors.
    Gateway,
    /// RFC 6749 section 4.4, client credentials, with RFC 8707 resources.
    OAuth2,
    /// JSON in, bare token out, problem details (RFC 9457).
    Json,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Gateway, Self::OAuth2, Self::Json];

    /// The one spelling, in configuration, logs and counts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::OAuth2 => "oauth2",
            Self::Json => "json",
        }
    }

    /// Where the contract has its endpoint.
    pub const fn default_path(self) -> &'static str {
        match self {
            Self::Gateway => "/authentication/v1/oauth/token",
            Self::OAuth2 => "/oauth/v2/token",
            Self::Json => "/authentication/api/v1/oauth2/token",
        }
    }

    /// How long the contract's tokens live.
    pub const fn default_lifetime(self) -> Duration {
        match self {
            Self::Gateway => Duration::from_mins(30),
            Self::OAuth2 | Self::Json => Duration::from_hours(1),
        }
    }

    /// Reads a request, in the contract's order: the first thing that is wrong is the fault.
    ///
    /// Not checked here: the authority, the method and the size of the body, which come before (the server's),
    /// and the credentials, scopes and targets themselves, which come after (the core's).
    pub fn read(self, request: &WireRequest<'_>) -> Result<TokenRequest, WireFault> {
        match self {
            Self::Gateway => gateway::read(request),
            Self::OAuth2 => oauth2::read(request),
            Self::Json => json::read(request),
        }
    }

    /// Writes the answer. Status, body and the headers that depend on the dialect are complete; `Cache-Control`,
    /// `Pragma`, `x-request-id` and `x-tracking-id`, the same on every answer, are the server's to add.
    pub fn write(self, exchange: &Exchange<'_>, result: Result<&IssuedToken, &Refusal>) -> WireResponse {
        match self {
            Self::Gateway => gateway::write(exchange, result),
            Self::OAuth2 => oauth2::write(exchange, result),
            Self::Json => json::write(exchange, result),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(text: &str) -> Result<Self, UnknownDialect> {
        Self::ALL.into_iter().find(|dialect| dialect.as_str() == text).ok_or(UnknownDialect)
    }
}

/// A text that names no dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a dialect is one of gateway, oauth2 and json")]
pub struct UnknownDialect;
