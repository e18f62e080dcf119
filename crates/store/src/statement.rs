//! Statements with their values, and what their failures mean.
//!
//! To bind a new type: an `impl From` below.

use jeton_core::id::{
    ApiId, AudienceUri, ClientId, CompanyId, EnvironmentName, Handle, KeyId, ScopeName, SecretId, Text,
    TokenId,
};
use jeton_core::intent::ChangeKind;
use jeton_core::model::{KeyState, SecretKind, Sequence, State};
use jeton_core::usage::Span;
use jeton_core::{Algorithm, StoreError, Timestamp};
use sqlx::error::DatabaseError;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Error, Postgres, Sqlite};

/// What a parameter can be.
#[derive(Clone, Copy, Hash)]
pub enum Value<'a> {
    Text(Option<&'a str>),
    Integer(Option<i64>),
    Bytes(Option<&'a [u8]>),
}

/// The values of a statement, in the order of its parameters.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::statement::Value::from($value)),*] };
}
pub(crate) use values;

macro_rules! statement {
    ($name:ident, $database:ty, $arguments:ty) => {
        /// A statement that is prepared once for each connection.
        pub(crate) fn $name<'q>(sql: &'static str, values: &[Value<'_>]) -> Query<'q, $database, $arguments> {
            // SQLite takes a parameter that nobody bound for NULL.
            debug_assert_eq!(parameters(sql), values.len(), "parameters of {sql}");
            values.iter().fold(sqlx::query(sql), |query, value| match value {
                Value::Text(text) => query.bind(*text),
                Value::Integer(number) => query.bind(*number),
                Value::Bytes(bytes) => query.bind(*bytes),
            })
        }
    };
}
statement!(sqlite, Sqlite, SqliteArguments);
statement!(postgres, Postgres, PgArguments);

/// A statement that has each parameter once, and in their order.
#[derive(Debug)]
pub(crate) struct InOrder {
    /// With `$1` and so on, as `PostgreSQL` wants it.
    pub(crate) numbered: String,
    /// With `?`. `SQLite` takes `$1` for a name, and goes through all names before it whenever it is asked for one: with
    /// hundreds of them, that takes longer than what the statement does.
    pub(crate) nameless: String,
}

impl InOrder {
    /// From one with numbers.
    pub(crate) fn new(numbered: String) -> Self {
        let mut pieces = numbered.split('$');
        let mut nameless = pieces.next().unwrap_or_default().to_owned();
        for (before, piece) in pieces.enumerate() {
            let rest = piece.trim_start_matches(|digit: char| digit.is_ascii_digit());
            debug_assert_eq!(piece[..piece.len() - rest.len()].parse(), Ok(before + 1), "{numbered}");
            nameless.push('?');
            nameless.push_str(rest);
        }
        Self { numbered, nameless }
    }
}

/// How many parameters there are: the highest number after a `$`, or as many as there are `?`.
fn parameters(sql: &str) -> usize {
    let numbers = sql.split('$').skip(1).map(|rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest[..digits].parse().unwrap_or(0)
    });
    numbers.max().unwrap_or_else(|| sql.matches('?').count())
}

/// Why a statement gave no answer. Texts of the databases and sqlx name tables and columns, never a bound value.
pub(crate) fn store_error(error: Error) -> StoreError {
    match error {
        Error::Decode(_) | Error::ColumnDecode { .. } | Error::ColumnNotFound(_) => {
            StoreError::BadRow(error.to_string())
        }
        // Commits check what they write, so only a row that cannot be is in the way; another try would not help.
        Error::Database(why) if is_constraint(&*why) => StoreError::BadRow(why.to_string()),
        Error::PoolClosed => StoreError::Unavailable("it was closed".into()),
        Error::PoolTimedOut => StoreError::Unavailable("it is busy: no connection came free in time".into()),
        other => StoreError::Unavailable(other.to_string()),
    }
}

/// `SQLITE_CONSTRAINT`, which is the lowest byte of the codes that say which one; or class 23 of `PostgreSQL`'s codes
/// of five characters.
fn is_constraint(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    if code.len() == 5 {
        code.starts_with("23")
    } else {
        code.parse().is_ok_and(|code: u32| code & 0xFF == 19)
    }
}

macro_rules! from_text {
    ($($name:ty),* $(,)?) => { $(
        impl<'a> From<&'a $name> for Value<'a> {
            fn from(value: &'a $name) -> Self {
                Self::Text(Some(value.as_str()))
            }
        }
    )* };
}
from_text!(
    String,
    ApiId,
    AudienceUri,
    ClientId,
    CompanyId,
    EnvironmentName,
    Handle,
    KeyId,
    ScopeName,
    SecretId,
    TokenId
);
from_text!(Text);

macro_rules! from_word {
    ($($name:ty),* $(,)?) => { $(
        impl From<$name> for Value<'_> {
            fn from(value: $name) -> Self {
                Self::Text(Some(value.as_str()))
            }
        }
    )* };
}
from_word!(Algorithm, ChangeKind, KeyState, SecretKind, Span, State);

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<Option<&'a Text>> for Value<'a> {
    fn from(value: Option<&'a Text>) -> Self {
        Self::Text(value.map(Text::as_str))
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(Some(value))
    }
}

impl<'a> From<Option<&'a [u8]>> for Value<'a> {
    fn from(value: Option<&'a [u8]>) -> Self {
        Self::Bytes(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Integer(Some(value.into()))
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Integer(Some(value.into()))
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Integer(Some(value.0))
    }
}

impl From<Option<Timestamp>> for Value<'_> {
    fn from(value: Option<Timestamp>) -> Self {
        Self::Integer(value.map(|time| time.0))
    }
}

impl From<Sequence> for Value<'_> {
    fn from(value: Sequence) -> Self {
        Self::Integer(Some(value.0))
    }
}

#[cfg(test)]
mod tests {
    use super::parameters;

    #[test]
    fn the_highest_parameter_counts() {
        assert_eq!(parameters("SELECT 1"), 0);
        assert_eq!(parameters("SELECT $2, $1, $14, $1"), 14);
    }
}
