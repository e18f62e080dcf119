//! What is refused in one environment: to be looked up, and cut into the chunks of the feed.
//!
//! Entries lie in buckets by the four hours in which they end, so that what has ended goes as a whole: the wider a bucket,
//! the fewer chunks a head must name, and the longer what has ended lies about. A bucket is a log
//! that only grows, cut from its start into chunks of 4096 lines and, for what is left, of ever smaller powers of two. One
//! more entry makes one new chunk, and joins chunks of equal size as adding one carries digits in binary: all others stay
//! as they are, byte for byte, and so do the hashes that they are found by. Nodes that hold the same entries have the same
//! chunks, however they came by them.
//!
//! By its types an entry takes about 70 bytes: 26 as its line, 24 to 48 to be looked up. With what loading leaves behind it
//! is about 140, so long as a database's rows are taken in by small pages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use jeton_core::Timestamp;
use jeton_core::id::{Handle, TokenId};
use jeton_core::key_life::CLOCK_SKEW;
use jeton_core::revocation::{Rev, Revocation, RevokedTokens};

/// How much time shares a bucket.
const BUCKET: Duration = Duration::from_hours(4);

/// How long after its end a bucket goes.
const AFTER_END: Duration = Duration::from_mins(5);

/// The most lines of one chunk, a power of two.
const MOST_LINES: usize = 4096;

/// What is refused in one environment.
#[derive(Debug, Default)]
pub(crate) struct Log(BTreeMap<i64, Bucket>);

/// What ends within one such time.
#[derive(Debug, Default)]
struct Bucket {
    chunks: Vec<Chunk>,
    tokens: BTreeSet<Fingerprint>,
    generations: BTreeMap<Handle, i64>,
}

/// What stands for a token's id: half of its hash, which is smaller than the id.
type Fingerprint = [u8; 16];

/// Some lines of the feed.
#[derive(Debug)]
pub(crate) struct Chunk {
    lines: usize,
    text: Bytes,
    /// Once somebody asked.
    hash: OnceLock<Box<str>>,
}

impl Log {
    /// Adds what came after all that is there, in the order of the store.
    pub(crate) fn append(&mut self, revocation: &Revocation) {
        let bucket = self.0.entry(bucket_of(revocation.expires)).or_default();
        bucket.push(Chunk::new(1, line(revocation).into()));
        match &revocation.which {
            RevokedTokens::One(jti) => drop(bucket.tokens.insert(fingerprint(jti))),
            RevokedTokens::Below(generation) => {
                let known = bucket.generations.entry(revocation.handle.clone()).or_insert(*generation);
                *known = (*known).max(*generation);
            }
        }
    }

    /// Whether this token is refused.
    pub(crate) fn refuses(&self, jti: &TokenId, rev: &Rev) -> bool {
        let fingerprint = fingerprint(jti);
        self.0.values().any(|bucket| {
            bucket.tokens.contains(&fingerprint)
                || bucket.generations.get(&rev.handle).is_some_and(|below| rev.generation < *below)
        })
    }

    /// Lets go of the buckets that ended long enough before `now`.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        let first = bucket_of(first_kept(now));
        if self.0.keys().next().is_some_and(|oldest| *oldest < first) {
            self.0 = self.0.split_off(&first);
        }
    }

    /// All chunks, in order.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        self.0.values().flat_map(|bucket| &bucket.chunks)
    }

    /// How many entries there are, and how many bytes the feed has of them.
    pub(crate) fn size(&self) -> (usize, usize) {
        self.chunks().fold((0, 0), |(lines, bytes), chunk| (lines + chunk.lines, bytes + chunk.text.len()))
    }
}

/// What ends before this is let go of at `now`, by whole buckets.
pub(crate) fn first_kept(now: Timestamp) -> Timestamp {
    now.minus(AFTER_END)
}

/// The number of the bucket.
pub(crate) fn bucket_of(expires: Timestamp) -> i64 {
    expires.0.div_euclid(i64::try_from(BUCKET.as_micros()).unwrap_or(i64::MAX))
}

/// Before when no node holds anything at `now`, even if its clock is behind: what ended then may leave the store. Had it
/// gone sooner, a node that starts would cut other chunks than the rest.
pub(crate) fn held_by_nobody(now: Timestamp) -> Timestamp {
    let bucket = bucket_of(first_kept(now.minus(CLOCK_SKEW)));
    Timestamp(bucket.saturating_mul(i64::try_from(BUCKET.as_micros()).unwrap_or(i64::MAX)))
}

impl Bucket {
    fn push(&mut self, mut chunk: Chunk) {
        while chunk.lines < MOST_LINES
            && let Some(before) = self.chunks.pop_if(|last| last.lines == chunk.lines)
        {
            chunk = before.joined(&chunk);
        }
        self.chunks.push(chunk);
    }
}

impl Chunk {
    fn new(lines: usize, text: Bytes) -> Self {
        Self { lines, text, hash: OnceLock::new() }
    }

    fn joined(&self, next: &Self) -> Self {
        Self::new(self.lines + next.lines, [&*self.text, &*next.text].concat().into())
    }

    /// The lines, each with its end.
    pub(crate) fn text(&self) -> &Bytes {
        &self.text
    }

    /// What it is found by: base64url of the text's SHA-256.
    pub(crate) fn hash(&self) -> &str {
        self.hash.get_or_init(|| URL_SAFE_NO_PAD.encode(jeton_jose::sha256(&self.text)).into())
    }
}

/// Ids and handles are base64url, so neither holds a space or a line's end.
fn line(revocation: &Revocation) -> String {
    match &revocation.which {
        RevokedTokens::One(jti) => format!("t {jti}\n"),
        RevokedTokens::Below(generation) => format!("g {} {generation}\n", revocation.handle),
    }
}

fn fingerprint(jti: &TokenId) -> Fingerprint {
    let [half @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
        jeton_jose::sha256(jti.as_str().as_bytes());
    half
}

#[cfg(test)]
mod tests;
