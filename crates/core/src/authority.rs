//! One token request, as a readable sequence: credential, client, what it may have, claims, token.
//!
//! What it costs (DESIGN.md, "Hot path"): a right secret of a credential that was seen recently reads no store.
//! A failure reads it exactly once, whether the client id exists or not, and so tells nobody which; the next
//! failures of the same client id are spared the read, known or not.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jeton_jose::{AccessTokenClaims, SignError, UnsignedToken};

use crate::client_authentication::ClientAuthentication;
use crate::hash_key::{HashKeys, Rehash};
use crate::id::{ClientId, CompanyId, EnvironmentName, SecretId};
use crate::imported_hash::SlowHashes;
use crate::kept::KeptCredential;
use crate::key_ring::KeyRing;
use crate::model::{Sequence, Snapshot};
use crate::reason::Reason;
use crate::selection::{Selection, select};
use crate::time::{Random, Timestamp, random_bytes};
use crate::token_request::{GrantType, TokenRequest};

mod client;
mod presented;
pub use client::AuthenticatedClient;
use client::NotAuthenticated;
use client::undecided;
pub use presented::{ActiveToken, Caller, PresentedTo, identify, read_own};

/// Where a token is issued, and by which means.
#[derive(Debug, Clone, Copy)]
pub struct Issuance<'a> {
    /// The environment that the request reached.
    pub environment: &'a EnvironmentName,
    /// Its issuer, from configuration alone.
    pub issuer: &'a str,
    /// How long the token lives.
    pub lifetime: Duration,
    /// From which address somebody asks, where that is known.
    pub address: Option<IpAddr>,
    /// When.
    pub now: Timestamp,
    /// The keys of the secrets' hash.
    pub hash_keys: &'a HashKeys,
    /// The signing keys.
    pub keys: &'a KeyRing,
    /// The hashes of secrets that other systems made.
    pub slow_hashes: &'a dyn SlowHashes,
    /// The signatures that take long.
    pub slow_signatures: &'a dyn SlowSignatures,
    /// For the token's `jti`.
    pub random: &'a dyn Random,
}

/// Where credentials are looked up: a bounded cache in front of the store.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The credentials with these client ids, where they were seen recently and have not changed since.
    fn recent(&self, environment: &EnvironmentName, client_ids: Ids<'_>) -> Found;

    /// What the store said of these client ids when one of them last failed, not long ago and unchanged
    /// since; kept alike for those that exist and those that do not.
    fn recent_failure(&self, environment: &EnvironmentName, client_ids: Ids<'_>) -> Option<Found>;

    /// Reads the store, once.
    async fn read(
        &self,
        environment: &EnvironmentName,
        client_ids: Ids<'_>,
        now: Timestamp,
    ) -> Result<Snapshot<Found>, Unavailable>;

    /// Keeps a credential that was read, whose secret was right.
    fn remember(&self, environment: &EnvironmentName, credential: &Arc<KeptCredential>, read_at: Sequence);

    /// Keeps what was read, since no secret was right.
    fn remember_failure(&self, environment: &EnvironmentName, client_ids: Ids<'_>, read: &Snapshot<Found>);
}

/// The client id of each reading; `None` where it can be nobody's.
pub type Ids<'a> = [Option<&'a ClientId>; 2];

/// The credential of each client id.
pub type Found = [Option<Arc<KeptCredential>>; 2];

/// Where signatures are made that would hold up other requests: so many at once, and so many that wait.
#[async_trait]
pub trait SlowSignatures: Send + Sync + fmt::Debug {
    /// Signs, when its turn comes.
    async fn sign(&self, unsigned: UnsignedToken) -> Result<Result<String, SignError>, Unavailable>;
}

/// The store is out of reach, or busy with too much, so nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// A token, and what there is to say of it.
pub struct IssuedToken {
    /// The JWT, in compact form.
    pub token: String,
    /// How long it lives, in seconds.
    pub expires_in: u32,
    /// Its scopes, as one string; `None` where it has none.
    pub scope: Option<String>,
    /// Whether the client asked for scopes.
    pub scope_asked: bool,
    /// Its id.
    pub jti: String,
}

/// Says which token it is, and not the token.
impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken").field("jti", &self.jti).finish_non_exhaustive()
    }
}

