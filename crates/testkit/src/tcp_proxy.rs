//! A TCP proxy that a test puts between a node and its database, and tells to be slow, silent or gone.
//!
//! It has a thread of its own, so that tests of any kind can use it. What it does with bytes is a [`Mode`]; to add one,
//! add a variant and say in `pump` what becomes of a piece, and in `serve` what of a connection.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// What the proxy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It forwards.
    Pass,
    /// It forwards each piece so much later, each way.
    Delay(Duration),
    /// It takes connections, keeps those it has, and forwards nothing: what a network does that loses every packet of
    /// connections that stand. What was sent meanwhile arrives when it forwards again.
    Silent,
    /// It resets every connection, also each new one at once.
    Cut,
}

/// Where it leads.
#[derive(Debug, Clone)]
pub enum Target {
    /// An address.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// The proxy. It ends when this is dropped.
#[derive(Debug)]
pub struct TcpProxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    target: watch::Sender<Target>,
    accepted: Arc<AtomicU64>,
    /// Taken when this is dropped.
    runtime: Option<Runtime>,
}

impl TcpProxy {
    /// One that forwards, at a port that the system chooses.
    pub fn start(target: Target) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports");
        listener.set_nonblocking(true).expect("a listener need not block");
        let address = listener.local_addr().expect("it is bound");
        let (mode, modes) = watch::channel(Mode::Pass);
        let (target, targets) = watch::channel(target);
        let accepted = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&accepted);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("it does not block");
            loop {
                let Ok((client, _)) = listener.accept().await else { continue };
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(client, modes.clone(), targets.clone()));
            }
        });
        Self { address, mode, target, accepted, runtime: Some(runtime) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does this from now on, with the connections that it has too.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Leads new connections there.
    pub fn lead_to(&self, target: Target) {
        self.target.send_replace(target);
    }

    /// How many connections were opened to it until now, in every mode.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        // The owner may be a task of another runtime, which must not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// One connection, to its end.
async fn serve(client: TcpStream, mut modes: watch::Receiver<Mode>, targets: watch::Receiver<Target>) {
    // Whatever ends it here ends it by a reset, unless both sides have ended it in order.
    let _as_it_is = client.set_zero_linger();
    let _as_it_is = client.set_nodelay(true);
    let cut = wait(modes.clone(), |mode| mode == Mode::Cut);
    let forwarded = async {
        if modes.wait_for(|mode| *mode != Mode::Silent).await.is_err() {
            return;
        }
        let target = targets.borrow().clone();
        match target {
            Target::Tcp(address) => {
                let Ok(server) = TcpStream::connect(address).await else { return };
                let _as_it_is = server.set_zero_linger();
                let _as_it_is = server.set_nodelay(true);
                both_ways(client, server, modes).await;
            }
            Target::Unix(path) => {
                let Ok(server) = UnixStream::connect(path).await else { return };
                both_ways(client, server, modes).await;
            }
        }
    };
    tokio::select! {
        biased;
        () = cut => {}
        () = forwarded => {}
    }
}

async fn both_ways<A, B>(one: A, other: B, modes: watch::Receiver<Mode>)
where
    A: AsyncRead + AsyncWrite,
    B: AsyncRead + AsyncWrite,
{
    let (one_reads, one_writes) = tokio::io::split(one);
    let (other_reads, other_writes) = tokio::io::split(other);
    let there = pump(one_reads, other_writes, modes.clone());
    let back = pump(other_reads, one_writes, modes);
    // An error on one way ends both; an end in order waits for the other.
    let _how_it_ended = tokio::try_join!(there, back);
}

/// Forwards one way, until the end.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    modes: watch::Receiver<Mode>,
) -> std::io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut piece).await?;
        let mode = *modes.borrow();
        if let Mode::Delay(by) = mode {
            // Silence may begin meanwhile, and is waited for below; a faster mode makes what is under way no faster.
            tokio::time::sleep(by).await;
        }
        wait(modes.clone(), |mode| mode != Mode::Silent).await;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&piece[..read]).await?;
    }
}

