//! Signing keys, hash keys and the value that proves a master key right.

/// All keys and the counter.
pub(crate) const ALL: &str = "\
SELECT 'signing' AS part, k.kid, k.environment, k.algorithm, k.state, k.published, k.active_from, k.sign_until, \
       k.remove_after, k.private AS sealed, k.master_key, CAST(NULL AS BIGINT) AS number, \
       CAST(NULL AS BIGINT) AS created \
FROM signing_keys k WHERE k.state <> 'removed' \
UNION ALL \
SELECT 'hash', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, h.key, h.master_key, h.number, h.created \
FROM hash_keys h \
UNION ALL \
SELECT 'check', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, s.value, s.master_key, NULL, NULL \
FROM settings s WHERE s.name = 'master_key_check' \
UNION ALL \
SELECT 'audit', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, a.key, a.master_key, NULL, NULL \
FROM audit_chain a WHERE a.key IS NOT NULL \
UNION ALL \
SELECT 'counter', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, counter.sequence, NULL \
FROM counter";

/// Adds one, unless its kid is taken, or it is active or next and another one is.
///
/// $1 kid; $2 environment; $3 algorithm; $4 state; $5 published; $6 active from; $7 sign until;
/// $8 remove after; $9 private; $10 master key.
pub(crate) const INSERT_SIGNING: &str = "\
INSERT INTO signing_keys (kid, environment, algorithm, state, published, active_from, sign_until, \
                          remove_after, private, master_key) \
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";

/// One that is not removed. $1 kid.
pub(crate) const SIGNING_HEAD: &str =
    "SELECT environment, algorithm, state FROM signing_keys WHERE kid = $1 AND state <> 'removed'";

/// One in a state. $1 environment; $2 algorithm; $3 state.
pub(crate) const IN_STATE: &str =
    "SELECT kid FROM signing_keys WHERE environment = $1 AND algorithm = $2 AND state = $3";

/// Sets the state, and those times that are given. $1 kid; $2 state; $3 active from; $4 sign until; $5 remove after.
pub(crate) const MOVE_SIGNING: &str = "\
UPDATE signing_keys SET state = $2, active_from = COALESCE($3, active_from), \
                        sign_until = COALESCE($4, sign_until), remove_after = COALESCE($5, remove_after) \
WHERE kid = $1";

/// Adds one, unless its number is taken. $1 number; $2 key; $3 master key; $4 created.
pub(crate) const INSERT_HASH: &str = "\
INSERT INTO hash_keys (number, key, master_key, created) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

/// Writes it, unless there is one. $1 value; $2 master key.
pub(crate) const INSERT_CHECK: &str = "\
INSERT INTO settings (name, value, master_key) VALUES ('master_key_check', $1, $2) ON CONFLICT DO NOTHING";

/// Seals one anew, unless it is another by now. $1 kid; $2 private; $3 master key; $4 private until now.
pub(crate) const RESEAL_SIGNING: &str =
    "UPDATE signing_keys SET private = $2, master_key = $3 WHERE kid = $1 AND private = $4";

/// Seals one anew, unless it is another by now. $1 number; $2 key; $3 master key; $4 key until now.
pub(crate) const RESEAL_HASH: &str =
    "UPDATE hash_keys SET key = $2, master_key = $3 WHERE number = $1 AND key = $4";

/// Seals it anew, unless it is another by now. $1 value; $2 master key; $3 value until now.
pub(crate) const RESEAL_CHECK: &str = "\
UPDATE settings SET value = $1, master_key = $2 WHERE name = 'master_key_check' AND value = $3";

/// Removes those that were removed so long ago that no change speaks of them any more. $1 time; $2 how many.
pub(crate) const PURGE_SIGNING: &str = "\
DELETE FROM signing_keys WHERE kid IN ( \
    SELECT k.kid FROM signing_keys k \
    WHERE k.state = 'removed' AND k.published < $1 \
      AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.target = k.kid) \
    ORDER BY k.kid LIMIT $2)";

/// How many live secrets of credentials that are not deleted each hash key has. $1 now.
pub(crate) const HASH_USES: &str = "\
SELECT s.hash_key, CAST(COUNT(*) AS BIGINT) AS secrets \
FROM secrets s JOIN credentials c ON c.environment = s.environment AND c.client_id = s.client_id \
WHERE s.hash_key IS NOT NULL AND s.revoked IS NULL AND (s.expires IS NULL OR s.expires > $1) \
  AND c.state <> 'deleted' \
GROUP BY s.hash_key ORDER BY s.hash_key";

/// Those of one hash key. $1 now; $2 number; $3 how many.
pub(crate) const SECRETS_UNDER: &str = "\
SELECT s.environment, s.client_id, s.id \
FROM secrets s JOIN credentials c ON c.environment = s.environment AND c.client_id = s.client_id \
WHERE s.hash_key = $2 AND s.revoked IS NULL AND (s.expires IS NULL OR s.expires > $1) AND c.state <> 'deleted' \
ORDER BY s.environment, s.client_id, s.id LIMIT $3";

pub(crate) const NEWEST_HASH: &str = "SELECT COALESCE(MAX(number), 0) AS number FROM hash_keys";

/// $1 number.
pub(crate) const DELETE_HASH: &str = "DELETE FROM hash_keys WHERE number = $1";
