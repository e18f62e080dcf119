//! Who presented these credentials: the only way to an [`AuthenticatedClient`].

use std::borrow::Cow;
use std::sync::Arc;

use crate::authority::{Asking, Found};
use crate::client_authentication::{ClientAuthentication, Reading};
use crate::hash_key::{PresentedCodes, Rehash, SecretHash};
use crate::id::{EnvironmentName, SecretId};
use crate::imported_hash::ImportedHash;
use crate::kept::{KeptCredential, KeptSecret};
use crate::model::State;
use crate::networks::admits;
use crate::reason::Reason;
use crate::secret::SelfDescription;
use crate::time::Timestamp;

/// Proof that a credential which may have tokens now presented one of its live secrets.
#[derive(Debug, Clone)]
pub struct AuthenticatedClient {
    credential: Arc<KeptCredential>,
    secret: SecretId,
    rehash: Option<Box<Rehash>>,
}

impl AuthenticatedClient {
    /// Compares the readings of the presented credentials with what was found for each.
    ///
    /// The work depends on what was sent, and not on whose it is: every reading is hashed under every hash key, whether
    /// its client id is known or not, and whatever the other brought.
    pub(super) fn authenticate<'a>(
        asking: Asking<'_>,
        client: &ClientAuthentication,
        found: &'a Found,
    ) -> Result<Self, NotAuthenticated<'a>> {
        let first = read_one(asking, client.first(), found[0].as_ref());
        let second = client.second().map_or(first, |second| read_one(asking, second, found[1].as_ref()));
        let right = client.second().filter(|_| first.is_err()).unwrap_or(client.first());
        match (first, second) {
            (Ok((first, _)), Ok((second, _))) if first.client_id() != second.client_id() => {
                Err(Reason::AmbiguousBasic.into())
            }
            (Ok((credential, secret)), _) | (_, Ok((credential, secret))) => {
                let Asking { environment, hash_keys, .. } = asking;
                let rehash =
                    hash_keys.renewed(environment, credential.client_id().as_str(), &right.secret, secret);
                let (credential, secret) = (Arc::clone(credential), secret.id.clone());
                Ok(Self { credential, secret, rehash: rehash.map(Box::new) })
            }
            (Err(first), Err(second)) => Err(more_telling(first, second)),
        }
    }

    /// The credential.
    pub fn credential(&self) -> &KeptCredential {
        &self.credential
    }

    /// The secret that it presented.
    pub fn secret(&self) -> &SecretId {
        &self.secret
    }

    /// What is to be kept of the secret from now on, where that is another than before.
    pub(super) fn rehash(&self) -> Option<Rehash> {
        self.rehash.as_deref().cloned()
    }

    /// The credential, to be kept.
    pub(super) fn shared(&self) -> &Arc<KeptCredential> {
        &self.credential
    }
}

/// Why nobody was authenticated, and the secret that would have been right if it served.
#[derive(Debug, Clone, Copy)]
pub(super) struct NotAuthenticated<'a> {
    pub(super) reason: Reason,
    pub(super) matched: Option<(&'a Arc<KeptCredential>, &'a KeptSecret)>,
}

impl From<Reason> for NotAuthenticated<'_> {
    fn from(reason: Reason) -> Self {
        Self { reason, matched: None }
    }
}

fn read_one<'a>(
    asking: Asking<'_>,
    reading: &Reading,
    found: Option<&'a Arc<KeptCredential>>,
) -> Result<(&'a Arc<KeptCredential>, &'a KeptSecret), NotAuthenticated<'a>> {
    let Asking { environment, address, now, .. } = asking;
    let codes = codes(asking, reading);
    let Some(credential) = found else {
        return Err(unmatched(environment, reading, Reason::UnknownClient).into());
    };
    let matching = credential.secrets().iter().filter(|secret| {
        let keyed = keyed_hash(asking, secret, &codes);
        keyed.is_some_and(|hash| codes.matches(&hash))
    });
    // The same secret may have been set twice; it is right while one of the two lives.
    let Some(secret) = matching.min_by_key(|secret| !secret.is_live(now)) else {
        if credential.secrets().iter().any(|secret| asking.hash_keys.are_behind(&secret.hash)) {
            // Another node took up a hash key that this one has not heard of yet.
            return Err(Reason::Unavailable.into());
        }
        let none_lives = !credential.secrets().iter().any(|secret| secret.is_live(now));
        let reason = if none_lives { Reason::NoSecret } else { Reason::WrongSecret };
        return Err(unmatched(environment, reading, reason).into());
    };
    let outside = || (!admits(credential.networks(), address)).then_some(Reason::AddressNotAllowed);
    match refusal(credential, secret, now).or_else(outside) {
        None => Ok((credential, secret)),
        Some(reason) => Err(NotAuthenticated { reason, matched: Some((credential, secret)) }),
    }
}

