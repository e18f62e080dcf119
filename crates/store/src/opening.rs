//! Who may make a store.

/// Whether a store may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The store is made where it is missing, and on `SQLite` its folder too: for `serve` alone.
    MakeIfMissing,
    /// The store must be there.
    Existing,
}
