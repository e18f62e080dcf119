//! Why a text is not strict JSON.

use super::MAX_DEPTH;
use std::fmt;

/// Why a text was refused. The variants are stable; `Display` is for people and prints nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not UTF-8 (RFC 8259 section 8.1).
    #[error("not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// The number of good bytes before the first bad one.
        offset: usize,
    },
    /// A byte-order mark at the start (RFC 8259 section 8.1 forbids to send one).
    #[error("starts with a byte-order mark")]
    ByteOrderMark,
    /// Not the grammar of RFC 8259, or cut short.
    #[error("not JSON at line {line}, column {column}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted in bytes from 1; 0 is the end of the line before.
        column: usize,
    },
    /// Something other than white space after the value.
    #[error("something follows the JSON value")]
    Trailing,
    /// An object has two members of one name, escapes resolved.
    #[error("an object has two members of the same name")]
    Duplicate {
        /// The name, which may be a secret in the wrong place: see [`MemberName`].
        name: MemberName,
        /// How many arrays and objects stand around that object: 0 is the outermost value itself.
        depth: usize,
    },
    /// A `\u` escape, in a name or a string, that is half of a surrogate pair.
    #[error("a string holds half of a surrogate pair")]
    UnpairedSurrogate,
    /// More than [`MAX_DEPTH`] arrays and objects inside each other.
    #[error("nested deeper than {MAX_DEPTH}")]
    TooDeep,
}

/// The name of a member as the sender wrote it. `Debug` hides it and there is no `Display`: a name that nobody
/// knows may be a secret that was pasted in the wrong place. Compare it with the names that you know.
#[derive(Clone, PartialEq, Eq)]
pub struct MemberName(Box<str>);

impl MemberName {
    pub(super) fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name itself. Never log or answer it unless it equals a name of your own.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MemberName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemberName(..)")
    }
}
