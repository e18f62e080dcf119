//! Companies.

macro_rules! read {
    ($tail:literal) => {
        concat!(
            "SELECT m.id, m.name, m.state, m.credential_limit, m.created, m.revision, \
       (SELECT COUNT(*) FROM credentials c WHERE c.company = m.id AND c.state <> 'deleted') AS credentials \
FROM companies m ",
            $tail
        )
    };
}

/// A company, deleted ones too. $1 id.
pub(crate) const ONE: &str = read!("WHERE m.id = $1");

/// $1 the id before; $2 limit.
pub(crate) const LIST: &str = read!("WHERE m.state <> 'deleted' AND m.id > $1 ORDER BY m.id LIMIT $2");

/// Makes one, unless it is there. $1 id; $2 name; $3 limit; $4 time; $5 sequence.
pub(crate) const INSERT: &str = "\
INSERT INTO companies (id, name, state, credential_limit, created, revision) \
VALUES ($1, $2, 'active', $3, $4, $5) ON CONFLICT DO NOTHING";

/// $1 id; $2 sequence; $3 name or NULL; $4 limit or NULL.
pub(crate) const UPDATE: &str = "\
UPDATE companies SET revision = $2, name = COALESCE($3, name), \
       credential_limit = COALESCE($4, credential_limit) \
WHERE id = $1";

/// $1 id; $2 sequence; $3 state.
pub(crate) const SET_STATE: &str = "UPDATE companies SET revision = $2, state = $3 WHERE id = $1";
