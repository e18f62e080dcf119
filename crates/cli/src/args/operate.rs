//! What can be typed about the database, the master key and the signing keys.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jeton_core::Algorithm;
use jeton_core::id::{EnvironmentName, KeyId};

#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Show what the database holds, and check it.
    Status {
        /// Check that indexes and tables agree, and every reference; takes longer.
        #[arg(long)]
        full: bool,
    },
    /// Bring the database's schema up to date, as the next start would. On an empty PostgreSQL it makes the tables.
    Migrate {
        /// Show what would be done, and do nothing.
        #[arg(long)]
        plan: bool,
    },
    /// Copy the database to a new file, also while the server runs. The master key is not in it.
    Backup {
        /// Where to; must not be there.
        file: PathBuf,
    },
    /// Put a backup in the database's place: in a data folder while no server runs, in a PostgreSQL also meanwhile.
    Restore {
        /// What `jeton db backup` wrote.
        file: PathBuf,
        /// Replace the database that is there. In a folder it is kept as jeton.db.before-SEQUENCE.
        #[arg(long)]
        replace: bool,
        /// Lose what was changed since the backup: secrets that were revoked since are accepted again.
        #[arg(long)]
        danger_older: bool,
    },
    /// Copy the database to an empty place, from a data folder to a PostgreSQL or back, and compare every row.
    Copy(CopyTo),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct CopyTo {
    /// A data folder without a store; made where it is missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) to_folder: Option<PathBuf>,
    /// A file with the URL of an empty PostgreSQL: postgres://USER:PASSWORD@HOST/DATABASE.
    #[arg(long, value_name = "FILE")]
    pub(crate) to_url_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MasterKey {
    /// Make a file with a new master key, for `master_key.file` to name before the first start.
    Create {
        /// Where; must not be there. Its owner alone may read it.
        file: PathBuf,
    },
    /// Add a new key to the file: it seals from then on, and the others still open. Then give the file to every node,
    /// restart each that got a copy at its start (as from systemd), and `re-encrypt`.
    Add {
        /// The file [default: the one that is configured].
        file: Option<PathBuf>,
    },
    /// Seal everything in the store anew that is not sealed under the newest key of the file. Servers may run.
    ReEncrypt,
    /// Remove a key from the file that nothing in the store is sealed under any more. Older backups still need it.
    Drop {
        /// Its name: the first word of its line.
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum HashKey {
    /// Show the keys that secrets are hashed with, and how many live secrets hang on each.
    List,
    /// Make another, as after a leak of the database with its master key. Each secret moves to it when it is next used.
    Add,
    /// Remove one that no live secret hangs on, and name those that do.
    Drop {
        number: i64,
        /// Make the live secrets worthless that still hang on it.
        #[arg(long)]
        danger_locks_out: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Show all keys that are published, and when each moves on.
    List,
    /// Publish a key that signs next; or, where one is published for long enough, let it sign.
    Rotate {
        /// Where [default: everywhere].
        #[arg(long, value_name = "NAME")]
        environment: Option<EnvironmentName>,
        /// Of which algorithm [default: of all].
        #[arg(long)]
        alg: Option<Algorithm>,
        /// Let a key sign that verifiers may not know yet.
        #[arg(long)]
        danger_unpublished: bool,
    },
    /// Let an active key sign no more; the next one takes its place.
    Retire {
        // Which may begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: KeyId,
        /// Let a key sign that verifiers may not know yet.
        #[arg(long)]
        danger_unpublished: bool,
    },
    /// Take a key away that nobody needs.
    Remove {
        // Which may begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: KeyId,
        /// Make every token worthless that it signed.
        #[arg(long)]
        danger_invalidates_tokens: bool,
    },
    /// Take in a private key, PKCS#8 in PEM, from standard input; it signs next.
    Import {
        /// Where.
        #[arg(long, value_name = "NAME")]
        environment: EnvironmentName,
        /// What it signs with: ES256, EdDSA, RS256 or PS256.
        #[arg(long)]
        alg: Algorithm,
        /// Let it sign at once, though verifiers may not know it yet.
        #[arg(long)]
        danger_unpublished: bool,
    },
    /// Replace a key that leaked, now: every token that it signed becomes worthless.
    Panic {
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
