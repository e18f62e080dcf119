//! What was made under a key of its maker's.

/// What a key stands for, unless it is forgotten. $1 key; $2 now.
pub(crate) const FIND: &str = "\
SELECT request, environment, target FROM creations WHERE key = $1 AND expires > $2";

/// In the place of one that is forgotten. $1 key; $2 request; $3 kind; $4 environment or NULL; $5 target; $6 sequence;
/// $7 expires.
pub(crate) const REMEMBER: &str = "\
INSERT INTO creations (key, request, kind, environment, target, sequence, expires) \
VALUES ($1, $2, $3, $4, $5, $6, $7) \
ON CONFLICT (key) DO UPDATE SET request = excluded.request, kind = excluded.kind, \
    environment = excluded.environment, target = excluded.target, sequence = excluded.sequence, \
    expires = excluded.expires";

/// Removes those that ended before $1 and before the newest change, the oldest first. $2 limit.
pub(crate) const PURGE: &str = "\
DELETE FROM creations WHERE key IN ( \
    SELECT x.key FROM creations x \
    WHERE x.expires < $1 AND x.expires < (SELECT MAX(y.time) FROM changes y) \
    ORDER BY x.expires LIMIT $2)";
