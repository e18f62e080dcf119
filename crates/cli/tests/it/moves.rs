//! Stores that change their place: copies, backups and restores, from either database to either.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::killing::{kill_after, rounds};
use crate::support::{Credential, PATIENCE, Place, Rows, Seeded, form_token, now, sql};

/// Each pair of databases, the first with a store in it, the second without; both with the same master key.
fn pairs() -> Vec<(Place, Place)> {
    let from = || Place::both().into_iter().map(Place::with_acme);
    let pair = |from: Place, to: Place| {
        let to = to.with_key_of(&from);
        (from, to)
    };
    let to_folders = from().map(|from| pair(from, Place::folder()));
    let to_databases = from().map(|from| pair(from, Place::postgres()));
    to_folders.chain(to_databases).collect()
}

/// What a node that runs on the old store has, and none that runs on the new.
const LEASE: &str = "INSERT INTO leases (name, holder, beat) VALUES ('work', 'a-node', 7)";

/// The credential of [`Place::with_acme`].
fn x() -> Credential {
    Credential { id: "x".to_owned(), secret: Place::SECRET.to_owned() }
}

#[track_caller]
fn serves(place: &Place, status: u16) {
    let server = place.start();
    assert_eq!(form_token(&server.production(), &x()).status, status);
    server.stop();
}

/// Backs it up to a file in its own throw-away folder.
fn back_up(place: &Place, name: &str) -> PathBuf {
    place.ok(&format!("db backup {name}"));
    place.around().join(name)
}

/// Without what a restore raises or writes by design.
fn kept(mut rows: Rows) -> Rows {
    for raised in ["counter", "changes", "credentials", "revocations", "audit_chain"] {
        rows.remove(raised);
    }
    rows
}

#[test]
fn a_store_is_copied_from_either_database_to_either() {
    for (from, to) in pairs() {
        from.sql(LEASE);
        let (before, server) = (from.rows(), from.start());
        let shown = from.json(&format!("db copy {}", to.as_target()));
        assert_eq!(shown["sequence"], from.sequence(), "{shown}");
        assert_eq!(
            (&shown["rows"]["credentials"], &shown["rows"]["companies"]),
            (&json!(1), &json!(2)),
            "acme and the operators"
        );
        assert_eq!((to.rows(), from.rows()), (before.clone(), before), "all of it, and the source as it was");
        server.stop();
        assert_eq!(to.sql("SELECT COUNT(*) FROM leases"), ["0"], "who ran on the old one does not run here");
        serves(&to, 200);
        to.ok("company create next --name Next");
        assert_eq!(to.sequence(), from.sequence() + 1, "the numbers go on");
        assert_eq!(to.run("db status").code, Some(0));
    }
}

/// Every state that there is, and more than ASCII; there and back again.
#[test]
fn a_copy_of_a_copy_is_the_first() {
    let first = Place::folder().with_fixture("0001");
    let told = first.refused(78, &format!("db copy {}", Place::folder().as_target()));
    assert!(told.contains("jeton db migrate"), "{told}");
    first.ok("db migrate");
    let (second, third) = (Place::postgres().with_key_of(&first), Place::folder().with_key_of(&first));
    let told = first.run(&format!("db copy {}", second.as_target()));
    assert!(told.stderr.contains("revocations") && told.stderr.contains("master key"), "{told:?}");
    second.ok(&format!("db copy {}", third.as_target()));
    assert_eq!((second.rows(), third.rows()), (first.rows(), first.rows()));
    for list in ["company list", "api list", "credential list", "key list"] {
        assert_eq!(second.json(list), first.json(list), "{list}");
        assert_eq!(third.json(list), first.json(list), "{list}");
    }
}

#[test]
fn a_copy_replaces_nothing() {
    for (from, to) in pairs() {
        to.start().stop();
        let before = to.rows();
        for target in [to.as_target(), from.as_target()] {
            let told = from.refused(5, &format!("db copy {target}"));
            assert!(told.contains("in use") || told.contains("there is a store"), "{told}");
        }
        assert_eq!(to.rows(), before);
    }
}

