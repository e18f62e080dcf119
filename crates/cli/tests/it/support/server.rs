//! A running `jeton serve`, which dies with its test.

use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use super::{Lines, Reaped, Run};

/// A server that accepts requests.
pub(crate) struct Server {
    child: Reaped,
    pub(crate) stdout: Lines,
    pub(crate) stderr: Lines,
    listening: Vec<String>,
}

/// What is left of a server.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Server {
    /// Starts it, and waits until it says that so many listeners accept.
    #[track_caller]
    pub(crate) fn start(command: &mut Command, listeners: usize) -> Self {
        let mut server = Self::spawn(command);
        for _ in 0..listeners {
            match server.stdout.find("listening on") {
                Some(line) => server.listening.push(line),
                None => panic!("the server ended: {} {}", server.stdout.so_far(), server.stderr.all()),
            }
        }
        server
    }

    /// Starts it, and waits for nothing.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = Run::begin(command);
        let stdout = Lines::of(child.0.stdout.take().unwrap());
        let stderr = Lines::of(child.0.stderr.take().unwrap());
        Self { child, stdout, stderr, listening: vec![] }
    }

    /// The address of each listener, and what is said to be reached there.
    pub(crate) fn listeners(&self) -> Vec<(String, String)> {
        let listener = |line: &String| {
            let (_, line) = line.strip_prefix("listening on ").unwrap().split_once("://").unwrap();
            let (address, environments) = line.split_once(" for ").unwrap();
            (address.to_owned(), environments.to_owned())
        };
        self.listening.iter().map(listener).collect()
    }

    /// The address of the listener that leads to an environment: the one bound to it, or else the first, by name.
    pub(crate) fn address(&self, environment: &str) -> String {
        let listeners = self.listeners();
        let bound = listeners.iter().find(|(_, environments)| environments == environment);
        let (address, _) = bound.unwrap_or(&listeners[0]);
        address.clone()
    }

    /// Where production is reached.
    pub(crate) fn production(&self) -> String {
        self.origin("production")
    }

    /// Where the sandbox is reached.
    pub(crate) fn sandbox(&self) -> String {
        self.origin("sandbox")
    }

    /// Scheme and authority for an environment.
    pub(crate) fn origin(&self, environment: &str) -> String {
        let address = self.address(environment);
        let (_, port) = address.rsplit_once(':').unwrap();
        format!("http://localhost:{port}")
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.0.try_wait().unwrap().is_some()
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child.0)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child.0), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        let (stdout, stderr) = (self.stdout.all(), self.stderr.all());
        Ended { code: self.child.0.wait().unwrap().code(), stdout, stderr }
    }

    /// Stops it as a service manager does, and expects a clean end.
    #[track_caller]
    pub(crate) fn stop(self) -> Ended {
        self.signal(Signal::TERM);
        let ended = self.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended
    }
}
