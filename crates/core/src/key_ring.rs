//! The signing keys of every environment, opened once and then only used.

use std::collections::BTreeMap;
use std::sync::Arc;

use jeton_jose::{Algorithm, Jwk, JwkSet, KeyError, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::hash_key::HashKeys;
use crate::id::{EnvironmentName, KeyId};
use crate::master_key::{MasterKeys, OpenError, Sealed};
use crate::model::{KeyState, StoredHashKey, StoredSigningKey};
use crate::time::Random;

/// The signing keys of all environments.
#[derive(Debug, Default)]
pub struct KeyRing(BTreeMap<EnvironmentName, EnvironmentKeys>);

/// The signing keys of one environment: what verifiers see, and what signs.
#[derive(Debug, Default)]
pub struct EnvironmentKeys {
    published: BTreeMap<KeyId, Arc<SigningKey>>,
    signers: BTreeMap<Algorithm, Arc<SigningKey>>,
    jwk_set: JwkSet,
}

impl KeyRing {
    /// Opens the stored keys. Those that `before` holds already are taken from there, since opening one costs
    /// more than a hundred signatures.
    pub fn open(
        stored: &[StoredSigningKey],
        master: &MasterKeys,
        before: &Self,
    ) -> Result<Self, UnusableKey> {
        let mut ring: BTreeMap<EnvironmentName, EnvironmentKeys> = BTreeMap::new();
        for row in stored.iter().filter(|row| row.state != KeyState::Removed) {
            let known = before.find(&row.environment, &row.kid);
            // An RSA key has one id for both of its algorithms, and serves only the one that it was made for.
            let key = match known.filter(|key| key.algorithm() == row.algorithm) {
                Some(key) => key,
                None => Arc::new(open_signing_key(row, master)?),
            };
            let keys = ring.entry(row.environment.clone()).or_default();
            if row.state == KeyState::Active {
                keys.signers.insert(row.algorithm, Arc::clone(&key));
            }
            keys.published.insert(row.kid.clone(), key);
        }
        for (environment, keys) in &mut ring {
            keys.jwk_set = published_set(environment, &keys.published)?;
        }
        Ok(Self(ring))
    }

    /// The keys of one environment, if it has any.
    pub fn environment(&self, environment: &EnvironmentName) -> Option<&EnvironmentKeys> {
        self.0.get(environment)
    }

    /// What signs in an environment by an algorithm.
    pub fn signer(&self, environment: &EnvironmentName, algorithm: Algorithm) -> Option<&Arc<SigningKey>> {
        self.0.get(environment)?.signers.get(&algorithm)
    }

    fn find(&self, environment: &EnvironmentName, kid: &KeyId) -> Option<Arc<SigningKey>> {
        self.0.get(environment)?.published.get(kid).cloned()
    }
}

impl EnvironmentKeys {
    /// The key set that verifiers fetch.
    pub fn jwk_set(&self) -> &JwkSet {
        &self.jwk_set
    }

    /// The public half of a published key.
    pub fn verifying_key(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        self.published.get(kid).map(|key| key.verifying_key())
    }
}

/// A new signing key, as it is stored: published and signing from now on.
pub fn new_signing_key(
    environment: &EnvironmentName,
    algorithm: Algorithm,
    master: &MasterKeys,
    random: &dyn Random,
    now: crate::Timestamp,
) -> Result<StoredSigningKey, KeyError> {
    let (key, pkcs8) = SigningKey::generate(algorithm)?;
    sealed_signing_key(environment, &key, &pkcs8, master, random, now)
}

/// A signing key from elsewhere, as PKCS#8, as it is stored: published and signing from now on.
pub fn given_signing_key(
    environment: &EnvironmentName,
    algorithm: Algorithm,
    pkcs8: &[u8],
    master: &MasterKeys,
    random: &dyn Random,
    now: crate::Timestamp,
) -> Result<StoredSigningKey, KeyError> {
    let key = SigningKey::from_pkcs8(algorithm, pkcs8)?;
    sealed_signing_key(environment, &key, pkcs8, master, random, now)
}

fn sealed_signing_key(
    environment: &EnvironmentName,
    key: &SigningKey,
    pkcs8: &[u8],
    master: &MasterKeys,
    random: &dyn Random,
    now: crate::Timestamp,
) -> Result<StoredSigningKey, KeyError> {
    let algorithm = key.algorithm();
    let kid: KeyId = key.kid().parse().map_err(|_| KeyError::Generate)?;
    let context = signing_key_context(environment, algorithm, &kid);
    Ok(StoredSigningKey {
        private: master.seal(&context, pkcs8, random),
        kid,
        environment: environment.clone(),
        algorithm,
        state: KeyState::Active,
        published: now,
        active_from: now,
        sign_until: None,
        remove_after: None,
    })
}

/// A new hash key, as it is stored.
pub fn new_hash_key(
    number: i64,
    master: &MasterKeys,
    random: &dyn Random,
    now: crate::Timestamp,
) -> StoredHashKey {
    let key = Zeroizing::new(crate::time::random_bytes::<32>(random));
    StoredHashKey { number, key: master.seal(&hash_key_context(number), &*key, random), created: now }
}

/// Opens the hash keys.
pub fn open_hash_keys(stored: &[StoredHashKey], master: &MasterKeys) -> Result<HashKeys, UnusableKey> {
    let open = |row: &StoredHashKey| {
        let what = || format!("hash key {}", row.number);
        let plain = master
            .open(&hash_key_context(row.number), &row.key)
            .map_err(|why| UnusableKey { what: what(), why: why.to_string() })?;
        let key = <[u8; 32]>::try_from(plain.as_slice())
            .map_err(|_| UnusableKey { what: what(), why: "it is not 32 bytes".to_owned() })?;
        Ok((row.number, Zeroizing::new(key)))
    };
    let keys = stored.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    HashKeys::new(keys)
        .ok_or_else(|| UnusableKey { what: "hash key".to_owned(), why: "there is none".to_owned() })
}

/// What proves a master key right: a fixed text, sealed.
pub fn new_master_key_check(master: &MasterKeys, random: &dyn Random) -> Sealed {
    master.seal(CHECK_CONTEXT, CHECK_TEXT, random)
}

/// Whether these master keys are the store's.
pub fn prove_master_keys(check: &Sealed, master: &MasterKeys) -> Result<(), OpenError> {
    master
        .open(CHECK_CONTEXT, check)
        .and_then(|text| if text.as_slice() == CHECK_TEXT { Ok(()) } else { Err(OpenError::Corrupt) })
}

/// A key of the store that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {what} of the store cannot be used: {why}")]
pub struct UnusableKey {
    /// Which.
    pub what: String,
    /// Why.
    pub why: String,
}

pub(crate) const CHECK_CONTEXT: &str = "jeton master key check";
const CHECK_TEXT: &[u8] = b"jeton";

fn published_set(
    environment: &EnvironmentName,
    published: &BTreeMap<KeyId, Arc<SigningKey>>,
) -> Result<JwkSet, UnusableKey> {
    let keys: Vec<Jwk> = published.values().map(|key| key.public_jwk().clone()).collect();
    JwkSet::new(keys)
        .map_err(|why| UnusableKey { what: format!("key set of {environment}"), why: why.to_string() })
}

fn open_signing_key(row: &StoredSigningKey, master: &MasterKeys) -> Result<SigningKey, UnusableKey> {
    let unusable = |why: String| UnusableKey {
        what: format!("signing key {} ({} in {})", row.kid, row.algorithm, row.environment),
        why,
    };
    let context = signing_key_context(&row.environment, row.algorithm, &row.kid);
    let pkcs8 = master.open(&context, &row.private).map_err(|why| unusable(why.to_string()))?;
    let key = SigningKey::from_pkcs8(row.algorithm, &pkcs8).map_err(|why| unusable(why.to_string()))?;
    if key.kid() == row.kid.as_str() { Ok(key) } else { Err(unusable("it has another key id".to_owned())) }
}

pub(crate) fn signing_key_context(
    environment: &EnvironmentName,
    algorithm: Algorithm,
    kid: &KeyId,
) -> String {
    format!("jeton signing key {environment} {algorithm} {kid}")
}

pub(crate) fn hash_key_context(number: i64) -> String {
    format!("jeton hash key {number}")
}
