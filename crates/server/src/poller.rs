//! What makes memory follow the store: a poll of what changed, four times a second, and sooner where the store has word
//! of a commit, or where this node has made one.
//!
//! The CLI is another process, and so is another node: nothing tells of what they change but the store itself.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jeton_core::StoreError;
use jeton_core::intent::ChangeKind;
use jeton_core::model::Sequence;
use jeton_core::store::{ChangeRow, Changes};
use tokio::time::{MissedTickBehavior, sleep};

use crate::app::App;
use crate::directory::Drop;
use crate::revocations::News;

/// How often the store is asked what changed.
pub const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// How long one poll waits for the commits that come right after the one that it was told of.
const AFTER_WORD: Duration = Duration::from_millis(10);

/// Commits that one poll reads at once.
const COMMITS: u32 = 500;

/// Follows the store's changes for one [`App`].
#[derive(Debug)]
pub struct Poller {
    app: Arc<App>,
    keys: Due,
    apis: Due,
    /// The last poll failed, and somebody was told.
    polls_fail: bool,
}

/// What is taken up whole after a poll that found it changed.
#[derive(Debug)]
struct Due {
    /// It changed, and has not been taken up yet.
    is_due: bool,
    /// It could not be taken up, and somebody was told.
    fails: bool,
}

impl Due {
    const AT_THE_START: Self = Self { is_due: true, fails: false };
}

impl Poller {
    /// For this app. It begins by taking up keys and APIs, since an earlier poller may have failed to.
    pub fn new(app: Arc<App>) -> Self {
        Self { app, keys: Due::AT_THE_START, apis: Due::AT_THE_START, polls_fail: false }
    }

