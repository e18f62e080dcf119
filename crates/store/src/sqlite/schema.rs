//! The schema, as migrations that are never changed once released.
//!
//! To add one: the next number under `migrations/`, the same name for every database, and a line below.

use std::path::Path;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{SqlSafeStr, SqlitePool};

use super::open::OpenError;

/// Number, name, text.
const MIGRATIONS: [(i64, &str, &str); 1] =
    [(1, "init", include_str!("../../migrations/sqlite/0001_init.sql"))];

/// Brings the schema up to date. Whoever calls it holds the file lock: sqlx's own is none on `SQLite`.
pub(super) async fn migrate(writers: &SqlitePool, file: &Path) -> Result<(), OpenError> {
    let migrations = MIGRATIONS.map(|(number, name, text)| {
        Migration::new(number, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    });
    let migrated = Migrator::with_migrations(migrations.into()).run(writers).await;
    migrated.map_err(|error| match error {
        MigrateError::VersionMissing(found) => {
            OpenError::NewerSchema { file: file.to_owned(), found, known: newest() }
        }
        MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => {
            OpenError::OtherSchema { file: file.to_owned(), why: error.to_string() }
        }
        other => OpenError::Failed(other.to_string()),
    })
}

/// The newest that this binary knows.
pub(super) fn newest() -> i64 {
    MIGRATIONS.iter().map(|&(number, ..)| number).max().unwrap_or(0)
}
