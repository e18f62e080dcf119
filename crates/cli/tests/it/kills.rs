//! `kill -9` at any moment: what was begun is whole or absent, and the next start works.

use rustix::process::Signal;
use serde_json::json;

use crate::killing::{Killed, kill_after, rounds};
use crate::support::{Credential, PATIENCE, Seeded, Server, Store, form_token, key_set, now, sql};

/// When to kill a first start: as soon as this is seen.
#[derive(Debug)]
enum Moment {
    AtOnce,
    /// So many files in the folder; none: the folder itself.
    Files(u64),
    /// So many bytes of the write-ahead log. A first start writes more than 100,000.
    Log(u64),
    Listening,
}

impl Moment {
    fn is_here(&self, store: &Store) -> bool {
        let log = store.path().join("jeton.db-wal").metadata().map(|file| file.len()).ok();
        match self {
            Self::AtOnce => true,
            Self::Files(count) => store.path().read_dir().is_ok_and(|files| files.count() as u64 >= *count),
            Self::Log(bytes) => log.is_some_and(|length| length >= *bytes),
            Self::Listening => false,
        }
    }
}

#[test]
fn a_first_start_that_is_killed_is_finished_by_the_next() {
    let mut seeded = Seeded(1);
    for at in 0..rounds() {
        let moment = match at % 5 {
            0 => Moment::AtOnce,
            // A first start makes three files before it fills the log.
            1 => Moment::Files(seeded.below(4)),
            2 | 3 => Moment::Log(seeded.below(100_000)),
            _ => Moment::Listening,
        };
        let store = Store::unmade();
        let mut killed = Server::spawn(&mut store.serve(""));
        if matches!(moment, Moment::Listening) {
            killed.stdout.find("listening on").expect("it starts");
        } else {
            let deadline = now() + PATIENCE;
            while !moment.is_here(&store) && !killed.has_ended() {
                assert!(now() < deadline, "{moment:?} never came");
                std::thread::yield_now();
            }
        }
        killed.signal(Signal::KILL);
        assert_eq!(killed.end().code, None, "{moment:?}: it was killed, and had not ended by itself");

        let server = store.start();
        for origin in [server.production(), server.sandbox()] {
            let set = key_set(&origin);
            let algorithms: Vec<String> = set.keys().iter().map(|key| key.algorithm().to_string()).collect();
            assert_eq!(algorithms, ["ES256"], "{moment:?}");
        }
        let before = [server.production(), server.sandbox()].map(|origin| key_set(&origin).to_json());
        drop(server);
        let server = store.start();
        let after = [server.production(), server.sandbox()].map(|origin| key_set(&origin).to_json());
        assert_eq!(before, after, "{moment:?}: the same keys after one more kill");
        let rows = sql(store.path(), "SELECT environment, COUNT(*) FROM signing_keys GROUP BY 1 ORDER BY 1");
        assert_eq!(
            json!(rows),
            json!([["management", 1], ["production", 1], ["sandbox", 1]]),
            "{moment:?}: never a second"
        );
    }
}

/// Runs a creation and kills it after so many looks at it.
fn create(store: &Store, id: &str, looks: u64) -> Killed {
    let line = format!(
        "-o json credential create --company acme --environment production --client-id {id} --grant voice"
    );
    kill_after(looks, &mut store.command(&line))
}

#[test]
fn a_creation_that_is_killed_is_whole_or_absent() {
    let store = Store::with_acme();
    store.ok(&format!("company update acme --limit {}", rounds() + 3));
    // How many looks a whole one takes, so that the kills fall all over it.
    let whole = (0..3).map(|at| create(&store, &format!("whole-{at}"), u64::MAX).looks).max().unwrap();
    let mut seeded = Seeded(2);
    let mut shown = vec![];
    for at in 0..rounds() {
        let id = format!("killed-{at}");
        let killed = create(&store, &id, seeded.below(whole + whole / 4));
        if let Ok(made) = serde_json::from_str(&killed.printed) {
            shown.push(Credential::of(&made));
        }
        store.ok("company get acme");
    }
    let listed = store.json("credential list");
    let listed = listed.as_array().unwrap();
    assert_eq!(store.json("company get acme")["credentials"], listed.len(), "{listed:?}");
    for credential in listed {
        assert_eq!(credential["grants"], json!(["voice:voice.billing,voice.numbers"]), "{credential}");
        assert_eq!(credential["secrets"].as_array().unwrap().len(), 1, "{credential}");
        assert_eq!(credential["secrets"][0]["state"], "live", "{credential}");
    }
    let server = store.start();
    for credential in &shown {
        assert_eq!(
            form_token(&server.production(), credential).status,
            200,
            "shown, so made: {credential:?}"
        );
    }
    // Who is absent can be made, who is there can go on with a new secret.
    for at in 0..rounds() {
        let id = format!("killed-{at}");
        let line = if listed.iter().any(|credential| credential["client_id"] == id.as_str()) {
            format!("secret rotate {id} --environment production")
        } else {
            format!(
                "credential create --company acme --environment production --client-id {id} --grant voice"
            )
        };
        store.ok(&line);
    }
    drop(server);
    assert_eq!(sql(store.path(), "PRAGMA integrity_check"), [[json!("ok")]]);
    store.start().stop();
}
