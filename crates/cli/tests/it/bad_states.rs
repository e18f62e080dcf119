//! Data folders that are missing, damaged, or somebody else's: the reason is said, and nothing is written.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Run, Server, Store, clean, files, form_token, jeton, key_set, sql, words};

/// Each management command, with arguments that are well formed.
const COMMANDS: [&str; 25] = [
    "company create acme --name Acme",
    "company update acme --limit 7",
    "company suspend acme",
    "company resume acme",
    "company delete acme",
    "company list",
    "company get acme",
    "api create voice --audience https://api.example/voice",
    "api update voice --alg RS256",
    "api delete voice",
    "api list",
    "api get voice",
    "credential create --company acme --environment production",
    "credential update x --environment production --label y",
    "credential suspend x --environment production",
    "credential resume x --environment production",
    "credential delete x --environment production",
    "credential list",
    "credential get x --environment production",
    "grant add x --environment production voice",
    "grant remove x --environment production voice",
    "secret rotate x --environment production",
    "secret list x --environment production",
    "secret revoke x --environment production",
    "secret revoke x --environment production --all",
];

/// Something bad that happens to a store.
type Damage<'a> = &'a dyn Fn(&Store);

/// Every file of a folder with its bytes.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    files(folder).into_iter().map(|file| (file.clone(), fs::read(&file).unwrap_or_default())).collect()
}

#[test]
fn only_serve_makes_a_data_folder() {
    let store = Store::unmade();
    for command in COMMANDS {
        let told = store.refused(78, command);
        assert!(told.contains("--data") && told.contains("serve"), "{command}: {told}");
        assert!(!store.path().exists(), "{command}");
    }
    let mut without_flag = jeton();
    let told = Run::of(without_flag.args(["api", "list"]).current_dir(store.around())).refused(78);
    assert!(told.contains("jeton-data") && told.contains("--data"), "{told}");
    fs::create_dir(store.path()).unwrap();
    fs::set_permissions(store.path(), Permissions::from_mode(0o700)).unwrap();
    let told = store.refused(78, "company list");
    assert!(told.contains("no store") && told.contains("--data"), "{told}");
    assert_eq!(files(store.path()), [] as [PathBuf; 0], "an empty folder stays empty");
}

#[test]
fn a_path_that_is_no_folder_is_said() {
    let store = Store::unmade();
    fs::write(store.path(), "a file").unwrap();
    for line in ["company list", "serve --listen 127.0.0.1:0"] {
        let told = store.run(line).refused(78);
        assert!(told.contains("no folder") && told.contains("--data"), "{told}");
    }
    fs::remove_file(store.path()).unwrap();
    fs::create_dir(store.path()).unwrap();
    fs::set_permissions(store.path(), Permissions::from_mode(0o700)).unwrap();
    fs::write(store.path().join("jeton.db"), "not a database, but long enough to be read as one").unwrap();
    fs::set_permissions(store.path().join("jeton.db"), Permissions::from_mode(0o600)).unwrap();
    for line in ["company list", "serve --listen 127.0.0.1:0"] {
        let told = store.run(line).refused(78);
        assert!(told.contains("no Jeton store"), "{told}");
    }
}

