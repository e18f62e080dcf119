//! Time that passes when the test says so.

use std::time::Duration;

use jeton_verify::fetch::{Sleep, Timer};
use tokio::sync::watch;

/// Stands still until it is moved. Clones are the same timer.
#[derive(Clone)]
pub(crate) struct ManualTimer(watch::Sender<Duration>);

impl Default for ManualTimer {
    fn default() -> Self {
        Self(watch::Sender::new(Duration::ZERO))
    }
}

impl ManualTimer {
    /// Wakes everybody whose time has come.
    pub(crate) fn advance(&self, time: Duration) {
        self.0.send_modify(|now| *now += time);
    }

    /// How many wait.
    pub(crate) fn sleepers(&self) -> usize {
        self.0.receiver_count()
    }
}

impl Timer for ManualTimer {
    fn elapsed(&self) -> Duration {
        *self.0.borrow()
    }

    fn sleep(&self, time: Duration) -> Sleep {
        let (mut receiver, end) = (self.0.subscribe(), self.elapsed().saturating_add(time));
        Box::pin(async move {
            if receiver.wait_for(|now| *now >= end).await.is_err() {
                // Nobody can move it any more.
                std::future::pending::<()>().await;
            }
        })
    }
}
