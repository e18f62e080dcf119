//! Readers of the feed, which check nothing: the server's part is measured.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::measure::http::Connection;
use crate::measure::now;
use crate::process::Outcome;

const HEAD: &str = "/oauth/v2/revocations";

/// Somebody who keeps up with the feed.
pub(super) struct Reader {
    connection: Connection,
    known: BTreeSet<String>,
}

/// What one poll took.
pub(super) struct Polled {
    pub(super) requests: u64,
    /// With the headers.
    pub(super) bytes: u64,
    /// Of the head's body.
    pub(super) head: u64,
    /// That the head names.
    pub(super) chunks: usize,
    /// In milliseconds, all requests together.
    pub(super) took: f64,
}

impl Reader {
    pub(super) fn open(address: &str) -> Outcome<Self> {
        Ok(Self { connection: Connection::open(address)?, known: BTreeSet::new() })
    }

    /// Asks for the head and for what it names and is not known. A chunk that was superseded meanwhile comes with the
    /// next head.
    pub(super) fn poll(&mut self) -> Outcome<Polled> {
        let head = self.connection.get(HEAD)?;
        if head.status != 200 {
            return Err(format!("the head is answered with {}", head.status));
        }
        let named = chunks(&head.body).ok_or("the head names no chunks")?;
        let length = u64::try_from(head.body.len()).unwrap_or(u64::MAX);
        let mut polled =
            Polled { requests: 1, bytes: head.bytes, head: length, chunks: named.len(), took: head.took };
        let mut known = BTreeSet::new();
        for hash in named {
            if !self.known.contains(&hash) {
                let chunk = self.connection.get(&format!("{HEAD}/{hash}"))?;
                polled.requests += 1;
                polled.bytes += chunk.bytes;
                polled.took += chunk.took;
                match chunk.status {
                    200 => {}
                    404 => continue,
                    other => return Err(format!("a chunk is answered with {other}")),
                }
            }
            known.insert(hash);
        }
        self.known = known;
        polled.took /= 1e6;
        Ok(polled)
    }
}

/// Many of them.
pub(super) struct Readers(Vec<Mutex<Reader>>);

impl Readers {
    pub(super) fn open(address: &str, number: usize) -> Outcome<Self> {
        (0..number).map(|_| Reader::open(address).map(Mutex::new)).collect::<Outcome<_>>().map(Self)
    }

    /// All at the same time.
    pub(super) fn poll_once(&self) -> Outcome<Vec<Polled>> {
        self.each(|_, reader| Ok(vec![reader.poll()?]))
    }

    /// All once a second, evenly spread over it.
    pub(super) fn poll_every_second(&self, lasts: Duration) -> Outcome<Vec<Polled>> {
        let (start, second) = (now(), Duration::from_secs(1));
        let number = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.each(|at, reader| {
            let mut due = start + second * u32::try_from(at).unwrap_or(u32::MAX) / number;
            let mut polled = Vec::new();
            while due < start + lasts {
                thread::sleep(due.saturating_duration_since(now()));
                polled.push(reader.poll()?);
                due += second;
            }
            Ok(polled)
        })
    }

    fn each(&self, work: impl Fn(usize, &mut Reader) -> Outcome<Vec<Polled>> + Sync) -> Outcome<Vec<Polled>> {
        let one = |at, reader: &Mutex<Reader>| {
            let mut reader = reader.lock().map_err(|_| "a reader ended early")?;
            work(at, &mut reader)
        };
        let one = &one;
        let parts: Outcome<Vec<Vec<Polled>>> = thread::scope(|scope| {
            let threads: Vec<_> =
                self.0.iter().enumerate().map(|(at, reader)| scope.spawn(move || one(at, reader))).collect();
            threads
                .into_iter()
                .map(|part| part.join().map_err(|_| "a reader's thread ended early")?)
                .collect()
        });
        Ok(parts?.into_iter().flatten().collect())
    }
}

/// The hashes in the payload of a head.
fn chunks(head: &str) -> Option<Vec<String>> {
    let payload = decode(head.split('.').nth(1)?)?;
    let list = payload.split_once("\"chunks\":[")?.1.split_once(']')?.0;
    Some(
        list.split(',')
            .map(|hash| hash.trim_matches('"').to_owned())
            .filter(|hash| !hash.is_empty())
            .collect(),
    )
}

/// Base64url, from a server that is trusted to write it.
fn decode(text: &str) -> Option<String> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut held) = (0_u32, 0);
    for digit in text.bytes() {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        bits = (bits << 6 | u32::try_from(value).ok()?) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xFF).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_chunks_of_a_head_are_found() {
        // {"seq":1,"chunks":["a-_","b"]}
        let head = "e30.eyJzZXEiOjEsImNodW5rcyI6WyJhLV8iLCJiIl19.c2ln";
        assert_eq!(super::chunks(head).unwrap_or_default(), ["a-_", "b"]);
    }
}
