//! The audit log: the rows of `changes` as auditors read them, and the chain that shows whether somebody touched them.
//!
//! Each row's digest is an HMAC, under the audit key, of the digest before it and of every column of the row. The key is
//! sealed under the master key, so that who holds the database alone can make no digest. What that proves and what it
//! does not stands in `docs/audit.md`; why it is so, in `docs/adr/0023-audit-chain.md`.
//!
//! Where to look: [`AuditRow`] and its canonical bytes here, [`AuditKey`] in `audit/key.rs`, the walk from base to head in
//! `audit/walk.rs`, checkpoints in `audit/checkpoint.rs`.
//!
//! To add a column to `changes`: a field of [`AuditRow`], and its place at the end of [`AuditRow::canonical`], for rows
//! that have a value there alone, so that the digests of earlier rows still hold.

mod checkpoint;
mod key;
mod walk;

use crate::master_key::Sealed;
use crate::model::Sequence;
use crate::time::Timestamp;

pub use checkpoint::{Checkpoint, CheckpointError, MAX_CHECKPOINT_BYTES, SignatureFinding, TYP};
pub use key::{AUDIT_KEY_CONTEXT, AuditKey, new_audit_key};
pub use walk::{AuditReport, CheckpointFinding, Finding, Walk};

/// An HMAC-SHA-256.
pub type Digest = [u8; 32];

/// Where a row stands: in which commit, and at which place of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The commit.
    pub sequence: Sequence,
    /// The place, from 0. A base may stand before the first, at -1.
    pub position: i64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.sequence.0, self.position)
    }
}

/// A row of `changes`, as it is stored. Words and ids are texts here: a row that somebody touched is shown too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Where it stands.
    pub at: Position,
    /// When.
    pub time: Timestamp,
    /// Who.
    pub actor: String,
    /// From where, if over a network.
    pub address: Option<String>,
    /// In which request, if in one.
    pub request_id: Option<String>,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// What.
    pub kind: String,
    /// In which environment, if in one.
    pub environment: Option<String>,
    /// To which company, if to one.
    pub company: Option<String>,
    /// To what.
    pub target: String,
    /// What came of it.
    pub outcome: String,
    /// Whether it made what was read before useless: 0 or 1, as it is stored.
    pub invalidates: i64,
    /// Its place in the chain; empty where it has none, as an earlier version wrote it.
    pub digest: Vec<u8>,
}

impl AuditRow {
    /// All of the row but its digest, as bytes that no other row has: each column is told by whether it is there, by its
    /// length and by its value, in a fixed order.
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        for number in [self.at.sequence.0, self.at.position, self.time.0, self.invalidates] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        let texts = [
            Some(&self.actor),
            self.address.as_ref(),
            self.request_id.as_ref(),
            self.reason.as_ref(),
            Some(&self.kind),
            self.environment.as_ref(),
            self.company.as_ref(),
            Some(&self.target),
            Some(&self.outcome),
        ];
        for text in texts {
            let Some(text) = text else {
                bytes.push(0);
                continue;
            };
            bytes.push(1);
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }
}

/// Where the chain begins. It moves on when old rows are purged: then it is the last row that went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    /// The last row that is not in the chain, or no more.
    pub at: Position,
    /// The time of that row.
    pub time: Timestamp,
    /// What the first digest is made over.
    pub digest: Digest,
}

/// The row of `audit_chain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredChain {
    /// The audit key.
    pub key: Sealed,
    /// The last row of the chain.
    pub head: Position,
    /// Its digest.
    pub head_digest: Digest,
    /// Where it begins.
    pub base: Base,
    /// What the audit key makes of the base.
    pub base_mac: Digest,
}

/// Which rows to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Those of this time and later.
    pub since: Option<Timestamp>,
    /// Those before this time.
    pub until: Option<Timestamp>,
    /// Those of this actor; of all actors that begin so, where it ends with a colon, such as `operator:`.
    pub actor: Option<String>,
    /// Those of this kind.
    pub kind: Option<String>,
    /// Those about this target.
    pub target: Option<String>,
    /// Those in this environment.
    pub environment: Option<String>,
    /// Those about this company.
    pub company: Option<String>,
    /// Those with this outcome.
    pub outcome: Option<String>,
}

/// In which order rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// As they were written.
    OldestFirst,
    /// The other way round.
    #[default]
    NewestFirst,
}
