//! The counter, what was done, and the environments that are served.

/// Takes the number of a new commit. Whoever holds this row's lock is the one that commits.
pub(crate) const RAISE: &str = "UPDATE counter SET sequence = sequence + 1 WHERE id = 1 RETURNING sequence";

/// $1 sequence; $2 position; $3 time; $4 actor; $5 address; $6 request id; $7 reason; $8 kind;
/// $9 environment; $10 company; $11 target; $12 outcome; $13 invalidates; $14 digest.
pub(crate) const INSERT: &str = "\
INSERT INTO changes (sequence, position, time, actor, address, request_id, reason, kind, environment, company, \
                     target, outcome, invalidates, digest) \
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/// The counter on every row, and the rows of the first commits after one: a row of NULLs where none is.
/// $1 sequence; $2 how many commits.
pub(crate) const SINCE: &str = "\
SELECT counter.sequence AS last, c.sequence, c.kind, c.environment, c.company, c.target, c.invalidates \
FROM counter \
LEFT JOIN changes c ON c.sequence IN ( \
    SELECT DISTINCT x.sequence FROM changes x WHERE x.sequence > $1 ORDER BY x.sequence LIMIT $2) \
ORDER BY c.sequence, c.position";

/// The oldest commits that are old enough, up to the first that is not. $1 time; $2 how much older than the newest they
/// must be; $3 how many commits.
pub(crate) const TO_PURGE: &str = "\
SELECT c.sequence, c.position, c.time, c.actor, c.address, c.request_id, c.reason, c.kind, c.environment, c.company, \
       c.target, c.outcome, c.invalidates, c.digest \
FROM changes c \
WHERE c.sequence IN ( \
    SELECT DISTINCT x.sequence FROM changes x \
    WHERE x.sequence < (SELECT MIN(z.sequence) FROM changes z \
                        WHERE z.time >= $1 OR z.time >= (SELECT MAX(y.time) FROM changes y) - $2) \
    ORDER BY x.sequence LIMIT $3) \
ORDER BY c.sequence, c.position";

/// Removes them. $1 the last commit.
pub(crate) const PURGE: &str = "DELETE FROM changes WHERE sequence <= $1";

/// All of them.
pub(crate) const ENVIRONMENTS: &str = "SELECT name FROM environments ORDER BY name";

/// Adds one, unless it is there. $1 name.
pub(crate) const INSERT_ENVIRONMENT: &str =
    "INSERT INTO environments (name) VALUES ($1) ON CONFLICT DO NOTHING";

/// $1 name.
pub(crate) const DELETE_ENVIRONMENT: &str = "DELETE FROM environments WHERE name = $1";

/// The last commit.
pub(crate) const SEQUENCE: &str = "SELECT sequence FROM counter WHERE id = 1";
