//! The store as a whole: what is in it, and what a restore does to it. (What `SQLite` alone can be asked stands with
//! the question, in `sqlite/inspect.rs`.)

/// The last commit, how many there are of what, and what proves a master key right.
pub(crate) const CONTENTS: &str = "\
SELECT counter.sequence, \
       (SELECT COUNT(*) FROM companies WHERE state <> 'deleted') AS companies, \
       (SELECT COUNT(*) FROM credentials WHERE state <> 'deleted') AS credentials, \
       (SELECT COUNT(*) FROM apis) AS apis, \
       (SELECT COUNT(*) FROM signing_keys WHERE state <> 'removed') AS signing_keys, \
       s.value AS sealed, s.master_key \
FROM counter LEFT JOIN settings s ON s.name = 'master_key_check' WHERE counter.id = 1";

/// How many commits the log has after one, and the oldest number that it still has. $1 sequence.
pub(crate) const COMMITS_AFTER: &str = "\
SELECT (SELECT COUNT(DISTINCT sequence) FROM changes WHERE sequence > $1) AS commits, \
       (SELECT MIN(sequence) FROM changes) AS oldest";

/// What was done after a commit that takes something away, and to how many. $1 sequence.
pub(crate) const TAKEN_AWAY_AFTER: &str = "\
SELECT kind, COUNT(DISTINCT target) AS targets FROM changes \
WHERE sequence > $1 AND kind IN ('secret.revoked', 'secret.expiry_set', 'credential.suspended', 'credential.deleted', \
                                 'company.suspended', 'company.deleted', 'grant.removed', 'signing_key.changed') \
GROUP BY kind ORDER BY kind";

/// Sets the counter. $1 sequence.
pub(crate) const SET_SEQUENCE: &str = "UPDATE counter SET sequence = $1 WHERE id = 1";

/// Raises every generation. $1 by how much; $2 sequence.
pub(crate) const RAISE_GENERATIONS: &str =
    "UPDATE credentials SET generation = generation + $1, revision = $2";

/// Nobody who ran on the store that a backup is of runs on the one that it becomes.
pub(crate) const DROP_LEASES: &str = "DELETE FROM leases";

/// The least number of a migration that a binary must know, if any says so.
pub(crate) const LEAST_SCHEMA: &str = "SELECT value FROM settings WHERE name = 'least_schema'";
