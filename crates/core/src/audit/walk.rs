//! The walk from the chain's base to its head, row by row, in constant memory.

use super::{AuditKey, AuditRow, Checkpoint, Digest, Position, SignatureFinding, StoredChain};
use crate::time::Timestamp;

/// How many findings are told one by one. The rest is counted.
const TOLD: usize = 100;

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The first row where it shows.
    pub at: Position,
    /// What it is.
    pub what: &'static str,
}

/// What came of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointFinding {
    /// The history up to it is the one that it speaks of.
    Holds,
    /// The row that it speaks of was purged, so nothing can be compared any more: use a younger one.
    Purged,
    /// The history ends before it, or is another: it was rolled back or rewritten.
    Broken,
}

/// What a walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// Whether nothing was found.
    pub whole: bool,
    /// After which row the chain begins.
    pub base: Position,
    /// The time of that row.
    pub base_time: Timestamp,
    /// The chain's last row.
    pub head: Position,
    /// How many rows fit into the chain.
    pub rows: u64,
    /// How many rows stand outside of it: written by an earlier version of Jeton, or by hand.
    pub unchained: u64,
    /// The first of those.
    pub first_unchained: Option<Position>,
    /// What does not fit, at most 100 of them, the first ones.
    pub findings: Vec<Finding>,
    /// How many there are.
    pub found: u64,
    /// What came of the checkpoint, where one was given.
    pub checkpoint: Option<CheckpointFinding>,
    /// What came of its signature.
    pub signature: Option<SignatureFinding>,
    /// What nobody can find this way.
    pub cannot_find: Vec<&'static str>,
}

/// A walk that is under way.
#[derive(Debug)]
pub struct Walk {
    key: AuditKey,
    chain: StoredChain,
    checkpoint: Option<Checkpoint>,
    started: bool,
    beyond: Option<Position>,
    last: Position,
    digest: Digest,
    report: AuditReport,
}

impl Walk {
    /// A walk over this chain, of rows that are given oldest first, from the very first one that is stored.
    pub fn new(key: AuditKey, chain: StoredChain, checkpoint: Option<Checkpoint>) -> Self {
        let base = chain.base;
        let judged = checkpoint.map(|checkpoint| match checkpoint.at.cmp(&base.at) {
            std::cmp::Ordering::Less => CheckpointFinding::Purged,
            std::cmp::Ordering::Equal if checkpoint.digest == base.digest => CheckpointFinding::Holds,
            _ => CheckpointFinding::Broken,
        });
        let report = AuditReport {
            whole: false,
            base: base.at,
            base_time: base.time,
            head: chain.head,
            rows: 0,
            unchained: 0,
            first_unchained: None,
            findings: Vec::new(),
            found: 0,
            checkpoint: judged,
            signature: None,
            cannot_find: Vec::new(),
        };
        let started = key.start(base.at, base.time) == base;
        let mut walk = Self {
            last: base.at,
            digest: base.digest,
            started,
            beyond: None,
            key,
            chain,
            checkpoint,
            report,
        };
        if !walk.key.vouches_for(&walk.chain.base, &walk.chain.base_mac) {
            walk.find(base.at, "the base of the chain was changed, so rows may be missing before this one");
        }
        walk
    }

    /// Notes what came of the checkpoint's signature, which only who has the keys can judge.
    pub fn signed(&mut self, signature: SignatureFinding) {
        self.report.signature = Some(signature);
    }

    /// Takes the next row.
    pub fn step(&mut self, row: &AuditRow) {
        if row.at <= self.chain.base.at {
            // Rows before the chain were there when it began. What was purged was everything up to the base.
            if !self.started {
                self.find(row.at, "this row was inserted: everything up to the chain's base was purged");
            } else if row.digest.is_empty() {
                self.count_unchained(row);
            } else {
                self.find(row.at, "this row was inserted: the chain began after it");
            }
            return;
        }
        if row.digest.is_empty() {
            self.count_unchained(row);
            return;
        }
        if self.key.digest(&self.digest, row)[..] == row.digest[..] {
            self.report.rows += 1;
        } else {
            self.find(
                row.at,
                "this row was changed or inserted, or what stood before it was changed, removed or moved",
            );
        }
        // What follows is judged by what stands here, so that one change is one finding or two, and not all that follow.
        if let Ok(digest) = Digest::try_from(row.digest.as_slice()) {
            self.digest = digest;
        }
        self.last = row.at;
        if let Some(checkpoint) = self.checkpoint.filter(|checkpoint| checkpoint.at == row.at) {
            let holds = checkpoint.digest[..] == row.digest[..] && self.report.found == 0;
            self.report.checkpoint =
                Some(if holds { CheckpointFinding::Holds } else { CheckpointFinding::Broken });
        }
    }

    /// Takes note of a row beyond the head. It is of a commit that came meanwhile, or of somebody's hand: the head that is
    /// read afterwards tells.
    pub fn pass(&mut self, row: &AuditRow) {
        if row.digest.is_empty() {
            self.count_unchained(row);
        } else {
            self.beyond = self.beyond.max(Some(row.at));
        }
    }

    /// The report, after the last row. `head` is what the chain's head is by now.
    pub fn end(mut self, head: Position) -> AuditReport {
        if let Some(at) = self.beyond.filter(|at| *at > head) {
            self.find(at, "this row was inserted: the chain ends before it");
        }
        if self.last != self.chain.head || self.digest != self.chain.head_digest {
            let at = self.last.max(self.chain.head);
            self.find(
                at,
                "the chain's head is another: rows were removed or added at the end, or the head was changed",
            );
        }
        if let (Some(checkpoint), Some(CheckpointFinding::Broken)) = (self.checkpoint, self.report.checkpoint)
        {
            self.find(
                checkpoint.at,
                "the checkpoint speaks of another history: it was rolled back or rewritten",
            );
        }
        self.report.whole = self.report.found == 0;
        self.report.cannot_find = vec![
            "what was written after the last checkpoint that you hold, and was cut off at the end together with the head",
            "anything, if the master key leaked together with the database",
        ];
        if self.report.signature == Some(SignatureFinding::KeyUnknown) {
            self.report.cannot_find.push(
                "whether the checkpoint's signature holds: the key that made it is not known any more. Its code under the \
                 audit key does hold",
            );
        }
        if self.report.unchained > 0 {
            self.report.cannot_find.push(
                "changes of the rows that stand outside of the chain, which an earlier version of Jeton wrote, or somebody \
                 inserted by hand",
            );
        }
        self.report
    }

    fn count_unchained(&mut self, row: &AuditRow) {
        self.report.unchained += 1;
        self.report.first_unchained.get_or_insert(row.at);
    }

    fn find(&mut self, at: Position, what: &'static str) {
        self.report.found += 1;
        if self.report.findings.len() < TOLD {
            self.report.findings.push(Finding { at, what });
        }
    }
}
