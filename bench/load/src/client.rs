//! A connection that asks, one request at a time, and is opened again where it has to be.

use std::cell::RefCell;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, sleep_until, timeout};

use crate::arrivals::{Arrivals, now};
use crate::tally::{Answered, Tally};

/// How long to wait before a connection is tried again that could not be opened.
const PAUSE: Duration = Duration::from_millis(20);

/// Bytes of an answer: those of a token are about a thousand.
const LARGEST_ANSWER: usize = 16 * 1024;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) address: SocketAddr,
    pub(crate) requests: Vec<Vec<u8>>,
    pub(crate) timeout: Duration,
    pub(crate) slice: Option<Duration>,
    pub(crate) tally: RefCell<Tally>,
    pub(crate) arrivals: RefCell<Arrivals>,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Client {
    shared: Rc<Shared>,
    stream: Option<TcpStream>,
    read: Vec<u8>,
}

/// What matters of an answer.
struct Answer {
    status: u16,
    retry_after: Option<u32>,
    closes: bool,
}

impl Client {
    /// Opens it for the first time.
    pub(crate) async fn open(shared: Rc<Shared>) -> Result<Self> {
        let stream = Some(open(shared.address).await?);
        Ok(Self { shared, stream, read: Vec::with_capacity(2048) })
    }

    /// Takes arrivals until there are no more.
    pub(crate) async fn run(mut self) {
        let shared = Rc::clone(&self.shared);
        loop {
            let Some(stream) = &mut self.stream else {
                match timeout(shared.timeout, open(shared.address)).await {
                    Ok(Ok(stream)) => self.stream = Some(stream),
                    Ok(Err(_)) => {
                        shared.tally.borrow_mut().broken += 1;
                        sleep(PAUSE).await;
                    }
                    Err(_) => shared.tally.borrow_mut().timed_out += 1,
                }
                if shared.arrivals.borrow().are_over(now()) {
                    return;
                }
                continue;
            };
            let Some((number, due)) = shared.arrivals.borrow_mut().take(now()) else { return };
            if due > now() {
                sleep_until(due).await;
            }
            let sent = now();
            let answer =
                timeout(shared.timeout, exchange(stream, shared.request(number), &mut self.read)).await;
            let came = now();
            match answer {
                Ok(Ok(answer)) => {
                    let slice = shared.slice.map(|slice| {
                        (came - shared.arrivals.borrow().start()).as_micros() / slice.as_micros().max(1)
                    });
                    let Answer { status, retry_after, closes } = answer;
                    let answered = Answered {
                        status,
                        retry_after,
                        since_due: came - due,
                        since_sent: came - sent,
                        slice,
                    };
                    shared.tally.borrow_mut().answered(&answered);
                    if closes {
                        self.stream = None;
                    }
                }
                Ok(Err(_)) => {
                    shared.tally.borrow_mut().broken += 1;
                    self.stream = None;
                }
                Err(_) => {
                    shared.tally.borrow_mut().timed_out += 1;
                    self.stream = None;
                }
            }
        }
    }
}

impl Shared {
    /// Credentials far from each other, one after the other.
    fn request(&self, number: u64) -> &[u8] {
        let count = u64::try_from(self.requests.len()).unwrap_or(u64::MAX);
        let at = usize::try_from(number.wrapping_mul(7919) % count).unwrap_or(0);
        &self.requests[at]
    }
}

async fn open(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn exchange(stream: &mut TcpStream, request: &[u8], read: &mut Vec<u8>) -> Result<Answer> {
    stream.write_all(request).await?;
    read.clear();
    loop {
        if stream.read_buf(read).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if let Some((answer, length)) = head(read)?
            && read.len() >= length
        {
            return Ok(answer);
        }
        if read.len() > LARGEST_ANSWER {
            return Err(Error::other("no answer is as long"));
        }
    }
}

/// What the head says, and how long the whole answer is; nothing where the head is not complete.
fn head(read: &[u8]) -> Result<Option<(Answer, usize)>> {
    let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&read[..end]).map_err(Error::other)?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.get(9..12)?.parse().ok());
    let mut answer =
        Answer { status: status.ok_or_else(|| Error::other("no status"))?, retry_after: None, closes: false };
    let mut length = 0;
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().map_err(Error::other)?;
        } else if name.eq_ignore_ascii_case("retry-after") {
            answer.retry_after = value.parse().ok();
        } else if name.eq_ignore_ascii_case("connection") {
            answer.closes = value.eq_ignore_ascii_case("close");
        }
    }
    Ok(Some((answer, end + 4 + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_there() {
        let text = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nconnection: close\r\nContent-Length: 5\r\n\r\nhe";
        let (answer, length) = head(text).unwrap().unwrap();
        assert_eq!((answer.status, answer.retry_after, answer.closes), (503, Some(2), true));
        assert_eq!(length, text.len() + 3);
        assert!(head(&text[..30]).unwrap().is_none());
        assert!(head(b"HTTP/1.1 \r\n\r\n").is_err());
    }
}
