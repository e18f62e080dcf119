//! The secrets of a credential.

use super::{Admin, AdminError, random_word};
use crate::id::{ClientId, EnvironmentName, SecretId};
use crate::intent::{Intent, WhichSecrets};
use crate::key_ring::open_hash_keys;
use crate::model::{SecretKind, StoredSecret};
use crate::secret::Secret;

/// A secret, and what is kept of it.
#[derive(Debug)]
pub struct NewSecret {
    /// The secret, for its owner alone.
    pub secret: Secret,
    /// What is kept.
    pub stored: StoredSecret,
}

impl Admin {
    /// Adds a secret beside the one that lives; generated where none is given.
    pub async fn rotate_secret(
        &self,
        environment: &EnvironmentName,
        client_id: &ClientId,
        secret: Option<Secret>,
    ) -> Result<NewSecret, AdminError> {
        self.require_environment(environment).await?;
        let new = self.new_secret(environment, client_id, secret).await?;
        self.commit(&[Intent::AddSecret {
            environment: environment.clone(),
            client_id: client_id.clone(),
            secret: new.stored.clone(),
            expected: None,
        }])
        .await?;
        Ok(new)
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
        self.commit(&[Intent::RevokeSecrets { environment, client_id, which, expected: None }]).await?;
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
        given: Option<Secret>,
    ) -> Result<NewSecret, AdminError> {
        let hash_keys = open_hash_keys(&self.store.keys().await?.value.hash, &self.master)?;
        let kind = if given.is_some() { SecretKind::Set } else { SecretKind::Generated };
        let secret = given.unwrap_or_else(|| Secret::generate(environment, &*self.random));
        let bytes = secret.expose().as_bytes();
        let stored = StoredSecret {
            id: self.new_secret_id(),
            kind,
            hash: hash_keys.hash(environment, client_id.as_str(), bytes),
            lookup_tag: (kind == SecretKind::Generated).then(|| hash_keys.lookup_tag(bytes)),
            last_four: secret.last_four(),
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
