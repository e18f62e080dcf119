//! Disks that are full: the data folder's, that of `PostgreSQL`, and the log's. C3 of the fault checklist.
//!
//! Data is on a small tmpfs. To mount it takes a mount namespace, which a test enters by running itself in one, with user
//! namespaces around it where it is not root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use jeton_testkit::PostgresServer;
use rustix::process::{getegid, geteuid};

use super::{Ledger, World, Writer, limit, rounds, say, spread};
use crate::support::{Http, Run, Seeded, Server, Store, clean, now};

/// Says to the process within where the small disk is.
const DISK: &str = "JETON_FAULT_DISK";

/// How soon a write succeeds after there is room again.
const RECOVERED: Duration = Duration::from_secs(5);

/// Mounts a disk of the size `$1` on the folder `$2`, and becomes the rest.
const WITHIN: &str = r#"mount -t tmpfs -o "size=$1,mode=1777" tmpfs "$2" && shift 2 && exec "$@""#;

/// The small disk, on which all that is thrown away is, if this is the process that has it; else it was run, and this
/// test has passed.
fn small_disk(size: &str, test: &str) -> Option<PathBuf> {
    if let Some(disk) = std::env::var_os(DISK) {
        return Some(disk.into());
    }
    let disk = tempfile::TempDir::new().unwrap();
    let mut command = Command::new("unshare");
    let root = geteuid().is_root();
    if !root {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["--mount", "sh", "-c", WITHIN, "sh", size]).arg(disk.path());
    if !root {
        // Nobody but root may mount, and PostgreSQL refuses to be root.
        let (user, group) = (geteuid().as_raw(), getegid().as_raw());
        command.args(["unshare", "--user", &format!("--map-user={user}"), &format!("--map-group={group}")]);
    }
    command.arg(std::env::current_exe().unwrap()).args([test, "--exact", "--nocapture"]);
    // However long it takes.
    let output = command.env(DISK, disk.path()).env("TMPDIR", disk.path()).output().unwrap();
    let (said, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    say(test, &said);
    assert!(output.status.success() && said.contains("1 passed"), "{why}");
    None
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
fn the_embedded_stores_disk_is_full() {
    let Some(disk) = small_disk("8m", "faults::disk::the_embedded_stores_disk_is_full") else { return };
    fill_again_and_again(&World::embedded(), &disk, 12);
}

#[test]
fn the_disk_of_postgresql_is_full() {
    let Some(disk) = small_disk("160m", "faults::disk::the_disk_of_postgresql_is_full") else { return };
    let postgres =
        PostgresServer::start("min_wal_size = '32MB'\nmax_wal_size = '48MB'\nshared_buffers = '16MB'");
    fill_again_and_again(&World::on(postgres.database()), &disk, 4);
}

/// Without a node that has it open, a command finds no room for what SQLite needs to read.
#[test]
fn a_disk_that_is_full_before_the_start_is_named() {
    let test = "faults::disk::a_disk_that_is_full_before_the_start_is_named";
    let Some(disk) = small_disk("8m", test) else { return };
    let store = Store::with_acme();
    fill(&disk.join("filler"), 0);
    for line in ["credential list", "company create b --name B", "serve --listen 127.0.0.1:0"] {
        let told = store.run(line).refused(78);
        assert!(told.contains("disk is full"), "{line}: {told}");
    }
    fs::remove_file(disk.join("filler")).unwrap();
    store.ok("company create b --name B");
    super::world::assert_sound(store.path());
}

fn fill_again_and_again(world: &World, disk: &Path, pages: u64) {
    let filler = disk.join("filler");
    let ledger = Ledger::new(limit(RECOVERED));
    let mut writer = Writer::new(world, &ledger, "w", 1);
    let node = world.start();
    ledger.follow_keys(&node);
    let mut seeded = Seeded(1);
    let (mut refused, mut recovered) = (0, vec![]);
    for _ in 0..rounds(3) {
        for _ in 0..4 {
            assert!(writer.write(|command| Run::of(command)), "there is room");
        }
        // Also so little room that a write begins well.
        fill(&filler, 4096 * seeded.below(pages));
        let mut full = false;
        while !full {
            full = !writer.write(|command| {
                let run = Run::of(command);
                if run.code != Some(0) {
                    let said = ["disk is full", "No space left", "could not extend file"];
                    assert!(
                        run.code == Some(6) && said.iter().any(|why| run.stderr.contains(why)),
                        "{run:?}"
                    );
                    refused += 1;
                }
                run
            });
        }
        // Tokens need no room, whether their credential is in memory or not.
        let mut http = Http::to(&node).unwrap();
        for _ in 0..50 {
            let status = ledger.ask(&mut http, &mut seeded).unwrap();
            assert!(matches!(status, 200 | 401), "{status}");
        }
        ledger.settle(world);
        ledger.check(&node);
        fs::remove_file(&filler).unwrap();
        let begun = now();
        while !writer.write(|command| Run::of(command)) {
            assert!(now() - begun < limit(RECOVERED), "there is room again");
        }
        recovered.push(now() - begun);
        ledger.settle(world);
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
