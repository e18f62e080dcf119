//! The store's tests: one contract for every database, stores of earlier schemas, and what is each database's own.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing there has failed")]

mod contract;
mod fixtures;
mod postgres;
mod sqlite;

contract::suite!(on_sqlite, crate::sqlite::world);
contract::suite!(on_postgres, crate::postgres::world);
contract::suite!(on_postgres_behind_a_pooler, crate::postgres::pooled_world);
