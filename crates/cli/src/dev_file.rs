//! Where the command line finds a `serve --dev` that runs: `dev.json` in the user's configuration folder, with the secret of
//! an operator, which its user alone can read.

use std::env;
use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::output;

/// The file, as long as the server runs.
pub(crate) struct DevFile {
    path: PathBuf,
}

/// Where a server with this management listener is reached from its own machine.
pub(crate) fn url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    format!("http://{address}")
}

impl DevFile {
    /// Writes it over that of any other server, whether that still runs or not. Where there is no folder for it, or it
    /// cannot be written, the server does without, aloud.
    pub(crate) fn write(address: SocketAddr, client_id: &str, client_secret: &str) -> Option<Self> {
        let Some(folder) = folder() else {
            output::note(
                "jeton: no dev.json is written, since neither HOME nor XDG_CONFIG_HOME names a folder",
            );
            return None;
        };
        let path = folder.join("dev.json");
        let value = json!({
            "url": url(address),
            "client_id": client_id,
            "client_secret": client_secret,
            "pid": std::process::id(),
        });
        match write(&folder, &path, &value) {
            Ok(()) => Some(Self { path }),
            Err(why) => {
                output::note(&format!("jeton: {} cannot be written: {why}", path.display()));
                None
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Whoever wrote it last takes it away: it may be another's by now.
impl Drop for DevFile {
    fn drop(&mut self) {
        let own = |text: String| {
            let value: Option<Value> = serde_json::from_str(&text).ok();
            value.is_some_and(|value| value["pid"] == std::process::id())
        };
        if fs::read_to_string(&self.path).is_ok_and(own)
            && let Err(why) = fs::remove_file(&self.path)
        {
            output::note(&format!("jeton: {} cannot be removed: {why}", self.path.display()));
        }
    }
}

/// As the XDG base directory specification has it.
fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let around = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))?;
    Some(around.join("jeton"))
}

/// Whole or not at all, and never to be read by others: the draft is new, of mode 0600, and takes the place of the old.
fn write(folder: &Path, path: &Path, value: &Value) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let draft = tempfile::Builder::new().prefix("dev.json.").tempfile_in(folder);
    // Its error would name the draft, which is nobody's concern.
    let mut draft = draft.map_err(|why| io::Error::from(why.kind()))?;
    draft.write_all(format!("{value:#}\n").as_bytes())?;
    draft.persist(path).map_err(|why| why.error)?;
    Ok(())
}
