//! The keys in memory, and the key sets as they are served.

use std::collections::BTreeMap;
use std::sync::Arc;

use jeton_core::hash_key::HashKeys;
use jeton_core::id::EnvironmentName;
use jeton_core::key_ring::{KeyRing, UnusableKey, open_hash_keys, prove_master_keys};
use jeton_core::master_key::MasterKeys;
use jeton_core::store::StoredKeys;
use jeton_jose::VerifyingKey;
use jeton_verify::KeySource;

use crate::app::App;
use crate::metadata::Document;

/// All keys, opened, at one moment. Replaced as a whole when the store's change.
#[derive(Debug)]
pub(crate) struct Keys {
    /// What signs.
    pub(crate) ring: KeyRing,
    /// What secrets are hashed with.
    pub(crate) hash: HashKeys,
    /// The key set of each environment, as served.
    pub(crate) sets: BTreeMap<EnvironmentName, Document>,
}

impl Keys {
    /// Opens the store's keys; those that `before` holds are not opened again.
    pub(crate) fn open(
        stored: &StoredKeys,
        master: &MasterKeys,
        environments: &[EnvironmentName],
        before: Option<&Self>,
    ) -> Result<Self, UnusableKey> {
        if let Some(check) = &stored.master_key_check {
            prove_master_keys(check, master)
                .map_err(|why| UnusableKey { what: "master key".to_owned(), why: why.to_string() })?;
        }
        let hash = open_hash_keys(&stored.hash, master)?;
        let none = KeyRing::default();
        let ring = KeyRing::open(&stored.signing, master, before.map_or(&none, |keys| &keys.ring))?;
        let set = |name: &EnvironmentName| {
            let json = ring
                .environment(name)
                .map_or_else(|| r#"{"keys":[]}"#.to_owned(), |keys| keys.jwk_set().to_json());
            (name.clone(), Document::new("application/jwk-set+json", json))
        };
        let sets = environments.iter().map(set).collect();
        Ok(Self { ring, hash, sets })
    }
}

/// The published keys of one environment of a running server, for what verifies inside it.
pub(crate) struct LiveKeys {
    /// The server.
    pub(crate) app: std::sync::Weak<App>,
    /// The environment.
    pub(crate) environment: EnvironmentName,
}

impl KeySource for LiveKeys {
    fn key(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        let app = self.app.upgrade()?;
        app.keys().ring.environment(&self.environment)?.verifying_key(kid)
    }
}
