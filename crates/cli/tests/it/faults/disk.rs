//! Disks that are full: the data folder's, and the log's. C3 of the fault checklist.
//!
//! The data folder is on a small tmpfs. To mount it takes a mount namespace, which the test enters by running itself in
//! one, with a user namespace around it where it is not root.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Ledger, World, Writer, rounds, say, spread};
use crate::support::{Http, Run, Seeded, Server, Store, clean, now};

/// Says to the process that it is the one within.
const WITHIN: &str = "JETON_FAULT_MOUNTS";

/// How soon a write succeeds after there is room again.
const RECOVERED: Duration = Duration::from_secs(5);

/// Runs this test again where it may mount, and says whether this is there.
fn may_mount(test: &str) -> bool {
    if std::env::var_os(WITHIN).is_some() {
        return true;
    }
    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.arg("--mount").arg(std::env::current_exe().unwrap());
    let run = Run::of(command.args([test, "--exact", "--nocapture"]).env(WITHIN, "1"));
    println!("{}", run.stdout);
    assert!(run.code == Some(0) && run.stdout.contains("1 passed"), "{}", run.stderr);
    false
}

fn mount(size: &str, on: &Path) {
    let options = format!("size={size},mode=700");
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(on).status();
    assert!(mount.is_ok_and(|done| done.success()), "a tmpfs can be mounted");
}

/// Leaves about so many bytes of a small disk.
fn fill(file: &Path, left: u64) {
    use std::io::Write as _;
    let mut filler = fs::File::create(file).unwrap();
    while filler.write_all(&[1; 4096]).is_ok() {}
    let all = filler.metadata().unwrap().len();
    filler.set_len(all.saturating_sub(left)).unwrap();
}

#[test]
fn the_data_folders_disk_is_full() {
    if !may_mount("faults::disk::the_data_folders_disk_is_full") {
        return;
    }
    let store = Store::unmade();
    fs::create_dir(store.path()).unwrap();
    mount("8m", store.path());
    store.start().stop();
    let filler = store.path().join("filler");
    let world = World::in_folder(store);
    let ledger = Ledger::new(RECOVERED);
    let mut writer = Writer::new(&world, &ledger, "w", 1);
    let node = world.start();
    ledger.follow_keys(&node);
    let (mut http, mut seeded) = (Http::to(&node).unwrap(), Seeded(1));
    let (mut refused, mut recovered) = (0, vec![]);
    for _ in 0..rounds(5) {
        for _ in 0..4 {
            assert!(writer.write(|command| Run::of(command)), "there is room");
        }
        // Also so little room that a write begins well.
        fill(&filler, 4096 * seeded.below(12));
        let mut full = false;
        while !full {
            full = !writer.write(|command| {
                let run = Run::of(command);
                if run.code != Some(0) {
                    assert!(run.code == Some(6) && run.stderr.contains("disk is full"), "{run:?}");
                    refused += 1;
                }
                run
            });
        }
        // Tokens need no room, whether their credential is in memory or not.
        for _ in 0..50 {
            let status = ledger.ask(&mut http, &mut seeded).unwrap();
            assert!(matches!(status, 200 | 401), "{status}");
        }
        ledger.settle(&world);
        ledger.check(&node);
        fs::remove_file(&filler).unwrap();
        let begun = now();
        while !writer.write(|command| Run::of(command)) {
            assert!(now() - begun < RECOVERED, "there is room again");
        }
        recovered.push(now() - begun);
        ledger.settle(&world);
        ledger.check(&node);
    }
    ledger.check_all(&node);
    world.assert_sound();
    node.stop();
    say("writes refused for want of room", refused);
    say("ledger", ledger.said());
    say("from room to the next write", spread(recovered));
}

/// Every line of the log is lost, and no answer.
#[test]
fn the_logs_disk_is_full() {
    let world = World::embedded();
    let credential = world.credential("x");
    let serve = world.serve();
    let mut command = Command::new("sh");
    clean(&mut command);
    command.envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.args(["-c", "exec \"$0\" \"$@\" 2>/dev/full"]).arg(serve.get_program()).args(serve.get_args());
    let node = Server::start(command.current_dir(serve.get_current_dir().unwrap()), 2);
    let mut http = Http::to(&node).unwrap();
    let mut times = vec![];
    for _ in 0..rounds(200) {
        let begun = now();
        assert_eq!(http.token(&credential).unwrap().status, 200);
        times.push(now() - begun);
    }
    say("tokens while no line can be logged", times.len());
    say("time of an answer", spread(times));
    node.stop();
}
