//! What the revocation feed of an issuer says, in memory: `docs/revocation.md` is its format.
//!
//! A [`RevocationChunk`] is a piece of the feed, read once; a [`RevocationSet`] is all that is in force, made of its
//! chunks. Names in the form that Jeton's have, 22 characters of base64url, are kept as the 16 bytes that they mean.
//!
//! A further kind of line is an arm in `RevocationChunk::line`; readers of before pass over it.

use crate::revocations::{MAX_NAME_BYTES, Revision, generation, is_handle};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::collections::HashMap;
use std::fmt;

/// The largest chunk that is read, in bytes.
pub const MAX_CHUNK_BYTES: usize = 256 * 1024;

/// The most lines in a chunk.
pub const MAX_CHUNK_LINES: usize = 4096;

/// A chunk of the feed. It is content, not proof: that its hash is one that the issuer signed is the caller's to check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevocationChunk {
    tokens: Vec<Name>,
    generations: Vec<(Name, u64)>,
}

impl RevocationChunk {
    /// Reads lines of `t JTI` and `g HANDLE GENERATION`. Lines that begin with another word are passed over; one that
    /// begins with these and is not such a line makes the whole chunk nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, ChunkError> {
        if bytes.len() > MAX_CHUNK_BYTES {
            return Err(ChunkError::TooLarge);
        }
        let lines = bytes.strip_suffix(b"\n").ok_or(ChunkError::Unterminated)?.split(|byte| *byte == b'\n');
        let mut chunk = Self::default();
        for (count, line) in lines.enumerate() {
            if count == MAX_CHUNK_LINES {
                return Err(ChunkError::TooManyLines);
            }
            chunk.line(line).ok_or(ChunkError::Line)?;
        }
        Ok(chunk)
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.tokens.len() + self.generations.len()
    }

    /// Whether it says nothing that is understood here.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn line(&mut self, line: &[u8]) -> Option<()> {
        let mut words = line.split(|byte| *byte == b' ');
        match (words.next()?, words.next(), words.next(), words.next()) {
            (b"t", Some(jti), None, None) if is_jti(jti) => self.tokens.push(Name::of(jti)),
            (b"g", Some(handle), Some(digits), None) if is_handle(handle) => {
                self.generations.push((Name::of(handle), generation(digits)?));
            }
            (b"t" | b"g" | b"", ..) => return None,
            _ => {}
        }
        Some(())
    }
}

fn is_jti(text: &[u8]) -> bool {
    (1..=MAX_NAME_BYTES).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic)
}

/// Why bytes are no chunk. Nothing of them is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// Larger than [`MAX_CHUNK_BYTES`].
    #[error("the chunk is larger than {MAX_CHUNK_BYTES} bytes")]
    TooLarge,
    /// More than [`MAX_CHUNK_LINES`].
    #[error("the chunk has more than {MAX_CHUNK_LINES} lines")]
    TooManyLines,
    /// The last line has no end: there was more of it.
    #[error("the chunk's last line has no end")]
    Unterminated,
    /// A line of a known kind that is not of its form.
    #[error("a line of the chunk is malformed")]
    Line,
}

/// All that is revoked. Looking up allocates nothing.
#[derive(Clone, Default)]
pub struct RevocationSet {
    tokens: Names<()>,
    /// The least generation of each credential that is not revoked.
    generations: Names<u64>,
}

impl RevocationSet {
    /// What these chunks say together. Where they name a credential twice, the later generation counts.
    pub fn of<'a>(chunks: impl IntoIterator<Item = &'a RevocationChunk>) -> Self {
        let mut set = Self::default();
        for RevocationChunk { tokens, generations } in chunks {
            for token in tokens {
                set.tokens.entry(token, ());
            }
            for (handle, generation) in generations {
                let least = set.generations.entry(handle, *generation);
                *least = (*least).max(*generation);
            }
        }
        set
    }

    /// Whether a token is revoked: itself, or with all others of its credential's generation.
    pub fn contains(&self, jti: &str, revision: Option<Revision<'_>>) -> bool {
        self.tokens.get(jti).is_some()
            || revision.is_some_and(|Revision { handle, generation }| {
                self.generations.get(handle).is_some_and(|least| generation < *least)
            })
    }

    /// How many tokens and credentials it names.
    pub fn len(&self) -> usize {
        self.tokens.len() + self.generations.len()
    }

    /// Whether nothing is revoked.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Prints how much there is.
impl fmt::Debug for RevocationSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tokens, credentials) = (self.tokens.len(), self.generations.len());
        f.debug_struct("RevocationSet").field("tokens", &tokens).field("credentials", &credentials).finish()
    }
}

/// The id of a token, or the handle of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Short([u8; 16]),
    Other(Box<str>),
}

impl Name {
    /// Of visible ASCII.
    fn of(text: &[u8]) -> Self {
        short(text).map_or_else(|| Self::Other(String::from_utf8_lossy(text).into()), Self::Short)
    }
}

/// The bytes that a text means which is theirs and no other's. So two texts are never one name.
fn short(text: &[u8]) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    (length == bytes.len()).then_some(bytes)
}

#[derive(Clone)]
struct Names<V> {
    short: HashMap<[u8; 16], V>,
    other: HashMap<Box<str>, V>,
}

impl<V> Names<V> {
    fn get(&self, name: &str) -> Option<&V> {
        match short(name.as_bytes()) {
            Some(bytes) => self.short.get(&bytes),
            None => self.other.get(name),
        }
    }

    fn entry(&mut self, name: &Name, value: V) -> &mut V {
        match name {
            Name::Short(bytes) => self.short.entry(*bytes).or_insert(value),
            Name::Other(text) => self.other.entry(text.clone()).or_insert(value),
        }
    }

    fn len(&self) -> usize {
        self.short.len() + self.other.len()
    }
}

impl<V> Default for Names<V> {
    fn default() -> Self {
        Self { short: HashMap::new(), other: HashMap::new() }
    }
}