    /// Polls for ever.
    pub async fn run(mut self) {
        let app = Arc::clone(&self.app);
        let mut ticks = tokio::time::interval(POLL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // It is kept from poll to poll: what it does to be told may take longer than one interval.
        let mut word = pin!(app.store().changed());
        app.following().started();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = app.following().asked() => {}
                () = &mut word => {
                    word.set(app.store().changed());
                    // More than one word may be on its way.
                    sleep(AFTER_WORD).await;
                }
            }
            self.poll().await;
        }
    }

    /// Takes up everything that changed until now. A failure is logged when it begins and when it ends.
    pub async fn poll(&mut self) {
        let started = self.app.clock().uptime();
        let number = self.app.following().begin();
        let followed = self.catch_up().await;
        let is_good = followed.is_ok();
        match followed {
            Ok(()) => {
                self.app.directory().confirm(started);
                if std::mem::take(&mut self.polls_fail) {
                    tracing::info!("the store can be polled again");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.polls_fail, true) {
                    tracing::error!(%error, "the store cannot be polled; what is cached serves on for a while");
                }
            }
        }
        if self.keys.is_due {
            self.take_up_keys().await;
        } else if !self.polls_fail {
            self.app.confirm_keys(started);
        }
        if self.apis.is_due {
            self.take_up_apis().await;
        } else if !self.polls_fail {
            self.app.guards().confirm(started);
        }
        if is_good && !self.keys.is_due && !self.apis.is_due {
            self.app.following().end(number);
        }
    }

    async fn take_up_keys(&mut self) {
        let started = self.app.clock().uptime();
        match self.app.reload_keys().await {
            Ok(()) => {
                self.app.confirm_keys(started);
                self.keys.is_due = false;
                if std::mem::take(&mut self.keys.fails) {
                    tracing::info!("the changed keys are taken up");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.keys.fails, true) {
                    tracing::error!(%error, "changed keys cannot be taken up; the old ones serve on");
                }
            }
        }
    }

    async fn take_up_apis(&mut self) {
        let started = self.app.clock().uptime();
        match self.app.guards().reload(self.app.store(), self.app.environments()).await {
            Ok(()) => {
                self.app.guards().confirm(started);
                self.apis.is_due = false;
                if std::mem::take(&mut self.apis.fails) {
                    tracing::info!("the changed APIs are taken up");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.apis.fails, true) {
                    tracing::error!(%error, "changed APIs cannot be taken up; gateways are soon told of no good token");
                }
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), StoreError> {
        loop {
            let since = self.app.directory().applied();
            let newest_read = self.app.directory().newest_read();
            let changes = self.app.store().changes(since, COMMITS).await;
            let changes = self.app.metrics().reads.changes.count(changes)?;
            let (upto, drops) = if changes.sequence < newest_read {
                // Something was read of commits that are no more, as a standby that was behind lacks them.
                (self.keys.is_due, self.apis.is_due) = (true, true);
                (changes.sequence, vec![Drop::Everything])
            } else {
                self.keys.is_due |= concerns_keys(since, &changes);
                self.apis.is_due |= concerns_apis(since, &changes);
                consequences(since, &changes)
            };
            let news = news(since, newest_read, &changes);
            let followed =
                self.app.revocations().follow(self.app.store(), news, self.app.clock().now()).await;
            self.app.metrics().reads.revocations.count(followed)?;
            self.app.directory().apply(upto, &drops);
            if upto >= changes.sequence {
                return Ok(());
            }
        }
    }
}

/// Up to where these changes lead, and what they make untrue. Where they do not follow on `since` without a gap
/// (the log was trimmed, or an older copy of the store was put back), nothing known before is trusted.
fn consequences(since: Sequence, changes: &Changes) -> (Sequence, Vec<Drop>) {
    if !follow_on(since, changes) {
        return (changes.sequence, vec![Drop::Everything]);
    }
    let upto = changes.rows.last().map_or(since, |row| row.sequence);
    (upto, changes.rows.iter().filter(|row| row.invalidates).map(drop_for).collect())
}

/// What there is to be read of what was revoked.
fn news(since: Sequence, newest_read: Sequence, changes: &Changes) -> News {
    let unknown = changes.rows.iter().any(|row| row.kind.is_none());
    if changes.sequence < newest_read || !follow_on(since, changes) || unknown {
        News::Everything
    } else if changes.rows.iter().any(|row| may_revoke(row.kind)) {
        News::Later
    } else {
        News::None
    }
}

fn concerns_keys(since: Sequence, changes: &Changes) -> bool {
    !follow_on(since, changes) || changes.rows.iter().any(|row| is_about_keys(row.kind))
}

fn concerns_apis(since: Sequence, changes: &Changes) -> bool {
    use ChangeKind as K;
    let is_about =
        |row: &ChangeRow| matches!(row.kind, None | Some(K::ApiCreated | K::ApiUpdated | K::ApiDeleted));
    !follow_on(since, changes) || changes.rows.iter().any(is_about)
}

/// Whether the rows begin right after `since`, and no commit is missing between them or at their end.
fn follow_on(since: Sequence, changes: &Changes) -> bool {
    let mut last = since;
    for row in &changes.rows {
        if row.sequence != last && row.sequence.0 != last.0 + 1 || row.sequence == since {
            return false;
        }
        last = row.sequence;
    }
    // No row means that nothing happened, or that what happened is gone.
    if changes.rows.is_empty() { changes.sequence == since } else { last <= changes.sequence }
}

fn drop_for(row: &ChangeRow) -> Drop {
    use ChangeKind as K;
    let credential = || match &row.environment {
        Some(environment) => Drop::Credential(environment.clone(), row.target.as_str().into()),
        None => Drop::Everything,
    };
    match row.kind {
        Some(
            K::CredentialCreated
            | K::CredentialUpdated
            | K::CredentialSuspended
            | K::CredentialResumed
            | K::CredentialDeleted
            | K::GrantAdded
            | K::GrantRemoved
            | K::SecretAdded
            | K::SecretRevoked
            | K::SecretExpirySet
            | K::TokenRevoked
            | K::TokensRevoked,
        ) => credential(),
        Some(
            K::CompanyCreated
            | K::CompanyUpdated
            | K::CompanySuspended
            | K::CompanyResumed
            | K::CompanyDeleted
            | K::CompanyTokensRevoked,
        ) => row.company.clone().map_or(Drop::Everything, Drop::Company),
        // An API's audience, scopes and algorithm stand in every entry that is granted it. A key changes what a
        // secret is compared with. And a word that this version does not know may mean anything.
        Some(
            K::ApiCreated
            | K::ApiUpdated
            | K::ApiDeleted
            | K::SigningKeyAdded
            | K::SigningKeyChanged
            | K::HashKeyAdded
            | K::HashKeyRemoved
            | K::MasterKeyCheckSet
            | K::MasterKeyChanged
            // These invalidate nothing, so nobody asks.
            | K::AuditKeySet
            | K::ManagementRefused,
        )
        | None => Drop::Everything,
    }
}

fn may_revoke(kind: Option<ChangeKind>) -> bool {
    use ChangeKind as K;
    matches!(
        kind,
        Some(
            K::TokenRevoked
                | K::TokensRevoked
                | K::CompanyTokensRevoked
                | K::CredentialSuspended
                | K::CredentialDeleted
                | K::CompanySuspended
                | K::CompanyDeleted
        )
    )
}

fn is_about_keys(kind: Option<ChangeKind>) -> bool {
    matches!(
        kind,
        None | Some(
            ChangeKind::SigningKeyAdded
                | ChangeKind::SigningKeyChanged
                | ChangeKind::HashKeyAdded
                | ChangeKind::HashKeyRemoved
                | ChangeKind::MasterKeyCheckSet
                | ChangeKind::MasterKeyChanged
        )
    )
}
