//! Loss of power, as near as one comes to it without a machine to switch off: C2 of the fault checklist, for the embedded
//! store.
//!
//! `strace` records every write and sync of commands that write, and when each of them said that it was done. From the
//! record, images of the data folder are made as a disk could hold them at any moment: all that was synced, and of the
//! rest nothing, a first part, or any sectors of 512 bytes. In each, Jeton must find all that was acknowledged before.

mod record;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use record::{Event, record};

use super::{World, rounds, say};
use crate::support::{Reaped, Run, Seeded, Store, files, jeton};

type Files = BTreeMap<String, Vec<u8>>;

const SECTOR: usize = 512;

/// What a disk keeps of what was not synced.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Nothing,
    /// As it came, up to somewhere.
    First,
    /// Any sectors.
    Any,
}

#[test]
fn the_embedded_store() {
    let world = World::embedded();
    let World::Embedded(store) = &world else { unreachable!() };
    let base = contents(store);
    let seed = 1;
    let mut seeded = Seeded(seed);
    let mut events = vec![];
    let commits = rounds(20).min(200);
    let mut holder = None;
    for commit in 0..commits {
        // While somebody else has the store open, its log grows; or else each command ends with a checkpoint.
        if commit == commits / 4 {
            holder = Some(hold(store));
        } else if commit == commits * 3 / 4 {
            holder = None;
        }
        let line = format!(
            "credential create --company acme --environment production --grant voice --client-id c-{commit:06}"
        );
        record(&world.command(&line), store, &mut events);
    }
    drop(holder);
    let (mut whole, mut synced) = (0, 0);
    let images = rounds(20);
    for _ in 0..images {
        let cut = below(&mut seeded, events.len() + 1);
        let kept = [Kept::Nothing, Kept::First, Kept::Any][below(&mut seeded, 3)];
        let acknowledged = events[..cut].iter().filter(|event| matches!(event, Event::Acknowledged)).count();
        let image = image(&base, &events[..cut], kept, &mut seeded);
        let found = open(&image);
        assert!(
            found == acknowledged || found == acknowledged + 1,
            "{acknowledged} were acknowledged and {found} are there, {kept:?} after event {cut}"
        );
        whole += 1;
        synced += found - acknowledged;
    }
    let of = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();
    say("seed", seed);
    say("commits recorded", commits);
    say("writes", of(|event| matches!(event, Event::Write { .. })));
    say("syncs", of(|event| matches!(event, Event::Sync { .. })));
    say(
        "images",
        format!("{whole}, all whole and with all that was acknowledged; {synced} with one commit more"),
    );
}

/// Opens an image as the next start would, and says how many of the credentials are there, all as they must be.
fn open(image: &Files) -> usize {
    let store = Store::unmade();
    fs::create_dir(store.path()).unwrap();
    rights(store.path(), 0o700);
    for (name, bytes) in image {
        let file = store.path().join(name);
        fs::write(&file, bytes).unwrap();
        rights(&file, 0o600);
    }
    super::world::assert_sound(store.path());
    let list = Run::of(jeton().args(["-o", "json", "credential", "list", "--data"]).arg(store.path())).ok();
    let list: Vec<serde_json::Value> = serde_json::from_str(&list).unwrap();
    for (at, credential) in list.iter().enumerate() {
        assert_eq!(
            credential["client_id"],
            format!("c-{at:06}"),
            "in the order of their making, and none left out"
        );
        assert_eq!(credential["grants"], serde_json::json!(["voice:voice.billing"]), "{credential}");
        assert_eq!(credential["secrets"].as_array().unwrap().len(), 1, "{credential}");
    }
    list.len()
}

/// What a disk could hold after these events.
fn image(base: &Files, events: &[Event], kept: Kept, seeded: &mut Seeded) -> Files {
    let mut disk = base.clone();
    let mut waiting: Vec<&Event> = vec![];
    for event in events {
        if let Event::Sync { file } = event {
            // A file's sync is taken to make its name sure as well; that of the folder, which has no name here, makes sure
            // what was removed.
            waiting.retain(|event| {
                let removed = file.is_empty() && matches!(event, Event::Remove { .. });
                let synced = removed || event.file() == Some(file);
                if synced {
                    apply(&mut disk, event, &mut |_| true);
                }
                !synced
            });
        } else {
            waiting.push(event);
        }
    }
    let first = below(seeded, waiting.len() + 1);
    for (at, event) in waiting.into_iter().enumerate() {
        apply(&mut disk, event, &mut |_| match kept {
            Kept::Nothing => false,
            Kept::First => at < first || (at == first && seeded.below(2) == 0),
            Kept::Any => seeded.below(2) == 0,
        });
    }
    disk
}

/// Does to the disk what an event did, by sectors.
fn apply(disk: &mut Files, event: &Event, kept: &mut impl FnMut(usize) -> bool) {
    match event {
        Event::Write { file, at, bytes } => {
            let mut from = 0;
            while from < bytes.len() {
                let upto = bytes.len().min(from + SECTOR - (at + from) % SECTOR);
                if kept(from) {
                    let content = disk.entry(file.clone()).or_default();
                    content.resize(content.len().max(at + upto), 0);
                    content[at + from..at + upto].copy_from_slice(&bytes[from..upto]);
                }
                from = upto;
            }
        }
        Event::Truncate { file, length } if kept(0) => {
            disk.entry(file.clone()).or_default().resize(*length, 0);
        }
        Event::Remove { file } if kept(0) => drop(disk.remove(file)),
        Event::Truncate { .. } | Event::Remove { .. } | Event::Sync { .. } | Event::Acknowledged => {}
    }
}

/// Somebody who has the store open and reads; ended by a kill, so that no checkpoint is made of it.
fn hold(store: &Store) -> Reaped {
    const PROGRAM: &str = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
        print(c.execute('SELECT sequence FROM counter').fetchall(), flush=True); sys.stdin.read()";
    let mut python = Command::new("python3");
    python.args(["-c", PROGRAM]).arg(store.path().join("jeton.db")).stdin(Stdio::piped());
    let mut holder = Run::begin(&mut python);
    let mut said = crate::support::Lines::of(holder.0.stdout.take().unwrap());
    said.find("(").expect("it has read");
    holder
}

fn contents(store: &Store) -> Files {
    let name = |path: &std::path::Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    // The index of the log is made anew after a crash.
    let kept = files(store.path()).into_iter().filter(|path| name(path) != "jeton.db-shm");
    kept.map(|path| (name(&path), fs::read(path).unwrap())).collect()
}

fn rights(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn below(seeded: &mut Seeded, end: usize) -> usize {
    usize::try_from(seeded.below(end as u64)).unwrap()
}
