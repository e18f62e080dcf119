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

/// The accounts of those who are served, so the operators' own is none of them.
///
/// $1 the first id; $2 the first that is too great; $3 the id before, which is left out; $4 limit.
pub(crate) const LIST: &str = read!(
    "WHERE m.state <> 'deleted' AND m.id <> 'operators' AND m.id >= $1 AND m.id < $2 AND m.id <> $3 \
     ORDER BY m.id LIMIT $4"
);

/// The same. $1, $2 the first name and id; $3 the first name that is too great; $4 the first id of all, $5 the first that is too
/// great; $6 the id before, which is left out; $7 limit.
pub(crate) const LIST_BY_NAME: &str = read!(
    "WHERE m.state <> 'deleted' AND m.id <> 'operators' AND (m.name, m.id) >= ($1, $2) AND m.name < $3 \
       AND m.id >= $4 AND m.id < $5 AND m.id <> $6 \
     ORDER BY m.name, m.id LIMIT $7"
);

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
