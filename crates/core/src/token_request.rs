//! A token request, whichever dialect it came in.

use crate::client_authentication::ClientAuthentication;

/// What a client asks for, read from the wire and not judged yet.
#[derive(Debug)]
pub struct TokenRequest {
    /// Who it says it is.
    pub client: ClientAuthentication,
    /// Which grant it wants. Judged after the client, as RFC 6749's endpoint does.
    pub grant_type: GrantType,
    /// The scopes, as one string of RFC 6749 section 3.3; `None` where none was asked for.
    pub scope: Option<String>,
    /// The APIs.
    pub target: Target,
}

/// The `grant_type` of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantType {
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// Any other.
    Unsupported,
}

/// The APIs that a token is to be for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// All that are granted, or those that own the asked scopes.
    Granted,
    /// Exactly those with these audiences (RFC 8707), of which there is at least one.
    Resources(Vec<String>),
    /// The one with this audience.
    Audience(String),
    /// The only one that is granted.
    OnlyOne,
}