/// The live imported secrets of a credential of which nobody knows yet whether this reading has them, as far as that
/// could make a difference: what looks generated here was made by no other system. Where somebody asks from makes none,
/// so that the work is the same from everywhere, and the reason is the true one.
pub(super) fn undecided<'a>(
    asking: Asking<'_>,
    reading: &Reading,
    credential: &'a KeptCredential,
) -> Vec<(&'a KeptSecret, &'a Arc<ImportedHash>)> {
    if reading.secret.inspect() != SelfDescription::Other {
        return vec![];
    }
    let codes = codes(asking, reading);
    let imported = credential.secrets().iter().filter_map(|secret| match &secret.hash {
        SecretHash::Imported(hash) => Some((secret, hash)),
        SecretHash::Hmac { .. } => None,
    });
    let serves = |secret: &KeptSecret| refusal(credential, secret, asking.now).is_none();
    imported.filter(|(secret, _)| serves(secret) && keyed_hash(asking, secret, &codes).is_none()).collect()
}

fn codes(asking: Asking<'_>, reading: &Reading) -> PresentedCodes {
    let client_id = reading.client_id.as_ref().map_or("", |id| id.as_str());
    asking.hash_keys.present(asking.environment, client_id, &reading.secret)
}

/// What a presented secret is compared with, where that is known.
fn keyed_hash<'a>(
    asking: Asking<'_>,
    secret: &'a KeptSecret,
    codes: &PresentedCodes,
) -> Option<Cow<'a, SecretHash>> {
    match &secret.hash {
        SecretHash::Imported(hash) => {
            let known = asking.slow_hashes.known(&secret.id, hash);
            known.filter(|known| codes.can_tell(known)).map(Cow::Owned)
        }
        keyed @ SecretHash::Hmac { .. } => Some(Cow::Borrowed(keyed)),
    }
}

/// Why the right secret does not serve, if it does not.
fn refusal(credential: &KeptCredential, secret: &KeptSecret, now: Timestamp) -> Option<Reason> {
    match (credential.state(), credential.company_state()) {
        (State::Deleted, _) => Some(Reason::DeletedCredential),
        (_, State::Deleted) => Some(Reason::DeletedCompany),
        _ if secret.is_revoked => Some(Reason::RevokedSecret),
        _ if !secret.is_live(now) => Some(Reason::ExpiredSecret),
        (State::Suspended, _) => Some(Reason::SuspendedCredential),
        (_, State::Suspended) => Some(Reason::SuspendedCompany),
        _ if credential.has_expired(now) => Some(Reason::ExpiredCredential),
        (State::Active, State::Active) => None,
    }
}

/// What the secret says about itself where it matched nothing, which helps its owner more than "wrong".
fn unmatched(environment: &EnvironmentName, reading: &Reading, otherwise: Reason) -> Reason {
    match reading.secret.inspect() {
        SelfDescription::Generated(other) if other != *environment => Reason::WrongEnvironment,
        SelfDescription::Damaged => Reason::BadChecksum,
        SelfDescription::Generated(_) | SelfDescription::Other => otherwise,
    }
}

/// Of two readings, the one that came further.
fn more_telling<'a>(first: NotAuthenticated<'a>, second: NotAuthenticated<'a>) -> NotAuthenticated<'a> {
    let progress = |one: NotAuthenticated<'_>| match one.reason {
        Reason::UnknownClient => 0,
        Reason::WrongEnvironment | Reason::BadChecksum => 1,
        Reason::WrongSecret | Reason::NoSecret => 2,
        Reason::Unavailable => 4,
        // The secret was right.
        _ => 3,
    };
    if progress(first) < progress(second) { second } else { first }
}