#[test]
fn where_a_copy_goes_must_be_said_and_be_there() {
    let (from, nowhere) = (Place::folder().with_acme(), Place::folder());
    for line in ["db copy", "db copy --to-folder a --to-url-file b", "db copy --to-url-file missing"] {
        from.refused(2, line);
    }
    fs::write(from.around().join("url"), "postgres://jeton:hunter2@db/x?sslmode=full\n").unwrap();
    let told = from.refused(2, "db copy --to-url-file url");
    assert!(told.contains("no URL") && !told.contains("hunter2"), "{told}");
    let empty = Place::postgres();
    let told = nowhere.refused(78, &format!("db copy {}", empty.as_target()));
    assert!(told.contains("no data folder"), "{told}");
    let told = empty.refused(78, &format!("db copy {}", nowhere.as_target()));
    assert!(told.contains("no store"), "{told}");
    assert!(!nowhere.around().join("data").exists());
}

/// A row that the other database cannot hold stops the copy, and nothing of it is left.
#[test]
fn what_cannot_be_copied_is_copied_not_at_all() {
    let (from, to) = (Place::folder().with_acme(), Place::postgres());
    from.sql("UPDATE companies SET name = 'a' || char(0) || 'b'");
    let told = from.refused(1, &format!("db copy {}", to.as_target()));
    assert!(told.contains("cannot be written"), "{told}");
    assert_eq!(to.sequence(), 0);
    assert!(to.rows().iter().all(|(table, rows)| rows.is_empty() || table == "counter"), "{:?}", to.rows());
}

#[test]
fn a_copy_that_is_killed_is_whole_or_absent() {
    for (from, _) in pairs().into_iter().take(2) {
        let target = || if from.is_postgres() { Place::folder() } else { Place::postgres() };
        let line = |to: &Place| format!("db copy {}", to.as_target());
        let whole = kill_after(u64::MAX, &mut from.command(&line(&target()))).looks;
        let mut seeded = Seeded(13);
        for round in 0..rounds() {
            let to = target();
            let killed = kill_after(seeded.below(whole + whole / 4), &mut from.command(&line(&to)));
            let again = from.run(&line(&to));
            // Either it is there, and in the way of the second, or nothing of it is.
            assert!(
                again.code == Some(5) || (again.code == Some(0) && !killed.succeeded),
                "{round}: {again:?}"
            );
            assert_eq!(to.rows(), from.rows(), "round {round}");
        }
    }
}

#[test]
fn a_backup_is_restored_from_either_database_into_either() {
    for (from, to) in pairs() {
        from.sql(LEASE);
        let backup = back_up(&from, "backup");
        assert_eq!(sql_of(&backup, "PRAGMA integrity_check"), [[json!("ok")]]);
        let restored = to.json(&format!("db restore {}", backup.display()));
        assert_eq!(restored["lost_commits"], Value::Null, "nobody can know: {restored}");
        assert_eq!((&restored["kept"], &restored["generations_raised"]), (&Value::Null, &json!(true)));
        assert_eq!(kept(to.rows()), kept(from.rows()));
        assert_eq!(to.sql("SELECT COUNT(*) FROM leases"), ["0"]);
        assert!(to.sequence() > from.sequence() + 1_000, "{restored}");
        serves(&to, 200);
        let told = to.refused(5, &format!("db restore {}", backup.display()));
        assert!(told.contains("--replace"), "{told}");
    }
}

/// A backup's file, as if it were in a data folder.
fn sql_of(backup: &std::path::Path, statement: &str) -> Vec<Vec<Value>> {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(backup, folder.path().join("jeton.db")).unwrap();
    sql(folder.path(), statement)
}

