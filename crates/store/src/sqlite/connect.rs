//! Connections: what a file is, one that writes, and a few that read.

use std::path::Path;
use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Error, SqliteConnection};

use super::open::OpenError;

/// How long a write waits for those of other processes.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);

/// How long a read waits, for a connection or for a lock: a token request must have its answer soon.
const READ_PATIENCE: Duration = Duration::from_secs(2);

/// Each has a thread of its own.
const READERS: u32 = 4;

/// Kilobytes of pages that each of them keeps, a quarter of what is usual. The system keeps the file's pages anyway; these are
/// for those that every look-up goes through.
const READERS_PAGES: i32 = 512;

/// What the migrations give every store of ours: "Jeto" as a number.
const APPLICATION_ID: i64 = 0x4A65_746F;

/// Before it, resetting the write-ahead log could damage the file (<https://www.sqlite.org/wal.html#walresetbug>).
const LEAST_SQLITE: (&str, [u32; 3]) = ("3.51.3", [3, 51, 3]);

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// A Jeton store.
    Jeton,
    /// An empty database, such as an interrupted first start leaves.
    Empty,
    /// Another program's database.
    Other,
    /// No database, or one whose first page is gone.
    NoDatabase,
}

impl Identity {
    /// Refuses what is no store.
    pub(super) fn require_store(self, file: &Path) -> Result<(), OpenError> {
        match self {
            Self::Jeton => Ok(()),
            Self::Empty => Err(OpenError::NoStore { folder: file.parent().unwrap_or(file).to_owned() }),
            Self::Other | Self::NoDatabase => Err(OpenError::NotJeton { file: file.to_owned() }),
        }
    }
}

/// Looks at a file without changing it, but for what a killed writer left half-done.
pub(super) async fn probe(file: &Path) -> Result<Identity, OpenError> {
    let mut seen = look(file, ReadOnly::Yes).await;
    if seen.as_ref().is_err_and(must_be_rolled_back) {
        seen = look(file, ReadOnly::No).await;
    }
    let (version, application_id, tables) = match seen {
        Err(error) if is_no_database(&error) => return Ok(Identity::NoDatabase),
        other => other.map_err(|error| unreadable(file, &error))?,
    };
    require_version(&version)?;
    Ok(match (application_id, tables) {
        (APPLICATION_ID, _) => Identity::Jeton,
        (0, 0) => Identity::Empty,
        _ => Identity::Other,
    })
}

#[derive(PartialEq, Eq)]
enum ReadOnly {
    Yes,
    No,
}

/// `SQLite`'s version, the file's application id, and how many tables it has beside sqlx's own.
async fn look(file: &Path, read_only: ReadOnly) -> Result<(String, i64, i64), Error> {
    let mut connection = options(file).read_only(read_only == ReadOnly::Yes).connect().await?;
    let seen = sqlx::query_as(
        "SELECT sqlite_version(), application_id, \
                (SELECT COUNT(*) FROM sqlite_schema WHERE tbl_name <> '_sqlx_migrations') \
         FROM pragma_application_id",
    );
    let seen = seen.fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(seen)
}

fn require_version(found: &str) -> Result<(), OpenError> {
    let (least, parts) = LEAST_SQLITE;
    let version: Vec<u32> = found.split('.').map_while(|part| part.parse().ok()).collect();
    if version.as_slice() >= parts.as_slice() {
        return Ok(());
    }
    Err(OpenError::SqliteTooOld { found: found.to_owned(), least })
}

/// The connection that writes. There is one: `SQLite` has one writer, and a second would only wait for it.
pub(super) async fn writers(file: &Path) -> Result<SqlitePool, OpenError> {
    let options = options(file)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged write must survive power loss; NORMAL may lose the last ones.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(WRITE_PATIENCE);
    let pool = pool().max_connections(1).acquire_timeout(WRITE_PATIENCE);
    pool.connect_with(options).await.map_err(|error| failed(&error))
}

/// The connections that read, made when they are needed.
pub(super) fn readers(file: &Path) -> SqlitePool {
    let options = options(file).read_only(true).busy_timeout(READ_PATIENCE);
    // A negative size is one in kilobytes (<https://www.sqlite.org/pragma.html#pragma_cache_size>).
    let options = options.pragma("cache_size", (-READERS_PAGES).to_string());
    pool().max_connections(READERS).acquire_timeout(READ_PATIENCE).connect_lazy_with(options)
}

/// One connection for whoever looks at a file as a whole, and changes nothing.
pub(super) async fn looker(file: &Path) -> Result<SqliteConnection, Error> {
    options(file).read_only(true).busy_timeout(READ_PATIENCE).connect().await
}

/// One connection that has the file to itself, and waits for nobody: who else has it open is in its way.
pub(super) async fn alone(file: &Path) -> Result<SqliteConnection, Error> {
    let options = options(file).synchronous(SqliteSynchronous::Full).busy_timeout(Duration::ZERO);
    options.locking_mode(SqliteLockingMode::Exclusive).connect().await
}

fn options(file: &Path) -> SqliteConnectOptions {
    // sqlx would log every statement, and slow ones as warnings.
    SqliteConnectOptions::new().filename(file).foreign_keys(true).disable_statement_logging()
}

fn pool() -> SqlitePoolOptions {
    // A connection to a file does not go stale, and one that failed was closed: there is nothing to test.
    SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None).test_before_acquire(false)
}

/// Whether it is `SQLITE_NOTADB`.
fn is_no_database(error: &Error) -> bool {
    primary_code(error) == Some(26)
}

/// Whether it is `SQLITE_READONLY_ROLLBACK`.
fn must_be_rolled_back(error: &Error) -> bool {
    code(error) == Some(776)
}

/// Whether it is `SQLITE_CORRUPT` or `SQLITE_NOTADB`.
pub(super) fn is_damage(error: &Error) -> bool {
    matches!(primary_code(error), Some(11 | 26))
}

/// Whether it is `SQLITE_BUSY` or `SQLITE_LOCKED`.
pub(super) fn is_in_use(error: &Error) -> bool {
    matches!(primary_code(error), Some(5 | 6))
}

/// The lowest byte of the codes that say what happened in detail.
fn primary_code(error: &Error) -> Option<u32> {
    code(error).map(|code| code & 0xFF)
}

fn code(error: &Error) -> Option<u32> {
    error.as_database_error().and_then(DatabaseError::code)?.parse().ok()
}

fn unreadable(file: &Path, error: &Error) -> OpenError {
    if is_damage(error) {
        return OpenError::Damaged { file: file.to_owned(), why: error.to_string() };
    }
    failed(error)
}

pub(super) fn failed(error: &Error) -> OpenError {
    // SQLITE_IOERR_SHMSIZE: `SQLite` found no room for the index of its log, and calls it an I/O error.
    let hint = if code(error) == Some(4874) { "; it may be that the disk is full" } else { "" };
    OpenError::Failed(format!("{error}{hint}"))
}

#[cfg(test)]
mod tests {
    use super::require_version;

    #[test]
    fn the_write_ahead_log_must_be_sound() {
        for sound in ["3.51.3", "3.51.10", "3.52.0", "4.0"] {
            assert!(require_version(sound).is_ok(), "{sound}");
        }
        for unsound in ["3.51.2", "3.51", "3.9.9", "", "x"] {
            assert!(require_version(unsound).is_err(), "{unsound}");
        }
    }
}
