//! The schema, as migrations that are never changed once released. Each runs in one transaction, so a killed one is as
//! if it had not begun, and whoever comes next runs it.
//!
//! **Expand, then contract.** Nodes of two versions run side by side, so the binary of the version before must work on
//! what a migration makes. It may add a table, or a column that has a default or may be NULL; it takes nothing away,
//! renames nothing, and gives nothing that is there another meaning. What is to go is first left unused for a version. A
//! later migration takes it away, and says so to binaries that would miss it, in the transaction that does:
//!
//! ```sql
//! -- The least number that a binary must know to work on this schema.
//! INSERT INTO settings (name, value) VALUES ('least_schema', CAST('5' AS BLOB))   -- on PostgreSQL: '5'::bytea
//!     ON CONFLICT (name) DO UPDATE SET value = excluded.value;
//! ```
//!
//! A binary that does not know that number refuses the store; any other works, however new the schema
//! (`docs/adr/0014-expand-and-contract.md`).
//!
//! To add one: the next number under `migrations/`, the same name for every database, a line below, a new table in
//! `copy/tables.rs`, and the schema before it as a fixture (`tests/fixtures`): tests fail where one of these is forgotten.

use jeton_core::StoreError;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use crate::connection::Connection;
use crate::rows::Columns;
use crate::sql::whole as sql;
use crate::statement::{store_error, values};

/// Number, name, and the text for each database.
const MIGRATIONS: [(i64, &str, Texts); 4] = [
    (
        1,
        "init",
        Texts {
            sqlite: include_str!("../migrations/sqlite/0001_init.sql"),
            postgres: include_str!("../migrations/postgres/0001_init.sql"),
        },
    ),
    (
        2,
        "leases",
        Texts {
            sqlite: include_str!("../migrations/sqlite/0002_leases.sql"),
            postgres: include_str!("../migrations/postgres/0002_leases.sql"),
        },
    ),
    (
        3,
        "lives",
        Texts {
            sqlite: include_str!("../migrations/sqlite/0003_lives.sql"),
            postgres: include_str!("../migrations/postgres/0003_lives.sql"),
        },
    ),
    (
        4,
        "operators",
        Texts {
            sqlite: include_str!("../migrations/sqlite/0004_operators.sql"),
            postgres: include_str!("../migrations/postgres/0004_operators.sql"),
        },
    ),
];

/// The same migration in the words of each database.
pub(crate) struct Texts {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

/// A migration, as people are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: &'static str,
}

/// What brings a store from its schema to this binary's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The last migration that was run on it; none on an empty database.
    pub schema: Option<i64>,
    /// Those that are missing, in their order.
    pub steps: Vec<Step>,
}

impl Plan {
    /// The last migration, once they were run.
    pub fn schema_after(&self) -> Option<i64> {
        self.steps.last().map(|step| step.number).or(self.schema)
    }

    pub(crate) fn of(schema: Option<i64>) -> Self {
        let missing = MIGRATIONS.iter().filter(|(number, ..)| schema.is_none_or(|schema| *number > schema));
        Self { schema, steps: missing.map(|(number, name, _)| Step { number: *number, name }).collect() }
    }
}

/// What brings a database up to date; `text` says which one's words it is told in. What a newer binary has run is left
/// alone.
pub(crate) fn migrator(text: fn(&Texts) -> &'static str) -> Migrator {
    let migration = |(number, name, texts): &(i64, &'static str, Texts)| {
        let name = (*name).into();
        Migration::new(*number, name, MigrationType::Simple, text(texts).into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect());
    migrator.set_ignore_missing(true);
    migrator
}

/// Whether this binary works on the schema of a store; if not, the number that it must know.
pub(crate) async fn least_beyond_this(connection: &mut Connection<'_>) -> Result<Option<i64>, StoreError> {
    let row = connection.fetch_optional(sql::LEAST_SCHEMA, values![]).await.map_err(store_error)?;
    let Some(row) = row else { return Ok(None) };
    let illegible = || StoreError::BadRow("the setting least_schema".into());
    let bytes = Columns(&row).bytes("value").map_err(|bad| bad.of("the setting least_schema"))?;
    let least = str::from_utf8(bytes).ok().and_then(|digits| digits.parse().ok()).ok_or_else(illegible)?;
    Ok((least > newest()).then_some(least))
}

/// Why a database was not brought up to date.
pub(crate) enum NotMigrated {
    /// Its migrations are not those that were released.
    Other(String),
    /// The database refuses.
    Failed(String),
}

impl From<MigrateError> for NotMigrated {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => Self::Other(error.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// The newest that this binary knows.
pub(crate) fn newest() -> i64 {
    MIGRATIONS.iter().map(|(number, ..)| *number).max().unwrap_or(0)
}
