//! `jeton master-key`: a file that a first start takes, and how the store comes under another key of it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::killing::{kill_after, rounds};
use crate::support::{
    Credential, PATIENCE, Place, Run, Seeded, Server, Store, claims, files, form_token, jeton, key_set, mode,
    now,
};

#[test]
fn a_store_is_made_and_opened_with_a_key_that_was_made_for_it() {
    let store = Store::unmade();
    let key = store.around().join("own.key");
    let made = store.json("master-key create own.key");
    assert_eq!(made["file"], "own.key");
    assert_eq!(mode(&key), 0o600);
    assert_eq!(
        files(store.around()),
        std::slice::from_ref(&key),
        "no draft is left, and no data folder is made"
    );
    let with_key = |line: &str| {
        let mut command = store.command(line);
        command.env("JETON_MASTER_KEY_FILE", &key);
        command
    };
    Server::start(&mut with_key("serve --listen 127.0.0.1:0"), 1).stop();
    Run::of(&mut with_key("company create acme --name Acme")).ok();
    let told = store.refused(78, "company list");
    assert!(told.contains("master key"), "{told}");
}

#[test]
fn the_key_is_in_its_file_alone_and_each_is_another() {
    let store = Store::unmade();
    let keys = ["a.key", "b.key"].map(|name| {
        let mut command = jeton();
        let run = Run::of(command.args(["master-key", "create"]).arg(store.around().join(name)));
        let text = fs::read_to_string(store.around().join(name)).unwrap();
        let key = text.split_whitespace().next_back().unwrap().to_owned();
        assert!(!run.stdout.contains(&key) && !run.stderr.contains(&key), "{run:?}");
        assert!(run.stderr.contains("Back it up"), "{run:?}");
        run.ok();
        key
    });
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn what_is_there_stays() {
    let store = Store::unmade();
    let key = store.around().join("own.key");
    for there in ["a key that a store hangs on", ""] {
        fs::write(&key, there).unwrap();
        let told = store.refused(5, "master-key create own.key");
        assert!(told.contains("own.key is there already"), "{told}");
        assert_eq!(fs::read_to_string(&key).unwrap(), there);
    }
    let told = store.refused(1, "master-key create nowhere/own.key");
    assert!(told.contains("nowhere/own.key cannot be made"), "{told}");
    assert_eq!(files(store.around()), [key]);
}

#[test]
fn a_store_comes_under_another_master_key_while_a_server_runs() {
    for place in Place::both().map(Place::with_acme) {
        let x = Credential { id: "x".to_owned(), secret: Place::SECRET.to_owned() };
        let old = fs::read_to_string(place.key()).unwrap();
        let old_name = names(&old).pop().unwrap();
        let server = place.start();
        let before = form_token(&server.production(), &x).token();
        let added = place.json("master-key add");
        let new_name = added["master_key"].as_str().unwrap().to_owned();
        assert_eq!(
            names(&fs::read_to_string(place.key()).unwrap()),
            [&old_name, &new_name].map(String::as_str)
        );
        assert_eq!(mode(&place.key()), 0o600);
        assert_eq!(sealed_under(&place), [old_name.as_str()]);
        let told = place.refused(5, &format!("master-key drop {old_name}"));
        for what in ["signing key", "hash key 1", "check value", "re-encrypt"] {
            assert!(told.contains(what), "{told}");
        }
        // The signing keys of two environments and of operators, a hash key, the check value, the audit key.
        let sealed = place.json("master-key re-encrypt");
        assert_eq!((&sealed["rows"], &sealed["master_key"]), (&6.into(), &new_name.as_str().into()));
        assert_eq!(sealed_under(&place), [new_name.as_str()]);
        let sequence = place.sequence();
        assert_eq!(place.json("master-key re-encrypt")["rows"], 0);
        assert_eq!(place.sequence(), sequence);
        // The server opens what is sealed under a key that it did not know when it started.
        let published = key_set(&server.production()).keys().len();
        place.ok("key rotate");
        let deadline = now() + PATIENCE;
        while key_set(&server.production()).keys().len() == published {
            assert!(now() < deadline, "the server did not take up the next key");
        }
        assert!(place.refused(5, &format!("master-key drop {new_name}")).contains("newest"));
        assert!(place.refused(3, "master-key drop nobody").contains("\"nobody\""));
        place.ok(&format!("master-key drop {old_name}"));
        assert_eq!(names(&fs::read_to_string(place.key()).unwrap()), [new_name.as_str()]);
        assert_eq!(mode(&place.key()), 0o600);
        form_token(&server.production(), &x).token();
        let ended = server.stop();
        assert!(!ended.stderr.contains("cannot be"), "{}", ended.stderr);
        let server = place.start();
        claims(&key_set(&server.production()), &before);
        claims(&key_set(&server.production()), &form_token(&server.production(), &x).token());
        server.stop();
        fs::write(place.key(), old).unwrap();
        place.refused(78, "company list");
    }
}

#[test]
fn what_one_row_refuses_none_suffers() {
    for place in Place::both().map(Place::with_acme) {
        place.ok("master-key add");
        place.sql("UPDATE hash_keys SET master_key = 'mk-gone'");
        let before = place.rows();
        let told = place.refused(78, "master-key re-encrypt");
        assert!(told.contains("hash key 1") && told.contains("mk-gone"), "{told}");
        assert_eq!(place.rows(), before);
    }
}

#[test]
fn a_key_is_added_to_the_file_that_is_named_whoever_may_read_it() {
    let store = Store::unmade();
    let key = store.around().join("own.key");
    store.ok("master-key create own.key");
    fs::set_permissions(&key, Permissions::from_mode(0o440)).unwrap();
    symlink("own.key", store.around().join("link.key")).unwrap();
    let mut command = jeton();
    let run = Run::of(command.args(["master-key", "add", "link.key"]).current_dir(store.around()));
    let text = fs::read_to_string(&key).unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (_, secret) = line.split_once(' ').unwrap();
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{run:?}");
    }
    assert!(run.stderr.contains("every node") && run.stderr.contains("re-encrypt"), "{run:?}");
    run.ok();
    assert_eq!(names(&text).len(), 2);
    assert_eq!(mode(&key), 0o440);
    assert!(store.around().join("link.key").is_symlink());
    assert_eq!(files(store.around()).len(), 2, "no draft is left, and no data folder is made");
}