#[test]
fn a_master_key_that_cannot_serve_stops_everything_and_is_not_replaced() {
    let key = |store: &Store| store.path().join("master.key");
    let good = |store: &Store| fs::read_to_string(key(store)).unwrap();
    let other_bytes = |text: &str| {
        // The same name with another key: only the check value of the store can tell.
        let (rest, last) = text.trim_end().rsplit_once(' ').unwrap();
        format!("{rest} {}\n", last.chars().rev().skip(1).chain(['A']).collect::<String>())
    };
    let damages: [(&str, &str, Damage<'_>); 8] = [
        ("missing", "missing", &|store| fs::remove_file(key(store)).unwrap()),
        ("empty", "no key", &|store| fs::write(key(store), "").unwrap()),
        ("cut short", "line 2", &|store| {
            fs::write(key(store), &good(store)[..good(store).len() - 9]).unwrap();
        }),
        ("no key file", "line 1", &|store| fs::write(key(store), "hunter2").unwrap()),
        ("of another store", "master key", &|store| {
            fs::write(key(store), good(&Store::new())).unwrap();
        }),
        ("wrong under its own name", "master key", &|store| {
            fs::write(key(store), other_bytes(&good(store))).unwrap();
        }),
        ("a folder", "master.key", &|store| {
            fs::remove_file(key(store)).unwrap();
            DirBuilder::new().mode(0o700).create(key(store)).unwrap();
        }),
        ("open to others", "chmod 600", &|store| {
            fs::set_permissions(key(store), Permissions::from_mode(0o644)).unwrap();
        }),
    ];
    for (name, reason, damage) in damages {
        let store = Store::new();
        damage(&store);
        let before = contents(store.path());
        let lines = [
            "serve --listen 127.0.0.1:0",
            "credential create --company acme --environment production",
            "api create voice --audience https://api.example/voice --alg EdDSA",
            "company create acme --name Acme",
        ];
        for line in lines {
            let told = store.run(line).refused(78);
            assert!(told.contains(reason), "{name}, {line}: {told}");
            let now: Vec<_> =
                contents(store.path()).into_iter().filter(|(file, _)| !is_beside(file)).collect();
            assert_eq!(now.len(), before.len(), "{name}, {line}: {now:?}");
            assert!(now == before, "{name}, {line}: something was rewritten");
        }
    }
}

/// What `SQLite` keeps beside the store while somebody looks at it.
fn is_beside(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "db-wal" || extension == "db-shm")
}

#[test]
fn a_master_key_with_one_bit_changed_is_told_from_the_right_one() {
    let store = Store::new();
    let key = store.path().join("master.key");
    let right = fs::read(&key).unwrap();
    let comment = right.iter().position(|byte| *byte == b'\n').unwrap();
    // The line's end is none of its bytes.
    for at in 0..right.len() - 1 {
        let mut changed = right.clone();
        changed[at] ^= 1;
        fs::write(&key, &changed).unwrap();
        let run = store.run("company list");
        // A comment may say anything, as long as it is one.
        if run.code != Some(0) || !(1..comment).contains(&at) {
            let told = run.refused(78);
            assert!(told.contains("master key"), "byte {at}: {told}");
        }
    }
    fs::write(&key, &right).unwrap();
    store.ok("company list");
}

#[test]
fn a_master_key_from_elsewhere() {
    let store = Store::unmade();
    // Made somewhere else, as an operator's vault would.
    let key = store.around().join("vault.key");
    let other = Store::new();
    fs::copy(other.path().join("master.key"), &key).unwrap();
    let with_key = |line: &str| {
        let mut command = store.command(line);
        command.env("JETON_MASTER_KEY_FILE", &key);
        command
    };
    Server::start(&mut with_key("serve --listen 127.0.0.1:0"), 1).stop();
    assert!(!store.path().join("master.key").exists(), "none is made beside the data");
    Run::of(&mut with_key("company create acme --name Acme")).ok();
    let told = store.run("company list").refused(78);
    assert!(told.contains("JETON_MASTER_KEY_FILE"), "{told}");
    let told = store.run("serve --listen 127.0.0.1:0").refused(78);
    assert!(told.contains("JETON_MASTER_KEY_FILE"), "{told}");
    assert!(!store.path().join("master.key").exists());

    let mut with_missing = store.command("company list");
    let told = Run::of(with_missing.env("JETON_MASTER_KEY_FILE", "nowhere.key")).refused(78);
    assert!(told.contains("nowhere.key") && told.contains("JETON_MASTER_KEY_FILE"), "{told}");

    // As systemd hands it over (`LoadCredential=jeton-master-key:...`).
    let credentials = store.around().join("credentials");
    fs::create_dir(&credentials).unwrap();
    symlink(&key, credentials.join("jeton-master-key")).unwrap();
    let mut by_systemd = store.command("company list");
    Run::of(by_systemd.env("CREDENTIALS_DIRECTORY", &credentials)).ok();
}

