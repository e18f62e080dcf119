//! The store's tests: one contract for every database, and what is `SQLite`'s own.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing there has failed")]

mod contract;
mod postgres;
mod sqlite;

contract::suite!(on_sqlite, crate::sqlite::world);
contract::suite!(on_postgres, crate::postgres::world);
contract::suite!(on_postgres_behind_a_pooler, crate::postgres::pooled_world);
