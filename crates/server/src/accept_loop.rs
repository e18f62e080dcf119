//! Listening, accepting, and a graceful end.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::app::App;
use crate::config::ListenAddress;
use crate::connection;

/// How long to wait after a failed accept, which is lack of descriptors as a rule: asking again at once would
/// spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listener that has its port.
#[derive(Debug)]
pub struct BoundListener {
    listener: TcpListener,
    /// Where it really listens, and what it is bound to.
    pub at: ListenAddress,
}

/// Why there is no listening at an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {why}. Choose another address with --listen")]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// Why.
    pub why: std::io::Error,
}

/// Takes the ports, all or none.
pub async fn bind(addresses: &[ListenAddress]) -> Result<Vec<BoundListener>, ListenError> {
    let mut bound = Vec::with_capacity(addresses.len());
    for wanted in addresses {
        let failed = |why| ListenError { address: wanted.address, why };
        let listener = TcpListener::bind(wanted.address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let at = ListenAddress { environment: wanted.environment.clone(), address };
        bound.push(BoundListener { listener, at });
    }
    Ok(bound)
}

/// An app with its sockets.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    listeners: Vec<BoundListener>,
}

impl Server {
    /// Puts them together.
    pub fn new(app: Arc<App>, listeners: Vec<BoundListener>) -> Self {
        Self { app, listeners }
    }

    /// Serves until `stop`; then takes no new connection, and gives the requests in flight
    /// [`Limits::drain`](crate::Limits::drain) to be answered.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(false);
        let connections = self.app.limits().connections;
        let permits = usize::try_from(connections).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let permits = Arc::new(Semaphore::new(permits));
        let mut loops = JoinSet::new();
        for listener in self.listeners {
            let app = Arc::clone(&self.app);
            loops.spawn(accept(app, listener, Arc::clone(&permits), stopped.clone()));
        }
        stop.await;
        // Nobody receives only if every loop has ended, and then there is nothing to say.
        let _ = stopping.send(true);
        while loops.join_next().await.is_some() {}
        // Every connection holds one, so whoever has all of them knows that none is left.
        let all_ended = permits.acquire_many(connections);
        if tokio::time::timeout(self.app.limits().drain, all_ended).await.is_err() {
            tracing::warn!("requests were still in flight at the end of the drain time");
        }
    }
}

async fn accept(
    app: Arc<App>,
    BoundListener { listener, at }: BoundListener,
    permits: Arc<Semaphore>,
    mut stopped: watch::Receiver<bool>,
) {
    let bound = at
        .environment
        .and_then(|name| app.environments().iter().position(|environment| environment.name == name));
    loop {
        let next = async {
            // The semaphore is never closed.
            let permit = Arc::clone(&permits).acquire_owned().await.expect("the semaphore is open");
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            next = next => next,
            _ = stopped.changed() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (app, stopped) = (Arc::clone(&app), stopped.clone());
                tokio::spawn(async move {
                    connection::serve(app, stream, peer, bound, stopped).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
