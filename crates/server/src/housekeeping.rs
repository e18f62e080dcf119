//! Work on the store that one server does for all that share it: removing what is old enough, a chore for each kind, and
//! the rotation of signing keys (`key_rotation.rs`).
//!
//! Who does it holds a lease. To add work: a [`Chore`], in batches that are small and that two servers may do at once,
//! since one that stood still for long enough may wake up after its lease went to another.

mod chores;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jeton_core::StoreError;
use jeton_core::time::random_bytes;
use tokio::time::{MissedTickBehavior, timeout};

use crate::app::App;
use crate::key_rotation::{self, KeyWatch};
use crate::lease::Claim;
use chores::Chore;

/// How often there is something to do, unless keys take each other's place sooner.
const INTERVAL: Duration = Duration::from_secs(15);

/// How long giving the lease back may take at the end.
const END: Duration = Duration::from_secs(2);

/// How many batches of one chore before others have their turn.
const BATCHES: usize = 20;

/// Does what is to be done, for one [`App`].
#[derive(Debug)]
pub struct Housekeeper {
    app: Arc<App>,
    claim: Claim,
    keys: KeyWatch,
    /// When each chore was done last, by the time that only counts.
    done: BTreeMap<Chore, Duration>,
    /// The last time failed, and somebody was told.
    fails: bool,
}

impl Housekeeper {
    /// For this app.
    pub fn new(app: Arc<App>) -> Self {
        // A name of a node may be another one's too.
        let unique = u64::from_le_bytes(random_bytes(app.random()));
        let claim = Claim::new("housekeeping", format!("{}/{unique:016x}", app.node()));
        Self { app, claim, keys: KeyWatch::default(), done: BTreeMap::new(), fails: false }
    }

    /// Goes on until `ended`, and lets another server take its place at once.
    pub async fn run(mut self, ended: impl Future<Output = ()>) {
        let mut ended = pin!(ended);
        let mut ticks = tokio::time::interval(key_rotation::interval(&self.app.rotation(), INTERVAL));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let turn = async {
                ticks.tick().await;
                self.tend().await;
            };
            // What is being done is left where it stands, as when the process is killed.
            tokio::select! {
                biased;
                () = &mut ended => break,
                () = turn => {}
            }
        }
        self.finish().await;
    }

    async fn finish(self) {
        let why = match timeout(END, self.claim.release(self.app.store())).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_elapsed) => format!("it took more than {} s", END.as_secs()),
        };
        tracing::warn!(why, "housekeeping could not be handed over: another server begins in a minute");
    }

    /// Does what is due, if it is this server's to do. A failure is logged when it begins and when it ends.
    pub async fn tend(&mut self) {
        match self.tend_once().await {
            Ok(()) => {
                if std::mem::take(&mut self.fails) {
                    tracing::info!("housekeeping goes on");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.fails, true) {
                    tracing::warn!(%error, "housekeeping failed, and is tried again");
                }
            }
        }
    }

    async fn tend_once(&mut self) -> Result<(), StoreError> {
        let app = Arc::clone(&self.app);
        // Every server's own.
        app.rehashes().write(app.store()).await?;
        let keys = self.keys.look(&app).await?;
        if !self.claim.hold(app.store(), app.clock()).await? {
            return Ok(());
        }
        self.keys.rotate(&app, keys).await?;
        for chore in Chore::ALL {
            let rested = |done: &Duration| app.clock().uptime().saturating_sub(*done) >= chore.rest();
            if !self.done.get(&chore).is_none_or(rested) {
                continue;
            }
            for _ in 0..BATCHES {
                if !self.claim.hold(app.store(), app.clock()).await? {
                    return Ok(());
                }
                if chore.batch(&app).await? == 0 {
                    self.done.insert(chore, app.clock().uptime());
                    break;
                }
            }
        }
        Ok(())
    }
}
