//! What a restore would undo.

use std::fmt;

use jeton_core::model::Sequence;

use super::Standing;
use crate::connection::Connection;
use crate::contents::Contents;
use crate::rows::{BadColumn, Columns};
use crate::sql::whole as sql;
use crate::statement::values;

/// What a restore would undo. Shown as the part of a sentence that says what is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// Nothing: the backup has every commit that was seen.
    Nothing,
    /// Nobody can say: what is known in the folder is not of the backup's store, or there is nothing.
    Unknown,
    /// Commits that came after the backup.
    Commits {
        /// How many.
        number: u64,
        /// Whether that is the most it can be, rather than the number.
        at_most: bool,
        /// What they took away, by kind of change, and from how many; as far as the store there can still say it.
        taken_away: Vec<(String, u32)>,
    },
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, at_most, taken_away) = match self {
            Self::Nothing => return f.write_str("no commit"),
            Self::Unknown => return f.write_str("an unknown number of later commits"),
            Self::Commits { number, at_most, taken_away } => (number, at_most, taken_away),
        };
        let most = if *at_most { "up to " } else { "" };
        let commits = if *number == 1 { "commit" } else { "commits" };
        write!(f, "{most}{number} later {commits}")?;
        if !taken_away.is_empty() {
            let each: Vec<String> = taken_away.iter().map(|(kind, of)| format!("{kind} of {of}")).collect();
            write!(f, " ({})", each.join(", "))?;
        }
        Ok(())
    }
}

/// What the standing store recorded after the backup.
#[derive(Debug)]
pub(super) struct Log {
    commits: i64,
    /// Whether it goes back to the backup.
    whole: bool,
    taken_away: Vec<(String, u32)>,
}

impl Log {
    /// `None` where it cannot be read.
    pub(super) async fn after(connection: &mut Connection<'_>, backup: Sequence) -> Option<Self> {
        let row = connection.fetch_optional(sql::COMMITS_AFTER, values![backup]).await.ok()??;
        let rows = connection.fetch_all(sql::TAKEN_AWAY_AFTER, values![backup]).await.ok()?;
        let read = || -> Result<Self, BadColumn> {
            let oldest = Columns(&row).optional_integer("oldest")?;
            let taken_away = rows.iter().map(Columns);
            let taken_away = taken_away.map(|row| Ok((row.text("kind")?.to_owned(), row.count("targets")?)));
            Ok(Self {
                commits: Columns(&row).integer("commits")?,
                whole: oldest.is_some_and(|oldest| oldest <= backup.0 + 1),
                taken_away: taken_away.collect::<Result<_, BadColumn>>()?,
            })
        };
        read().ok()
    }
}

/// What would be lost, by the store that stands there and by the mark.
pub(super) fn assess(
    backup: &Contents,
    standing: &Standing,
    log: Option<Log>,
    high_water: Option<Sequence>,
) -> Loss {
    let is_another_store = standing.sequence().is_some() && log.is_none();
    let seen = high_water.max(standing.sequence());
    // A folder that never saw what the backup has is another one than that where the backup was made.
    let Some(seen) = seen.filter(|seen| *seen >= backup.sequence && !is_another_store) else {
        return Loss::Unknown;
    };
    if seen == backup.sequence {
        return Loss::Nothing;
    }
    let distance = u64::try_from(seen.0 - backup.sequence.0).unwrap_or_default();
    let Some(log) = log else {
        return Loss::Commits { number: distance, at_most: true, taken_away: vec![] };
    };
    let exact = log.whole && standing.sequence() == Some(seen);
    let number = if exact { u64::try_from(log.commits).unwrap_or(distance) } else { distance };
    Loss::Commits { number, at_most: !exact, taken_away: log.taken_away }
}
