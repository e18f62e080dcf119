//! The server on real sockets, at ports that the system chooses.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use jeton_server::config::ListenAddress;
use jeton_server::{App, Server, bind};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::given::id;

/// A server that listens, until it is stopped or the test ends.
#[derive(Debug)]
pub struct Listening {
    /// Where, in the order that was asked for.
    pub addresses: Vec<SocketAddr>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Listening {
    /// One listener for each of these, which is the environment that it is bound to, if any.
    pub(crate) async fn start(app: Arc<App>, bound_to: &[Option<&str>]) -> Self {
        let wanted: Vec<ListenAddress> = bound_to
            .iter()
            .map(|environment| ListenAddress {
                environment: environment.map(id),
                address: (Ipv4Addr::LOCALHOST, 0).into(),
            })
            .collect();
        let listeners = bind(&wanted).await.expect("there are free ports");
        let addresses = listeners.iter().map(|listener| listener.at.address).collect();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(Server::new(app, listeners, None).run(async move {
            // A test that ends drops the other end, which stops it too.
            let _ = stopped.await;
        }));
        Self { addresses, stop, running }
    }

    /// A connection to the first listener.
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addresses[0]).await.expect("the server listens")
    }

    /// Tells the server to stop, and gives what ends when it has.
    pub fn stop(self) -> JoinHandle<()> {
        // It may have ended by itself.
        let _ = self.stop.send(());
        self.running
    }
}
