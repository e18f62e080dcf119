//! The contents of one store to another, on whatever databases, in bounded memory, and compared afterwards.
//!
//! [`copy`] is the heart: from one connection to another, each of which its caller holds in a transaction. Backups of a
//! `PostgreSQL`, restores into one, and moves from one store to another are made of it.
//!
//! - `tables` is the list of what is copied, `statements` the SQL that is made of it;
//! - `source` is one consistent moment of a store, `mover` puts it into an empty one.

mod mover;
mod source;
mod statements;
mod tables;

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jeton_core::StoreError;
use sqlx::Error;

use self::statements::{EMPTY, ROWS, STATEMENTS, Statements};
use self::tables::{Kind, TABLES, Table};
use crate::connection::Connection;
use crate::rows::{BadColumn, Columns, Row};
use crate::statement::Value;

pub use self::mover::{MoveError, Moved, Site, move_store};
pub(crate) use self::source::Source;
pub use self::source::SourceError;

/// How many rows are in memory.
const PAGE: usize = 1_000;

/// A table that was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its name.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
}

/// Replaces the contents of one store by those of another of the same schema, and reads them back: every row of every
/// table must be the same. Both connections are in transactions; that of the target must be rolled back if this fails.
pub(crate) async fn copy(
    source: &mut Connection<'_>,
    target: &mut Connection<'_>,
) -> Result<Vec<Copied>, CopyError> {
    for statement in EMPTY.iter() {
        target.execute(statement, &[]).await.map_err(CopyError::Target)?;
    }
    let mut copied = Vec::with_capacity(TABLES.len());
    for (table, statements) in TABLES.iter().zip(STATEMENTS.iter()) {
        let mut taken = Digest::default();
        let mut pages = Pages::of(table, statements);
        while let Some(page) = pages.next(source).await.map_err(|why| why.at_source(table))? {
            let rows = page.iter().map(|row| cells(row, table));
            let rows: Vec<_> =
                rows.collect::<Result<_, _>>().map_err(|bad| PageError::Row(bad).at_source(table))?;
            for row in &rows {
                taken.add(row);
            }
            write(target, statements, &rows).await.map_err(CopyError::Target)?;
        }
        let written = read_back(target, table, statements).await?;
        if written != taken {
            return Err(CopyError::Differs { table: table.name });
        }
        copied.push(Copied { table: table.name, rows: taken.rows });
    }
    Ok(copied)
}

/// Keeps writers out of a `PostgreSQL` until the end of the transaction.
pub(crate) async fn keep_writers_out(connection: &mut Connection<'_>) -> Result<(), Error> {
    connection.execute(*statements::LOCK, &[]).await.map(drop)
}

async fn write(
    target: &mut Connection<'_>,
    statements: &Statements,
    rows: &[Vec<Value<'_>>],
) -> Result<(), Error> {
    let mut chunks = rows.chunks_exact(ROWS);
    for chunk in &mut chunks {
        let values: Vec<Value<'_>> = chunk.iter().flatten().copied().collect();
        target.execute(statements.many, &values).await?;
    }
    for row in chunks.remainder() {
        target.execute(statements.one, row).await?;
    }
    Ok(())
}

async fn read_back(
    target: &mut Connection<'_>,
    table: &Table,
    statements: &Statements,
) -> Result<Digest, CopyError> {
    let mut digest = Digest::default();
    let mut pages = Pages::of(table, statements);
    let differs = |_| CopyError::Differs { table: table.name };
    while let Some(page) = pages.next(target).await.map_err(PageError::at_target)? {
        for row in &page {
            digest.add(&cells(row, table).map_err(differs)?);
        }
    }
    Ok(digest)
}

/// The rows of a table by key, page by page.
struct Pages<'t> {
    table: &'t Table,
    statements: &'t Statements,
    last: Option<Vec<Cell>>,
    ended: bool,
}

impl<'t> Pages<'t> {
    fn of(table: &'t Table, statements: &'t Statements) -> Self {
        Self { table, statements, last: None, ended: false }
    }

