//! From a row to the model. What cannot be is a [`BadColumn`], which becomes [`StoreError::BadRow`] with the
//! row's owner: a poisoned row costs its owner the answer, nobody else, and never a panic.
//!
//! To read a new type: a method of [`Columns`].

use std::fmt;
use std::str::FromStr;

use jeton_core::master_key::Sealed;
use jeton_core::model::Sequence;
use jeton_core::{StoreError, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

/// A row of either database.
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A column whose value cannot be.
#[derive(Debug)]
pub(crate) struct BadColumn(pub(crate) &'static str);

impl BadColumn {
    /// The error, once it is known whose the row is.
    pub(crate) fn of(self, owner: impl fmt::Display) -> StoreError {
        StoreError::BadRow(format!("{owner}, column {:?}", self.0))
    }
}

/// One row, read column by column.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'r>(pub(crate) &'r Row);

impl<'r> Columns<'r> {
    /// A value, or NULL. Whoever wants no NULL must ask here too: sqlx reads it as 0 or as no text.
    fn optional<T>(self, column: &'static str) -> Result<Option<T>, BadColumn>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        let read = match self.0 {
            Row::Sqlite(row) => row.try_get(column),
            Row::Postgres(row) => row.try_get(column),
        };
        read.map_err(|_| BadColumn(column))
    }

    fn required<T>(self, column: &'static str) -> Result<T, BadColumn>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        self.optional(column)?.ok_or(BadColumn(column))
    }

    pub(crate) fn text(self, column: &'static str) -> Result<&'r str, BadColumn> {
        self.required(column)
    }

    pub(crate) fn optional_text(self, column: &'static str) -> Result<Option<&'r str>, BadColumn> {
        self.optional(column)
    }

    pub(crate) fn integer(self, column: &'static str) -> Result<i64, BadColumn> {
        self.required(column)
    }

    pub(crate) fn optional_integer(self, column: &'static str) -> Result<Option<i64>, BadColumn> {
        self.optional(column)
    }

    pub(crate) fn bytes(self, column: &'static str) -> Result<&'r [u8], BadColumn> {
        self.required(column)
    }

    pub(crate) fn optional_bytes(self, column: &'static str) -> Result<Option<&'r [u8]>, BadColumn> {
        self.optional(column)
    }

    /// Bytes of exactly that length.
    pub(crate) fn array<const N: usize>(self, column: &'static str) -> Result<[u8; N], BadColumn> {
        self.bytes(column)?.try_into().map_err(|_| BadColumn(column))
    }

    /// Bytes of exactly that length, or NULL.
    pub(crate) fn optional_array<const N: usize>(
        self,
        column: &'static str,
    ) -> Result<Option<[u8; N]>, BadColumn> {
        let bytes: Option<&[u8]> = self.optional(column)?;
        bytes.map(|bytes| bytes.try_into().map_err(|_| BadColumn(column))).transpose()
    }

    /// An identifier, by its own grammar.
    pub(crate) fn parsed<T: FromStr>(self, column: &'static str) -> Result<T, BadColumn> {
        self.text(column)?.parse().map_err(|_| BadColumn(column))
    }

    /// An identifier, or NULL.
    pub(crate) fn optional_parsed<T: FromStr>(self, column: &'static str) -> Result<Option<T>, BadColumn> {
        self.optional_text(column)?.map(|text| text.parse().map_err(|_| BadColumn(column))).transpose()
    }

    /// One of a closed set of words.
    pub(crate) fn word<T>(
        self,
        column: &'static str,
        from_word: fn(&str) -> Option<T>,
    ) -> Result<T, BadColumn> {
        from_word(self.text(column)?).ok_or(BadColumn(column))
    }

    /// A number that is no less than 0 and not too large.
    pub(crate) fn count(self, column: &'static str) -> Result<u32, BadColumn> {
        self.integer(column)?.try_into().map_err(|_| BadColumn(column))
    }

    pub(crate) fn time(self, column: &'static str) -> Result<Timestamp, BadColumn> {
        self.integer(column).map(Timestamp)
    }

    pub(crate) fn optional_time(self, column: &'static str) -> Result<Option<Timestamp>, BadColumn> {
        Ok(self.optional_integer(column)?.map(Timestamp))
    }

    pub(crate) fn sequence(self, column: &'static str) -> Result<Sequence, BadColumn> {
        self.integer(column).map(Sequence)
    }

    /// A sealed value, whose master key's name stands in `master_key`.
    pub(crate) fn sealed(self, column: &'static str) -> Result<Sealed, BadColumn> {
        let bytes = self.bytes(column)?.to_vec();
        Ok(Sealed { master_key: self.text("master_key")?.to_owned(), bytes })
    }

    /// A key as it stands, for an error's text only.
    pub(crate) fn shown(self, column: &'static str) -> String {
        self.text(column).map_or_else(|_| "?".to_owned(), |text| format!("{text:?}"))
    }
}

/// The error where `part` is none of those that the statement gives.
pub(crate) fn unknown_part() -> StoreError {
    BadColumn("part").of("a row")
}