/// Why no token was issued. Every dialect says it in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueError {
    /// Nobody who may have a token presented these credentials.
    InvalidClient(Reason),
    /// Another `grant_type` than `client_credentials`.
    UnsupportedGrantType,
    /// The credential has no grant at all.
    NoGrant,
    /// A scope is malformed, unknown, not granted, or of none of the asked resources.
    InvalidScope(Reason),
    /// A resource or audience is malformed, unknown, not granted, or missing.
    InvalidTarget(Reason),
    /// No usable signing key.
    NoSigningKey,
    /// The store is out of reach.
    Unavailable,
}

impl IssueError {
    /// The true reason.
    pub fn reason(self) -> Reason {
        match self {
            Self::InvalidClient(reason) | Self::InvalidScope(reason) | Self::InvalidTarget(reason) => reason,
            Self::UnsupportedGrantType => Reason::GrantTypeUnsupported,
            Self::NoGrant => Reason::NoGrant,
            Self::NoSigningKey => Reason::NoSigningKey,
            Self::Unavailable => Reason::Unavailable,
        }
    }
}

/// What came of a request, and of whom.
#[derive(Debug)]
pub struct Outcome {
    /// The token, or why there is none.
    pub result: Result<IssuedToken, IssueError>,
    /// The credential that was named, once the store is known to have it.
    pub known: Option<Known>,
    /// What is to be kept of the secret from now on, where that is another than before.
    pub rehash: Option<Rehash>,
}

/// A credential that exists, whether or not its secret was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    credential: Arc<KeptCredential>,
    /// The place of the secret that was right.
    secret: Option<u8>,
}

impl Known {
    /// The credential.
    pub fn credential(&self) -> &Arc<KeptCredential> {
        &self.credential
    }

    /// Its client id.
    pub fn client_id(&self) -> &ClientId {
        self.credential.client_id()
    }

    /// Its company.
    pub fn company(&self) -> &CompanyId {
        self.credential.company()
    }

    /// The secret that was right, whether it serves or not.
    pub fn secret(&self) -> Option<&SecretId> {
        Some(&self.credential.secrets().get(usize::from(self.secret?))?.id)
    }
}

/// Issues a token, or says why not.
pub async fn issue(issuance: &Issuance<'_>, directory: &dyn Directory, request: &TokenRequest) -> Outcome {
    let asking = Asking {
        environment: issuance.environment,
        address: issuance.address,
        now: issuance.now,
        hash_keys: issuance.hash_keys,
        slow_hashes: issuance.slow_hashes,
    };
    let (client, known) = whoever(authenticate(asking, directory, &request.client).await);
    let rehash = client.as_ref().ok().and_then(AuthenticatedClient::rehash);
    let result = match client {
        Ok(client) => issue_to(issuance, &client, request).await,
        Err(why) => Err(why),
    };
    Outcome { result, known, rehash }
}

async fn issue_to(
    issuance: &Issuance<'_>,
    client: &AuthenticatedClient,
    request: &TokenRequest,
) -> Result<IssuedToken, IssueError> {
    if request.grant_type == GrantType::Unsupported {
        return Err(IssueError::UnsupportedGrantType);
    }
    let credential = client.credential();
    let selection = select(credential.grants(), request.scope.as_deref(), &request.target)?;
    let jti = URL_SAFE_NO_PAD.encode(random_bytes::<16>(issuance.random));
    let signer =
        issuance.keys.signer(issuance.environment, selection.algorithm).ok_or(IssueError::NoSigningKey)?;
    let claims = claims(issuance, credential, &selection, &jti);
    let made = if selection.algorithm.signs_slowly() {
        let unsigned = signer.prepare(&claims).map_err(|_| IssueError::NoSigningKey)?;
        issuance.slow_signatures.sign(unsigned).await.map_err(|Unavailable| IssueError::Unavailable)?
    } else {
        signer.sign(&claims)
    };
    let token = made.map_err(|_| IssueError::NoSigningKey)?;
    Ok(IssuedToken {
        token,
        expires_in: seconds(issuance.lifetime),
        scope: selection.scope,
        scope_asked: request.scope.is_some(),
        jti,
    })
}

/// The claims of a token (RFC 9068 section 2.2), a pure function of what was decided.
fn claims<'a>(
    issuance: &Issuance<'a>,
    credential: &'a KeptCredential,
    selection: &'a Selection<'a>,
    jti: &'a str,
) -> AccessTokenClaims<'a> {
    let iat = issuance.now.seconds();
    AccessTokenClaims {
        iss: issuance.issuer.into(),
        sub: credential.client_id().as_str().into(),
        client_id: credential.client_id().as_str().into(),
        aud: selection.audiences.iter().map(|audience| audience.as_str().into()).collect(),
        iat,
        nbf: None,
        exp: iat.saturating_add(i64::from(seconds(issuance.lifetime))),
        jti: jti.into(),
        scope: selection.scope.as_deref().map(Into::into),
        company: Some(credential.company().as_str().into()),
        rev: Some(format!("{}.{}", credential.handle(), credential.generation()).into()),
    }
}

