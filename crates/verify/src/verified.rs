//! The proof that a token may be used here.

use jeton_jose::{AccessTokenClaims, VerifiedClaims};
use std::sync::Arc;

/// A token that a [`Verifier`](crate::Verifier) has accepted: signed by a trusted key, from the expected issuer, for
/// this audience, and in time when it was checked. There is no other way to get one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct VerifiedToken(Arc<VerifiedClaims>);

impl VerifiedToken {
    pub(crate) fn new(verified: VerifiedClaims) -> Self {
        Self(Arc::new(verified))
    }

    /// The client id: who calls.
    pub fn client_id(&self) -> &str {
        &self.claims().client_id
    }

    /// The subject: for client credentials the client id again.
    pub fn subject(&self) -> &str {
        &self.claims().sub
    }

    /// The id of the company that owns the credential. Jeton always writes it, other issuers do not.
    pub fn company(&self) -> Option<&str> {
        self.claims().company.as_deref()
    }

    /// The issuer, as configured.
    pub fn issuer(&self) -> &str {
        &self.claims().iss
    }

    /// The audiences; the verifier's is one of them.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        self.claims().aud.iter().map(AsRef::as_ref)
    }

    /// The scopes in the order of the token, which is of no importance.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        // Single spaces by RFC 6749 section 3.3; some issuers write an empty string for none.
        self.claims().scope.as_deref().unwrap_or_default().split(' ').filter(|scope| !scope.is_empty())
    }

    /// Whether the token has exactly this scope: `read` is neither `read.all` nor `Read`, and nothing is implied.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|granted| granted == scope)
    }

    /// The token's own id.
    pub fn jti(&self) -> &str {
        &self.claims().jti
    }

    /// The handle and generation of the credential, for revocation. Jeton always writes it.
    pub fn rev(&self) -> Option<&str> {
        self.claims().rev.as_deref()
    }

    /// Issued at, in seconds since 1970.
    pub fn iat(&self) -> i64 {
        self.claims().iat
    }

    /// Expires, in seconds since 1970: not good any more in this second, but for the leeway.
    pub fn exp(&self) -> i64 {
        self.claims().exp
    }

    /// The id of the key that signed.
    pub fn kid(&self) -> &str {
        self.0.kid()
    }

    pub(crate) fn claims(&self) -> &AccessTokenClaims<'static> {
        self.0.claims()
    }
}
