//! The secrets of a credential.

use std::sync::Arc;
use std::time::Duration;

use super::creations::{Creation, gone};
use super::{Admin, AdminError, Created, not_found, random_word};
use crate::hash_key::SecretHash;
use crate::id::{ClientId, EnvironmentName, SecretId};
use crate::imported_hash::ImportedHash;
use crate::intent::{Intent, WhichSecrets};
use crate::key_ring::open_hash_keys;
use crate::model::{Credential, SecretKind, StoredSecret};
use crate::secret::{PresentedSecret, Secret};
use crate::time::Timestamp;

/// Where a new secret comes from.
#[derive(Debug, Default)]
pub enum SecretSource {
    /// It is made here.
    #[default]
    Generated,
    /// An operator chose it.
    Set(Secret),
    /// Its owner has it already, and another system hashed it.
    Imported(ImportedHash),
}

/// A secret, and what is kept of it.
#[derive(Debug)]
pub struct NewSecret {
    /// The secret, for its owner alone; none where it was imported.
    pub secret: Option<Secret>,
    /// What is kept.
    pub stored: StoredSecret,
}

/// How a secret takes another's place.
#[derive(Debug, Default)]
pub struct Rotation {
    /// Where the new secret comes from.
    pub secret: SecretSource,
    /// How long the one that lives is accepted beside it; without a word until it is revoked or expires.
    pub overlap: Option<Duration>,
    /// How long the new one is accepted; without a word for ever.
    pub lifetime: Option<Duration>,
}

/// Where to put the end of a secret that lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// So long from now, which is sooner than it was.
    Sooner(Duration),
    /// So long from now, which is later than it was.
    Later(Duration),
    /// Nowhere any more.
    Never,
}

/// Whose a secret is.
#[derive(Debug)]
pub struct FoundSecret {
    /// The credential.
    pub credential: Credential,
    /// Which of its secrets.
    pub secret: SecretId,
}

impl Admin {
    /// Adds a secret beside the one that lives, in one commit with the end of that one, if it is to have one.
    pub async fn rotate_secret(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        rotation: Rotation,
    ) -> Result<Created<NewSecret>, AdminError> {
        self.require_environment(environment).await?;
        let now = self.clock.now();
        let mut new = self.new_secret(environment, client_id, rotation.secret).await?;
        new.stored.expires = rotation.lifetime.map(|lifetime| now.plus(lifetime));
        let mut intents = vec![];
        if let Some(overlap) = rotation.overlap {
            let credential = self.credential(environment, client_id).await?;
            intents.extend(end_of_the_old(&credential, now, overlap));
        }
        let expected = self.asked.expected;
        intents.push(Intent::AddSecret {
            environment: environment.clone(),
            client_id: client_id.clone(),
            secret: new.stored.clone(),
            expected,
        });
        let creation = self.commit_creation(&intents).await?;
        if let Creation::Repeated(before) = &creation {
            let stored = self.secret_made_before(environment, client_id, before).await;
            new = NewSecret { secret: None, stored: gone(stored, "secret", &creation)? };
        }
        Ok(Created { value: new, replayed: creation.replayed() })
    }

    async fn secret_made_before(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        id: &str,
    ) -> Result<StoredSecret, AdminError> {
        let mut secrets = self.credential(environment, client_id).await?.secrets.into_iter();
        secrets.find(|secret| secret.id.as_str() == id).ok_or_else(|| not_found("secret", id))
    }

    /// Moves the end of a live secret, which need not be named where it is the only one.
    pub async fn set_deadline(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        secret: Option<SecretId>,
        deadline: Deadline,
    ) -> Result<(), AdminError> {
        self.require_environment(environment).await?;
        let now = self.clock.now();
        let credential = self.credential(environment, client_id).await?;
        let mut live = credential.secrets.iter().filter(|secret| secret.is_live(now));
        let is = match &secret {
            Some(id) => live.find(|secret| secret.id == *id),
            None => live.next().filter(|_| live.next().is_none()),
        };
        // What is no live secret, or one of two, the store refuses in its own words.
        let expires = match is {
            Some(secret) => moved(secret.expires, now, deadline)?,
            None => Some(now),
        };
        self.commit(&[Intent::ExpireSecrets {
            environment: environment.clone(),
            client_id: client_id.clone(),
            which: secret.map_or(WhichSecrets::TheOnlyOne, WhichSecrets::One),
            expires,
            expected: self.asked.expected.or(Some(credential.revision)),
        }])
        .await?;
        Ok(())
    }

