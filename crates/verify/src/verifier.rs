//! From a token's text to a proof that it may be used here, now.
//!
//! The checks are those of RFC 9068 section 4 and RFC 8725, cheapest first as far as nothing is believed before the
//! signature holds. A further check is one more line at the end of `Verifier::judge`, one more [`VerifyError`] and one
//! more row of tests.
//!
//! Each question comes twice. The plain one ([`Verifier::verify`], [`Verifier::authorize`]) answers at once, from
//! memory, in any program. The other ([`Verifier::verify_async`], [`Verifier::authorize_async`]) waits once for the key
//! source to look again where the token's key is not known, so that the first token of a new key is not refused. It
//! needs no runtime of its own, and does not differ where the source has nothing to fetch.

use crate::bearer;
use crate::builder::{ConfigError, VerifierBuilder};
#[cfg(feature = "cache")]
use crate::cache::TokenCache;
use crate::clock::Clock;
use crate::error::VerifyError;
use crate::keys::{KeySource, Refetch};
use crate::rejection::Rejection;
use crate::revocations::{Revision, RevocationSource, Verdict};
use crate::scopes::Scopes;
use crate::verified::VerifiedToken;
use jeton_jose::{AccessTokenClaims, Algorithm, UnverifiedToken, VerifyingKey};
use std::fmt;
use std::sync::Arc;

/// Verifies the tokens of one issuer for one audience. Cheap to clone.
#[derive(Clone)]
pub struct Verifier(Arc<Expected>);

/// What tokens are held against. The builder has checked it.
pub(crate) struct Expected {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) keys: Arc<dyn KeySource>,
    /// Nothing where the service has chosen not to ask.
    pub(crate) revocations: Option<Arc<dyn RevocationSource>>,
    /// In seconds.
    pub(crate) leeway: i64,
    pub(crate) clock: Arc<dyn Clock>,
    /// Nothing where every token is verified anew.
    #[cfg(feature = "cache")]
    pub(crate) cache: Option<TokenCache>,
}

impl Verifier {
    /// A verifier with the system's clock and the default leeway; [`Verifier::builder`] for others.
    ///
    /// `issuer` is compared byte for byte, a slash at the end included. `audience` is the URI of this API. Of
    /// `algorithms` name only what the issuer uses for this API. `keys` are that issuer's, and nobody else's.
    ///
    /// This verifier does not ask whether a token was revoked: see [`VerifierBuilder::revocations`], and
    /// `fetch::RemoteIssuer`, whose verifiers do.
    pub fn new(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        algorithms: impl IntoIterator<Item = Algorithm>,
        keys: Arc<dyn KeySource>,
    ) -> Result<Self, ConfigError> {
        Self::builder(issuer, audience, algorithms, keys).build()
    }

    /// As [`Verifier::new`], with more to say before [`VerifierBuilder::build`].
    pub fn builder(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        algorithms: impl IntoIterator<Item = Algorithm>,
        keys: Arc<dyn KeySource>,
    ) -> VerifierBuilder {
        VerifierBuilder::new(issuer.into(), audience.into(), algorithms.into_iter().collect(), keys)
    }

    /// The issuer and the audience.
    pub(crate) fn parties(&self) -> (&str, &str) {
        (&self.0.issuer, &self.0.audience)
    }

    pub(crate) fn from_expected(expected: Expected) -> Self {
        Self(Arc::new(expected))
    }

    /// Whether this token may be used here, now. It does no I/O and takes tens of microseconds. Where the token's key
    /// is not known, the key source is told, and may know it when the caller tries again.
    ///
    /// Not checked: scopes (see [`VerifiedToken::has_scope`]), revocation without
    /// [`VerifierBuilder::revocations`], and whatever the crate's first page lists.
    pub fn verify(&self, token: &str) -> Result<VerifiedToken, VerifyError> {
        let verified = self.verify_by_known_keys(token);
        if let Err(error) = &verified {
            // Nobody waits for it here.
            drop(self.refetch_after(error));
        }
        verified
    }

    /// As [`verify`](Self::verify), but where the token's key is not known, it waits once until the key source has
    /// looked again: with `RemoteKeys` at most its time-out, and not at all within its cooldown.
    pub async fn verify_async(&self, token: &str) -> Result<VerifiedToken, VerifyError> {
        if let Some(known) = self.recall(token) {
            return known;
        }
        let text = token;
        let token = self.read(text)?;
        let key = match self.key(token.kid()) {
            Ok(key) => key,
            Err(error) => {
                if let Some(refetch) = self.refetch_after(&error) {
                    refetch.await;
                }
                // Without a wait too: another request's may just have ended.
                self.key(token.kid())?
            }
        };
        self.judge(text, token, key)
    }

