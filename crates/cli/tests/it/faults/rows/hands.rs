//! Hands that write into a database past Jeton.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::faults::World;

/// Values that a column may not be made for. Where its type or a rule of the table refuses one, nothing is broken.
const SQLITE: [&str; 13] = [
    "NULL",
    "''",
    "'no such word'",
    "'a' || char(10)",
    "'9999999999999999999999'",
    "0",
    "-1",
    "-9223372036854775808",
    "9223372036854775807",
    "replace(hex(zeroblob(50000)), '0', 'x')",
    "x''",
    "x'ff00ff'",
    "zeroblob(100000)",
];
const POSTGRESQL: [&str; 13] = [
    "NULL",
    "''",
    "'no such word'",
    "'a' || chr(10)",
    "'9999999999999999999999'",
    "0",
    "-1",
    "-9223372036854775808",
    "9223372036854775807",
    "repeat('x', 100000)",
    r"'\x'::bytea",
    r"'\xff00ff'::bytea",
    "decode(repeat('00', 100000), 'hex')",
];

pub(super) fn values(world: &World) -> &'static [&'static str] {
    if is_sqlite(world) { &SQLITE } else { &POSTGRESQL }
}

/// A value that takes the place of another.
#[derive(Debug)]
pub(super) struct Broken {
    table: &'static str,
    column: &'static str,
    value: &'static str,
    row: String,
}

impl Broken {
    pub(super) fn new(table: &'static str, column: &'static str, value: &'static str, row: String) -> Self {
        Self { table, column, value, row }
    }

    pub(super) fn damage(&self) -> String {
        self.set(self.value)
    }

    /// Puts back what was there, as [`read`] gave it.
    pub(super) fn repair(&self, was: &str) -> String {
        self.set(was)
    }

    fn set(&self, value: &str) -> String {
        format!("UPDATE {} SET {} = {value} WHERE {}", self.table, self.column, self.row)
    }
}

/// The values that stand where others may be put, as SQL.
pub(super) fn read(world: &World, rows: &[Broken]) -> Vec<String> {
    let select = |(at, row): (usize, &Broken)| {
        let value = if is_sqlite(world) {
            format!("quote({})", row.column)
        } else {
            // A line is a row.
            format!("replace(quote_nullable({}::text), chr(10), ' ')", row.column)
        };
        format!("SELECT {at}, {value} FROM {} WHERE {}", row.table, row.row)
    };
    let selects: Vec<String> = rows.iter().enumerate().map(select).collect();
    let found = world.sql(&format!("{} ORDER BY 1", selects.join(" UNION ALL ")));
    assert_eq!(found.len(), rows.len(), "one row each: {rows:?}");
    found.iter().map(|line| line.split_once('|').unwrap().1.to_owned()).collect()
}

/// Runs each of the statements, whether the others are refused or not.
pub(super) fn write(world: &World, statements: impl Iterator<Item = String>) {
    match world {
        World::Embedded(store) => run_each(&store.path().join("jeton.db"), &statements.collect::<Vec<_>>()),
        World::Shared(shared) => {
            let guarded = |statement: String| {
                format!("DO $guard$ BEGIN {statement}; EXCEPTION WHEN OTHERS THEN NULL; END $guard$")
            };
            let all: Vec<String> = statements.map(guarded).collect();
            shared.database.sql(&all.join(";\n"));
        }
    }
}

const PROGRAM: &str = r"
import json, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
for statement in json.load(sys.stdin):
    try:
        connection.execute(statement)
    except sqlite3.OperationalError:
        raise
    except sqlite3.Error:
        pass
";

fn run_each(file: &std::path::Path, statements: &[String]) {
    let mut python = Command::new("python3");
    let mut python = python.args(["-c", PROGRAM]).arg(file).stdin(Stdio::piped()).spawn().unwrap();
    let text = serde_json::to_vec(statements).unwrap();
    python.stdin.take().unwrap().write_all(&text).unwrap();
    assert!(python.wait().unwrap().success(), "python3 could write");
}

fn is_sqlite(world: &World) -> bool {
    matches!(world, World::Embedded(_))
}