    /// Whose a secret is. One that an operator set is found by nobody: nothing is kept by which it could be.
    pub async fn find_secret(&self, secret: &PresentedSecret) -> Result<Option<FoundSecret>, AdminError> {
        let hash_keys = open_hash_keys(&self.store.keys().await?.value.hash, &self.master)?;
        for tag in hash_keys.lookup_tags(secret.expose()) {
            if let Some((environment, client_id, id)) = self.store.secret_with_tag(&tag).await?
                && let Some(credential) = self.store.credential(&environment, &client_id).await?
            {
                return Ok(Some(FoundSecret { credential, secret: id }));
            }
        }
        Ok(None)
    }

    /// Revokes live secrets of a credential, at once.
    pub async fn revoke_secrets(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        which: WhichSecrets,
    ) -> Result<(), AdminError> {
        self.require_environment(environment).await?;
        let (environment, client_id) = (environment.clone(), client_id.clone());
        self.commit(&[Intent::RevokeSecrets {
            environment,
            client_id,
            which,
            expected: self.asked.expected,
        }])
        .await?;
        Ok(())
    }

    /// The secrets of a credential that are live or were, newest first.
    pub async fn secrets(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
    ) -> Result<Vec<StoredSecret>, AdminError> {
        Ok(self.credential(environment, client_id).await?.secrets)
    }

    pub(super) async fn new_secret(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        source: SecretSource,
    ) -> Result<NewSecret, AdminError> {
        let hash_keys = open_hash_keys(&self.store.keys().await?.value.hash, &self.master)?;
        let (kind, secret) = match source {
            SecretSource::Generated => {
                (SecretKind::Generated, Ok(Secret::generate(environment, &*self.random)))
            }
            SecretSource::Set(secret) => (SecretKind::Set, Ok(secret)),
            SecretSource::Imported(hash) => (SecretKind::Imported, Err(hash)),
        };
        let (secret, hash) = match secret {
            Ok(secret) => {
                let hash = hash_keys.hash(environment, client_id.as_str(), secret.expose().as_bytes());
                (Some(secret), hash)
            }
            Err(imported) => (None, SecretHash::Imported(Arc::new(imported))),
        };
        let generated = secret.as_ref().filter(|_| kind == SecretKind::Generated);
        let stored = StoredSecret {
            id: self.new_secret_id(),
            kind,
            hash,
            lookup_tag: generated.map(|secret| hash_keys.lookup_tag(secret.expose().as_bytes())),
            last_four: secret.as_ref().map(Secret::last_four).unwrap_or_default(),
            created: self.clock.now(),
            expires: None,
            revoked: None,
        };
        Ok(NewSecret { secret, stored })
    }

    fn new_secret_id(&self) -> SecretId {
        // Twelve of a-z and 0-9 are within the grammar.
        random_word(&*self.random, 12).parse().expect("a generated secret id is well formed")
    }
}

/// What makes the secret end that lives, if one does: it is never moved to later.
fn end_of_the_old(credential: &Credential, now: Timestamp, overlap: Duration) -> Option<Intent> {
    let mut live = credential.secrets.iter().filter(|secret| secret.is_live(now));
    // Where two live, a third is refused, so neither is touched.
    let old = live.next().filter(|_| live.next().is_none())?;
    let (environment, client_id) = (credential.environment.clone(), credential.client_id.clone());
    let (which, expected) = (WhichSecrets::One(old.id.clone()), Some(credential.revision));
    if overlap.is_zero() {
        return Some(Intent::RevokeSecrets { environment, client_id, which, expected });
    }
    let expires = now.plus(overlap);
    let sooner = old.expires.is_none_or(|before| expires < before);
    let expires = Some(expires);
    sooner.then_some(Intent::ExpireSecrets { environment, client_id, which, expires, expected })
}

/// Where an end is after it was moved.
fn moved(
    before: Option<Timestamp>,
    now: Timestamp,
    deadline: Deadline,
) -> Result<Option<Timestamp>, AdminError> {
    match (deadline, before) {
        (Deadline::Sooner(after), before) => {
            let after = now.plus(after);
            let sooner = before.is_none_or(|before| after < before);
            sooner.then_some(Some(after)).ok_or(AdminError::Deadline(
                "the secret expires sooner than that already: `secret extend` moves its end to later",
            ))
        }
        (Deadline::Later(_) | Deadline::Never, None) => {
            Err(AdminError::Deadline("the secret has no end that could be moved"))
        }
        (Deadline::Never, Some(_)) => Ok(None),
        (Deadline::Later(after), Some(before)) => {
            let after = now.plus(after);
            (after > before).then_some(Some(after)).ok_or(AdminError::Deadline(
                "the secret expires later than that already: `secret retire` moves its end to sooner",
            ))
        }
    }
}
