//! Verifies Jeton's access tokens in the service that they are for (RFC 9068 section 4, RFC 6750).
//!
//! ```
//! use jeton_verify::{Algorithm, JwkSet, Scopes, StaticKeys, Verifier};
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // What `https://auth.example.com/.well-known/jwks.json` says.
//! let keys = JwkSet::parse(br#"{"keys":[]}"#)?;
//! let verifier = Verifier::new(
//!     "https://auth.example.com",
//!     "https://api.example.com",
//!     [Algorithm::Es256],
//!     Arc::new(StaticKeys::from_jwk_set(&keys)?),
//! )?;
//!
//! // All `Authorization` headers of a request, as bytes.
//! let headers = [b"Bearer not-a-token".as_slice()];
//! let rejection = verifier.authorize(headers, &Scopes::new(["read"])?).unwrap_err();
//! assert_eq!(rejection.status(), 401);
//! assert!(rejection.www_authenticate("production").contains(r#"error="invalid_token""#));
//! # Ok(())
//! # }
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | `verifier`, `builder` | [`Verifier`]: a token's text becomes a [`VerifiedToken`], or a [`VerifyError`] says which check failed |
//! | `keys` | [`KeySource`]: the keys of the one issuer; **other ways to get keys join there** |
//! | `revocations`, `revocation_set` | [`RevocationSource`]: what the issuer has taken back; [`RevocationSet`]: as its feed says it |
//! | `bearer` | the `Authorization` header |
//! | `rejection` | what the caller is told: status, challenge, body |
//! | `cache` (feature `cache`) | tokens that were verified a moment ago: [`VerifierBuilder`]`::cache_bytes` |
//! | `resource` | [`Resource`]: the API's own metadata (RFC 9728), which challenges name |
//! | `layer` (feature `tower`) | `tower::RequireToken`: the whole of it around a service |
//! | `require_scopes` (feature `tower`) | `tower::RequireScopes`: scopes of single routes within it |
//! | `extract` (feature `axum`) | [`VerifiedToken`] as a handler's argument |
//! | `fetch` (feature `fetch`) | `fetch::RemoteIssuer`: the issuer's keys and what it revoked, fetched and kept fresh |
//!
//! By default there are no features, no HTTP types, no runtime and no I/O: [`Verifier::authorize`] serves any
//! framework. Whoever has keys that are fetched, and an async framework without tower, takes
//! [`Verifier::authorize_async`], which does not refuse the first token of a new key.
//!
//! **Invariants.** A [`VerifiedToken`] comes from a [`Verifier`] and from nowhere else. Issuer, audience and
//! algorithms have no defaults. Tokens are taken from the `Authorization` header only, never from a query or a form.
//!
//! **What is not checked.** Revocation, by a verifier that was given no [`RevocationSource`]: to such a one a token is
//! good until it expires. `iat` in the future: a token that is new to
//! a slow clock is no fault. `sub`: for client credentials it is the client id. Sender constraints (`cnf`).

mod bearer;
mod builder;
#[cfg(feature = "cache")]
mod cache;
mod clock;
mod error;
mod keys;
mod rejection;
#[cfg(feature = "tower")]
mod require_scopes;
mod resource;
mod revocation_set;
mod revocations;
mod scopes;
mod verified;
mod verifier;

#[cfg(feature = "axum")]
mod extract;
#[cfg(feature = "fetch")]
pub mod fetch;
#[cfg(feature = "tower")]
mod layer;

pub use builder::{ConfigError, DEFAULT_LEEWAY_SECONDS, MAX_LEEWAY_SECONDS, VerifierBuilder};
pub use clock::{Clock, SystemClock};
pub use error::VerifyError;
pub use keys::{KeySource, KeysError, Refetch, StaticKeys};
pub use rejection::{BadRequest, Rejection};
pub use resource::{Resource, ResourceError};
pub use revocation_set::{ChunkError, MAX_CHUNK_BYTES, MAX_CHUNK_LINES, RevocationChunk, RevocationSet};
pub use revocations::{Revision, RevocationSource, Verdict};
pub use scopes::{ScopeError, Scopes};
pub use verified::VerifiedToken;
pub use verifier::Verifier;

pub use jeton_jose::{
    Algorithm, ClaimsError, HeaderError, JwkSet, JwkSetError, KeyError, TokenError, VerifyingKey,
};

/// A tower layer that lets only requests with a good token through.
#[cfg(feature = "tower")]
pub mod tower {
    pub use crate::layer::{RequireToken, RequireTokenService, ResponseFuture};
    pub use crate::require_scopes::{RequireScopes, RequireScopesService, ScopesFuture};
}

/// [`VerifiedToken`] as an axum extractor.
#[cfg(feature = "axum")]
pub mod axum {
    pub use crate::extract::MissingLayer;
}
