//! Credentials with all that hangs on them.

/// What is read of the credentials that `picked` names. The counter stands on every row of the part
/// `credential`, of which there is one without a credential where none is picked.
///
/// What an operator may do is one grant of the API `management`, as [`jeton_core::operator::grant`] has it; of others
/// nothing more is looked up for it.
///
/// The order of the `CROSS JOIN`s is meant: `SQLite`, which knows nothing of the tables' sizes, keeps to it.
///
/// $1 now; $2 how many live and how many dead secrets of each, the newest.
macro_rules! read {
    ($picked:literal) => {
        concat!(
            "WITH picked AS (",
            $picked,
            ") \
SELECT 'secret' AS part, CAST(NULL AS BIGINT) AS sequence, s.environment, s.client_id, \
       CAST(NULL AS TEXT) AS company, CAST(NULL AS TEXT) AS company_state, CAST(NULL AS TEXT) AS label, \
       CAST(NULL AS TEXT) AS owner, CAST(NULL AS TEXT) AS state, CAST(NULL AS TEXT) AS handle, \
       CAST(NULL AS BIGINT) AS generation, s.created, s.expires, CAST(NULL AS BIGINT) AS revision, \
       s.id, s.kind, s.hash_kind, s.hash_key, s.hash, s.lookup_tag, s.last_four, s.revoked, \
       CAST(NULL AS TEXT) AS api, CAST(NULL AS TEXT) AS audience, CAST(NULL AS TEXT) AS algorithm, \
       CAST(NULL AS TEXT) AS scopes, CAST(NULL AS TEXT) AS networks \
FROM (SELECT x.*, ROW_NUMBER() OVER ( \
          PARTITION BY x.environment, x.client_id, \
              CASE WHEN x.revoked IS NULL AND (x.expires IS NULL OR x.expires > $1) THEN 1 ELSE 0 END \
          ORDER BY x.created DESC, x.id DESC) AS place \
      FROM picked CROSS JOIN secrets x \
      WHERE x.environment = picked.environment AND x.client_id = picked.client_id) s \
WHERE s.place <= $2 \
UNION ALL \
SELECT 'grant', NULL, g.environment, g.client_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
       g.api, COALESCE(own.audience, usual.audience), a.algorithm, \
       (SELECT string_agg(gs.scope, ' ') FROM grant_scopes gs \
        WHERE gs.environment = g.environment AND gs.client_id = g.client_id AND gs.api = g.api), NULL \
FROM picked CROSS JOIN grants g \
LEFT JOIN apis a ON a.id = g.api \
LEFT JOIN api_audiences own ON own.api = g.api AND own.environment = g.environment \
LEFT JOIN api_audiences usual ON usual.api = g.api AND usual.environment = '' \
WHERE g.environment = picked.environment AND g.client_id = picked.client_id \
UNION ALL \
SELECT 'grant', NULL, picked.environment, picked.client_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
       'management', 'urn:jeton:management', 'ES256', \
       (SELECT string_agg(o.scope, ' ') FROM operator_scopes o WHERE o.client_id = picked.client_id), NULL \
FROM picked \
WHERE picked.environment = 'management' \
  AND EXISTS (SELECT 1 FROM operator_scopes o WHERE o.client_id = picked.client_id) \
UNION ALL \
SELECT 'credential', counter.sequence, c.environment, c.client_id, c.company, m.state, c.label, c.owner, \
       c.state, c.handle, c.generation, c.created, c.expires, c.revision, \
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, c.networks \
FROM counter \
LEFT JOIN picked ON 1 = 1 \
LEFT JOIN credentials c ON c.environment = picked.environment AND c.client_id = picked.client_id \
LEFT JOIN companies m ON m.id = c.company"
        )
    };
}

/// $3 environment; $4, $5 client ids, '' for none.
pub(crate) const FIND: &str =
    read!("SELECT environment, client_id FROM credentials WHERE environment = $3 AND client_id IN ($4, $5)");

/// $3, $4 the first key; $5 the last environment; $6 the first client id, $7 the first that is too great; $8, $9 the key
/// before, which is left out; $10 limit; $11 company.
pub(crate) const LIST_OF_COMPANY: &str = read!(
    "SELECT environment, client_id FROM credentials \
     WHERE company = $11 AND state <> 'deleted' \
       AND (environment, client_id) >= ($3, $4) AND environment <= $5 \
       AND client_id >= $6 AND client_id < $7 AND (environment, client_id) <> ($8, $9) \
     ORDER BY environment, client_id LIMIT $10"
);

