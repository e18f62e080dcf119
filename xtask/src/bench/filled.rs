//! Stores that are filled once and kept below Cargo's target folder, since filling one takes minutes.
//!
//! They are thrown away with that folder. One that an older Jeton made is migrated by hand, or removed.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

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
        let folder =
            workspace::target_folder().join("bench").join(format!("{}-{credentials}", algorithm.name()));
        let path = |name: &str| folder.join(name).display().to_string();
        let filled = Self { data: path("data"), secrets: path("secrets"), first: path("first"), credentials };
        let whole = PathBuf::from(path("whole"));
        if whole.exists() {
            return Ok(filled);
        }
        println!("a store is filled with {credentials} credentials, which takes a while");
        let cannot = |why: std::io::Error| format!("{}: {why}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(cannot)?;
        }
        fs::create_dir_all(&folder).map_err(cannot)?;
        let listen = ["--listen", "production=127.0.0.1:0", "--management-listen", "127.0.0.1:0"];
        drop(Server::start(&binaries.jeton, &[["--data", &filled.data].as_slice(), &listen].concat(), &[])?);
        let mut fill = program(&binaries.fill, &["--data", &filled.data, "--secrets", &filled.secrets]);
        fill.args(["--algorithm", algorithm.name(), "--credentials", &credentials.to_string()]);
        process::run(fill)?;
        let secrets = fs::read_to_string(&filled.secrets).map_err(cannot)?;
        let mut first = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&filled.first)
            .map_err(cannot)?;
        first.write_all(secrets.lines().next().unwrap_or_default().as_bytes()).map_err(cannot)?;
        fs::write(&whole, "").map_err(cannot)?;
        Ok(filled)
    }
}
