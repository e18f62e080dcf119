//! What is refused before it expires.

/// Writes that a credential's generation was raised, as it stands now. $1 environment; $2 client id; $3 sequence;
/// $4 expires.
pub(crate) const OF_CREDENTIAL: &str = "\
INSERT INTO revocations (environment, handle, jti, generation, sequence, expires) \
SELECT c.environment, c.handle, '', c.generation, CAST($3 AS BIGINT), CAST($4 AS BIGINT) \
FROM credentials c WHERE c.environment = $1 AND c.client_id = $2 ON CONFLICT DO NOTHING";

/// The same for every credential of a company that is not deleted. $1 company; $2 sequence; $3 expires.
pub(crate) const OF_COMPANY: &str = "\
INSERT INTO revocations (environment, handle, jti, generation, sequence, expires) \
SELECT c.environment, c.handle, '', c.generation, CAST($2 AS BIGINT), CAST($3 AS BIGINT) \
FROM credentials c WHERE c.company = $1 AND c.state <> 'deleted' ON CONFLICT DO NOTHING";

/// The same for every credential there is. $1 sequence; $2 expires.
pub(crate) const OF_ALL: &str = "\
INSERT INTO revocations (environment, handle, jti, generation, sequence, expires) \
SELECT c.environment, c.handle, '', c.generation, CAST($1 AS BIGINT), CAST($2 AS BIGINT) \
FROM credentials c WHERE 1 = 1 ON CONFLICT DO NOTHING";

/// Writes that one token is refused, unless that stands there. $1 environment; $2 client id; $3 jti; $4 sequence;
/// $5 expires.
pub(crate) const OF_TOKEN: &str = "\
INSERT INTO revocations (environment, handle, jti, generation, sequence, expires) \
SELECT c.environment, c.handle, CAST($3 AS TEXT), 0, CAST($4 AS BIGINT), CAST($5 AS BIGINT) \
FROM credentials c WHERE c.environment = $1 AND c.client_id = $2 ON CONFLICT DO NOTHING";

/// How many records of single tokens a credential has, how many of generations, and whether one is of this token.
/// $1 environment; $2 client id; $3 jti; $4 now.
pub(crate) const HELD: &str = "\
SELECT CAST(COALESCE(SUM(CASE WHEN r.jti <> '' THEN 1 ELSE 0 END), 0) AS BIGINT) AS tokens, \
       CAST(COALESCE(SUM(CASE WHEN r.jti = '' THEN 1 ELSE 0 END), 0) AS BIGINT) AS generations, \
       CAST(COALESCE(MAX(CASE WHEN r.jti = $3 THEN 1 ELSE 0 END), 0) AS BIGINT) AS there \
FROM credentials c JOIN revocations r ON r.environment = c.environment AND r.handle = c.handle \
WHERE c.environment = $1 AND c.client_id = $2 AND r.expires > $4";

/// The counter on every row, and the first rows after a commit, with all others of the last one's commit: a row of NULLs
/// where none is. $1 sequence; $2 how many rows.
pub(crate) const SINCE: &str = "\
SELECT counter.sequence AS last, r.environment, r.handle, r.jti, r.generation, r.sequence, r.expires \
FROM counter \
LEFT JOIN revocations r ON r.sequence > $1 AND r.sequence <= COALESCE( \
    (SELECT x.sequence FROM revocations x WHERE x.sequence > $1 \
     ORDER BY x.sequence LIMIT 1 OFFSET CAST($2 AS BIGINT) - 1), counter.sequence) \
ORDER BY r.sequence, r.handle, r.jti, r.generation";

/// Removes those that ended before $1 and before the newest change, the oldest first. $2 limit.
pub(crate) const PURGE: &str = "\
DELETE FROM revocations WHERE (environment, handle, jti, generation) IN ( \
    SELECT x.environment, x.handle, x.jti, x.generation FROM revocations x \
    WHERE x.expires < $1 AND x.expires < (SELECT MAX(y.time) FROM changes y) \
    ORDER BY x.expires LIMIT $2)";
