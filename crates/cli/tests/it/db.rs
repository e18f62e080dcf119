//! `db status`, `db backup` and `db restore`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::killing::{kill_after, rounds};
use crate::support::{Credential, Seeded, Store, files, form_token, key_set, mode, sql};

/// Backs the store up to `<name>/jeton.db`, so that a folder of it can be looked into.
fn back_up(store: &Store, name: &str) -> PathBuf {
    let folder = store.around().join(name);
    fs::create_dir(&folder).unwrap();
    store.ok(&format!("db backup {name}/jeton.db"));
    folder
}

/// The names in the data folder, but what SQLite keeps beside the store.
fn names(store: &Store) -> Vec<String> {
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = files(store.path()).into_iter().map(name).collect();
    names.retain(|name| {
        !["jeton.db-wal", "jeton.db-shm", "jeton.lock", "jeton.in-use"].contains(&name.as_str())
    });
    names
}

/// What `db status` shows, and the sentence of a check that failed.
#[track_caller]
fn status(store: &Store, more: &str) -> (Value, Option<String>) {
    let run = store.run(&format!("-o json db status {more}"));
    let shown = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    match run.code {
        Some(0) => (shown, None),
        Some(7) => {
            let problem: Value = serde_json::from_str(&run.stderr).unwrap();
            assert_eq!(problem["exit_code"], 7);
            (shown, Some(problem["detail"].as_str().unwrap().to_owned()))
        }
        _ => panic!("{run:?}"),
    }
}

#[test]
fn the_status_of_a_sound_store() {
    let store = Store::with_acme();
    store.credential("--grant voice");
    let _server = store.start();
    for more in ["", "--full"] {
        let (shown, failed) = status(&store, more);
        assert_eq!(failed, None);
        for (field, expected) in [
            ("integrity", json!("ok")),
            ("companies", json!(2)),
            ("credentials", json!(1)),
            ("apis", json!(2)),
            ("signing_keys", json!(3)),
            ("schema", shown["newest_schema"].clone()),
            ("high_water", shown["sequence"].clone()),
            ("master_key", json!("right")),
            ("folder", json!(store.path())),
        ] {
            assert_eq!(shown[field], expected, "{field}: {shown}");
        }
        assert!(shown["sequence"].as_i64().unwrap() > 4, "{shown}");
        assert!(shown["bytes"]["jeton.db"].as_i64().unwrap() > 0, "{shown}");
    }
    let told = store.ok("db status");
    assert!(told.contains("integrity") && told.contains("high_water"), "{told}");
}

#[test]
fn a_check_that_fails_is_said_and_ends_with_7() {
    let store = Store::new();
    let key = store.path().join("master.key");
    let good = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    assert_eq!(status(&store, "").0["master_key"], "not given");
    fs::copy(Store::new().path().join("master.key"), &key).unwrap();
    let (shown, failed) = status(&store, "");
    assert_eq!(shown["master_key"], "wrong");
    assert!(failed.unwrap().contains("master key"));
    fs::write(&key, good).unwrap();

    sql(store.path(), "UPDATE counter SET sequence = sequence - 1");
    let (shown, failed) = status(&store, "");
    assert!(shown["high_water"].as_i64() > shown["sequence"].as_i64(), "{shown}");
    assert!(failed.unwrap().contains("older copy"));
    sql(store.path(), "UPDATE counter SET sequence = sequence + 1");

    sql(store.path(), "INSERT INTO api_audiences VALUES ('nothing', '', 'urn:x')");
    assert_eq!(status(&store, "").1, None, "too deep for the quick check");
    let (shown, failed) = status(&store, "--full");
    assert!(shown["integrity"][0].as_str().unwrap().contains("api_audiences"), "{shown}");
    assert!(failed.unwrap().contains("db restore"));
    let told = store.refused(7, "db backup b");
    assert!(told.contains("damaged") && !store.around().join("b").exists(), "{told}");
}

#[test]
fn where_no_store_is_none_is_made() {
    let store = Store::unmade();
    for line in ["db status", "db backup backup", "key list"] {
        let told = store.refused(78, line);
        assert!(told.contains("--data") && !store.path().exists(), "{line}: {told}");
    }
    assert_eq!(files(store.around()), [] as [PathBuf; 0]);
    store.refused(1, "db restore nowhere");
    assert!(!store.path().exists());
}

