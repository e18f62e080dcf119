//! A proxy that dies with its test. It listens at a socket in the file system, so that it needs no port; Apache, which
//! cannot, at a free port of an address that nobody else uses.

use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::{Lines, PATIENCE, Reaped, Run, clean, now};

/// A running proxy.
pub(crate) struct Proxy {
    _child: Reaped,
    folder: TempDir,
    /// Where it listens, if not at `front` in its folder.
    port: Option<SocketAddr>,
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

    /// The same of Apache httpd, with files beside it. It must listen at `{port}`.
    pub(crate) fn apache_with(files: &[(&str, &str)]) -> Self {
        // It tells its port nobody, so that one must be found before.
        let port = TcpListener::bind("127.0.97.1:0").and_then(|free| free.local_addr()).unwrap();
        let start = |file: &Path| {
            let mut command = Command::new("apache2");
            // One process, which ends where it is killed.
            command.args(["-X", "-f"]).arg(file);
            command
        };
        Self::start_at(Some(port), files, start)
    }

    /// The first of these files is the configuration; the others stand beside it.
    fn start(files: &[(&str, &str)], command: impl Fn(&Path) -> Command) -> Self {
        Self::start_at(None, files, command)
    }

    fn start_at(
        port: Option<SocketAddr>,
        files: &[(&str, &str)],
        command: impl Fn(&Path) -> Command,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        // Apache reads scripts as somebody else.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        for (name, text) in files {
            let text = text.replace("{folder}", folder.path().to_str().unwrap());
            let text = port.iter().fold(text, |text, port| text.replace("{port}", &port.to_string()));
            fs::write(folder.path().join(name), text).unwrap();
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
        let front = folder.path().join("front");
        let listens = || match port {
            Some(port) => TcpStream::connect(port).is_ok(),
            None => UnixStream::connect(&front).is_ok(),
        };
        while !listens() {
            assert!(child.0.try_wait().unwrap().is_none(), "the proxy ended: {}", errors.all());
            assert!(now() < deadline, "the proxy does not listen");
            std::thread::yield_now();
        }
        Self { _child: child, folder, port, log, _errors: errors }
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

    fn open(&self) -> io::Result<Box<dyn ReadWrite>> {
        let Some(port) = self.port else { return Ok(Box::new(self.connect())) };
        let stream = TcpStream::connect(port)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Box::new(stream))
    }

    /// Sends these bytes, and gives all that comes until the proxy closes the connection.
    pub(crate) fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.open().unwrap();
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

trait ReadWrite: Read + Write {}

impl<T: Read + Write> ReadWrite for T {}
