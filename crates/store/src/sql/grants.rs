//! Grants. Those of a deleted credential are deleted with it.

/// Another API of the credential that signs with another algorithm.
/// $1 environment; $2 client id; $3 API; $4 its algorithm.
pub(crate) const OTHER_ALGORITHM: &str = "\
SELECT a.id, a.algorithm FROM grants g JOIN apis a ON a.id = g.api \
WHERE g.environment = $1 AND g.client_id = $2 AND g.api <> $3 AND a.algorithm <> $4 \
ORDER BY a.id LIMIT 1";

/// $1 environment; $2 client id; $3 API.
pub(crate) const INSERT: &str = "\
INSERT INTO grants (environment, client_id, api) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

/// $1 environment; $2 client id; $3 API; $4 scope.
pub(crate) const INSERT_SCOPE: &str = "\
INSERT INTO grant_scopes (environment, client_id, api, scope) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

/// With its scopes. $1 environment; $2 client id; $3 API.
pub(crate) const DELETE: &str = "DELETE FROM grants WHERE environment = $1 AND client_id = $2 AND api = $3";

/// $1 environment; $2 client id; $3 API; $4 scope.
pub(crate) const DELETE_SCOPE: &str = "\
DELETE FROM grant_scopes WHERE environment = $1 AND client_id = $2 AND api = $3 AND scope = $4";

/// All of a credential, with their scopes. $1 environment; $2 client id.
pub(crate) const DELETE_ALL: &str = "DELETE FROM grants WHERE environment = $1 AND client_id = $2";

/// Whether there is one, and how many scopes it has. $1 environment; $2 client id; $3 API.
pub(crate) const COUNT: &str = "\
SELECT COUNT(*) AS grants, \
       (SELECT COUNT(*) FROM grant_scopes gs \
        WHERE gs.environment = $1 AND gs.client_id = $2 AND gs.api = $3) AS scopes \
FROM grants g WHERE g.environment = $1 AND g.client_id = $2 AND g.api = $3";

/// How many credentials have an API, and one of them. $1 API.
pub(crate) const HOLDERS_OF_API: &str = "\
SELECT g.environment, g.client_id, (SELECT COUNT(*) FROM grants x WHERE x.api = $1) AS count \
FROM grants g WHERE g.api = $1 ORDER BY g.environment, g.client_id LIMIT 1";

/// How many credentials have a scope, and one of them. $1 API; $2 scope.
pub(crate) const HOLDERS_OF_SCOPE: &str = "\
SELECT g.environment, g.client_id, \
       (SELECT COUNT(*) FROM grant_scopes x WHERE x.api = $1 AND x.scope = $2) AS count \
FROM grant_scopes g WHERE g.api = $1 AND g.scope = $2 ORDER BY g.environment, g.client_id LIMIT 1";