/// Writers are processes, as in life, and the server runs.
#[test]
fn twenty_backups_under_load_have_all_that_was_acknowledged() {
    let store = Store::new();
    let server = store.start();
    let (made, done) = (Mutex::new(vec![]), AtomicBool::new(false));
    let mut backups = vec![];
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (store, made, done) = (&store, &made, &done);
            scope.spawn(move || {
                for number in 0.. {
                    if done.load(Ordering::SeqCst) {
                        return;
                    }
                    let id = format!("w{writer}-{number}");
                    store.ok(&format!("company create {id} --name Acme"));
                    made.lock().unwrap().push(id);
                }
            });
        }
        for number in 0..20 {
            let before = made.lock().unwrap().clone();
            backups.push((before, back_up(&store, &number.to_string())));
        }
        done.store(true, Ordering::SeqCst);
    });
    assert!(made.lock().unwrap().len() > 10, "there was load");
    for (before, folder) in backups {
        assert_eq!(sql(&folder, "PRAGMA integrity_check"), [[json!("ok")]]);
        let there = sql(&folder, "SELECT id FROM companies");
        for id in before {
            assert!(there.contains(&vec![json!(id)]), "{id} was acknowledged before");
        }
        let rows =
            sql(&folder, "SELECT sequence, (SELECT COUNT(DISTINCT sequence) FROM changes) FROM counter");
        assert_eq!(rows[0][0], rows[0][1], "between two commits");
        assert_eq!(files(&folder).len(), 1, "one file, and nothing beside it");
    }
    server.stop();
}

#[test]
fn a_backup_neither_needs_nor_holds_the_master_key() {
    let store = Store::with_acme();
    let key = store.path().join("master.key");
    let text = fs::read_to_string(&key).unwrap();
    let secret = text.trim().rsplit(' ').next().unwrap().as_bytes();
    fs::remove_file(&key).unwrap();
    let run = store.run("db backup backup");
    assert!(run.stderr.contains("master key"), "{run:?}");
    let made = run.ok();
    assert!(made.contains("sequence"), "{made}");
    let file = store.around().join("backup");
    assert_eq!(mode(&file), 0o600);
    let bytes = fs::read(&file).unwrap();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret));

    let told = store.refused(5, "db backup backup");
    assert!(told.contains("there already"), "{told}");
    assert_eq!(fs::read(&file).unwrap(), bytes, "what is there stays");
    store.refused(1, "db backup nowhere/backup");
}

#[test]
fn a_backup_restored_elsewhere_serves_as_before() {
    let store = Store::with_acme();
    let server = store.start();
    let credential = store.credential("--grant voice");
    let keys = key_set(&server.production()).to_json();
    let backup = back_up(&store, "backup").join("jeton.db");
    server.stop();

    let other = Store::unmade();
    let line = format!("-o json db restore {}", backup.display());
    let restored: Value = serde_json::from_str(&other.ok(&line)).unwrap();
    assert_eq!((&restored["lost_commits"], &restored["kept"]), (&Value::Null, &Value::Null));
    let warnings = restored["warnings"].to_string();
    assert!(warnings.contains("master key") && warnings.contains("unknown number"), "{warnings}");
    assert_eq!(mode(other.path()), 0o700);
    assert_eq!(mode(&other.path().join("jeton.db")), 0o600);
    let told = other.run("serve --listen 127.0.0.1:0").refused(78);
    assert!(told.contains("master key is missing"), "{told}");
    fs::copy(store.path().join("master.key"), other.path().join("master.key")).unwrap();
    let server = other.start();
    assert_eq!(key_set(&server.production()).to_json(), keys);
    assert_eq!(form_token(&server.production(), &credential).status, 200);
    for list in ["company list", "api list", "credential list", "key list"] {
        // A backup that is put back is a change of its own.
        let without_revision = |mut list: Value| {
            for one in list.as_array_mut().unwrap() {
                one.as_object_mut().unwrap().remove("revision");
            }
            list
        };
        assert_eq!(without_revision(other.json(list)), without_revision(store.json(list)), "{list}");
    }
    assert_eq!(status(&other, "--full").1, None);
}

#[test]
fn a_restore_waits_for_nobody_who_has_the_store_open() {
    let store = Store::with_acme();
    let backup = back_up(&store, "backup");
    let line = format!("db restore {}/jeton.db --replace", backup.display());
    let server = store.start();
    let told = store.refused(5, &line);
    assert!(told.contains("in use") && told.contains("serve"), "{told}");
    server.signal(Signal::KILL);
    drop(server.end());
    let told = store.refused(5, line.trim_end_matches(" --replace"));
    assert!(told.contains("--replace"), "{told}");
    store.ok(&line);
    store.start().stop();
}

#[test]
fn an_older_backup_is_restored_only_with_open_eyes() {
    let store = Store::with_acme();
    let credential = store.credential("--client-id x --grant voice");
    let backup = back_up(&store, "backup");
    store.ok("secret revoke x --environment production");
    store.ok("company create later --name Later");
    let line = format!("db restore {}/jeton.db --replace", backup.display());
    let told = store.refused(5, &line);
    for said in ["2 later commits", "secret.revoked of 1", "--danger-older"] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert_eq!(store.ids("company list", "id"), ["acme", "later"]);
    let before = status(&store, "").0["sequence"].as_i64().unwrap();

    let run = store.run(&format!("{line} --danger-older --reason 'the disk was lost'"));
    assert!(run.stderr.contains("WARNING") && run.stderr.contains("2 later commits"), "{run:?}");
    run.ok();
    assert_eq!(store.ids("company list", "id"), ["acme"]);
    assert_eq!(
        names(&store),
        ["jeton.db", &format!("jeton.db.before-{before}"), "jeton.high-water", "master.key"]
    );
    let (shown, failed) = status(&store, "--full");
    assert_eq!(failed, None);
    assert!(shown["sequence"].as_i64().unwrap() > before + 1_000, "{shown}");
    let rows = "SELECT reason, target FROM changes WHERE kind = 'store.restored'";
    assert_eq!(sql(store.path(), rows)[0][0], "the disk was lost");
    // What the warning was about.
    let server = store.start();
    assert_eq!(form_token(&server.production(), &credential).status, 200);
    store.ok("secret revoke x --environment production");
}

