//! The statements of a copy, put together from the list of tables once.

use std::sync::LazyLock;

use super::tables::{NODES_OWN, TABLES, Table};

/// How many rows one statement writes.
pub(super) const ROWS: usize = 100;

/// Those of one table.
pub(super) struct Statements {
    /// The first rows by key. $1 how many.
    pub(super) first: &'static str,
    /// The rows after one. $1 and on its key; last how many.
    pub(super) next: &'static str,
    /// Writes one row.
    pub(super) one: &'static str,
    /// Writes [`ROWS`] rows.
    pub(super) many: &'static str,
}

/// In the order of [`TABLES`].
pub(super) static STATEMENTS: LazyLock<Vec<Statements>> =
    LazyLock::new(|| TABLES.iter().map(Statements::of).collect());

/// Empties every table, those that refer to others before them.
pub(super) static EMPTY: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let names = TABLES.iter().map(|table| table.name).rev().chain(NODES_OWN.iter().copied());
    names.map(|name| forever(format!("DELETE FROM {name}"))).collect()
});

/// Keeps every writer out of a `PostgreSQL`, and lets everybody read. The counter comes first, as in each commit, so
/// that nobody waits for the other in a circle.
pub(super) static LOCK: LazyLock<&'static str> = LazyLock::new(|| {
    let names: Vec<_> = TABLES.iter().map(|table| table.name).chain(NODES_OWN.iter().copied()).collect();
    forever(format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", names.join(", ")))
});

impl Statements {
    fn of(table: &Table) -> Self {
        let name = table.name;
        let columns: Vec<_> = table.columns.iter().map(|(column, _)| *column).collect();
        let columns = columns.join(", ");
        let key = table.key.join(", ");
        let after = parameters(1, table.key.len());
        let last = table.key.len() + 1;
        let insert = |rows: usize| {
            let row = |row: usize| parameters(row * table.columns.len() + 1, table.columns.len());
            let rows: Vec<_> = (0..rows).map(row).collect();
            forever(format!("INSERT INTO {name} ({columns}) VALUES {}", rows.join(", ")))
        };
        Self {
            first: forever(format!("SELECT {columns} FROM {name} ORDER BY {key} LIMIT $1")),
            next: forever(format!(
                "SELECT {columns} FROM {name} WHERE ({key}) > {after} ORDER BY {key} LIMIT ${last}"
            )),
            one: insert(1),
            many: insert(ROWS),
        }
    }
}

/// So many parameters from that number on, in parentheses.
fn parameters(first: usize, number: usize) -> String {
    let all: Vec<_> = (first..first + number).map(|parameter| format!("${parameter}")).collect();
    format!("({})", all.join(", "))
}

/// Connections keep what they have prepared by text that lives for ever. There are a few dozen, made once.
fn forever(statement: String) -> &'static str {
    statement.leak()
}
