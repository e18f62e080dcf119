//! Word of commits, by LISTEN on a session of its own: it makes a poll sooner, and nothing depends on it.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{Error, Executor as _};
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use super::gate::{Gate, pause};

/// Said after each commit. Its text is read by nobody: what changed stands in the store.
pub(super) const NOTIFY: &str = "NOTIFY jeton_changes";
const CHANNEL: &str = "jeton_changes";

/// How long a session may be silent before it is asked whether it is still there, and how long it has to answer.
const SILENCE: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_secs(2);

/// The longest pause between two attempts, in shortest ones.
const LONGEST: u32 = 64;

/// What listens, from the first call on.
#[derive(Debug)]
pub(super) struct Listening {
    /// Past a pooler, which would give the session to others.
    direct: PgConnectOptions,
    /// While the store itself is away, nobody listens either.
    gate: Arc<Gate>,
    listener: Mutex<Option<PgListener>>,
}

impl Listening {
    pub(super) fn new(direct: PgConnectOptions, gate: Arc<Gate>) -> Self {
        Self { direct, gate, listener: Mutex::new(None) }
    }

    /// Waits until something was committed, or may have been while nobody listened.
    pub(super) async fn heard(&self) {
        let mut listener = self.listener.lock().await;
        loop {
            match listener.as_mut() {
                None => {
                    *listener = Some(self.begin().await);
                    return;
                }
                Some(session) => match timeout(SILENCE, session.try_recv()).await {
                    Ok(Ok(Some(_word))) => return,
                    Err(_silence) if is_there(session).await => {}
                    Ok(Ok(None) | Err(_)) | Err(_) => *listener = None,
                },
            }
        }
    }

    /// Tries until it listens.
    async fn begin(&self) -> PgListener {
        let mut pauses = 1;
        loop {
            if self.gate.is_open() {
                match timeout(ANSWER, self.connect()).await {
                    Ok(Ok(listener)) => return listener,
                    Ok(Err(why)) => tracing::debug!(%why, "nobody tells of commits; they are found by polls"),
                    Err(_) => tracing::debug!("nobody tells of commits in time; they are found by polls"),
                }
            }
            sleep(pause() * pauses).await;
            pauses = (pauses * 2).min(LONGEST);
        }
    }

    async fn connect(&self) -> Result<PgListener, Error> {
        // Of one connection, and none to come: what lasts is in `begin`.
        let pool = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let mut listener = PgListener::connect_with(&pool.connect_with(self.direct.clone()).await?).await?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }
}

async fn is_there(listener: &mut PgListener) -> bool {
    timeout(ANSWER, listener.execute("SELECT 1")).await.is_ok_and(|answer| answer.is_ok())
}
