//! What the tests share: the binary, a store of their own, a server that dies with its test, and curl.

mod curl;
mod database;
mod http;
mod jeton;
mod lines;
mod server;
mod shared;
mod store;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(crate) use curl::{Answer, DIALECTS, bearer, claims, curl, form_token, get, key_set, token};
pub(crate) use database::sql;
pub(crate) use http::Http;
pub(crate) use jeton::{Reaped, Run, clean, jeton, words};
pub(crate) use lines::Lines;
pub(crate) use server::Server;
pub(crate) use shared::{PASSWORD, Shared, without_password};
pub(crate) use store::{Credential, Store};

/// How long anything may take before a test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The real time, for deadlines.
#[expect(clippy::disallowed_methods, reason = "a deadline for another process is real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The rights of a file or folder.
pub(crate) fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A sequence of numbers that is the same in every run (`SplitMix64`).
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    /// The next number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }
}