/// Into the store that it was made of: what was lost is said, and no number is given out twice.
#[test]
fn an_older_backup_is_restored_only_with_open_eyes() {
    for place in Place::both().map(Place::with_acme) {
        let backup = back_up(&place, "backup");
        let line = format!("db restore {} --replace", backup.display());
        place.ok("secret revoke x --environment production");
        place.ok("company create later --name Later");
        let (before, last) = (place.rows(), place.sequence());
        let told = place.refused(5, &line);
        for said in ["2 later commits", "secret.revoked of 1", "--danger-older"] {
            assert!(told.contains(said), "{said}: {told}");
        }
        assert_eq!(place.rows(), before);
        let told = place.run(&format!("{line} --danger-older --reason 'the disk was lost'"));
        assert!(told.code == Some(0) && told.stderr.contains("WARNING"), "{told:?}");
        assert!(place.sequence() > last + 1_000);
        let said = place.sql("SELECT reason FROM changes WHERE kind = 'store.restored'");
        assert_eq!(said, ["the disk was lost"]);
        let generation: i64 = place.sql("SELECT generation FROM credentials")[0].parse().unwrap();
        assert!(generation > 1_000, "{generation}");
        assert!(!place.ok("company list").contains("later"));
        // The newest backup of all costs nothing.
        let newest = back_up(&place, "newest");
        let restored = place.json(&format!("db restore {} --replace", newest.display()));
        let cost = (&restored["lost_commits"], &restored["generations_raised"]);
        assert_eq!(cost, (&json!(0), &json!(false)), "{restored}");
    }
}

#[test]
fn what_is_no_backup_for_this_store_is_refused() {
    for place in Place::both().map(Place::with_acme) {
        let backup = back_up(&place, "backup");
        let (bytes, before) = (fs::read(&backup).unwrap(), place.rows());
        let write = |name: &str, bytes: &[u8]| fs::write(place.around().join(name), bytes).unwrap();
        write("foreign", b"client_id,client_secret\n".repeat(99).as_slice());
        write("cut", &bytes[..bytes.len() / 2]);
        let mut damaged = bytes.clone();
        for page in (8 * 4096..damaged.len()).step_by(4096) {
            damaged[page..page + 64].fill(0xA5);
        }
        write("damaged", &damaged);
        for (name, said) in [("foreign", "no backup"), ("cut", "damaged"), ("damaged", "damaged")] {
            let told = place.refused(7, &format!("db restore {name} --replace --danger-older"));
            assert!(told.contains(said), "{name}: {told}");
        }
        let newer = Place::folder();
        fs::create_dir(newer.around().join("data")).unwrap();
        write_newer(&newer, &bytes);
        let file = newer.around().join("data/jeton.db");
        let told = place.refused(78, &format!("db restore {} --replace --danger-older", file.display()));
        assert!(told.contains("newer version"), "{told}");
        place.refused(1, "db restore nowhere --replace");

        let other = Place::folder();
        let told = place.command(&format!("db restore {} --replace", backup.display()));
        let told = without_its_key(told, &other);
        assert!(told.contains("master key"), "{told}");
        assert_eq!(place.rows(), before);
        serves(&place, 200);
    }
}

fn write_newer(place: &Place, bytes: &[u8]) {
    fs::write(place.around().join("data/jeton.db"), bytes).unwrap();
    place.sql("INSERT INTO settings (name, value) VALUES ('least_schema', CAST('99' AS BLOB))");
}

fn without_its_key(mut command: std::process::Command, other: &Place) -> String {
    crate::support::Run::of(command.env("JETON_MASTER_KEY_FILE", other.key())).refused(7)
}

/// Nodes go on while their store is replaced, and trust nothing of what they had read.
#[test]
fn running_nodes_follow_a_restore_into_their_database() {
    let place = Place::postgres().with_acme();
    let servers = [place.start(), place.start()];
    let all = |status: u16| {
        for server in &servers {
            let deadline = now() + PATIENCE;
            while form_token(&server.production(), &x()).status != status {
                assert!(now() < deadline, "{status} in time");
            }
        }
    };
    all(200);
    place.ok("credential suspend x --environment production");
    let backup = back_up(&place, "suspended");
    place.ok("credential resume x --environment production");
    all(200);
    place.ok(&format!("db restore {} --replace --danger-older", backup.display()));
    all(401);
    place.ok("credential resume x --environment production");
    all(200);
    for server in servers {
        server.stop();
    }
}

