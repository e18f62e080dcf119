//! What is refused before it expires, in memory: followed by the poller, asked by introspection, published as the feed.
//!
//! A node loads everything when it starts and where the log of changes has a gap, and otherwise what came after the last
//! commit that it followed. `log` cuts it into chunks, `feed` signs the head and serves both.
//!
//! To publish another kind of entry: a variant of `RevokedTokens`, its line and its look-up in `log`.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use jeton_core::id::{EnvironmentName, TokenId};
use jeton_core::model::Sequence;
use jeton_core::revocation::{Rev, Revocation};
use jeton_core::{Store, StoreError, Timestamp};
use jeton_verify::{Revision, RevocationSource, Verdict};
use tokio::sync::{Mutex, Semaphore};

use crate::app::App;

mod feed;
mod log;

pub(crate) use feed::{Feed, Part};
use log::Log;
pub(crate) use log::held_by_nobody;

/// Rows that one read takes in, with those that the last commit has more. A database's rows are twenty times what becomes
/// of them, and an allocator keeps what was once taken.
const ROWS: u32 = 1000;

/// What is refused.
#[derive(Debug)]
pub(crate) struct Revocations {
    memory: RwLock<Memory>,
    /// One follows at a time, from the read to what it adds: two would add the same twice.
    following: Mutex<()>,
    /// Clients revoke one after the other, so that they leave the store to those who read it.
    pub(crate) turns: Semaphore,
}

#[derive(Debug, Default)]
struct Memory {
    /// Up to which commit; `None` before the first load.
    followed: Option<Sequence>,
    logs: BTreeMap<EnvironmentName, Log>,
    /// The latest time as of which something was let go of.
    forgot: Option<Timestamp>,
}

/// What there is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// Nothing.
    None,
    /// What came after the last commit.
    Later,
    /// Everything: what was read before may be no more.
    Everything,
}

impl Revocations {
    /// Empty, and not loaded.
    pub(crate) fn new() -> Self {
        Self { memory: RwLock::default(), following: Mutex::default(), turns: Semaphore::new(1) }
    }

    /// Takes up what there is, and lets go of what has ended. The poller calls it, and whoever just revoked something.
    pub(crate) async fn follow(
        &self,
        store: &dyn Store,
        news: News,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let _following = self.following.lock().await;
        match self.needed(news, now) {
            News::None => {}
            News::Later => {
                while let Some(rows) = next(store, self.followed()).await? {
                    self.write().append(&rows);
                }
            }
            News::Everything => {
                let mut memory = Memory { followed: Some(Sequence(0)), ..Memory::default() };
                while let Some(rows) = next(store, memory.followed.unwrap_or_default()).await? {
                    memory.append(&rows);
                }
                *self.write() = memory;
            }
        }
        if self.read().is_to_forget(now) {
            self.write().forget(now);
        }
        Ok(())
    }

    /// Whether this token is refused.
    pub(crate) fn refuses(&self, environment: &EnvironmentName, jti: &TokenId, rev: &Rev) -> bool {
        self.read().logs.get(environment).is_some_and(|log| log.refuses(jti, rev))
    }

    /// How many entries there are in all environments, and how many bytes the feeds have of them.
    pub(crate) fn size(&self) -> (usize, usize) {
        let memory = self.read();
        memory.logs.values().map(Log::size).fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
    }

    fn needed(&self, news: News, now: Timestamp) -> News {
        let memory = self.read();
        // A clock that was ahead and went back leaves a memory that has let go of too much.
        let forgot_too_much = memory.forgot.is_some_and(|forgot| now < forgot);
        if memory.followed.is_none() || forgot_too_much { News::Everything } else { news }
    }

    fn followed(&self) -> Sequence {
        self.read().followed.unwrap_or_default()
    }

    // A panic while the lock is held could only be an allocation's, which ends the process.
    fn read(&self) -> RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Memory> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn append(&mut self, rows: &[Revocation]) {
        for row in rows {
            if !self.logs.contains_key(&row.environment) {
                self.logs.insert(row.environment.clone(), Log::default());
            }
            if let Some(log) = self.logs.get_mut(&row.environment) {
                log.append(row);
            }
            self.followed = Some(row.sequence);
        }
    }

    fn is_to_forget(&self, now: Timestamp) -> bool {
        let first = |time| log::bucket_of(log::first_kept(time));
        self.forgot.is_none_or(|forgot| first(forgot) < first(now))
    }

    fn forget(&mut self, now: Timestamp) {
        self.logs.values_mut().for_each(|log| log.forget(now));
        self.forgot = Some(now);
    }
}

/// The next commits after `since`, if there are any.
async fn next(store: &dyn Store, since: Sequence) -> Result<Option<Vec<Revocation>>, StoreError> {
    let rows = store.revocations(since, ROWS).await?.rows;
    Ok(Some(rows).filter(|rows| !rows.is_empty()))
}

/// What is refused in one environment of a running server, for what verifies inside it.
pub(crate) struct LiveRevocations {
    /// The server.
    pub(crate) app: Weak<App>,
    /// The environment.
    pub(crate) environment: EnvironmentName,
}

impl RevocationSource for LiveRevocations {
    fn judge(&self, jti: &str, revision: Option<Revision<'_>>) -> Verdict {
        let known = self.app.upgrade().filter(|app| app.directory().is_fresh());
        let (Some(app), Some((jti, rev))) = (known, own_names(jti, revision)) else { return Verdict::Stale };
        if app.revocations().refuses(&self.environment, &jti, &rev) {
            Verdict::Revoked
        } else {
            Verdict::Good
        }
    }
}

/// The names in a token that this server issued, which all have both.
fn own_names(jti: &str, revision: Option<Revision<'_>>) -> Option<(TokenId, Rev)> {
    let Revision { handle, generation } = revision?;
    let rev = Rev { handle: handle.parse().ok()?, generation: i64::try_from(generation).ok()? };
    Some((jti.parse().ok()?, rev))
}
