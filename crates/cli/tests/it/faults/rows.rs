//! Rows that no Jeton wrote: C8 of the fault checklist.
//!
//! Twenty clients have companies and APIs of their own. In each batch one value of each of them is replaced by one that has
//! no business there, while a node runs. Their owner may get his token all the same, or not; others must, and nothing
//! ends. Once the rows are as they were, everybody is served again.
//!
//! What all share (keys, settings, leases) is broken one at a time: nodes go on or say why not, and so do starts.

mod hands;

use std::time::Duration;

use hands::{Broken, values};

use super::{World, limit, rounds, say};
use crate::support::{Credential, Http, Seeded, Server, now};

/// How many rows are broken at once.
const AT_ONCE: u64 = 20;

/// How soon a node must have seen what changed.
const SEEN: Duration = Duration::from_secs(5);

/// What belongs to one client, and how its row is found: `$` is his number.
const OF_ONE: [(&str, &str, &[&str]); 9] = [
    (
        "credentials",
        "client_id = 'bad-$'",
        &[
            "client_id_folded",
            "label",
            "owner",
            "networks",
            "state",
            "handle",
            "generation",
            "created",
            "expires",
            "revision",
        ],
    ),
    (
        "secrets",
        "client_id = 'bad-$'",
        &[
            "id",
            "kind",
            "hash_kind",
            "hash",
            "hash_key",
            "lookup_tag",
            "last_four",
            "created",
            "expires",
            "revoked",
        ],
    ),
    ("grants", "client_id = 'bad-$'", &["environment", "api"]),
    ("grant_scopes", "client_id = 'bad-$'", &["environment", "api", "scope"]),
    ("companies", "id = 'his-$'", &["name", "state", "credential_limit", "created", "revision"]),
    ("apis", "id = 'his-$'", &["algorithm", "created", "revision"]),
    ("api_audiences", "api = 'his-$'", &["environment", "audience"]),
    ("scopes", "api = 'his-$'", &["name"]),
    (
        "changes",
        "target = 'his-$' AND kind = 'company.created'",
        &[
            "position",
            "time",
            "actor",
            "address",
            "reason",
            "environment",
            "company",
            "outcome",
            "invalidates",
            "digest",
        ],
    ),
];

/// What all share.
const OF_ALL: [(&str, &[&str]); 5] = [
    (
        "signing_keys",
        &[
            "environment",
            "algorithm",
            "state",
            "published",
            "active_from",
            "sign_until",
            "remove_after",
            "private",
            "master_key",
        ],
    ),
    ("hash_keys", &["key", "master_key", "created"]),
    ("settings", &["value", "master_key"]),
    ("leases", &["holder", "beat"]),
    ("environments", &["name"]),
];

#[test]
fn of_one_client_in_the_embedded_store() {
    of_one_client(&World::embedded(), 1);
}

#[test]
fn of_one_client_in_postgresql() {
    of_one_client(&World::shared(), 2);
}

#[test]
fn of_all_in_the_embedded_store() {
    of_all(&World::embedded(), 3);
}

#[test]
fn of_all_in_postgresql() {
    of_all(&World::shared(), 4);
}

fn of_one_client(world: &World, seed: u64) {
    let good = world.credential("good");
    let marker = world.credential("marker");
    let theirs: Vec<Credential> = (0..AT_ONCE).map(|number| client(world, number)).collect();
    let node = world.start();
    let mut seeded = Seeded(seed);
    let (mut tried, mut broken, mut served, mut refused) = (0, 0, 0, 0);
    while tried < rounds(200) {
        let rows: Vec<Broken> = (0..AT_ONCE).map(|number| any_of(world, number, &mut seeded)).collect();
        tried += AT_ONCE;
        let was = hands::read(world, &rows);
        hands::write(world, rows.iter().map(Broken::damage));
        let is = hands::read(world, &rows);
        show(world, &node, &marker, "suspended", 401);
        let mut http = Http::to(&node).unwrap();
        for ((row, credential), (was, is)) in rows.iter().zip(&theirs).zip(was.iter().zip(&is)) {
            let answer = http.token(credential).unwrap();
            if was == is {
                assert_eq!(answer.status, 200, "the schema let nothing be broken: {row:?}: {answer:?}");
                continue;
            }
            broken += 1;
            assert!(matches!(answer.status, 200 | 400 | 401 | 500 | 503), "{row:?}: {answer:?}");
            if answer.status == 200 {
                served += 1;
            } else {
                refused += 1;
            }
            assert_eq!(http.token(&good).unwrap().status, 200, "others are served: {row:?}");
        }
        // One that starts has nothing in memory.
        if tried % 1000 == AT_ONCE {
            let fresh = world.start();
            assert_eq!(Http::to(&fresh).unwrap().token(&good).unwrap().status, 200);
            fresh.stop();
        }
        hands::write(world, rows.iter().zip(&was).map(|(row, was)| row.repair(was)));
        show(world, &node, &marker, "active", 200);
        let begun = now();
        for (row, credential) in rows.iter().zip(&theirs) {
            // A failure is remembered for a while, and not by the same clock for everybody.
            while http.token(credential).unwrap().status != 200 {
                assert!(now() - begun < limit(SEEN), "mended: {row:?}");
            }
        }
    }
    node.stop();
    world.assert_sound();
    say("seed", seed);
    say("values tried", tried);
    say("rows broken, the schema refused the rest", broken);
    say("their owners", format!("{served} served all the same, {refused} not; others always"));
}

