//! Commands that somebody types at: what destroys wants the id again, a secret is not shown, and a newcomer's way to a
//! first token, on a terminal of the test's own.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{PATIENCE, Reaped, Run, Server, Store, jeton, words};

/// A command whose terminal is the test's.
struct Typed {
    child: Reaped,
    hands: File,
    coming: Receiver<Vec<u8>>,
    seen: String,
}

impl Typed {
    fn start(mut command: Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let terminal = || OwnedFd::from(File::options().read(true).write(true).open(&name).unwrap());
        command.stdin(terminal()).stdout(terminal()).stderr(terminal());
        let child = Reaped(command.spawn().unwrap());
        // The command keeps its ends of the terminal open; without them it ends when the child does.
        drop(command);
        let hands = File::from(master);
        let mut eyes = hands.try_clone().unwrap();
        let (sender, coming) = channel();
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            // A terminal whose other side is gone reports an error, which is its end.
            while let Ok(read @ 1..) = eyes.read(&mut part) {
                if sender.send(part[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, hands, coming, seen: String::new() }
    }

    /// Waits for a prompt.
    #[track_caller]
    fn see(&mut self, prompt: &str) {
        while !self.seen.contains(prompt) {
            let part = self.coming.recv_timeout(PATIENCE);
            self.seen.push_str(&String::from_utf8_lossy(&part.unwrap_or_else(|_| panic!("{}", self.seen))));
        }
    }

    /// Waits for a prompt, and types a line at it.
    #[track_caller]
    fn answer(&mut self, prompt: &str, line: &str) {
        self.see(prompt);
        self.hands.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Whether the terminal shows what is typed now.
    fn shows(&self) -> bool {
        tcgetattr(&self.hands).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// The exit code, and everything that was to be seen.
    fn end(mut self) -> (Option<i32>, String) {
        while let Ok(part) = self.coming.recv_timeout(PATIENCE) {
            self.seen.push_str(&String::from_utf8_lossy(&part));
        }
        (self.child.0.wait().unwrap().code(), self.seen)
    }
}

#[test]
fn what_destroys_wants_the_id_typed_again() {
    let store = Store::with_acme();
    store.credential("--client-id x --grant voice");
    for (line, id) in [
        ("company delete acme", "acme"),
        ("api delete voice", "voice"),
        ("credential delete x --environment production", "x"),
        ("secret revoke x --environment production --all", "x"),
    ] {
        for typed in ["", "y", "yes", "acme2"] {
            let mut command = Typed::start(store.command(line));
            command.answer(&format!("Type {id} to go on: "), typed);
            let (code, seen) = command.end();
            assert_eq!(code, Some(1), "{line}: {seen}");
            assert!(seen.contains("nothing was done") && seen.contains("--yes"), "{line}: {seen}");
        }
    }
    assert_eq!(store.json("secret list x --environment production")[0]["state"], "live");
    // Where it is typed, or said before, it is done.
    let mut command = Typed::start(store.command("secret revoke x --environment production --all"));
    command.answer("Type x to go on: ", "x");
    assert_eq!(command.end().0, Some(0));
    assert_eq!(store.json("secret list x --environment production")[0]["state"], "revoked");
    let (code, seen) =
        Typed::start(store.command("credential delete x --environment production --yes")).end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(!seen.contains("to go on"), "{seen}");
    store.run("credential get x --environment production").refused(3);
}

/// A demo, and the folder of somebody who works with it.
struct Newcomer {
    around: TempDir,
    server: Server,
}

impl Newcomer {
    fn new() -> Self {
        let around = TempDir::new().unwrap();
        let line =
            "serve --dev --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0 --management-listen 127.0.0.1:0";
        let server = Server::start(&mut Self::command_in(&around, line), 3);
        Self { around, server }
    }

    fn command_in(around: &TempDir, line: &str) -> Command {
        let mut command = jeton();
        command.env("TMPDIR", around.path()).env("HOME", around.path()).current_dir(around.path());
        command.env("XDG_CONFIG_HOME", around.path().join("config")).args(words(line));
        command
    }

    fn command(&self, line: &str) -> Command {
        Self::command_in(&self.around, line)
    }

    fn operator(&self) -> Value {
        let file = self.around.path().join("config/jeton/dev.json");
        serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
    }
}

#[test]
fn a_login_shows_no_secret_that_is_typed() {
    let newcomer = Newcomer::new();
    let operator = newcomer.operator();
    let text = |name: &str| operator[name].as_str().unwrap().to_owned();
    let login = || Typed::start(newcomer.command("login --keep-in-file"));
    for (secret, expected) in
        [("not-the-secret-canary".to_owned(), Some(4)), (text("client_secret"), Some(0))]
    {
        let mut command = login();
        command.answer("URL of the management listener: ", &text("url"));
        command.answer("Client id: ", &text("client_id"));
        command.see("Secret: ");
        assert!(!command.shows());
        command.answer("Secret: ", &secret);
        let (code, seen) = command.end();
        assert_eq!(code, expected, "{seen}");
        assert!(!seen.contains(&secret), "what was typed is not shown");
        assert!(seen.contains(&text("client_id")), "what is no secret is");
    }
    let who = Run::of(&mut newcomer.command("whoami -o json")).ok();
    assert!(who.contains(&text("client_id")), "{who}");
    newcomer.server.stop();
}

/// The first token of somebody who has a dev server and an operator's credential.
#[test]
fn a_newcomer_has_a_first_token_after_three_commands() {
    let newcomer = Newcomer::new();
    let operator = newcomer.operator();
    let text = |name: &str| operator[name].as_str().unwrap().to_owned();
    // What the dev server left behind needs no login; whoever has one is the same.
    let found = Run::of(&mut newcomer.command("whoami -o json")).ok();
    let mut login = Typed::start(newcomer.command(&format!(
        "login --keep-in-file --url {} --client-id {}",
        text("url"),
        text("client_id")
    )));
    login.answer("Secret: ", &text("client_secret"));
    let (code, seen) = login.end();
    assert_eq!(code, Some(0), "{seen}");
    let logged_in = Run::of(&mut newcomer.command("whoami -o json")).ok();
    let actor = |told: &str| serde_json::from_str::<Value>(told).unwrap()["actor"].clone();
    assert_eq!(actor(&found), actor(&logged_in));

    let made = Run::of(&mut newcomer.command(
        "credential create --company demo --environment sandbox --client-id first --grant voice -o env",
    ))
    .ok();
    let secret =
        made.lines().find_map(|line| line.strip_prefix("CLIENT_SECRET=")).unwrap().trim_matches('\'');
    let get = format!(
        "token get --dialect oauth2 --token-url {}/oauth/v2/token --client-id first --secret-stdin",
        newcomer.server.sandbox()
    );
    let token = Run::with_input(&mut newcomer.command(&get), secret.as_bytes()).ok();
    assert!(token.trim().starts_with("eyJ"), "{token}");
    newcomer.server.stop();
}
