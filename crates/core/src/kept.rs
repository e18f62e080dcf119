//! A credential as memory keeps it: what a token's issue depends on and nothing else, in as few bytes as that takes. A node
//! holds a hundred thousand of them, so that a byte more is a hundred kilobytes.

use std::sync::Arc;

use ipnet::IpNet;
use smallvec::SmallVec;

use crate::hash_key::SecretHash;
use crate::id::{ClientId, CompanyId, Handle, SecretId};
use crate::model::{Credential, Grant, State, StoredSecret};
use crate::time::Timestamp;

/// When something ends that never does.
const NEVER: Timestamp = Timestamp(i64::MAX);

/// A [`Credential`] without what only people need. Where it lives, its keeper knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCredential {
    client_id: ClientId,
    company: CompanyId,
    handle: Handle,
    generation: i64,
    /// Most have none.
    restriction: Option<Box<Restriction>>,
    /// Most have one.
    secrets: SmallVec<[KeptSecret; 1]>,
    grants: Arc<[Grant]>,
    state: State,
    company_state: State,
}

/// When and from where alone a credential may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Restriction {
    /// From when on it has no tokens.
    expires: Option<Timestamp>,
    networks: Vec<IpNet>,
}

impl Restriction {
    fn of(expires: Option<Timestamp>, networks: Vec<IpNet>) -> Option<Box<Self>> {
        (expires.is_some() || !networks.is_empty()).then(|| Box::new(Self { expires, networks }))
    }
}

/// A [`StoredSecret`] without what only people need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSecret {
    /// Its public id.
    pub id: SecretId,
    /// What a presented secret is compared with.
    pub hash: SecretHash,
    /// From when on it is refused.
    expires: Timestamp,
    /// Whether it is refused in any case.
    pub is_revoked: bool,
    /// Whether the store has what finds it when it leaks.
    pub has_lookup_tag: bool,
}

impl KeptCredential {
    /// With these grants, which stand for its own: credentials that have the same may share them.
    #[must_use]
    pub fn with_grants(self, grants: Arc<[Grant]>) -> Self {
        Self { grants, ..self }
    }

    /// Its client id.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Whose it is.
    pub fn company(&self) -> &CompanyId {
        &self.company
    }

    /// What stands for it in `rev`.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Raised to revoke all its tokens.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// The networks that it may be used from, sorted; empty for every address.
    pub fn networks(&self) -> &[IpNet] {
        self.restriction.as_deref().map_or(&[], |restriction| &restriction.networks)
    }

    /// Its live secrets first, then some dead ones, newest first, as they were when it was read.
    pub fn secrets(&self) -> &[KeptSecret] {
        &self.secrets
    }

    /// What it may use, in the order of the APIs' ids.
    pub fn grants(&self) -> &Arc<[Grant]> {
        &self.grants
    }

    /// Whether it may have tokens.
    pub fn state(&self) -> State {
        self.state
    }

    /// Whether its company may have tokens.
    pub fn company_state(&self) -> State {
        self.company_state
    }

    /// Whether its time has passed at `now`.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.restriction.as_deref().and_then(|restriction| restriction.expires).is_some_and(|end| now >= end)
    }
}

impl KeptSecret {
    /// Whether it is accepted at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.is_revoked && now < self.expires
    }
}

impl From<Credential> for KeptCredential {
    fn from(credential: Credential) -> Self {
        Self {
            client_id: credential.client_id,
            company: credential.company,
            handle: credential.handle,
            generation: credential.generation,
            restriction: Restriction::of(credential.expires, credential.networks),
            secrets: credential.secrets.into_iter().map(KeptSecret::from).collect(),
            grants: credential.grants,
            state: credential.state,
            company_state: credential.company_state,
        }
    }
}

impl From<StoredSecret> for KeptSecret {
    fn from(secret: StoredSecret) -> Self {
        Self {
            id: secret.id,
            hash: secret.hash,
            expires: secret.expires.unwrap_or(NEVER),
            is_revoked: secret.revoked.is_some(),
            has_lookup_tag: secret.lookup_tag.is_some(),
        }
    }
}
