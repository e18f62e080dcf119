//! Leases on work that only one process may do.

/// Takes it or keeps it, unless somebody else's claim moved on. $1 name; $2 who; $3 and $4 whose claim has ended, and
/// at which beat: NULL for nobody's.
pub(crate) const TAKE: &str = "\
INSERT INTO leases (name, holder, beat) VALUES ($1, $2, 1) \
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, beat = leases.beat + 1 \
WHERE leases.holder = excluded.holder \
   OR (leases.holder = CAST($3 AS TEXT) AND leases.beat = CAST($4 AS BIGINT))";

/// $1 name; $2 who has it.
pub(crate) const RELEASE: &str = "DELETE FROM leases WHERE name = $1 AND holder = $2";

/// $1 name.
pub(crate) const ONE: &str = "SELECT holder, beat FROM leases WHERE name = $1";
