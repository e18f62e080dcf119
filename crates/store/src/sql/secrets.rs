//! Secrets, of which two may live.

/// Adds one, if fewer than two live; one with the same id is left.
///
/// $1 environment; $2 client id; $3 id; $4 kind; $5 hash kind; $6 hash; $7 hash key; $8 look-up tag;
/// $9 last four; $10 created; $11 expires; $12 revoked; $13 now; $14 how many may live.
pub(crate) const INSERT: &str = "\
INSERT INTO secrets (environment, client_id, id, kind, hash_kind, hash, hash_key, lookup_tag, last_four, \
                     created, expires, revoked) \
SELECT c.environment, c.client_id, $3, $4, $5, $6, CAST($7 AS BIGINT), $8, $9, CAST($10 AS BIGINT), \
       CAST($11 AS BIGINT), CAST($12 AS BIGINT) \
FROM credentials c \
WHERE c.environment = $1 AND c.client_id = $2 \
  AND (SELECT COUNT(*) FROM secrets s \
       WHERE s.environment = $1 AND s.client_id = $2 \
         AND s.revoked IS NULL AND (s.expires IS NULL OR s.expires > $13)) < $14 \
ON CONFLICT DO NOTHING";

/// Whose a secret is. $1 id.
pub(crate) const OWNER: &str = "SELECT environment, client_id FROM secrets WHERE id = $1";

/// $1 environment; $2 client id; $3 now.
pub(crate) const LIVE: &str = "\
SELECT id FROM secrets \
WHERE environment = $1 AND client_id = $2 AND revoked IS NULL AND (expires IS NULL OR expires > $3) \
ORDER BY created DESC, id DESC";

/// $1 environment; $2 client id; $3 id; $4 time or NULL.
pub(crate) const EXPIRE: &str = "\
UPDATE secrets SET expires = CAST($4 AS BIGINT) WHERE environment = $1 AND client_id = $2 AND id = $3";

/// $1 look-up tag.
pub(crate) const WITH_TAG: &str = "SELECT environment, client_id, id FROM secrets WHERE lookup_tag = $1";

/// $1 environment; $2 client id; $3 id; $4 now.
pub(crate) const REVOKE: &str = "\
UPDATE secrets SET revoked = $4 WHERE environment = $1 AND client_id = $2 AND id = $3";

/// Those that were dead long ago and that no request reads back: of their credential, newer ones are as dead.
///
/// $1 time; $2 how much older than the newest change their end must be; $3 how many newer ones; $4 how many to name.
pub(crate) const LONG_DEAD: &str = "\
WITH dead AS ( \
    SELECT s.id, ROW_NUMBER() OVER ( \
               PARTITION BY s.environment, s.client_id ORDER BY s.created DESC, s.id DESC) AS place \
    FROM secrets s CROSS JOIN (SELECT MAX(time) AS newest FROM changes) c \
    WHERE (s.revoked < $1 AND s.revoked < c.newest - $2) OR (s.expires < $1 AND s.expires < c.newest - $2)) \
SELECT id FROM dead WHERE place > $3 ORDER BY id LIMIT $4";

/// $1 id.
pub(crate) const DELETE: &str = "DELETE FROM secrets WHERE id = $1";

/// $1 id.
pub(crate) const DELETE_USE: &str = "DELETE FROM secret_uses WHERE secret = $1";

/// Keeps another hash of the same secret, unless its key was dropped meanwhile. $1 id; $2 hash before; $3 hash key before; $4 hash; $5 hash key; $6 look-up tag.
pub(crate) const REHASH: &str = "\
UPDATE secrets SET hash = $4, hash_key = $5, lookup_tag = $6 \
WHERE id = $1 AND hash = $2 AND hash_key = $3 AND EXISTS (SELECT 1 FROM hash_keys k WHERE k.number = $5)";
