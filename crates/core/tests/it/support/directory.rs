//! A directory that keeps what it is told to, and counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use jeton_core::authority::{Found, Ids, Unavailable};
use jeton_core::hash_key::HashKeys;
use jeton_core::id::{ClientId, EnvironmentName};
use jeton_core::kept::KeptCredential;
use jeton_core::model::{Sequence, Snapshot};
use jeton_core::{Directory, Timestamp};

use super::{CredentialBuilder, NOW, production};

/// The sequence of everything that a [`FakeDirectory`] reads.
pub(crate) const READ_AT: Sequence = Sequence(41);

/// A store of credentials in `production`, with a cache and a record of failures that forget nothing.
pub(crate) struct FakeDirectory(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    stored: Vec<Arc<KeptCredential>>,
    broken: bool,
    cached: Vec<Arc<KeptCredential>>,
    failures: BTreeMap<Option<ClientId>, Option<Arc<KeptCredential>>>,
    reads: u32,
    remembered: Vec<String>,
    remembered_failures: u32,
}

impl FakeDirectory {
    /// A store with these credentials, none of them seen yet.
    pub(crate) fn of(hash_keys: &HashKeys, credentials: impl IntoIterator<Item = CredentialBuilder>) -> Self {
        let stored = credentials.into_iter().map(|credential| kept(credential, hash_keys)).collect();
        Self(Mutex::new(Inner { stored, ..Inner::default() }))
    }

    /// All its credentials have been seen recently.
    pub(crate) fn warm(self) -> Self {
        let stored = self.inner().stored.clone();
        self.inner().cached = stored;
        self
    }

    /// The store is out of reach from now on.
    pub(crate) fn break_down(&self) {
        self.inner().broken = true;
    }

    /// The store has this credential now, which the cache and the failures do not know.
    pub(crate) fn replace(&self, hash_keys: &HashKeys, credential: CredentialBuilder) {
        let credential = kept(credential, hash_keys);
        let stored = &mut self.inner().stored;
        stored.retain(|old| old.client_id() != credential.client_id());
        stored.push(credential);
    }

    /// How often the store was read since this was last asked.
    pub(crate) fn reads(&self) -> u32 {
        std::mem::take(&mut self.inner().reads)
    }

    /// The client ids of the credentials that were to be remembered since this was last asked.
    pub(crate) fn remembered(&self) -> Vec<String> {
        std::mem::take(&mut self.inner().remembered)
    }

    /// How many failures were to be remembered since this was last asked.
    pub(crate) fn remembered_failures(&self) -> u32 {
        std::mem::take(&mut self.inner().remembered_failures)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }
}

#[async_trait]
impl Directory for FakeDirectory {
    fn recent(&self, environment: &EnvironmentName, client_ids: Ids<'_>) -> Found {
        find(&self.inner().cached, environment, client_ids)
    }

    fn recent_failure(&self, environment: &EnvironmentName, client_ids: Ids<'_>) -> Option<Found> {
        assert_eq!(*environment, production());
        let inner = self.inner();
        let [first, second] = client_ids.map(|id| inner.failures.get(&id.cloned()).cloned());
        Some([first?, second?])
    }

    async fn read(
        &self,
        environment: &EnvironmentName,
        client_ids: Ids<'_>,
        now: Timestamp,
    ) -> Result<Snapshot<Found>, Unavailable> {
        assert_eq!(now, NOW);
        let mut inner = self.inner();
        inner.reads += 1;
        if inner.broken {
            return Err(Unavailable);
        }
        Ok(Snapshot { sequence: READ_AT, value: find(&inner.stored, environment, client_ids) })
    }

    fn remember(&self, environment: &EnvironmentName, credential: &Arc<KeptCredential>, read_at: Sequence) {
        assert_eq!((environment, read_at), (&production(), READ_AT));
        let mut inner = self.inner();
        inner.cached.retain(|old| old.client_id() != credential.client_id());
        inner.cached.push(Arc::clone(credential));
        inner.remembered.push(credential.client_id().to_string());
    }

    fn remember_failure(&self, environment: &EnvironmentName, client_ids: Ids<'_>, read: &Snapshot<Found>) {
        assert_eq!((environment, read.sequence), (&production(), READ_AT));
        let mut inner = self.inner();
        inner.remembered_failures += 1;
        for (id, found) in client_ids.into_iter().zip(&read.value) {
            inner.failures.insert(id.cloned(), found.clone());
        }
    }
}

fn kept(credential: CredentialBuilder, hash_keys: &HashKeys) -> Arc<KeptCredential> {
    Arc::new(credential.build(hash_keys).into())
}

fn find(among: &[Arc<KeptCredential>], environment: &EnvironmentName, client_ids: Ids<'_>) -> Found {
    assert_eq!(*environment, production());
    client_ids.map(|id| among.iter().find(|credential| Some(credential.client_id()) == id).cloned())
}
