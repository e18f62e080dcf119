//! What operators may do. Their credentials all live in the environment `management`.

/// $1 client id; $2 scope.
pub(crate) const INSERT_SCOPE: &str =
    "INSERT INTO operator_scopes (client_id, scope) VALUES ($1, $2) ON CONFLICT DO NOTHING";

/// $1 client id; $2 scope.
pub(crate) const DELETE_SCOPE: &str = "DELETE FROM operator_scopes WHERE client_id = $1 AND scope = $2";

/// $1 client id.
pub(crate) const DELETE_ALL: &str = "DELETE FROM operator_scopes WHERE client_id = $1";
