//! Jeton's store: [`jeton_core::Store`] on `SQLite` and on `PostgreSQL`.
//!
//! - `sql/` holds the text of the statements, the same for both; `statement`, `connection` and `rows` run them;
//! - `read/` makes models of rows; `commit/` applies intents, one file for each kind of target; `changes`,
//!   `environments`, `hash_keys`, `leases`, `revocations`, `usage` and `purge` are what was done, what is refused, and
//!   bookkeeping;
//!   `engine` puts them together;
//! - `schema` is the migrations and the rule that they follow; `copy/` takes the contents of one store to another;
//! - `sqlite/` and `postgres/` are what each database does in its own way: opening it, lending connections.
//!
//! To add a database: a folder with an [`engine::Engine`], variants in `connection` and `rows`, a folder of migrations
//! with the same names, and one line in `tests/it/main.rs` that runs the contract suite on it.

mod audit;
mod changes;
mod commit;
mod connection;
mod contents;
mod copy;
mod engine;
mod environments;
mod hash_keys;
mod leases;
mod opening;
mod postgres;
mod purge;
mod read;
mod revocations;
mod rows;
mod schema;
mod sql;
mod sqlite;
mod statement;
mod usage;

pub use contents::Contents;
pub use copy::{Copied, CopyError, MoveError, Moved, Site, SourceError, move_store};
pub use opening::Opening;
pub use postgres::{
    Endpoint, EndpointError, PostgresError, PostgresStatus, PostgresStore, clock_postgres, inspect_postgres,
    migrate_postgres, migrations_postgres,
};
pub use schema::{Plan, Step};
pub use sqlite::{
    Backup, BackupError, Behind, Consent, Depth, Loss, OpenError, Restore, RestoreError, Restored,
    SqliteStore, Standing, Status, backup, backup_postgres, inspect, migrate_sqlite, migrations_sqlite,
    user_name,
};
