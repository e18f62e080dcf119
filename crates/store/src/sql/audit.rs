//! The audit chain, and the rows of `changes` as auditors read them.

/// The chain.
pub(crate) const CHAIN: &str = "\
SELECT key, master_key, head_sequence, head_position, head_digest, base_sequence, base_position, base_time, \
       base_digest, base_mac \
FROM audit_chain WHERE id = 1 AND key IS NOT NULL";

/// Begins it, unless it has begun. $1 key; $2 master key; $3, $4 base and head; $5 their digest; $6 time; $7 code of the base.
pub(crate) const BEGIN: &str = "\
INSERT INTO audit_chain (id, key, master_key, head_sequence, head_position, head_digest, base_sequence, base_position, \
                         base_time, base_digest, base_mac) \
VALUES (1, $1, $2, $3, $4, $5, $3, $4, $6, $5, $7) ON CONFLICT DO NOTHING";

/// $1 sequence; $2 position; $3 digest.
pub(crate) const MOVE_HEAD: &str =
    "UPDATE audit_chain SET head_sequence = $1, head_position = $2, head_digest = $3 WHERE id = 1";

/// $1 sequence; $2 position; $3 time; $4 digest; $5 code.
pub(crate) const MOVE_BASE: &str = "\
UPDATE audit_chain SET base_sequence = $1, base_position = $2, base_time = $3, base_digest = $4, base_mac = $5 \
WHERE id = 1";

/// Keeps others from moving the base.
pub(crate) const LOCK: &str = "UPDATE audit_chain SET base_sequence = base_sequence WHERE id = 1";

/// Seals the key anew, unless it is another by now. $1 key; $2 master key; $3 key until now.
pub(crate) const RESEAL: &str = "UPDATE audit_chain SET key = $1, master_key = $2 WHERE id = 1 AND key = $3";

/// $1 since; $2 until; $3 actor, or what actors begin with that ends with a colon; $4 kind; $5 target; $6 environment;
/// $7 company; $8 outcome; $9, $10 the row before; $11 limit.
macro_rules! rows {
    ($beyond:literal, $order:literal) => {
        concat!(
            "SELECT c.sequence, c.position, c.time, c.actor, c.address, c.request_id, c.reason, c.kind, \
                    c.environment, c.company, c.target, c.outcome, c.invalidates, c.digest \
             FROM changes c \
             WHERE (CAST($1 AS BIGINT) IS NULL OR c.time >= CAST($1 AS BIGINT)) \
               AND (CAST($2 AS BIGINT) IS NULL OR c.time < CAST($2 AS BIGINT)) \
               AND (CAST($3 AS TEXT) IS NULL OR c.actor = CAST($3 AS TEXT) \
                    OR (CAST($3 AS TEXT) LIKE '%:' \
                        AND substr(c.actor, 1, length(CAST($3 AS TEXT))) = CAST($3 AS TEXT))) \
               AND (CAST($4 AS TEXT) IS NULL OR c.kind = CAST($4 AS TEXT)) \
               AND (CAST($5 AS TEXT) IS NULL OR c.target = CAST($5 AS TEXT)) \
               AND (CAST($6 AS TEXT) IS NULL OR c.environment = CAST($6 AS TEXT)) \
               AND (CAST($7 AS TEXT) IS NULL OR c.company = CAST($7 AS TEXT)) \
               AND (CAST($8 AS TEXT) IS NULL OR c.outcome = CAST($8 AS TEXT)) \
               AND (c.sequence, c.position) ",
            $beyond,
            " ($9, $10) ORDER BY c.sequence ",
            $order,
            ", c.position ",
            $order,
            " LIMIT $11"
        )
    };
}
pub(crate) const OLDEST_FIRST: &str = rows!(">", "ASC");
pub(crate) const NEWEST_FIRST: &str = rows!("<", "DESC");
