//! Stores that are filled once and kept below Cargo's target folder, since filling one takes minutes.
//!
//! They are thrown away with that folder. One that an older Jeton made is migrated by hand, or removed.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::Binaries;
use super::side::{Algorithm, Side};
use crate::measure::server::Server;
use crate::process::{self, Outcome, program};
use crate::workspace;

/// A filled store.
pub(crate) struct Filled {
    /// The data folder.
    pub(crate) data: String,
    /// Lines of client id and secret.
    pub(crate) secrets: String,
    /// The first of them alone.
    pub(crate) first: String,
    /// How many there are.
    pub(crate) credentials: u32,
}

impl Filled {
    /// With the credentials that this side is asked with.
    pub(crate) fn for_side(side: Side, binaries: &Binaries, credentials: u32) -> Outcome<Self> {
        let algorithm = match side {
            Side::Jeton(algorithm, _) | Side::Ceiling(algorithm) => algorithm,
            Side::Hello | Side::ForwardAuth | Side::OidcProvider | Side::Authlib => Algorithm::Es256,
        };
        Self::of(algorithm, binaries, credentials)
    }

    /// With so many credentials, of an API that signs with this algorithm.
    pub(crate) fn of(algorithm: Algorithm, binaries: &Binaries, credentials: u32) -> Outcome<Self> {
        let name = format!("{}-{credentials}", algorithm.name());
        let folder = once(&name, |folder| {
            println!("a store is filled with {credentials} credentials, which takes a while");
            Self::within(folder, credentials).fill(algorithm, binaries)
        })?;
        Ok(Self::within(&folder, credentials))
    }

    fn within(folder: &Path, credentials: u32) -> Self {
        let path = |name: &str| folder.join(name).display().to_string();
        Self { data: path("data"), secrets: path("secrets"), first: path("first"), credentials }
    }

    fn fill(&self, algorithm: Algorithm, binaries: &Binaries) -> Outcome {
        let listen = ["--listen", "production=127.0.0.1:0", "--management-listen", "127.0.0.1:0"];
        drop(Server::start(&binaries.jeton, &[["--data", &self.data].as_slice(), &listen].concat(), &[])?);
        let mut fill = program(&binaries.fill, &["--data", &self.data, "--secrets", &self.secrets]);
        fill.args(["--algorithm", algorithm.name(), "--credentials", &self.credentials.to_string()]);
        process::run(fill)?;
        let secrets = fs::read_to_string(&self.secrets).map_err(|why| format!("{}: {why}", self.secrets))?;
        let mut first = OpenOptions::new();
        let first = first.write(true).create_new(true).mode(0o600).open(&self.first);
        first
            .and_then(|mut first| first.write_all(secrets.lines().next().unwrap_or_default().as_bytes()))
            .map_err(|why| format!("{}: {why}", self.first))
    }
}

/// A folder of this name that is filled once: one that was left half-done is begun anew.
pub(crate) fn once(name: &str, fill: impl FnOnce(&Path) -> Outcome) -> Outcome<PathBuf> {
    let folder = workspace::target_folder().join("bench").join(name);
    let whole = folder.join("whole");
    if !whole.exists() {
        let cannot = |why: std::io::Error| format!("{}: {why}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(cannot)?;
        }
        fs::create_dir_all(&folder).map_err(cannot)?;
        fill(&folder)?;
        fs::write(&whole, "").map_err(cannot)?;
    }
    Ok(folder)
}
