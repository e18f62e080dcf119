//! APIs with their audiences and scopes.

/// What is read of the APIs that `picked` names.
macro_rules! read {
    ($picked:literal) => {
        concat!(
            "WITH picked AS (",
            $picked,
            ") \
SELECT 'api' AS part, a.id, a.algorithm, a.created, a.revision, CAST(NULL AS TEXT) AS environment, \
       CAST(NULL AS TEXT) AS audience, CAST(NULL AS TEXT) AS scope \
FROM picked JOIN apis a ON a.id = picked.id \
UNION ALL \
SELECT 'audience', u.api, NULL, NULL, NULL, u.environment, u.audience, NULL \
FROM picked JOIN api_audiences u ON u.api = picked.id \
UNION ALL \
SELECT 'scope', s.api, NULL, NULL, NULL, NULL, NULL, s.name \
FROM picked JOIN scopes s ON s.api = picked.id"
        )
    };
}

/// $1 id.
pub(crate) const ONE: &str = read!("SELECT id FROM apis WHERE id = $1");

/// $1 the first id; $2 the first that is too great; $3 the id before, which is left out; $4 limit.
pub(crate) const LIST: &str =
    read!("SELECT id FROM apis WHERE id >= $1 AND id < $2 AND id <> $3 ORDER BY id LIMIT $4");

/// Makes one, unless it is there. $1 id; $2 algorithm; $3 time; $4 sequence.
pub(crate) const INSERT: &str = "\
INSERT INTO apis (id, algorithm, created, revision) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

/// What a commit must know of one. $1 id.
pub(crate) const HEAD: &str = "SELECT algorithm, revision FROM apis WHERE id = $1";

/// $1 id; $2 sequence; $3 algorithm or NULL.
pub(crate) const UPDATE: &str =
    "UPDATE apis SET revision = $2, algorithm = COALESCE($3, algorithm) WHERE id = $1";

/// With its audiences and scopes. $1 id.
pub(crate) const DELETE: &str = "DELETE FROM apis WHERE id = $1";

/// $1 API; $2 environment, '' for the default; $3 audience.
pub(crate) const SET_AUDIENCE: &str = "\
INSERT INTO api_audiences (api, environment, audience) VALUES ($1, $2, $3) \
ON CONFLICT (api, environment) DO UPDATE SET audience = excluded.audience";

/// $1 API; $2 environment.
pub(crate) const DELETE_AUDIENCE: &str = "DELETE FROM api_audiences WHERE api = $1 AND environment = $2";

/// An API that has the same audience in some environment: both by default, both of its own in one, or one of
/// its own where the other has none. $1 API.
pub(crate) const AUDIENCE_CLASH: &str = "\
SELECT theirs.api, theirs.audience, \
       CASE WHEN theirs.environment <> '' THEN theirs.environment ELSE mine.environment END AS environment \
FROM api_audiences mine \
JOIN api_audiences theirs ON theirs.audience = mine.audience AND theirs.api <> mine.api \
WHERE mine.api = $1 \
  AND (mine.environment = theirs.environment \
       OR (mine.environment = '' AND NOT EXISTS ( \
               SELECT 1 FROM api_audiences own \
               WHERE own.api = mine.api AND own.environment = theirs.environment)) \
       OR (theirs.environment = '' AND NOT EXISTS ( \
               SELECT 1 FROM api_audiences own \
               WHERE own.api = theirs.api AND own.environment = mine.environment))) \
ORDER BY environment, theirs.api LIMIT 1";

/// Adds one, unless an API has it. $1 name; $2 API.
pub(crate) const INSERT_SCOPE: &str = "INSERT INTO scopes (name, api) VALUES ($1, $2) ON CONFLICT DO NOTHING";

/// The API that has a scope. $1 name.
pub(crate) const SCOPE_OWNER: &str = "SELECT api FROM scopes WHERE name = $1";

/// The scopes of an API. $1 API.
pub(crate) const SCOPES: &str = "SELECT name FROM scopes WHERE api = $1 ORDER BY name";

/// $1 API; $2 name.
pub(crate) const DELETE_SCOPE: &str = "DELETE FROM scopes WHERE api = $1 AND name = $2";
