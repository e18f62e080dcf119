//! The one connection that writes, and when it is trusted no more.

use jeton_core::StoreError;
use jeton_core::store::CommitError;
use sqlx::Sqlite;
use sqlx::pool::PoolConnection;

/// Takes the write lock at once: a transaction that reads first and then wants it can only fail.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

/// Closes the connection after a failure that was not a refusal, instead of using it again.
///
/// After a failed write or sync nobody knows what `SQLite` and the file agree on (an fsync is not to be retried and
/// trusted), and sqlx may take a transaction for open that `SQLite` has rolled back by itself.
pub(super) fn settle<T, E: Failure>(
    connection: &mut PoolConnection<Sqlite>,
    result: Result<T, E>,
) -> Result<T, E> {
    if result.as_ref().is_err_and(Failure::is_the_stores) {
        connection.close_on_drop();
    }
    result
}

/// A failure that may be the store's, or the rules' refusal.
pub(super) trait Failure {
    /// Whether it is the store's.
    fn is_the_stores(&self) -> bool;
}

impl Failure for StoreError {
    fn is_the_stores(&self) -> bool {
        true
    }
}

impl Failure for CommitError {
    fn is_the_stores(&self) -> bool {
        matches!(self, Self::Store(_))
    }
}
