//! The text of the statements, in the SQL that `SQLite` and `PostgreSQL` share: `$1` for parameters, `ON CONFLICT`,
//! `RETURNING`, `string_agg`, booleans as 0 and 1, and a `CAST` wherever a type cannot be inferred.
//!
//! A read is one statement, and so one snapshot: what would be several is a `UNION ALL` of parts, told apart by
//! the column `part`. Its first part gives all columns their types.
//!
//! To add a statement: a constant in the file of its subject, with what its parameters are. That as many are
//! bound as it has is checked when it runs, in debug builds.

pub(crate) mod apis;
pub(crate) mod audit;
pub(crate) mod changes;
pub(crate) mod companies;
pub(crate) mod creations;
pub(crate) mod credentials;
pub(crate) mod grants;
pub(crate) mod keys;
pub(crate) mod leases;
pub(crate) mod operators;
pub(crate) mod revocations;
pub(crate) mod secrets;
pub(crate) mod usage;
pub(crate) mod whole;
