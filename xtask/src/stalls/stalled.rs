//! Connections that stall, held by one thread.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::process::Outcome;

/// What they send, before they send no more.
const SENT: [&str; 3] = [
    "",
    "POST /oauth/v2/token HTTP/1.1\r\nHost: loc",
    "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
     Content-Length: 40\r\n\r\ngrant_type=client_cr",
];

/// In how many bursts they are opened, and how long from one to the next: over as long as the server waits for each, so
/// that they do not all end at once.
const BURSTS: usize = 5000;
const TICK: Duration = Duration::from_millis(2);

/// A number of them, which is kept up.
pub(super) struct Stalled {
    stop: Sender<()>,
    closed: Arc<AtomicUsize>,
    holder: JoinHandle<Outcome>,
}

impl Stalled {
    /// Opens them, which takes ten seconds.
    pub(super) fn open(address: &str, number: usize) -> Outcome<Self> {
        let (stop, stopped) = channel();
        let (full, is_full) = channel();
        let closed = Arc::new(AtomicUsize::new(0));
        let holder = thread::spawn({
            let (address, closed) = (address.to_owned(), Arc::clone(&closed));
            move || hold(&address, number, &closed, full, &stopped)
        });
        let this = Self { stop, closed, holder };
        match is_full.recv() {
            Ok(()) => Ok(this),
            // It has ended, and says why.
            Err(_) => this.close().and(Err("the stalled connections ended".to_owned())),
        }
    }

    /// How many the server has closed until now.
    pub(super) fn closed(&self) -> usize {
        self.closed.load(Ordering::Relaxed)
    }

    /// Closes them.
    pub(super) fn close(self) -> Outcome {
        drop(self.stop);
        self.holder.join().map_err(|_| "the thread of the stalled connections ended early")?
    }
}

/// The server waits for each as long, so they end in the order in which they were opened: only the first has to be
/// looked at.
fn hold(
    address: &str,
    number: usize,
    closed: &AtomicUsize,
    full: Sender<()>,
    stopped: &Receiver<()>,
) -> Outcome {
    let (mut connections, mut opened, mut full) = (VecDeque::with_capacity(number), 0, Some(full));
    let mut open = || {
        opened += 1;
        stall(address, SENT[opened % SENT.len()]).map_err(|why| format!("{address}: {why}"))
    };
    loop {
        while connections.front_mut().is_some_and(has_ended) {
            connections.pop_front();
            connections.push_back(open()?);
            closed.fetch_add(1, Ordering::Relaxed);
        }
        for _ in connections.len()..number.min(connections.len() + number.div_ceil(BURSTS)) {
            connections.push_back(open()?);
        }
        if connections.len() == number {
            // It is waited for once.
            let _told = full.take().map(|full| full.send(()));
        }
        if stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Disconnected) {
            return Ok(());
        }
    }
}

fn stall(address: &str, sent: &str) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(sent.as_bytes())?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

/// Whether the server has closed it, or answered and is about to.
fn has_ended(stream: &mut TcpStream) -> bool {
    !stream.read(&mut [0; 512]).is_err_and(|why| why.kind() == ErrorKind::WouldBlock)
}