/// Waits for such a mode; for ever, if the proxy is gone.
async fn wait(mut modes: watch::Receiver<Mode>, is: impl Fn(Mode) -> bool) {
    if modes.wait_for(|mode| is(*mode)).await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// How long a test waits for what must come, and for what must not.
    const PATIENCE: Duration = Duration::from_secs(30);
    const A_MOMENT: Duration = Duration::from_millis(100);

    /// Gives back all that it is sent, in another case.
    fn echo(reply: fn(&u8) -> u8) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    let mut piece = [0; 64];
                    while let Ok(read @ 1..) = stream.read(&mut piece) {
                        let answer: Vec<u8> = piece[..read].iter().map(reply).collect();
                        if stream.write_all(&answer).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        Target::Tcp(address)
    }

    fn connect(proxy: &TcpProxy) -> TcpStream {
        let stream = TcpStream::connect(proxy.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn ask(stream: &mut TcpStream, what: [u8; 4]) -> std::io::Result<[u8; 4]> {
        let mut answer = [0; 4];
        stream.write_all(&what)?;
        stream.read_exact(&mut answer)?;
        Ok(answer)
    }

    fn is_reset(stream: &mut TcpStream) -> bool {
        let error = stream.read(&mut [0; 4]).unwrap_err();
        error.kind() == ErrorKind::ConnectionReset
    }

    #[test]
    fn it_forwards_and_counts() {
        let proxy = TcpProxy::start(echo(u8::to_ascii_uppercase));
        for _ in 0..3 {
            assert_eq!(&ask(&mut connect(&proxy), *b"ping").unwrap(), b"PING");
        }
        assert_eq!(proxy.accepted(), 3);
    }

    #[test]
    fn an_end_in_order_is_forwarded() {
        let proxy = TcpProxy::start(echo(u8::to_ascii_uppercase));
        let mut stream = connect(&proxy);
        ask(&mut stream, *b"ping").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(stream.read(&mut [0; 4]).unwrap(), 0);
    }

    #[test]
    fn what_is_cut_is_reset_and_so_is_what_comes() {
        let proxy = TcpProxy::start(echo(u8::to_ascii_uppercase));
        let mut stream = connect(&proxy);
        ask(&mut stream, *b"ping").unwrap();
        proxy.set(Mode::Cut);
        assert!(is_reset(&mut stream));
        // The kernel opens it, and the proxy resets it.
        assert!(ask(&mut connect(&proxy), *b"ping").is_err());
        proxy.set(Mode::Pass);
        assert_eq!(&ask(&mut connect(&proxy), *b"ping").unwrap(), b"PING");
    }

    #[test]
    fn in_silence_nothing_comes_and_afterwards_everything() {
        let proxy = TcpProxy::start(echo(u8::to_ascii_uppercase));
        let mut old = connect(&proxy);
        ask(&mut old, *b"ping").unwrap();
        proxy.set(Mode::Silent);
        let mut new = connect(&proxy);
        for stream in [&mut old, &mut new] {
            stream.write_all(b"ping").unwrap();
            stream.set_read_timeout(Some(A_MOMENT)).unwrap();
            assert_eq!(stream.read(&mut [0; 4]).unwrap_err().kind(), ErrorKind::WouldBlock);
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        proxy.set(Mode::Pass);
        for stream in [&mut old, &mut new] {
            let mut answer = [0; 4];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"PING");
        }
    }

    #[test]
    fn silence_can_end_in_a_cut() {
        let proxy = TcpProxy::start(echo(u8::to_ascii_uppercase));
        let mut stream = connect(&proxy);
        ask(&mut stream, *b"ping").unwrap();
        proxy.set(Mode::Silent);
        proxy.set(Mode::Cut);
        assert!(is_reset(&mut stream));
    }

    #[test]
    fn each_way_is_delayed() {
        let proxy = TcpProxy::start(echo(u8::to_ascii_uppercase));
        proxy.set(Mode::Delay(A_MOMENT));
        let mut stream = connect(&proxy);
        stream.set_read_timeout(Some(A_MOMENT)).unwrap();
        stream.write_all(b"ping").unwrap();
        assert_eq!(
            stream.read(&mut [0; 4]).unwrap_err().kind(),
            ErrorKind::WouldBlock,
            "not within one delay"
        );
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"PING");
    }

    #[test]
    fn it_can_lead_elsewhere() {
        let proxy = TcpProxy::start(echo(u8::to_ascii_uppercase));
        let mut old = connect(&proxy);
        ask(&mut old, *b"Ping").unwrap();
        proxy.lead_to(echo(u8::to_ascii_lowercase));
        assert_eq!(&ask(&mut old, *b"Ping").unwrap(), b"PING");
        assert_eq!(&ask(&mut connect(&proxy), *b"Ping").unwrap(), b"ping");
    }
}
