//! Jeton's store: [`jeton_core::Store`] on `SQLite`.
//!
//! - `sql/` holds the text of the statements, which is meant for every database;
//! - `sqlite/` opens the file, runs the statements and reads their rows.
//!
//! To add a database: a folder with `sqlite/`'s file names, a folder of migrations with the same names, and one
//! line in `tests/it/main.rs` that runs the contract suite on it.

mod sql;
mod sqlite;

pub use sqlite::{
    Backup, BackupError, Behind, Consent, Contents, Depth, Loss, OpenError, Opening, Restore, RestoreError,
    Restored, SqliteStore, Standing, Status, backup, inspect, user_name,
};
