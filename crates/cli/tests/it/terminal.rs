//! `serve --dev` on a terminal: lines to paste, which work as they stand.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::process::Command;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tempfile::TempDir;

use crate::support::{Lines, Reaped, Run, clean, jeton, words};

/// A demo whose standard output and error are a terminal.
struct OnTerminal {
    _child: Reaped,
    lines: Lines,
    _around: TempDir,
}

impl OnTerminal {
    fn start() -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let terminal = || OwnedFd::from(File::options().read(true).write(true).open(&name).unwrap());
        let around = TempDir::new().unwrap();
        let mut command = jeton();
        command.env("TMPDIR", around.path()).current_dir(around.path());
        command.args(words("serve --dev --listen 127.0.0.1:0 --listen sandbox=127.0.0.1:0"));
        let child = Reaped(command.stdout(terminal()).stderr(terminal()).spawn().unwrap());
        // The command keeps its ends of the terminal open; without them it ends when the child does.
        drop(command);
        let mut lines = Lines::of(File::from(master));
        for _ in 0..2 {
            lines.find("listening on").expect("it listens");
        }
        Self { _child: child, lines, _around: around }
    }

    /// The lines between the heading of an environment and the next.
    fn block(&self, environment: &str) -> String {
        let said = self.lines.so_far();
        let (_, block) = said.split_once(&format!("# {environment}: ")).expect("the environment's lines");
        let (_, block) = block.split_once('\n').unwrap();
        let lines = block.lines().take_while(|line| !line.is_empty() && !line.starts_with("export "));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Executes lines as if they were pasted.
fn paste(lines: &str) -> String {
    let mut bash = Command::new("bash");
    clean(&mut bash);
    Run::of(bash.args(["-c", lines])).ok()
}

#[test]
fn the_pasted_lines_get_three_tokens_a_200_and_a_403() {
    let demo = OnTerminal::start();
    for environment in ["production", "sandbox"] {
        let block = demo.block(environment);
        assert_eq!(block.matches("curl ").count(), 5, "{block}");
        let answers = paste(&block);
        assert_eq!(answers.matches("\"access_token\"").count(), 2, "gateway and oauth2: {answers}");
        assert!(answers.lines().any(|line| line.starts_with("eyJ")), "json: {answers}");
        assert_eq!(answers.matches("HTTP/1.1 200").count(), 1, "{answers}");
        assert_eq!(answers.matches("HTTP/1.1 403").count(), 1, "{answers}");
    }
}

#[test]
fn every_answer_ends_its_line_so_that_the_prompt_stands_alone() {
    let demo = OnTerminal::start();
    for line in demo.block("production").lines().filter(|line| line.contains("curl ")) {
        let answer = paste(line);
        assert!(answer.ends_with('\n'), "{line}: {answer:?}");
    }
}

#[test]
fn the_log_on_a_terminal_is_for_people() {
    let mut demo = OnTerminal::start();
    paste(&demo.block("production"));
    let logged = demo.lines.find("request_id").expect("a line for the request");
    assert!(logged.contains("INFO") && logged.contains("\"issued\""), "{logged}");
    assert!(!demo.lines.so_far().lines().any(|line| line.starts_with('{')), "{}", demo.lines.so_far());
}

#[test]
fn no_file_with_the_values_is_left_beside_the_terminal() {
    let demo = OnTerminal::start();
    let said = demo.lines.so_far();
    let folder = said.lines().find_map(|line| line.strip_prefix("export JETON_DATA=")).unwrap();
    let folder = std::path::Path::new(folder);
    assert!(folder.join("jeton.db").exists() && !folder.join("demo.json").exists());
}
