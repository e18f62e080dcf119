//! The keys that an installation cannot be without.

use jeton_jose::Algorithm;

use super::creations::Creation;
use super::{Admin, AdminError};
use crate::audit::new_audit_key;
use crate::id::EnvironmentName;
use crate::intent::{Intent, RefusedReason};
use crate::key_ring::{new_hash_key, new_master_key_check, new_signing_key};
use crate::model::KeyState;
use crate::operator;
use crate::store::{StoreError, StoredKeys};

/// How many others may be making the same keys at once. Each refused attempt means that one of them succeeded.
const AT_ONCE: usize = 8;

impl Admin {
    /// Makes what is missing: the check value of the master key, the audit key, the first hash key, and for each environment
    /// a signing key of ES256 and of every algorithm that an API names; for that of the operators, which has no other API,
    /// one of theirs. Makes no second of anything.
    pub async fn make_missing_keys(&self, environments: &[EnvironmentName]) -> Result<(), AdminError> {
        // Another first start may be quicker with some of them; what is still missing is made then.
        for _ in 1..AT_ONCE {
            match self.try_to_make_missing_keys(environments).await {
                Err(AdminError::Refused(RefusedReason::Exists { .. })) => {}
                other => return other,
            }
        }
        self.try_to_make_missing_keys(environments).await
    }

    async fn try_to_make_missing_keys(&self, environments: &[EnvironmentName]) -> Result<(), AdminError> {
        let keys = self.store.keys().await?.value;
        let mut intents = Vec::new();
        // First, so that no row of a new store stands outside of the audit chain.
        if keys.audit.is_none() {
            intents.push(Intent::SetAuditKey(new_audit_key(&self.master, &*self.random)));
        }
        if keys.master_key_check.is_none() {
            intents.push(Intent::SetMasterKeyCheck(new_master_key_check(&self.master, &*self.random)));
        }
        if keys.hash.is_empty() {
            let key = new_hash_key(1, &self.master, &*self.random, self.clock.now());
            intents.push(Intent::AddHashKey(key));
        }
        let mut algorithms = vec![Algorithm::Es256];
        algorithms.extend(self.algorithms_of_apis(&keys).await?);
        intents.extend(self.signing_keys_missing_in(environments, &algorithms, &keys)?);
        let management = [EnvironmentName::management()];
        intents.extend(self.signing_keys_missing_in(&management, &[operator::ALGORITHM], &keys)?);
        if !intents.is_empty() {
            self.commit(&intents).await?;
        }
        Ok(())
    }

    /// What APIs name. Where the row of one cannot be read, what there are keys of, which were made with the APIs: nobody
    /// else waits until it is mended.
    async fn algorithms_of_apis(&self, keys: &StoredKeys) -> Result<Vec<Algorithm>, AdminError> {
        match self.apis().await {
            Err(AdminError::Store(StoreError::BadRow(_))) => {
                Ok(keys.signing.iter().map(|key| key.algorithm).collect())
            }
            read => Ok(read?.iter().map(|api| api.algorithm).collect()),
        }
    }

    /// Commits a change together with the signing keys of these algorithms that served environments lack.
    pub(super) async fn commit_with_keys(
        &self,
        intent: Intent,
        algorithms: &[Algorithm],
    ) -> Result<Creation, AdminError> {
        let environments = self.store.environments().await?;
        let mut attempts = 0;
        loop {
            let keys = self.store.keys().await?.value;
            let mut intents = vec![intent.clone()];
            intents.extend(self.signing_keys_missing_in(&environments, algorithms, &keys)?);
            attempts += 1;
            match self.commit_creation(&intents).await {
                // Somebody else brought the same new algorithm meanwhile.
                Err(AdminError::Refused(RefusedReason::Exists { what: "signing key", .. }))
                    if attempts < AT_ONCE => {}
                other => return other,
            }
        }
    }

    pub(super) fn signing_keys_missing_in(
        &self,
        environments: &[EnvironmentName],
        algorithms: &[Algorithm],
        keys: &StoredKeys,
    ) -> Result<Vec<Intent>, AdminError> {
        let mut wanted: Vec<Algorithm> = algorithms.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let mut intents = Vec::new();
        for environment in environments {
            for &algorithm in &wanted {
                let signs = |key: &&crate::model::StoredSigningKey| {
                    key.state == KeyState::Active
                        && key.environment == *environment
                        && key.algorithm == algorithm
                };
                if keys.signing.iter().find(signs).is_none() {
                    let now = self.clock.now();
                    let key = new_signing_key(environment, algorithm, &self.master, &*self.random, now)
                        .map_err(|why| AdminError::KeyNotMade(why.to_string()))?;
                    intents.push(Intent::AddSigningKey(key));
                }
            }
        }
        Ok(intents)
    }
}
