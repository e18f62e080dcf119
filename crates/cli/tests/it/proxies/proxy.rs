//! A proxy that dies with its test. It listens at a socket in the file system, so that it needs no port.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::{Lines, PATIENCE, Reaped, Run, clean, now};

/// A running proxy.
pub(crate) struct Proxy {
    _child: Reaped,
    folder: TempDir,
    pub(crate) log: Lines,
    _errors: Lines,
}

impl Proxy {
    /// HAProxy with this configuration, in which `{folder}` is a folder of its own. It must listen at `front` there.
    pub(crate) fn haproxy(configuration: &str) -> Self {
        Self::haproxy_with(&[("proxy.conf", configuration)])
    }

    /// The same, with files beside it.
    pub(crate) fn haproxy_with(files: &[(&str, &str)]) -> Self {
        Self::start(files, |file| {
            let mut command = Command::new("haproxy");
            command.args(["-db", "-f"]).arg(file);
            command
        })
    }

    /// The same of nginx.
    pub(crate) fn nginx(configuration: &str) -> Self {
        Self::nginx_with(&[("proxy.conf", configuration)])
    }

    /// The same, with files beside it.
    pub(crate) fn nginx_with(files: &[(&str, &str)]) -> Self {
        Self::start(files, |file| {
            let mut command = Command::new("nginx");
            command.args(["-e", "stderr", "-p"]).arg(file.parent().unwrap()).arg("-c").arg(file);
            command
        })
    }

    /// The same of Caddy.
    pub(crate) fn caddy(configuration: &str) -> Self {
        Self::start(&[("proxy.conf", configuration)], |file| {
            let mut command = Command::new("caddy");
            command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
            command
        })
    }

    /// The first of these files is the configuration; the others stand beside it.
    fn start(files: &[(&str, &str)], command: impl Fn(&Path) -> Command) -> Self {
        let folder = TempDir::new().unwrap();
        for (name, text) in files {
            let text = text.replace("{folder}", folder.path().to_str().unwrap());
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let file = folder.path().join(files[0].0);
        let mut command = command(&file);
        clean(&mut command);
        // Caddy keeps state there.
        command.env("HOME", folder.path());
        let mut child = Run::begin(&mut command);
        let log = Lines::of(child.0.stdout.take().unwrap());
        let mut errors = Lines::of(child.0.stderr.take().unwrap());
        let deadline = now() + PATIENCE;
        while UnixStream::connect(folder.path().join("front")).is_err() {
            assert!(child.0.try_wait().unwrap().is_none(), "the proxy ended: {}", errors.all());
            assert!(now() < deadline, "the proxy does not listen");
            std::thread::yield_now();
        }
        Self { _child: child, folder, log, _errors: errors }
    }

    /// A file of its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A connection to where it listens.
    pub(crate) fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(self.path("front")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends these bytes, and gives all that comes until the proxy closes the connection.
    pub(crate) fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // It may close before it has read all: then the answer tells.
        let _ = stream.write_all(bytes);
        let mut answers = Vec::new();
        match stream.read_to_end(&mut answers) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("it is never closed"),
            // A reset closes it too.
            _ => String::from_utf8_lossy(&answers).into_owned(),
        }
    }
}
