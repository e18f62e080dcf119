//! The schema, as migrations that are never changed once released.
//!
//! To add one: the next number under `migrations/`, the same name for every database, and a line below.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

/// Number, name, and the text for each database.
const MIGRATIONS: [(i64, &str, Texts); 2] = [
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
];

/// The same migration in the words of each database.
pub(crate) struct Texts {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

/// What brings a database up to date; `text` says which one's words it is told in.
pub(crate) fn migrator(text: fn(&Texts) -> &'static str) -> Migrator {
    let migration = |(number, name, texts): &(i64, &'static str, Texts)| {
        let name = (*name).into();
        Migration::new(*number, name, MigrationType::Simple, text(texts).into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect())
}

/// Why a database was not brought up to date.
pub(crate) enum NotMigrated {
    /// A newer Jeton did it before, and stands at this number.
    Newer(i64),
    /// Its migrations are not those that were released.
    Other(String),
    /// The database refuses.
    Failed(String),
}

impl From<MigrateError> for NotMigrated {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(found) => Self::Newer(found),
            MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => Self::Other(error.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// The newest that this binary knows.
pub(crate) fn newest() -> i64 {
    MIGRATIONS.iter().map(|(number, ..)| *number).max().unwrap_or(0)
}
