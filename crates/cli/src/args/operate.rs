//! What can be typed about the database, the master key and the signing keys.

use std::path::PathBuf;

use clap::Subcommand;
use jeton_core::Algorithm;
use jeton_core::id::EnvironmentName;

#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Show what the data folder holds, and check it.
    Status {
        /// Check that indexes and tables agree, and every reference; takes longer.
        #[arg(long)]
        full: bool,
    },
    /// Copy the database to a new file, also while the server runs. The master key is not in it.
    Backup {
        /// Where to; must not be there.
        file: PathBuf,
    },
    /// Put a backup in the database's place, while no server runs.
    Restore {
        /// What `jeton db backup` wrote.
        file: PathBuf,
        /// Replace the database that is there; it is kept as jeton.db.before-SEQUENCE.
        #[arg(long)]
        replace: bool,
        /// Lose what was changed since the backup: secrets that were revoked since are accepted again.
        #[arg(long)]
        danger_older: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MasterKey {
    /// Make a file with a new master key, for `master_key.file` to name before the first start.
    Create {
        /// Where; must not be there. Its owner alone may read it.
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Show all keys that are published.
    List,
    /// Make a new key that signs, and remove the old ones at once: for the day a key leaks.
    Replace {
        /// Where.
        #[arg(long, value_name = "NAME")]
        environment: EnvironmentName,
        /// Of which algorithm, where there are keys of several.
        #[arg(long)]
        alg: Option<Algorithm>,
        /// Make every token worthless that the old keys signed.
        #[arg(long)]
        danger_invalidates_tokens: bool,
    },
}