    /// The next page, which has rows.
    async fn next(&mut self, connection: &mut Connection<'_>) -> Result<Option<Vec<Row>>, PageError> {
        if self.ended {
            return Ok(None);
        }
        let mut values: Vec<_> = self.last.iter().flatten().map(Cell::value).collect();
        values.push(Value::Integer(i64::try_from(PAGE).ok()));
        let statement = if self.last.is_none() { self.statements.first } else { self.statements.next };
        let page = connection.fetch_all(statement, &values).await?;
        self.ended = page.len() < PAGE;
        let Some(last) = page.last() else { return Ok(None) };
        let kind_of = |key: &str| self.table.columns.iter().find(|(column, _)| *column == key);
        let key = self.table.key.iter().filter_map(|key| kind_of(key));
        let key = key.map(|(column, kind)| Cell::read(last, column, *kind));
        self.last = Some(key.collect::<Result<_, _>>()?);
        Ok(Some(page))
    }
}

/// Why a page cannot be read.
enum PageError {
    Database(Error),
    Row(BadColumn),
}

impl From<Error> for PageError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<BadColumn> for PageError {
    fn from(bad: BadColumn) -> Self {
        Self::Row(bad)
    }
}

impl PageError {
    fn at_source(self, table: &Table) -> CopyError {
        match self {
            Self::Database(error) => CopyError::Source(error),
            Self::Row(bad) => CopyError::BadRow(bad.of(format_args!("a row of {}", table.name))),
        }
    }

    fn at_target(self) -> CopyError {
        match self {
            Self::Database(error) => CopyError::Target(error),
            Self::Row(bad) => CopyError::BadRow(bad.of("a row that was written")),
        }
    }
}

/// One part of a key, kept from one page to the next.
enum Cell {
    Text(String),
    Integer(i64),
}

impl Cell {
    fn read(row: &Row, column: &'static str, kind: Kind) -> Result<Self, BadColumn> {
        match kind {
            Kind::Integer => Columns(row).integer(column).map(Self::Integer),
            Kind::Text | Kind::Bytes => Columns(row).text(column).map(|text| Self::Text(text.to_owned())),
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::from(text.as_str()),
            Self::Integer(number) => Value::from(*number),
        }
    }
}

/// A row as values, in the order of the table's columns.
fn cells<'r>(row: &'r Row, table: &Table) -> Result<Vec<Value<'r>>, BadColumn> {
    let columns = Columns(row);
    let cell = |(column, kind): &(&'static str, Kind)| {
        Ok(match kind {
            Kind::Text => Value::Text(columns.optional_text(column)?),
            Kind::Integer => Value::Integer(columns.optional_integer(column)?),
            Kind::Bytes => Value::Bytes(columns.optional_bytes(column)?),
        })
    };
    table.columns.iter().map(cell).collect()
}

/// What the rows of a table are, in the order of their keys: against accidents, not against forgers.
#[derive(Default)]
struct Digest {
    hasher: DefaultHasher,
    rows: u64,
}

impl Digest {
    fn add(&mut self, row: &[Value<'_>]) {
        row.hash(&mut self.hasher);
        self.rows += 1;
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        (self.rows, self.hasher.finish()) == (other.rows, other.hasher.finish())
    }
}

/// Why nothing was copied. The target is as it was, once its transaction is rolled back.
#[derive(Debug)]
pub enum CopyError {
    /// A row of the source cannot be.
    BadRow(StoreError),
    /// The source cannot be read.
    Source(Error),
    /// The target cannot be written.
    Target(Error),
    /// What was written is not what was read.
    Differs {
        /// The first table that differs.
        table: &'static str,
    },
}

impl std::error::Error for CopyError {}

/// Texts of the databases name tables and columns, never a bound value.
impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadRow(why) => write!(f, "{why}"),
            Self::Source(why) => write!(f, "what is to be copied cannot be read: {why}"),
            Self::Target(why) => write!(f, "the copy cannot be written: {why}"),
            Self::Differs { table } => {
                write!(f, "the copy of the table {table} is not what was to be copied")
            }
        }
    }
}
