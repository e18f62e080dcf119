//! What a service manager is told (systemd's `Type=notify`). Where none asked, by `NOTIFY_SOCKET`, nothing happens.
//!
//! There is no watchdog. A ping from the runtime would go on where requests hang, and one that waits for a request of
//! our own would have a server ended that is merely busy, with everybody's connections. Whether tokens are issued is
//! seen from outside: `jeton health`, `/readyz` and the metrics.

use sd_notify::NotifyState;

/// It serves; `status` is shown to whoever asks the service manager.
pub(crate) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// It was told to stop.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("answers the requests in flight")]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be told how this server is");
    }
}
