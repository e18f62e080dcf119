//! A `serve --dev` that runs on this machine, which wrote itself into `dev.json`, so that commands find it without a word.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use rustix::process::{Pid, getuid, test_kill_process};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::choice::{Origin, Server, parse_url};
use super::profiles::Folder;

/// What it wrote.
#[derive(Deserialize)]
struct DevFile {
    url: String,
    client_id: String,
    client_secret: Zeroizing<String>,
    pid: i32,
}

/// The server, if it runs. A file that one left that was killed, or that anybody else could have written, is none.
pub(super) fn find(folder: &Folder) -> Option<Server> {
    let path = folder.path().join("dev.json");
    let file = fs::symlink_metadata(&path).ok()?;
    if !file.is_file() || file.mode() & 0o077 != 0 || file.uid() != getuid().as_raw() {
        return None;
    }
    let written: DevFile = serde_json::from_str(&Zeroizing::new(fs::read_to_string(&path).ok()?)).ok()?;
    test_kill_process(Pid::from_raw(written.pid)?).ok()?;
    Some(Server {
        url: parse_url(&written.url, &"dev.json").ok()?,
        url_from: Origin::Dev,
        client_id: written.client_id,
        client_id_from: Origin::Dev,
        secret: written.client_secret,
        secret_from: "dev server".to_owned(),
    })
}