fn of_all(world: &World, seed: u64) {
    let good = world.credential("good");
    let mut seeded = Seeded(seed);
    let (mut broken, mut started, mut issued) = (0, 0, 0);
    world.start().stop();
    // A node that ends well leaves none.
    let lease = "INSERT INTO leases (name, holder, beat) VALUES ('housekeeping', 'gone', 7)";
    hands::write(world, std::iter::once(lease.to_owned()));
    hands::write(
        world,
        OF_ALL.iter().map(|(table, _)| format!("CREATE TABLE saved_{table} AS SELECT * FROM {table}")),
    );
    let tried = (rounds(200) / 10).min(500);
    for _ in 0..tried {
        let mut node = world.start();
        assert_eq!(token(&node, &good), 200);
        let (table, columns) = OF_ALL[below(&mut seeded, OF_ALL.len())];
        let (column, value) = (columns[below(&mut seeded, columns.len())], value(world, &mut seeded));
        let row = Broken::new(table, column, value, "1 = 1".to_owned());
        hands::write(world, [row.damage()].into_iter());
        let same = format!(
            "SELECT COUNT(*) FROM (SELECT * FROM {table} EXCEPT SELECT * FROM saved_{table}) AS changed"
        );
        broken += u64::from(world.sql(&same) != ["0"]);
        // It may stop issuing, and does not end.
        let status = token(&node, &good);
        assert!(matches!(status, 200 | 401 | 500 | 503), "{row:?}: {status}");
        issued += u64::from(status == 200);
        assert!(!node.has_ended(), "{row:?}");
        let mut fresh = Server::spawn(&mut world.serve());
        if fresh.stdout.find("listening on").is_some() {
            started += 1;
            drop(fresh);
        } else {
            let end = fresh.end();
            assert!(end.code.is_some_and(|code| code != 0 && code != 101), "{row:?}: {end:?}");
            assert!(end.stderr.contains("jeton: "), "it says why: {row:?}: {end:?}");
        }
        drop(node);
        let restore =
            [format!("DELETE FROM {table}"), format!("INSERT INTO {table} SELECT * FROM saved_{table}")];
        hands::write(world, restore.into_iter());
    }
    assert_eq!(token(&world.start(), &good), 200);
    hands::write(world, OF_ALL.iter().map(|(table, _)| format!("DROP TABLE saved_{table}")));
    world.assert_sound();
    say("seed", seed);
    say("rows broken of those that all share", format!("{broken} of {tried} tried"));
    say("running nodes that went on issuing", issued);
    say("starts that went on, the others said why not", started);
}

/// Makes a client with a company and an API of his own.
fn client(world: &World, number: u64) -> Credential {
    world.ok(&format!(
        "api create his-{number} --audience https://api.example/his-{number} --scope his-{number}.scope"
    ));
    world.ok(&format!("company create his-{number} --name His"));
    let create = "credential create --environment production";
    let more = format!("--company his-{number} --grant his-{number} --client-id bad-{number}");
    Credential::of(&world.json(&format!("{create} {more}")))
}

fn any_of(world: &World, number: u64, seeded: &mut Seeded) -> Broken {
    let (table, row, columns) = OF_ONE[below(seeded, OF_ONE.len())];
    let column = columns[below(seeded, columns.len())];
    Broken::new(table, column, value(world, seeded), row.replace('$', &number.to_string()))
}

fn value(world: &World, seeded: &mut Seeded) -> &'static str {
    values(world)[below(seeded, values(world).len())]
}

fn below(seeded: &mut Seeded, end: usize) -> usize {
    usize::try_from(seeded.below(end as u64)).unwrap()
}

fn token(node: &Server, credential: &Credential) -> u16 {
    Http::to(node).unwrap().token(credential).unwrap().status
}

/// Tells nodes that anything may have changed, and waits until this one has seen it, by the state of the marker.
fn show(world: &World, node: &Server, marker: &Credential, state: &str, status: u16) {
    let told = [
        format!("UPDATE credentials SET state = '{state}' WHERE client_id = 'marker'"),
        "UPDATE counter SET sequence = sequence + 1".to_owned(),
        "INSERT INTO changes (sequence, position, time, actor, kind, target, outcome, invalidates, digest) \
         SELECT sequence, 0, 0, 'cli:hands', 'hands', 'hands', 'done', 1, '' FROM counter"
            .replace("''", if matches!(world, World::Embedded(_)) { "x''" } else { "''" }),
    ];
    hands::write(world, told.into_iter());
    let begun = now();
    while token(node, marker) != status {
        assert!(now() - begun < limit(SEEN), "the node follows the store");
    }
}
