//! A token that its holder asks about or gives back (RFC 7662, RFC 7009): who asks, and whether the token is ours.
//!
//! `jeton_verify::Verifier` checks for one audience, and here any will do, since who asks need not be who the token is
//! for. So the same checks stand here over the same reader: signature, issuer and times; a clock of our own needs no leeway.

use std::fmt;
use std::net::IpAddr;

use jeton_jose::{AccessTokenClaims, UnverifiedToken};

use super::{Asking, AuthenticatedClient, Directory, IssueError, Known, authenticate, whoever};
use crate::client_authentication::ClientAuthentication;
use crate::hash_key::HashKeys;
use crate::id::{EnvironmentName, TokenId};
use crate::imported_hash::SlowHashes;
use crate::key_ring::KeyRing;
use crate::revocation::Rev;
use crate::time::Timestamp;

/// Where a token is presented, and by which means it is judged.
#[derive(Debug, Clone, Copy)]
pub struct PresentedTo<'a> {
    /// The environment that the request reached.
    pub environment: &'a EnvironmentName,
    /// Its issuer, from configuration alone.
    pub issuer: &'a str,
    /// From which address, where that is known.
    pub address: Option<IpAddr>,
    /// When.
    pub now: Timestamp,
    /// The keys of the secrets' hash.
    pub hash_keys: &'a HashKeys,
    /// The hashes of secrets that other systems made.
    pub slow_hashes: &'a dyn SlowHashes,
    /// The keys that tokens are signed with.
    pub keys: &'a KeyRing,
}

/// Who asks.
#[derive(Debug)]
pub struct Caller {
    /// The client, or why there is none.
    pub result: Result<AuthenticatedClient, IssueError>,
    /// The credential that was named, once the store is known to have it.
    pub known: Option<Known>,
}

/// Authenticates whoever presents a token, as for a token request: who may have none may not ask either.
pub async fn identify(
    place: &PresentedTo<'_>,
    directory: &dyn Directory,
    client: &ClientAuthentication,
) -> Caller {
    let PresentedTo { environment, address, now, hash_keys, slow_hashes, .. } = *place;
    let asking = Asking { environment, address, now, hash_keys, slow_hashes };
    let (result, known) = whoever(authenticate(asking, directory, client).await);
    Caller { result, known }
}

/// A token that a key of this environment signed for its issuer, and whose time has not passed.
///
/// Not checked: whether it was revoked.
pub struct ActiveToken {
    /// What it says.
    pub claims: AccessTokenClaims<'static>,
    /// Its id.
    pub jti: TokenId,
    /// Whose it is, and of which generation.
    pub rev: Rev,
}

/// Says which token it is.
impl fmt::Debug for ActiveToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveToken").field("jti", &self.jti).finish_non_exhaustive()
    }
}

/// The token in this text, if it is one of ours; whatever else it is makes no difference to whoever presents it.
pub fn read_own(place: &PresentedTo<'_>, text: &str) -> Option<ActiveToken> {
    let token = UnverifiedToken::parse(text).ok()?;
    let key = place.keys.environment(place.environment)?.verifying_key(token.kid())?;
    let claims = token.verify(&key).ok()?.claims().clone();
    let now = place.now.seconds();
    let good = claims.iss == place.issuer && now < claims.exp && claims.nbf.is_none_or(|start| start <= now);
    let (jti, rev) = (claims.jti.parse().ok()?, claims.rev.as_deref()?.parse().ok()?);
    good.then_some(ActiveToken { claims, jti, rev })
}