/// Where credentials are judged, and by which means.
#[derive(Clone, Copy)]
struct Asking<'a> {
    environment: &'a EnvironmentName,
    address: Option<IpAddr>,
    now: Timestamp,
    hash_keys: &'a HashKeys,
    slow_hashes: &'a dyn SlowHashes,
}

/// A client, or why there is none; and who was named.
fn whoever(
    found: Result<Authentication, Unavailable>,
) -> (Result<AuthenticatedClient, IssueError>, Option<Known>) {
    match found {
        Ok(client) => (client.result, client.known),
        Err(Unavailable) => (Err(IssueError::Unavailable), None),
    }
}

/// What came of the credentials of a request.
struct Authentication {
    result: Result<AuthenticatedClient, IssueError>,
    known: Option<Known>,
}

async fn authenticate(
    asking: Asking<'_>,
    directory: &dyn Directory,
    client: &ClientAuthentication,
) -> Result<Authentication, Unavailable> {
    let (environment, ids) = (asking.environment, client.client_ids());
    let recent = directory.recent(environment, ids);
    // Two readings that name two client ids may both be right, so the cache may answer for both or for none.
    // Clients that encode their id name one only: as they send it, it can be nobody's.
    let one_name = ids[0] == ids[1] || ids.contains(&None);
    if one_name || recent.iter().all(Option::is_some) {
        let warm = judge(asking, client, &recent);
        if warm.result.is_ok() {
            return Ok(warm);
        }
    }
    if let Some(found) = directory.recent_failure(environment, ids) {
        return judge_slowly(asking, client, &found).await;
    }
    let read = directory.read(environment, ids, asking.now).await?;
    let cold = judge_slowly(asking, client, &read.value).await?;
    match &cold.result {
        Ok(client) => directory.remember(environment, client.shared(), read.sequence),
        Err(_) => directory.remember_failure(environment, ids, &read),
    }
    Ok(cold)
}

/// As [`judge`], once the slow hashes are computed that could make a difference.
async fn judge_slowly(
    asking: Asking<'_>,
    client: &ClientAuthentication,
    found: &Found,
) -> Result<Authentication, Unavailable> {
    // Looked for before the first judgement: what somebody else computes between the two, that judgement knows.
    let missing: Vec<_> = client
        .different_readings()
        .zip(found)
        .filter_map(|(reading, credential)| Some((reading, credential.as_deref()?)))
        .flat_map(|(reading, credential)| {
            undecided(asking, reading, credential).into_iter().map(move |one| (reading, credential, one))
        })
        .collect();
    let quick = judge(asking, client, found);
    if quick.result.is_ok() || missing.is_empty() {
        return Ok(quick);
    }
    for (reading, credential, (secret, hash)) in missing {
        let Asking { environment, hash_keys, .. } = asking;
        let presented = &reading.secret;
        let keyed = hash_keys.hash(environment, credential.client_id().as_str(), presented.expose());
        asking.slow_hashes.compute(&secret.id, hash, presented, keyed).await?;
    }
    Ok(judge(asking, client, found))
}

fn judge(asking: Asking<'_>, client: &ClientAuthentication, found: &Found) -> Authentication {
    let result = AuthenticatedClient::authenticate(asking, client, found);
    let (credential, secret) = match &result {
        Ok(client) => (Some(client.shared()), Some(client.secret())),
        Err(NotAuthenticated { matched: Some((credential, secret)), .. }) => {
            (Some(*credential), Some(&secret.id))
        }
        Err(_) => (found.iter().flatten().next(), None),
    };
    let known = credential.map(|credential| {
        let place = |secret: &SecretId| credential.secrets().iter().position(|own| own.id == *secret);
        let secret = secret.and_then(place).and_then(|place| u8::try_from(place).ok());
        Known { credential: Arc::clone(credential), secret }
    });
    let error = |why: NotAuthenticated<'_>| match why.reason {
        Reason::Unavailable => IssueError::Unavailable,
        reason => IssueError::InvalidClient(reason),
    };
    Authentication { result: result.map_err(error), known }
}

fn seconds(lifetime: Duration) -> u32 {
    u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX)
}
