//! `jeton master-key`: a file that a first start takes, and that nothing replaces.

use std::fs;

use crate::support::{Run, Server, Store, files, jeton, mode};

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
