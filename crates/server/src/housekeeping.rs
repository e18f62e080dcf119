//! Work on the store that one server does for all that share it: so far, removing changes that are old enough.
//!
//! Who does it holds a lease. To add work: a call in [`Housekeeper::tend`], in batches that are small and that two servers
//! may do at once, since one that stood still for long enough may wake up after its lease went to another.

use std::sync::Arc;
use std::time::Duration;

use jeton_core::StoreError;
use jeton_core::time::random_bytes;
use tokio::time::MissedTickBehavior;

use crate::app::App;
use crate::lease::Claim;

/// How often there is something to do.
const INTERVAL: Duration = Duration::from_secs(15);

/// How long changes are kept, for those who ask what was done.
const KEEP_CHANGES: Duration = Duration::from_hours(400 * 24);

/// Commits whose changes go at once, and how often before others have their turn.
const BATCH: u32 = 500;
const BATCHES: usize = 20;

/// Revocations that have ended which go at once: more than come meanwhile, where a company ends a thousand a second.
const REVOCATIONS: u32 = 20_000;

/// Does what is to be done, for one [`App`].
#[derive(Debug)]
pub struct Housekeeper {
    app: Arc<App>,
    claim: Claim,
    /// The last time failed, and somebody was told.
    fails: bool,
}

impl Housekeeper {
    /// For this app.
    pub fn new(app: Arc<App>) -> Self {
        // A name of a node may be another one's too.
        let unique = u64::from_le_bytes(random_bytes(app.random()));
        let claim = Claim::new("housekeeping", format!("{}/{unique:016x}", app.node()));
        Self { app, claim, fails: false }
    }

    /// Goes on for ever.
    pub async fn run(mut self) {
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.tend().await;
        }
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
        if self.claim.hold(app.store(), app.clock()).await? {
            app.store().purge_revocations(app.clock().now(), REVOCATIONS).await?;
        }
        for _ in 0..BATCHES {
            if !self.claim.hold(app.store(), app.clock()).await? {
                return Ok(());
            }
            let removed = app.store().purge_changes(app.clock().now(), KEEP_CHANGES, BATCH).await?;
            if removed == 0 {
                return Ok(());
            }
            tracing::info!(removed, "changes of more than 400 days ago were removed");
        }
        Ok(())
    }
}
