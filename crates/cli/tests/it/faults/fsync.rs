//! Disks that fail: a write or a sync of it ends with an error. C4 of the fault checklist.
//!
//! `strace` makes one system call of a process fail, as a broken disk would. A failed sync must never be taken for a good
//! one, so what could not be synced is not acknowledged; and what was acknowledged before stays.

use std::process::Command;
use std::time::Duration;

use jeton_testkit::PostgresServer;
use rustix::process::{Pid, Signal, kill_process};

use super::{Ledger, World, Writer, limit, rounds, say};
use crate::support::{Lines, PATIENCE, Reaped, Run, Seeded, Server, Store, clean, key_set, now, sql};

/// Which call fails and with what, and up to which one it is of its kind in its thread.
const FAILURES: [(&str, &str, u64); 4] = [
    ("fsync,fdatasync", "EIO", 3),
    ("fsync,fdatasync", "EIO", 2),
    ("pwrite64", "EIO", 20),
    ("pwrite64", "ENOSPC", 20),
];

/// The same command, of which one call fails.
fn failing(command: &Command, (calls, error, upto): (&str, &str, u64), seeded: &mut Seeded) -> Command {
    let which = 1 + seeded.below(upto);
    let mut strace = Command::new("strace");
    clean(&mut strace);
    // The command itself stays the child, so that its exit code and its end are its own.
    strace.args(["-D", "-f", "-qqq", "-o", "/dev/null", "-e"]);
    strace.arg(format!("inject={calls}:error={error}:when={which}"));
    strace.arg(command.get_program()).args(command.get_args());
    strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace.current_dir(command.get_current_dir().unwrap());
    strace
}

#[test]
fn of_the_commands() {
    let world = World::embedded();
    let ledger = Ledger::new(limit(Duration::from_secs(5)));
    let mut writer = Writer::new(&world, &ledger, "w", 1);
    let mut seeded = Seeded(1);
    let (mut refused, mut passed) = (0, 0);
    // The command is the only one with the store open in every second round, and then ends with a checkpoint.
    let mut server = Some(world.start());
    for round in 0..rounds(10) {
        let failure = FAILURES[usize::try_from(seeded.below(FAILURES.len() as u64)).unwrap()];
        let mut told = None;
        let acknowledged = writer.write(|command| {
            let run = Run::of(&mut failing(command, failure, &mut seeded));
            told = Some(format!("{run:?}"));
            if run.code != Some(0) {
                assert!(matches!(run.code, Some(1 | 6 | 78)) && run.stderr.contains("\"detail\""), "{run:?}");
            }
            run
        });
        if acknowledged {
            passed += 1;
        } else {
            refused += 1;
        }
        ledger.settle(&world);
        let node = server.take().unwrap_or_else(|| world.start());
        ledger.check(&node);
        if round % 2 == 0 {
            node.stop();
        } else {
            server = Some(node);
        }
    }
    drop(server);
    ledger.check_all(&world.start());
    world.assert_sound();
    say("injected", format!("{refused} refused, {passed} where nothing was lost by it"));
    say("ledger", ledger.said());
    assert!(refused > 0, "the failures reached it");
}

#[test]
fn of_a_first_start() {
    let mut seeded = Seeded(2);
    let mut ended = 0;
    for _ in 0..rounds(6).min(100) {
        let failure = FAILURES[usize::try_from(seeded.below(FAILURES.len() as u64)).unwrap()];
        let store = Store::unmade();
        let mut node = Server::spawn(&mut failing(&store.serve(""), failure, &mut seeded));
        if node.stdout.find("listening on").is_some() {
            node.signal(Signal::TERM);
            assert_eq!(node.end().code, Some(0), "it serves, so it stops");
        } else {
            let end = node.end();
            assert!(end.code.is_some_and(|code| code != 0) && end.stderr.contains("jeton: "), "{end:?}");
            ended += 1;
        }
        let node = store.start();
        let keys = key_set(&node.production()).to_json();
        node.stop();
        assert_eq!(key_set(&store.start().production()).to_json(), keys);
        let kept = sql(store.path(), "SELECT COUNT(*) FROM signing_keys GROUP BY environment");
        assert_eq!(kept, [[1], [1], [1]], "a key for each environment, that of operators too");
    }
    say("first starts that ended with an error", ended);
}

/// `PostgreSQL` takes a failed sync of its log for its own end, and starts again from what it knows to be there.
#[test]
fn of_postgresql() {
    let postgres = PostgresServer::start("");
    let world = World::on(postgres.database());
    let ledger = Ledger::new(limit(Duration::from_secs(5)));
    let mut writer = Writer::new(&world, &ledger, "w", 3);
    let node = world.start();
    for _ in 0..5 {
        writer.write(|command| Run::of(command));
    }
    let failures = rounds(2).min(20);
    for _ in 0..failures {
        let tracer = fail_syncs_of(postgres.main_process());
        let acknowledged = writer.write(|command| Run::of(command));
        end(tracer);
        assert!(!acknowledged, "what cannot be synced is not acknowledged");
        let begun = now();
        while world.run("credential list").code != Some(0) {
            assert!(now() - begun < PATIENCE, "PostgreSQL starts again by itself");
        }
        ledger.database_is_back();
        ledger.settle(&world);
        ledger.check(&node);
    }
    ledger.check_all(&node);
    world.assert_sound();
    say("syncs of PostgreSQL's log that failed", failures);
    say("ledger", ledger.said());
}

/// Every sync of a process and of those that it starts from now on fails.
fn fail_syncs_of(process: Pid) -> (Reaped, Lines) {
    let mut strace = Command::new("strace");
    clean(&mut strace);
    strace.args(["-f", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:error=EIO", "-p"]);
    let mut tracer = Run::begin(strace.arg(process.as_raw_nonzero().to_string()));
    let mut said = Lines::of(tracer.0.stderr.take().unwrap());
    let attached = said.find("attached");
    assert!(attached.is_some(), "may a process trace another here? {}", said.so_far());
    // It speaks of each new process, so somebody must go on reading.
    (tracer, said)
}

/// Lets the traced processes go.
fn end((mut tracer, _said): (Reaped, Lines)) {
    kill_process(Pid::from_child(&tracer.0), Signal::INT).unwrap();
    tracer.0.wait().unwrap();
}