#[test]
fn no_key_is_added_to_what_is_no_key_file() {
    let store = Store::unmade();
    let key = store.around().join("own.key");
    let told = store.refused(78, "master-key add own.key");
    assert!(told.contains("own.key"), "{told}");
    for text in ["", "mk-1\n", "mk-1 AAAA\n"] {
        fs::write(&key, text).unwrap();
        let told = store.refused(78, "master-key add own.key");
        assert!(told.contains("own.key"), "{told}");
        assert_eq!(fs::read_to_string(&key).unwrap(), text);
    }
    store.refused(78, "master-key re-encrypt");
    store.refused(78, "master-key drop mk-1");
    assert_eq!(files(store.around()), [key]);
}

#[test]
fn a_change_of_the_file_that_is_killed_leaves_it_whole() {
    let place = Place::folder().with_acme();
    let text = || fs::read_to_string(place.key()).unwrap();
    let sealing = names(&text()).pop().unwrap();
    let mut seeded = Seeded(11);
    let whole = kill_after(u64::MAX, &mut place.command("master-key add")).looks;
    for round in 0..rounds() {
        let before = text();
        let killed = kill_after(seeded.below(whole + whole / 4), &mut place.command("master-key add"));
        let after = text();
        assert!(after.starts_with(&before), "round {round}");
        assert!(after != before || !killed.succeeded, "round {round}");
        assert!(names(&after).len() <= names(&before).len() + 1, "round {round}");
        assert_eq!(mode(&place.key()), 0o600);
    }
    place.ok("master-key add");
    place.ok("master-key re-encrypt");
    let whole = kill_after(u64::MAX, &mut place.command(&format!("master-key drop {sealing}"))).looks;
    for round in 0..rounds() {
        let before = text();
        let oldest = names(&before).remove(0);
        if names(&before).len() == 1 {
            break;
        }
        let command = format!("master-key drop {oldest}");
        let killed = kill_after(seeded.below(whole + whole / 4), &mut place.command(&command));
        let (was, is) = (names(&before), names(&text()));
        assert!(is == was || is == was[1..], "round {round}: {was:?} {is:?}");
        assert!(is != was || !killed.succeeded, "round {round}");
    }
    place.ok("company list");
}

/// The names of the keys of a file.
fn names(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap().0.to_owned()).collect()
}

/// Under which master keys the store's rows are.
fn sealed_under(place: &Place) -> Vec<String> {
    place.sql(
        "SELECT master_key FROM signing_keys UNION SELECT master_key FROM hash_keys \
         UNION SELECT master_key FROM settings WHERE master_key IS NOT NULL",
    )
}
