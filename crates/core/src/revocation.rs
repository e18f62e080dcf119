//! Tokens that are refused before they expire (DESIGN.md, "Revocation"): no row for each token, only for those revoked.
//!
//! One token is revoked by its id. All of a credential's are by its generation, which their `rev` says: it was raised, and
//! theirs is below. No clocks are compared.

use std::str::FromStr;
use std::time::Duration;

use crate::id::{EnvironmentName, Handle, TokenId};
use crate::model::Sequence;
use crate::time::Timestamp;

/// How many tokens of one credential may be revoked by their ids at a time. The next one revokes all of them.
pub const MAX_REVOKED_TOKENS: u32 = 100;

/// How often that may happen within [`KEEP_GENERATION`], so that no client fills the store.
pub const MAX_RAISED_BY_TOKENS: u32 = 100;

/// The longest life that configuration gives a token.
pub const MAX_TOKEN_LIFETIME: Duration = Duration::from_hours(24);

/// How much longer than a token's life a record of it is kept: nodes and verifiers may be behind, and clocks differ.
pub const MARGIN: Duration = Duration::from_mins(15);

/// How long a raised generation is kept: until the last token below it has expired everywhere.
pub const KEEP_GENERATION: Duration = Duration::from_mins(24 * 60 + 15);

/// How long after its end a record stays in the store, so that a node that starts knows of every record that others
/// still publish.
pub const KEEP_EXPIRED: Duration = Duration::from_hours(1);

/// What is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Where.
    pub environment: EnvironmentName,
    /// Whose tokens.
    pub handle: Handle,
    /// Which of them.
    pub which: RevokedTokens,
    /// In which commit that was said.
    pub sequence: Sequence,
    /// From when on none of them is left.
    pub expires: Timestamp,
}

/// Which tokens of a credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RevokedTokens {
    /// This one.
    One(TokenId),
    /// Every one of a lower generation.
    Below(i64),
}

/// What was revoked after some commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocations {
    /// The last commit.
    pub sequence: Sequence,
    /// In order of commit, handle, id and generation. Whole commits; fewer than there are where a limit was reached.
    pub rows: Vec<Revocation>,
}

/// Whose a token is and of which generation, as its `rev` claim says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rev {
    /// The credential's handle.
    pub handle: Handle,
    /// Its generation when the token was issued.
    pub generation: i64,
}

/// No `rev` claim of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a handle, a dot and a generation")]
pub struct MalformedRev;

impl FromStr for Rev {
    type Err = MalformedRev;

    fn from_str(text: &str) -> Result<Self, MalformedRev> {
        let (handle, generation) = text.split_once('.').ok_or(MalformedRev)?;
        let digits = !generation.is_empty() && generation.bytes().all(|byte| byte.is_ascii_digit());
        match (handle.parse(), generation.parse()) {
            (Ok(handle), Ok(generation)) if digits => Ok(Self { handle, generation }),
            _ => Err(MalformedRev),
        }
    }
}