/// Whoever writes waits until the restore is through, and goes on in the new store.
#[test]
fn writers_wait_for_a_restore_into_their_database() {
    let place = Place::postgres().with_acme();
    let backup = back_up(&place, "backup");
    let line = format!("db restore {} --replace --danger-older", backup.display());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (place, done) = (&place, &done);
            scope.spawn(move || {
                for number in 0.. {
                    place.ok(&format!("company create w{writer}-{number} --name Acme"));
                    if done.load(Ordering::SeqCst) {
                        return;
                    }
                }
            });
        }
        let mut last = place.sequence();
        for _ in 0..5 {
            place.ok(&line);
            let sequence = place.sequence();
            assert!(sequence > last + 100_000, "numbers go up: {sequence} after {last}");
            last = sequence;
        }
        done.store(true, Ordering::SeqCst);
    });
    let restored = "SELECT MAX(sequence) FROM changes WHERE kind = 'store.restored'";
    let after = format!(
        "SELECT COUNT(*) FROM companies WHERE revision > ({restored}) OR id IN ('acme', 'operators')"
    );
    assert_eq!(place.sql(&after), place.sql("SELECT COUNT(*) FROM companies"), "what came before is gone");
    let since = format!("SELECT COUNT(*) FROM changes WHERE sequence > ({restored})");
    let counted = format!("SELECT sequence - ({restored}) FROM counter");
    assert_eq!(place.sql(&since), place.sql(&counted), "and no number is missing since");
}

/// Writers are processes, as in life.
#[test]
fn a_backup_of_a_database_under_load_is_one_moment() {
    let place = Place::postgres().with_acme();
    let (made, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (place, made, done) = (&place, &made, &done);
            scope.spawn(move || {
                for number in 0.. {
                    if done.load(Ordering::SeqCst) {
                        return;
                    }
                    place.ok(&format!("company create w{writer}-{number} --name Acme"));
                    made.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        for number in 0..10 {
            let before = made.load(Ordering::SeqCst);
            let backup = back_up(&place, &format!("backup-{number}"));
            let rows = sql_of(
                &backup,
                "SELECT (SELECT COUNT(*) FROM companies WHERE id <> 'acme'), \
                        (SELECT COUNT(*) FROM changes WHERE kind = 'company.created' AND target <> 'acme'), \
                        (SELECT MAX(sequence) FROM changes) - sequence FROM counter",
            );
            let [companies, changes, ahead] = [0, 1, 2].map(|column| rows[0][column].as_u64().unwrap());
            assert!(companies >= before as u64, "{before} were acknowledged: {rows:?}");
            assert_eq!((companies, ahead), (changes, 0), "between two commits");
            let other = Place::folder().with_key_of(&place);
            other.ok(&format!("db restore {}", backup.display()));
            let restored = other.sql("SELECT COUNT(*) FROM companies");
            assert_eq!(restored, [(companies + 1).to_string()], "and it can be restored");
        }
        done.store(true, Ordering::SeqCst);
    });
    assert!(made.load(Ordering::SeqCst) > 10, "there was load");
}

#[test]
fn a_restore_into_a_database_that_is_killed_leaves_the_old_store_or_the_new() {
    let place = Place::postgres().with_acme();
    let backup = back_up(&place, "backup");
    let then = place.json("company list").as_array().unwrap().len();
    let line = format!("db restore {} --replace --danger-older", backup.display());
    let mut seeded = Seeded(17);
    let mut whole = u64::MAX;
    for round in 0..=rounds() {
        place.ok(&format!("company create later{round} --name Later"));
        let before = place.rows();
        let looks = if round == 0 { u64::MAX } else { seeded.below(whole + whole / 4) };
        let killed = kill_after(looks, &mut place.command(&line));
        whole = if round == 0 { killed.looks } else { whole };
        // The server may still be ending what the killed one began; what waits for a writer's right waits for that.
        place.sql("BEGIN; LOCK TABLE counter IN ROW EXCLUSIVE MODE; COMMIT");
        let companies = place.json("company list").as_array().unwrap().len();
        if companies == then {
            assert!(place.sequence() >= 1_000_000, "round {round}");
        } else {
            assert!(!killed.succeeded, "round {round}");
            assert_eq!(place.rows(), before, "round {round}");
        }
        place.ok(&line);
    }
    serves(&place, 200);
}