/// Of one environment, so that a page is one range of the key and nothing beyond it is read. $3 environment; $4 the first
/// client id, $5 the first that is too great; $6 the one before, which is left out; $7 limit.
pub(crate) const LIST: &str = read!(
    "SELECT environment, client_id FROM credentials \
     WHERE state <> 'deleted' \
       AND environment = $3 AND client_id >= $4 AND client_id < $5 AND client_id <> $6 \
     ORDER BY client_id LIMIT $7"
);

/// The environments that have credentials, each found from the one before by the key. $1 the first.
pub(crate) const ENVIRONMENTS: &str = "\
WITH RECURSIVE found (name) AS ( \
    SELECT MIN(c.environment) FROM credentials c WHERE c.environment >= $1 \
    UNION ALL \
    SELECT (SELECT MIN(c.environment) FROM credentials c WHERE c.environment > found.name) \
    FROM found WHERE found.name IS NOT NULL) \
SELECT name FROM found WHERE name IS NOT NULL ORDER BY name";

/// Makes one, if its company is active and has a place left; a credential that stands in the way is left.
///
/// $1 environment; $2 client id; $3 its folded form; $4 company; $5 label; $6 handle; $7 time; $8 sequence; $9 owner;
/// $10 networks.
pub(crate) const INSERT: &str = "\
INSERT INTO credentials (environment, client_id, client_id_folded, company, label, owner, state, handle, \
                         generation, created, expires, revision, networks) \
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), m.id, CAST($5 AS TEXT), CAST($9 AS TEXT), \
       'active', CAST($6 AS TEXT), 1, CAST($7 AS BIGINT), NULL, CAST($8 AS BIGINT), CAST($10 AS TEXT) \
FROM companies m \
WHERE m.id = $4 AND m.state = 'active' \
  AND (SELECT COUNT(*) FROM credentials c WHERE c.company = m.id AND c.state <> 'deleted') < m.credential_limit \
ON CONFLICT DO NOTHING";

/// $1 environment; $2 the folded form of a client id.
pub(crate) const LOOK_ALIKE: &str =
    "SELECT client_id, state FROM credentials WHERE environment = $1 AND client_id_folded = $2";

/// What a commit must know of one that is not deleted. $1 environment; $2 client id.
pub(crate) const HEAD: &str = "\
SELECT company, state, revision FROM credentials \
WHERE environment = $1 AND client_id = $2 AND state <> 'deleted'";

/// $1 environment; $2 client id; $3 sequence; $4, $6, $8 whether to set what follows: $5 label, $7 owner,
/// $9 expires; $10 whether to set $11 networks.
pub(crate) const UPDATE: &str = "\
UPDATE credentials SET revision = $3, \
       label = CASE WHEN $4 = 1 THEN $5 ELSE label END, \
       owner = CASE WHEN $6 = 1 THEN $7 ELSE owner END, \
       expires = CASE WHEN $8 = 1 THEN $9 ELSE expires END, \
       networks = CASE WHEN $10 = 1 THEN $11 ELSE networks END \
WHERE environment = $1 AND client_id = $2";

/// $1 environment; $2 client id; $3 sequence; $4 state; $5 what to add to its generation.
pub(crate) const SET_STATE: &str = "\
UPDATE credentials SET revision = $3, state = $4, generation = generation + $5 \
WHERE environment = $1 AND client_id = $2";

/// Says that something which hangs on it has changed. $1 environment; $2 client id; $3 sequence.
pub(crate) const TOUCH: &str =
    "UPDATE credentials SET revision = $3 WHERE environment = $1 AND client_id = $2";

/// Ends all its tokens. $1 environment; $2 client id; $3 sequence.
pub(crate) const RAISE_GENERATION: &str = "\
UPDATE credentials SET revision = $3, generation = generation + 1 WHERE environment = $1 AND client_id = $2";

/// Ends all tokens of a company's credentials. $1 company; $2 sequence.
pub(crate) const RAISE_GENERATIONS: &str = "\
UPDATE credentials SET revision = $2, generation = generation + 1 WHERE company = $1 AND state <> 'deleted'";