#[test]
fn a_backup_under_another_master_key_is_refused() {
    let store = Store::with_acme();
    let backup = back_up(&store, "backup");
    let other = Store::new();
    let before = fs::read(other.path().join("jeton.db")).unwrap();
    let told = other.refused(7, &format!("db restore {}/jeton.db --replace", backup.display()));
    assert!(told.contains("master key") && told.contains("JETON_MASTER_KEY_FILE"), "{told}");
    assert_eq!(fs::read(other.path().join("jeton.db")).unwrap().len(), before.len());
    assert_eq!(names(&other), ["jeton.db", "jeton.high-water", "master.key"]);
    other.start().stop();
    let told =
        other.refused(7, &format!("db restore {} --replace", store.path().join("master.key").display()));
    assert!(told.contains("no backup"), "{told}");
    other.refused(1, "db restore nowhere");
}

/// A copy put back by hand is told from a restore, by whoever starts the server.
#[test]
fn an_older_copy_put_back_by_hand_is_warned_about() {
    let store = Store::with_acme();
    let backup = back_up(&store, "backup");
    store.ok("company create later --name Later");
    fs::copy(backup.join("jeton.db"), store.path().join("jeton.db")).unwrap();
    let ended = store.start().stop();
    assert!(ended.stderr.contains("older copy") && ended.stderr.contains("db restore"), "{ended:?}");
}

#[test]
fn a_backup_that_is_killed_is_whole_or_absent() {
    let store = Store::with_acme();
    let line = |name: &str| format!("db backup {name}/jeton.db");
    let make = |name: &str| fs::create_dir(store.around().join(name)).unwrap();
    make("whole");
    let whole = kill_after(u64::MAX, &mut store.command(&line("whole"))).looks;
    let mut seeded = Seeded(7);
    for round in 0..rounds() {
        let name = round.to_string();
        make(&name);
        let killed = kill_after(seeded.below(whole + whole / 4), &mut store.command(&line(&name)));
        let folder = store.around().join(&name);
        if !folder.join("jeton.db").exists() {
            assert!(!killed.succeeded && killed.printed.is_empty(), "round {round}: {}", killed.printed);
            store.ok(&line(&name));
        }
        assert_eq!(sql(&folder, "PRAGMA integrity_check"), [[json!("ok")]], "round {round}");
        assert_eq!(sql(&folder, "SELECT id FROM companies"), [[json!("acme")], [json!("operators")]]);
        assert_eq!(files(&folder).len(), 1, "round {round}");
    }
}

#[test]
fn a_restore_that_is_killed_leaves_the_old_store_or_the_new() {
    let store = Store::with_acme();
    let credential = store.credential("--client-id x --grant voice");
    let backup = back_up(&store, "backup");
    let line = format!("-o json db restore {}/jeton.db --replace --danger-older", backup.display());
    let sequence = || sequence_of(store.path());
    let restore = |looks: u64| {
        store.ok("company create later --name Later");
        let before = sequence();
        let killed = kill_after(looks, &mut store.command(&line));
        // Whoever opens the store clears what is left.
        let restored = store.ids("company list", "id") == ["acme"];
        if restored {
            assert!(sequence() >= before + 1_000_000, "{} after {before}", sequence());
        } else {
            assert_eq!(sequence(), before);
            assert!(!killed.succeeded && killed.printed.is_empty(), "{}", killed.printed);
            store.ok("company delete later");
            sql(store.path(), "DELETE FROM companies WHERE id = 'later'");
        }
        assert_eq!(sql(store.path(), "PRAGMA integrity_check"), [[json!("ok")]]);
        (killed.looks, restored)
    };
    let (whole, restored) = restore(u64::MAX);
    assert!(restored);
    let mut done = 1;
    let mut seeded = Seeded(8);
    for round in 0..rounds() {
        done += usize::from(restore(seeded.below(whole + whole / 4)).1);
        let names = names(&store);
        let kept = names.iter().filter(|name| name.starts_with("jeton.db.before-")).count();
        assert_eq!((kept, names.len()), (done, done + 3), "round {round}: {names:?}");
    }
    assert_eq!(status(&store, "--full").1, None);
    serves(&store, &credential);
}

fn sequence_of(folder: &Path) -> i64 {
    sql(folder, "SELECT sequence FROM counter")[0][0].as_i64().unwrap()
}

#[track_caller]
fn serves(store: &Store, credential: &Credential) {
    let server = store.start();
    assert_eq!(form_token(&server.production(), credential).status, 200);
    server.stop();
}
