//! Listening, accepting, and a graceful end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::app::App;
use crate::config::ListenAddress;
use crate::connection::{self, Terms};
use crate::routes::Door;
use crate::stopped;
use crate::tls::Certificates;

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
#[error("cannot listen on {address}: {why}. Choose another address with {option}")]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// What gives another one.
    pub option: &'static str,
    /// Why.
    pub why: io::Error,
}

/// Takes the ports, all or none.
pub async fn bind(addresses: &[ListenAddress]) -> Result<Vec<BoundListener>, ListenError> {
    let mut bound = Vec::with_capacity(addresses.len());
    for wanted in addresses {
        bound.push(bind_one(wanted, "--listen").await?);
    }
    Ok(bound)
}

/// Takes the port of the management listener.
pub async fn bind_management(address: SocketAddr) -> Result<BoundListener, ListenError> {
    bind_one(&ListenAddress { environment: None, address }, "--management-listen").await
}

async fn bind_one(wanted: &ListenAddress, option: &'static str) -> Result<BoundListener, ListenError> {
    let failed = |why| ListenError { address: wanted.address, option, why };
    let listener = TcpListener::bind(wanted.address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let at = ListenAddress { environment: wanted.environment.clone(), address };
    Ok(BoundListener { listener, at })
}

/// An app with its sockets.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    listeners: Vec<BoundListener>,
    certificates: Option<Certificates>,
    door: Door,
}

impl Server {
    /// Puts them together. With certificates, every listener speaks TLS and nothing else.
    pub fn new(app: Arc<App>, listeners: Vec<BoundListener>, certificates: Option<Certificates>) -> Self {
        Self { app, listeners, certificates, door: Door::Public }
    }

    /// The management listener, in plain HTTP. It has a limit on connections of its own, so that whoever fills the
    /// public ones does not blind those who watch, and is to be stopped after the public server has ended.
    pub fn management(app: Arc<App>, listener: BoundListener) -> Self {
        Self { app, listeners: vec![listener], certificates: None, door: Door::Management }
    }

    /// Serves until `stop`; then is no longer ready, and after [`Limits::stop_delay`](crate::Limits::stop_delay) takes
    /// no new connection, and gives the requests in flight [`Limits::drain`](crate::Limits::drain) to be answered.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { app, listeners, certificates, door } = self;
        let limits = *app.limits();
        let (stopping, stopped) = stopped::channel();
        let most = usize::try_from(limits.connections).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let permits = Arc::new(Semaphore::new(most));
        let mut loops = JoinSet::new();
        for BoundListener { listener, at } in listeners {
            let bound =
                at.environment.and_then(|name| app.environments().iter().position(|one| one.name == name));
            let tls = certificates.as_ref().map(Certificates::acceptor);
            let terms = Terms { app: Arc::clone(&app), bound, door, tls, stopped: stopped.clone() };
            loops.spawn(accept(listener, terms, Arc::clone(&permits)));
        }
        let mut following = JoinSet::new();
        following.extend(certificates.map(Certificates::follow));
        stop.await;
        if door == Door::Public {
            app.begin_stopping();
            tokio::time::sleep(limits.stop_delay).await;
        }
        stopping.stop();
        while loops.join_next().await.is_some() {}
        // Every connection holds one, so whoever has all of them knows that none is left.
        let all_ended = permits.acquire_many(limits.connections);
        if tokio::time::timeout(limits.drain, all_ended).await.is_err() {
            tracing::warn!("requests were still in flight at the end of the drain time");
        }
    }
}

/// Takes connections until the server is stopped. One that is more than may be is taken, and waits for a place; those
/// after it wait in the system's own queue.
async fn accept(listener: TcpListener, terms: Terms, permits: Arc<Semaphore>) {
    let mut stopped = terms.stopped.clone();
    let mut failing = false;
    loop {
        let next = async {
            let (stream, peer) = listener.accept().await?;
            // The semaphore is never closed.
            let permit = Arc::clone(&permits).acquire_owned().await.expect("the semaphore is open");
            Ok::<_, io::Error>((stream, peer, permit))
        };
        let next = tokio::select! {
            next = next => next,
            () = stopped.told() => return,
        };
        match next {
            Ok((stream, peer, permit)) => {
                failing = false;
                let terms = terms.clone();
                let open = terms.app.metrics().connections.accepted(terms.door);
                tokio::spawn(async move {
                    connection::serve(terms, stream, peer).await;
                    drop((permit, open));
                });
            }
            // It was gone before it was taken: nothing is wrong with the next one.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                terms.app.metrics().connections.failed(terms.door);
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(%error, "connections cannot be accepted for now");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
