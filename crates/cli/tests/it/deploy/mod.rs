//! What stands in `deploy/`, and what docs/operating.md says of it: tried as far as no service manager, container engine
//! or fixed port is needed.
//!
//! `unit` is about the systemd unit, `image` about the container's image, `fronts` about proxies before the server.

mod fronts;
mod image;
mod unit;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::clean;

/// A file of the repository.
pub(crate) fn read(name: &str) -> String {
    let path = repository().join(name);
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The first block of this language in docs/operating.md that holds `part`.
fn block(language: &str, part: &str) -> String {
    let guide = read("docs/operating.md");
    let begin = format!("```{language}\n");
    let blocks = guide.split(&begin).skip(1);
    let mut blocks = blocks.map(|block| block.split_once("```").unwrap().0);
    blocks.find(|block| block.contains(part)).expect("the guide has such a block").to_owned()
}

/// Somebody without rights: a user of this number where the tests run as root, who runs them elsewhere.
struct Nobody {
    folder: TempDir,
    id: u32,
}

impl Nobody {
    /// With a folder of theirs, and the binary where they can run it.
    fn new(id: u32) -> Self {
        let folder = TempDir::new().unwrap();
        let nobody = Self { folder, id };
        nobody.own(nobody.folder.path(), 0o755);
        // It is large: a second name for it where that can be had.
        let binary = (env!("CARGO_BIN_EXE_jeton"), nobody.path("jeton"));
        fs::hard_link(binary.0, &binary.1).or_else(|_| fs::copy(binary.0, &binary.1).map(drop)).unwrap();
        nobody
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path as it stands in a configuration.
    fn text(&self, name: &str) -> String {
        self.path(name).into_os_string().into_string().unwrap()
    }

    /// Makes a file theirs.
    fn write(&self, name: &str, content: &str, mode: u32) {
        fs::write(self.path(name), content).unwrap();
        self.own(&self.path(name), mode);
    }

    fn own(&self, path: &Path, mode: u32) {
        if rustix::process::geteuid().is_root() {
            chown(path, Some(self.id), Some(self.id)).unwrap();
        }
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// The certificate and key of `localhost`, in these files.
    fn certify(&self, certificate: &str, key: &str) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        self.write(certificate, &made.cert.pem(), 0o644);
        self.write(key, &made.signing_key.serialize_pem(), 0o400);
    }

    /// These words, run by them, with nothing in the environment. The first is `/usr/local/bin/jeton`.
    fn run(&self, words: &[String]) -> Command {
        let (program, arguments) = words.split_first().unwrap();
        assert_eq!(program, "/usr/local/bin/jeton");
        let mut command = if rustix::process::geteuid().is_root() {
            let id = self.id.to_string();
            let mut command = Command::new("setpriv");
            command.args(["--reuid", &id, "--regid", &id, "--clear-groups", "--no-new-privs"]);
            command.arg(self.path("jeton"));
            command
        } else {
            Command::new(self.path("jeton"))
        };
        clean(&mut command);
        command.args(arguments).current_dir(self.folder.path());
        command
    }
}
