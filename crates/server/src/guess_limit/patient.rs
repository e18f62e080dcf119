//! The directory as one request sees it: beyond the limits on guessing, a read of the store waits its turn.

use std::sync::Arc;

use async_trait::async_trait;
use jeton_core::authority::{Found, Ids, Unavailable};
use jeton_core::id::EnvironmentName;
use jeton_core::kept::KeptCredential;
use jeton_core::model::{Sequence, Snapshot};
use jeton_core::{Directory, Timestamp};

use super::Guess;

/// A directory, for one request.
pub(crate) struct PatientDirectory<'a> {
    inner: &'a dyn Directory,
    guess: &'a Guess<'a>,
}

impl<'a> PatientDirectory<'a> {
    pub(crate) fn new(inner: &'a dyn Directory, guess: &'a Guess<'a>) -> Self {
        Self { inner, guess }
    }
}

#[async_trait]
impl Directory for PatientDirectory<'_> {
    fn recent(&self, environment: &EnvironmentName, client_ids: Ids<'_>) -> Found {
        self.inner.recent(environment, client_ids)
    }

    fn recent_failure(&self, environment: &EnvironmentName, client_ids: Ids<'_>) -> Option<Found> {
        self.inner.recent_failure(environment, client_ids)
    }

    async fn read(
        &self,
        environment: &EnvironmentName,
        client_ids: Ids<'_>,
        now: Timestamp,
    ) -> Result<Snapshot<Found>, Unavailable> {
        let _place = match self.guess.within() {
            Ok(()) => None,
            Err(_beyond) => self.guess.limits.turn().await,
        };
        self.inner.read(environment, client_ids, now).await
    }

    fn remember(&self, environment: &EnvironmentName, credential: &Arc<KeptCredential>, read_at: Sequence) {
        self.inner.remember(environment, credential, read_at);
    }

    fn remember_failure(&self, environment: &EnvironmentName, client_ids: Ids<'_>, read: &Snapshot<Found>) {
        self.inner.remember_failure(environment, client_ids, read);
    }
}
