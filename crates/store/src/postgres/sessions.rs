//! Sessions of the server that are kept open, each lent to one statement or transaction at a time.
//!
//! **Invariants.** A session is lent again only after its last user said that all went well. Otherwise it is closed at
//! once, so the server rolls back what was begun, even where the user is a future that was dropped. After one session
//! was lost, none that is older is lent again: a network or server that ended one has ended them all.

use std::ops::DerefMut as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleError, RecycleResult, Timeouts,
};
use jeton_core::StoreError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Error, PgConnection};

use super::gate::Gate;

/// How long a new session may take, where nothing allows it less.
const CONNECT: Duration = Duration::from_secs(5);

/// How old a session gets. A pooler or a balancer in between may want them spread anew.
const LIFETIME: Duration = Duration::from_mins(30);

/// All sessions of this process. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct SessionPool {
    pool: Pool<Connector>,
}

impl SessionPool {
    /// At most so many sessions, made when they are needed.
    pub(super) fn new(options: PgConnectOptions, sessions: u32, gate: Arc<Gate>) -> Self {
        let connector = Connector { options, gate, epoch: AtomicU64::new(0) };
        let most = usize::try_from(sessions).unwrap_or(usize::MAX);
        let pool = Pool::builder(connector).max_size(most).queue_mode(QueueMode::Lifo);
        // It can only say that time-outs need a runtime, which they have.
        let pool = pool.runtime(Runtime::Tokio1).build().unwrap_or_else(|error| unreachable!("{error}"));
        Self { pool }
    }

    /// Lends a session, which was not tried, after at most so long a wait for one that somebody else uses.
    pub(super) async fn lend(&self, wait: Duration) -> Result<Session, StoreError> {
        let timeouts = Timeouts { wait: Some(wait), create: Some(CONNECT), recycle: None };
        let held = self.pool.timeout_get(&timeouts).await.map_err(not_lent)?;
        Ok(Session { held: Some(held), settled: true })
    }

    /// Lends no session again that is older than this call.
    pub(super) fn distrust(&self) {
        self.pool.manager().epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// Lends none from now on.
    pub(super) fn close(&self) {
        self.pool.close();
    }
}

fn not_lent(why: PoolError<Away>) -> StoreError {
    StoreError::Unavailable(match why {
        PoolError::Timeout(deadpool::managed::TimeoutType::Wait) => {
            "it is busy: no connection came free in time".to_owned()
        }
        PoolError::Timeout(_) => "it did not take the connection in time".to_owned(),
        PoolError::Closed => "it was closed".to_owned(),
        PoolError::Backend(Away::Pause) => "it was away a moment ago, and is not asked yet".to_owned(),
        PoolError::Backend(Away::Failed(why)) => why.to_string(),
        other @ (PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_)) => other.to_string(),
    })
}

/// Makes sessions.
#[derive(Debug)]
struct Connector {
    options: PgConnectOptions,
    gate: Arc<Gate>,
    /// How often a session was lost.
    epoch: AtomicU64,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
enum Away {
    /// The last attempt failed, and it is too early for another.
    #[error("too early")]
    Pause,
    #[error(transparent)]
    Failed(Error),
}

#[derive(Debug)]
struct Held {
    connection: PgConnection,
    /// When it was made, in losses of others.
    epoch: u64,
}

impl Manager for Connector {
    type Type = Held;
    type Error = Away;

    async fn create(&self) -> Result<Held, Away> {
        let attempt = self.gate.enter().ok_or(Away::Pause)?;
        let epoch = self.epoch.load(Ordering::Relaxed);
        let connection = self.options.connect().await.map_err(Away::Failed)?;
        attempt.succeed();
        Ok(Held { connection, epoch })
    }

    async fn recycle(&self, held: &mut Held, metrics: &Metrics) -> RecycleResult<Away> {
        let trusted = held.epoch == self.epoch.load(Ordering::Relaxed);
        if trusted && metrics.age() < LIFETIME { Ok(()) } else { Err(RecycleError::message("too old")) }
    }
}

/// A session that was lent.
#[derive(Debug)]
pub struct Session {
    /// Until the end.
    held: Option<Object<Connector>>,
    settled: bool,
}

impl Session {
    /// From now on it must be settled, or it is closed.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        self.settled = false;
        let Some(held) = &mut self.held else { unreachable!("a session is given back at its end alone") };
        &mut held.deref_mut().connection
    }

    /// Says that all went well, and that nothing is open.
    pub(crate) fn settle(&mut self) {
        self.settled = true;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(held) = self.held.take().filter(|_| !self.settled) {
            drop(Object::take(held));
        }
    }
}

/// Whether the session is no more, and not only what was asked of it wrong: another one may have the answer.
pub(super) fn is_lost(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) => true,
        // The server, or a pooler in front of it, says that it ends the session (classes 08 and 57P).
        Error::Database(why) => {
            why.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57P"))
        }
        _ => false,
    }
}
