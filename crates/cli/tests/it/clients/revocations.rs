//! `examples/revocation-reader`, which follows the feed with nothing of Jeton's.

use std::io::Write as _;
use std::path::Path;
use std::process::{ChildStdin, Stdio};

use jeton_jose::Algorithm;

use super::world::{World, id};
use super::{clean, python};
use crate::support::{Lines, PATIENCE, Reaped, Run, claims, form_token, key_set, now};

/// The reader, with somebody who asks it.
struct Reader {
    _process: Reaped,
    questions: ChildStdin,
    answers: Lines,
}

impl Reader {
    fn start(issuer: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/revocation-reader/reader.py");
        let mut command = python(&path);
        clean(&mut command);
        let mut process = Run::begin(command.arg(issuer).stdin(Stdio::piped()));
        let (questions, answers) = (process.0.stdin.take().unwrap(), process.0.stdout.take().unwrap());
        Self { _process: process, questions, answers: Lines::of(answers) }
    }

    #[track_caller]
    fn judge(&mut self, (jti, rev): &(String, String)) -> String {
        writeln!(self.questions, "{jti} {rev}").unwrap();
        self.answers.find("").expect("an answer")
    }

    #[track_caller]
    fn until(&mut self, wanted: &str, token: &(String, String)) {
        let asked = now();
        loop {
            let answer = self.judge(token);
            if answer == wanted {
                return;
            }
            assert!(answer == "good" && now() - asked < PATIENCE, "{answer}");
        }
    }
}

#[test]
fn a_reader_of_a_few_lines_knows_what_is_revoked() {
    // Heads are signed by a key of any algorithm that an API has.
    let world = World::with_apis();
    let credential = world.credential("production", &id(Algorithm::Es256));
    let origin = world.server.production();
    let token = || {
        let claims = claims(&key_set(&origin), &form_token(&origin, &credential).token());
        (claims.jti.into_owned(), claims.rev.unwrap().into_owned())
    };
    let (one, other) = (token(), token());
    let mut reader = Reader::start(&origin);
    assert_eq!((reader.judge(&one), reader.judge(&other)), ("good".to_owned(), "good".to_owned()));

    let of_credential = format!("token revoke --environment production --credential {}", credential.id);
    world.run(&format!("{of_credential} --jti {}", one.0), "");
    reader.until("revoked", &one);
    assert_eq!(reader.judge(&other), "good");

    world.run(&of_credential, "");
    reader.until("revoked", &other);
    let (handle, generation) = other.1.rsplit_once('.').unwrap();
    let later = format!("{handle}.{}", generation.parse::<u64>().unwrap() + 1);
    assert_eq!(reader.judge(&("another".to_owned(), later)), "good");
}

#[test]
fn what_does_not_name_the_issuer_leads_nowhere() {
    let world = World::start();
    let elsewhere = world.server.production().replace("localhost", "127.0.0.1");
    let mut reader = Reader::start(&elsewhere);
    assert_eq!(reader.answers.find(""), None, "it ends");
}
