//! An empty store, and what a case does with it.

use std::sync::Arc;

use async_trait::async_trait;
use jeton_core::id::{ApiId, ClientId, CompanyId, EnvironmentName};
use jeton_core::intent::{Actor, Change, Intent, Refused, RefusedReason};
use jeton_core::model::{Api, Company, Credential, Sequence};
use jeton_core::store::{Changes, CommitError};
use jeton_core::{Store, Timestamp};

use super::given::id;

/// What a database must offer to its tests beside the store.
#[async_trait]
pub(crate) trait Backstage: Send + Sync {
    /// A store on the same data that shares nothing else with the first, as in another process.
    async fn another(&self) -> Arc<dyn Store>;

    /// Runs SQL that no store would run.
    async fn sql(&self, sql: &str);
}

/// A store that was empty when the case began.
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) backstage: Box<dyn Backstage>,
}

/// When things happen, where a case does not say.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

/// A change at that time, by somebody who has the master key.
pub(crate) fn change(time: Timestamp) -> Change {
    Change {
        time,
        actor: Actor::Cli("tester".into()),
        address: None,
        request_id: None,
        reason: None,
        rehearsal: false,
        creation: None,
        master: Some(super::audit::master()),
    }
}

impl World {
    /// Commits, which must succeed.
    pub(crate) async fn commit(&self, intents: &[Intent]) -> Sequence {
        self.commit_at(NOW, intents).await
    }

    pub(crate) async fn commit_at(&self, time: Timestamp, intents: &[Intent]) -> Sequence {
        self.store.commit(&change(time), intents).await.unwrap().sequence
    }

    /// Commits, which must be refused, and leave no trace.
    pub(crate) async fn refused(&self, intents: &[Intent]) -> RefusedReason {
        self.refused_at(NOW, intents).await.reason
    }

    pub(crate) async fn refused_at(&self, time: Timestamp, intents: &[Intent]) -> Refused {
        let before = self.changes().await;
        let refused = match self.store.commit(&change(time), intents).await {
            Err(CommitError::Refused(refused)) => refused,
            other => panic!("not refused: {other:?}"),
        };
        assert_eq!(self.changes().await, before);
        refused
    }

    pub(crate) async fn changes(&self) -> Changes {
        self.store.changes(Sequence(0), 1_000).await.unwrap()
    }

    pub(crate) async fn company(&self, company: &str) -> Option<Company> {
        self.store.company(&id::<CompanyId>(company)).await.unwrap()
    }

    pub(crate) async fn api(&self, api: &str) -> Option<Api> {
        self.store.api(&id::<ApiId>(api)).await.unwrap()
    }

    /// A credential in production, which must exist.
    pub(crate) async fn credential(&self, client_id: &str) -> Credential {
        self.credential_in("production", client_id).await.unwrap()
    }

    pub(crate) async fn credential_in(&self, environment: &str, client_id: &str) -> Option<Credential> {
        let environment: EnvironmentName = id(environment);
        self.store.credential(&environment, &id::<ClientId>(client_id)).await.unwrap()
    }
}
