//! The store's tests: one contract for every database, and what is `SQLite`'s own.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing there has failed")]

mod contract;
mod sqlite;

// PostgreSQL joins with a line like this one.
contract::suite!(on_sqlite, crate::sqlite::world);
