//! A release server in a process of its own, and what it says of itself.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

use super::http::Connection;
use crate::process::{Outcome, program};

/// A server that runs until it is dropped.
pub(crate) struct Server {
    child: Child,
    output: BufReader<ChildStdout>,
    pub(crate) address: String,
    pub(crate) management: String,
}

/// Where a server runs that is measured alone.
pub(crate) struct Pinned<'a> {
    /// The one core that it has.
    pub(crate) core: &'a str,
    /// The file that its log goes to: whoever read it would take time of a core.
    pub(crate) log: String,
    /// Whether it has a management listener.
    pub(crate) management: bool,
}

/// A server with its throw-away demo.
pub(crate) struct Demo {
    pub(crate) server: Server,
    pub(crate) client_id: String,
    pub(crate) secret: String,
}

impl Demo {
    /// Starts it on free ports, with these variables, which it prints: what is measured is not the default then.
    pub(crate) fn start(binary: &Path, settings: &[(&str, &str)]) -> Outcome<Self> {
        Self::start_under(&[], binary, settings)
    }

    /// The same under another program, such as `valgrind` with its options.
    pub(crate) fn start_under(under: &[&str], binary: &Path, settings: &[(&str, &str)]) -> Outcome<Self> {
        if !settings.is_empty() {
            println!("the server is not as it is by default: {settings:?}");
        }
        let ports = ["--listen", "127.0.0.1:0", "--management-listen", "127.0.0.1:0"];
        let arguments = [["serve", "--dev"].as_slice(), &ports].concat();
        let binary_text = binary.display().to_string();
        let mut server = match under {
            [] => Server::spawn(binary, &arguments, settings)?,
            [under, options @ ..] => {
                Server::spawn(Path::new(under), &[options, &[&binary_text], &arguments].concat(), settings)?
            }
        };
        let path = server.line_after("demo credentials: ")?;
        let text = std::fs::read_to_string(&path).map_err(|why| format!("{path}: {why}"))?;
        let secret = text.split('"').find(|text| text.starts_with("jtn_production_"));
        let secret = secret.ok_or("the demo has no credential of production")?.to_owned();
        server.wait_until_it_listens()?;
        Ok(Self { server, client_id: "demo-production".to_owned(), secret })
    }
}

impl Server {
    /// `serve` with these arguments, once it listens.
    pub(crate) fn start(binary: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Outcome<Self> {
        let mut server = Self::spawn(binary, &[&["serve"], arguments].concat(), settings)?;
        server.wait_until_it_listens()?;
        Ok(server)
    }

    /// Any program that says where it listens as Jeton does, once it does.
    pub(crate) fn start_pinned(binary: &Path, arguments: &[&str], pinned: &Pinned<'_>) -> Outcome<Self> {
        let log = File::create(&pinned.log).map_err(|why| format!("{}: {why}", pinned.log))?;
        let mut command = program("taskset", &["-c", pinned.core]);
        command.arg(binary).args(arguments).stderr(log);
        let mut server = Self::spawn_quietly(command)?;
        while server.address.is_empty() || (pinned.management && server.management.is_empty()) {
            server.hear_where_it_listens()?;
        }
        Ok(server)
    }

    fn spawn(binary: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Outcome<Self> {
        let mut command = program(binary, arguments);
        command.stderr(Stdio::piped());
        command.envs(settings.iter().copied());
        let mut server = Self::spawn_quietly(command)?;
        let log = BufReader::new(server.child.stderr.take().expect("it was asked for above"));
        thread::spawn(move || log.lines().map_while(Result::ok).for_each(|line| pass_on(&line)));
        Ok(server)
    }

    fn spawn_quietly(mut command: Command) -> Outcome<Self> {
        // Nothing of the developer's own settings but where programs and temporary files are.
        let given: Vec<_> =
            command.get_envs().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        command.env_clear();
        command.envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "TMPDIR"));
        command.envs(given.into_iter().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|why| format!("{} cannot be started: {why}", command.get_program().display()))?;
        let output = BufReader::new(child.stdout.take().expect("it was asked for above"));
        Ok(Self { child, output, address: String::new(), management: String::new() })
    }

    fn wait_until_it_listens(&mut self) -> Outcome {
        while self.address.is_empty() || self.management.is_empty() {
            self.hear_where_it_listens()?;
        }
        Ok(())
    }

    fn hear_where_it_listens(&mut self) -> Outcome {
        let line = self.line_after("listening on http://")?;
        let (address, leads_to) = line.split_once(" for ").ok_or("it does not say what it listens for")?;
        let own = if leads_to == "management" { &mut self.management } else { &mut self.address };
        address.clone_into(own);
        Ok(())
    }

    /// What stands after `start` on the next line of its output that begins so.
    fn line_after(&mut self, start: &str) -> Outcome<String> {
        loop {
            let mut line = String::new();
            match self.output.read_line(&mut line) {
                Ok(0) => return Err("the server ended before it listened".to_owned()),
                Err(why) => return Err(format!("the server's output cannot be read: {why}")),
                Ok(_) => {}
            }
            if let Some(rest) = line.trim_end().strip_prefix(start) {
                return Ok(rest.to_owned());
            }
        }
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// The sum of a metric's series whose lines begin so.
    pub(crate) fn metric(&self, start: &str) -> Outcome<u64> {
        let metrics = Connection::open(&self.management)?.get("/metrics")?;
        let series = metrics.body.lines().filter_map(|line| line.strip_prefix(start));
        let values: Vec<u64> = series.filter_map(|rest| rest.rsplit_once(' ')?.1.parse().ok()).collect();
        if values.is_empty() { Err(format!("there is no metric {start}")) } else { Ok(values.iter().sum()) }
    }

    /// Whether it says that it is ready.
    pub(crate) fn is_ready(&self) -> bool {
        Connection::open(&self.management)
            .and_then(|mut connection| connection.get("/readyz"))
            .is_ok_and(|answer| answer.status == 200)
    }

    /// Tells it to stop, as a service manager does; it goes on for as long as it takes.
    pub(crate) fn tell_to_stop(&self) -> bool {
        // std can only kill, and SIGTERM lets it end what it does and clear away what it made.
        program("kill", &["-TERM", &self.process().to_string()]).status().is_ok_and(|status| status.success())
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Outcome {
        let status = self.child.wait().map_err(|why| format!("the server cannot be waited for: {why}"))?;
        if status.success() { Ok(()) } else { Err(format!("the server ended with {status}")) }
    }
}

/// Shows what a developer should see of the server's log, which is at its default level as in real life: all but a line
/// for each request, and the like.
fn pass_on(line: &str) {
    if !line.contains(r#""level":"INFO""#) {
        eprintln!("{line}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) && !self.tell_to_stop() {
            // It has ended by itself meanwhile.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