#[test]
fn a_corrupt_key_row_stops_the_start_with_its_reason() {
    for (statement, named) in [
        ("UPDATE signing_keys SET private = flip(private, 20) WHERE environment = 'sandbox'", "signing key"),
        ("UPDATE signing_keys SET private = flip(private, -1)", "signing key"),
        ("UPDATE signing_keys SET private = substr(private, 1, 5)", "signing key"),
        ("UPDATE signing_keys SET master_key = 'mk-of-old'", "mk-of-old"),
        (
            "UPDATE signing_keys SET private = (SELECT private FROM signing_keys WHERE environment = 'sandbox') \
             WHERE environment = 'production'",
            "signing key",
        ),
        ("UPDATE hash_keys SET key = flip(key, 30)", "hash key 1"),
        ("UPDATE settings SET value = flip(value, 0)", "master key"),
    ] {
        let store = Store::new();
        sql(store.path(), statement);
        let rows = "SELECT kid, environment, private FROM signing_keys ORDER BY kid";
        let before = sql(store.path(), rows);
        let told = store.run("serve --listen 127.0.0.1:0").refused(78);
        assert!(told.contains(named), "{statement}: {told}");
        assert_eq!(sql(store.path(), rows), before, "{statement}: never a new key in silence");
    }
}

#[test]
fn a_read_only_data_folder_is_said() {
    let store = Store::new();
    fs::set_permissions(store.path(), Permissions::from_mode(0o500)).unwrap();
    let probe = Run::of(bound_by_modes("touch").arg(store.path().join("probe")));
    assert_ne!(probe.code, Some(0), "this test needs a folder that cannot be written to");
    for line in ["company create acme --name Acme", "serve --listen 127.0.0.1:0"] {
        let mut command = bound_by_modes(env!("CARGO_BIN_EXE_jeton"));
        let told = Run::of(command.arg("--data").arg(store.path()).args(words(line))).refused(78);
        assert!(told.contains(store.path().to_str().unwrap()), "{told}");
    }
    fs::set_permissions(store.path(), Permissions::from_mode(0o700)).unwrap();
    store.start().stop();
}

/// A program for which the modes of files count, which they do not for root with all its capabilities.
fn bound_by_modes(program: &str) -> Command {
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    clean(&mut command);
    command
}

#[test]
fn another_users_folder_is_left_alone() {
    let store = Store::new();
    let folder = if rustix::process::geteuid().is_root() {
        chown(store.path(), Some(4_000_000_001), None).unwrap();
        store.path()
    } else {
        Path::new("/")
    };
    for line in ["company list", "serve --listen 127.0.0.1:0"] {
        let told = Run::of(jeton().arg("--data").arg(folder).args(words(line))).refused(78);
        assert!(told.contains("belongs to") && told.contains("sudo -u"), "{told}");
    }
}

#[test]
fn rights_of_others_are_refused_with_the_command_that_takes_them_away() {
    let store = Store::new();
    for (path, wrong, right) in
        [(store.path().to_owned(), 0o770, 0o700), (store.path().join("jeton.db"), 0o640, 0o600)]
    {
        fs::set_permissions(&path, Permissions::from_mode(wrong)).unwrap();
        for line in ["company list", "serve --listen 127.0.0.1:0"] {
            let told = store.run(line).refused(78);
            assert!(told.contains(&format!("chmod {right:o} {}", path.display())), "{told}");
        }
        fs::set_permissions(&path, Permissions::from_mode(right)).unwrap();
    }
    store.ok("company list");
}

#[test]
fn a_first_start_is_not_stopped_by_what_a_killed_one_left() {
    // In a container every start has the same process id, and so might the names of its drafts.
    let store = Store::unmade();
    let mut bash = Command::new("bash");
    clean(&mut bash);
    bash.args(["-c", "mkdir -m 700 \"$1\"; touch \"$1/master.key.$$.new\"; exec \"$0\" --data \"$1\" serve --listen 127.0.0.1:0"]);
    Server::start(bash.arg(env!("CARGO_BIN_EXE_jeton")).arg(store.path()), 1).stop();
}

#[test]
fn a_store_put_back_with_its_key_serves_as_before() {
    let store = Store::with_acme();
    let server = store.start();
    let credential = store.credential("--grant voice");
    let keys = key_set(&server.production()).to_json();
    server.stop();
    let copy = Store::unmade();
    fs::create_dir(copy.path()).unwrap();
    fs::set_permissions(copy.path(), Permissions::from_mode(0o700)).unwrap();
    for file in files(store.path()) {
        fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    let server = copy.start();
    assert_eq!(key_set(&server.production()).to_json(), keys);
    assert_eq!(form_token(&server.production(), &credential).status, 200);
}