    /// Everything about one request: its `Authorization` header, the token in it, and the scopes that it must have,
    /// all of them. `authorization` is every header of that name, since more than one is a fault.
    pub fn authorize<'a>(
        &self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        required: &Scopes,
    ) -> Result<VerifiedToken, Rejection> {
        with_scopes(self.verify(bearer::token(authorization)?)?, required)
    }

    /// As [`authorize`](Self::authorize), by [`verify_async`](Self::verify_async).
    pub async fn authorize_async<'a>(
        &self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
        required: &Scopes,
    ) -> Result<VerifiedToken, Rejection> {
        with_scopes(self.verify_async(bearer::token(authorization)?).await?, required)
    }

    /// [`verify`](Self::verify) without a word to the key source.
    pub(crate) fn verify_by_known_keys(&self, token: &str) -> Result<VerifiedToken, VerifyError> {
        if let Some(known) = self.recall(token) {
            return known;
        }
        let read = self.read(token)?;
        let key = self.key(read.kid())?;
        self.judge(token, read, key)
    }

    /// What to wait for before a token is tried again that failed like this.
    pub(crate) fn refetch_after(&self, error: &VerifyError) -> Option<Refetch> {
        match error {
            VerifyError::UnknownKey | VerifyError::KeysUnavailable => self.0.keys.refetch(),
            _ => None,
        }
    }

    /// Takes a token apart, if it is said to be signed as we allow.
    fn read<'a>(&self, token: &'a str) -> Result<UnverifiedToken<'a>, VerifyError> {
        let token = UnverifiedToken::parse(token)?;
        if self.0.algorithms.contains(&token.algorithm()) {
            Ok(token)
        } else {
            Err(VerifyError::WrongAlgorithm)
        }
    }

    fn key(&self, kid: &str) -> Result<Arc<VerifyingKey>, VerifyError> {
        let keys = &self.0.keys;
        keys.key(kid).ok_or_else(|| {
            if keys.is_available() { VerifyError::UnknownKey } else { VerifyError::KeysUnavailable }
        })
    }

    fn judge(
        &self,
        text: &str,
        token: UnverifiedToken<'_>,
        key: Arc<VerifyingKey>,
    ) -> Result<VerifiedToken, VerifyError> {
        let verified = token.verify(&key)?;
        self.check_parties(verified.claims())?;
        self.check_now(verified.claims())?;
        let token = VerifiedToken::new(verified);
        self.remember(text, &token, key);
        Ok(token)
    }

    /// What is known of a token that was verified before, if anything: the signature holds, and who wrote it for whom.
    #[cfg(feature = "cache")]
    fn recall(&self, text: &str) -> Option<Result<VerifiedToken, VerifyError>> {
        let cache = self.0.cache.as_ref()?;
        let known = cache.get(text)?;
        // A key that was taken away, or has come anew under the old name, has signed nothing yet.
        let still = self.0.keys.key(known.token.kid())?;
        if !Arc::ptr_eq(&still, &known.key) {
            return None;
        }
        let checked = self.check_now(known.token.claims());
        if matches!(checked, Err(VerifyError::Expired | VerifyError::Revoked)) {
            cache.forget(text);
        }
        Some(checked.map(|()| known.token))
    }

    #[cfg(not(feature = "cache"))]
    #[expect(clippy::unused_self, reason = "with the feature it asks the cache")]
    fn recall(&self, _: &str) -> Option<Result<VerifiedToken, VerifyError>> {
        None
    }

    #[cfg(feature = "cache")]
    fn remember(&self, text: &str, token: &VerifiedToken, key: Arc<VerifyingKey>) {
        if let Some(cache) = &self.0.cache {
            cache.remember(text, token.clone(), key);
        }
    }

    #[cfg(not(feature = "cache"))]
    #[expect(clippy::unused_self, reason = "with the feature it fills the cache")]
    fn remember(&self, _: &str, _: &VerifiedToken, _: Arc<VerifyingKey>) {}

    /// Who wrote the claims is known by now; whether they are meant for us is not.
    fn check_parties(&self, claims: &AccessTokenClaims<'_>) -> Result<(), VerifyError> {
        let Expected { issuer, audience, .. } = &*self.0;
        if claims.iss != issuer.as_str() {
            return Err(VerifyError::Issuer);
        }
        if !claims.aud.iter().any(|named| named == audience) {
            return Err(VerifyError::Audience);
        }
        Ok(())
    }

    /// What holds now need not hold a moment later.
    fn check_now(&self, claims: &AccessTokenClaims<'_>) -> Result<(), VerifyError> {
        let Expected { leeway, clock, .. } = &*self.0;
        let now = clock.now();
        // RFC 7519 section 4.1.4: on or after `exp` it must not be accepted.
        if now >= claims.exp.saturating_add(*leeway) {
            return Err(VerifyError::Expired);
        }
        if claims.nbf.is_some_and(|start| now.saturating_add(*leeway) < start) {
            return Err(VerifyError::NotYetValid);
        }
        self.check_revocation(claims)
    }

    /// Last, so that what has expired by itself is told so, and is never held up by a feed that is late.
    fn check_revocation(&self, claims: &AccessTokenClaims<'_>) -> Result<(), VerifyError> {
        let Some(source) = &self.0.revocations else { return Ok(()) };
        let revision = match claims.rev.as_deref().map(Revision::parse) {
            Some(None) => return Err(VerifyError::Revision),
            revision => revision.flatten(),
        };
        match source.judge(&claims.jti, revision) {
            Verdict::Good => Ok(()),
            Verdict::Revoked => Err(VerifyError::Revoked),
            Verdict::Stale => Err(VerifyError::RevocationsUnavailable),
        }
    }
}

pub(crate) fn with_scopes(token: VerifiedToken, required: &Scopes) -> Result<VerifiedToken, Rejection> {
    if required.iter().all(|scope| token.has_scope(scope)) {
        Ok(token)
    } else {
        Err(Rejection::InsufficientScope(required.clone()))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Expected { issuer, audience, algorithms, leeway, revocations, .. } = &*self.0;
        f.debug_struct("Verifier")
            .field("issuer", issuer)
            .field("audience", audience)
            .field("algorithms", algorithms)
            .field("leeway", leeway)
            .field("asks_for_revocations", &revocations.is_some())
            .finish_non_exhaustive()
    }
}
