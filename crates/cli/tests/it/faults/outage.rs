//! A database that is frozen, slow, crashed, full or replaced: C5, C6 and C7 of the fault checklist.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jeton_testkit::{Database, Mode, PostgresServer, Target};

use super::cluster::{AT_ONCE, Way, ask, assert_unavailable, held, until};
use super::{Ledger, World, last, rounds, say, spread};
use crate::support::{Credential, Run, Server, now};

/// How soon everything is as before once the database is back.
const BACK: Duration = Duration::from_secs(5);

/// By hand, how long memory may answer by default; in the tests not so long.
fn bound() -> Duration {
    Duration::from_secs(if by_hand() { 30 } else { 2 })
}

fn by_hand() -> bool {
    rounds(0) > 0
}

fn nobody(at: u64, secret: &str) -> Credential {
    Credential { id: format!("nobody-{at}"), secret: secret.to_owned() }
}

/// Asks for very many that the node has never heard of, at once. All are told so, soon; gives how long each took.
fn many_unknown(node: &str, secret: &str, asked: &AtomicU64, each: u64) -> Vec<Duration> {
    std::thread::scope(|scope| {
        let asking = (0..50).map(|_| {
            scope.spawn(|| {
                let ask = |_| {
                    let (status, took) = ask(node, &nobody(asked.fetch_add(1, Ordering::Relaxed), secret));
                    assert_eq!(status, 503);
                    took
                };
                (0..each).map(ask).collect::<Vec<_>>()
            })
        });
        let asking: Vec<_> = asking.collect();
        asking.into_iter().flat_map(|asking| asking.join().unwrap()).collect()
    })
}

#[test]
fn a_frozen_database() {
    let postgres = PostgresServer::start("");
    let world = World::on(postgres.database());
    let credential = world.credential("known");
    let way = Way::to(&postgres.database());
    let node = way.start(&world, bound());
    let at = node.address("production");
    until(200, &[401], &at, &credential, now());
    let before = held(&node);

    postgres.freeze();
    let frozen = now();
    let (asked, mut unknown, mut known) = (AtomicU64::new(0), vec![], vec![]);
    let mut most = before;
    while now() - frozen < 2 * bound() {
        unknown.extend(many_unknown(&at, &credential.secret, &asked, 4));
        let begun = now();
        let (status, took) = ask(&at, &credential);
        if status == 200 {
            assert!(begun - frozen < bound(), "served {:?} after it froze", begun - frozen);
        } else {
            assert_eq!(status, 503);
        }
        known.push(took);
        let (descriptors, threads) = held(&node);
        most = (most.0.max(descriptors), most.1.max(threads));
        last(Duration::from_millis(20));
    }
    assert_unavailable(&node, &credential);
    postgres.thaw();
    let thawed = now();
    let back = until(200, &[503], &at, &credential, thawed);
    let missing = until(401, &[503], &at, &nobody(u64::MAX, &credential.secret), thawed);
    assert!(back.max(missing) < BACK, "{back:?}, {missing:?}");
    let slow = unknown.iter().filter(|took| **took > AT_ONCE).count();
    say("frozen for", format!("{:?}", 2 * bound()));
    say("answers for who is not in memory", spread(unknown.clone()));
    say("answers for who is", spread(known));
    say("back, until a token", format!("{back:?}; until a look-up: {missing:?}"));
    say("descriptors and threads before, and at most", format!("{before:?}, {most:?}"));
    assert!(slow * 100 <= unknown.len(), "99 of 100 within {AT_ONCE:?}: {slow} of {}", unknown.len());
    // The 50 who asked, and what the node itself has.
    assert!(most.0 < before.0 + 100 && most.1 < before.1 + 100, "{before:?}, {most:?}");
    node.stop();
}

#[test]
fn a_slow_database() {
    let world = World::shared();
    let World::Shared(shared) = &world else { unreachable!("it is shared") };
    let way = Way::to(&shared.database);
    let credential = world.credential("known");
    let node = way.start(&world, bound());
    let at = node.address("production");
    until(200, &[401], &at, &credential, now());
    let mut asked = 0;
    for delay in [20, 100, 300, 1_000, 30_000].map(Duration::from_millis) {
        way.set(Mode::Delay(delay));
        let (mut times, mut answered) = (vec![], 0);
        for _ in 0..rounds(3) {
            asked += 1;
            let (status, took) = ask(&at, &nobody(asked, &credential.secret));
            assert!([401, 503].contains(&status) && took < AT_ONCE, "{delay:?}: {status} after {took:?}");
            answered += u64::from(status == 401);
            times.push(took);
        }
        say(&format!("{delay:?} each way: {answered} judged of"), spread(times));
        way.set(Mode::Pass);
        asked += 1;
        let back = until(401, &[503], &at, &nobody(asked, &credential.secret), now());
        assert!(back < BACK, "{back:?}");
        until(200, &[503], &at, &credential, now());
    }
    node.stop();
}

#[test]
fn a_database_that_crashes_and_comes_back() {
    let postgres = PostgresServer::start("");
    let world = World::on(postgres.database());
    let credential = world.credential("known");
    let way = Way::to(&postgres.database());
    let node = way.start(&world, Duration::from_secs(30));
    let at = node.address("production");
    until(200, &[401], &at, &credential, now());
    let (mut back, mut knocks) = (vec![], vec![]);
    for round in 0..rounds(2) {
        let before = way.proxy.accepted();
        postgres.stop_at_once();
        let stopped = now();
        let away = Duration::from_secs(if by_hand() { 5 } else { 1 });
        while now() - stopped < away {
            assert_eq!(ask(&at, &credential).0, 200, "it is in memory");
            let (status, took) = ask(&at, &nobody(round << 20, &credential.secret));
            assert!(status == 503 && took < AT_ONCE, "{status} after {took:?}");
        }
        let seconds = (now() - stopped).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "they are few")]
        knocks.push((way.proxy.accepted() - before) as f64 / seconds);
        let told = Run::of(&mut way.command(&world, "company update acme --name Away")).refused(6);
        assert!(told.contains("PostgreSQL"), "{told}");
        postgres.start_again();
        let took = until(401, &[503], &at, &nobody(round << 20 | 1, &credential.secret), now());
        assert!(took < BACK, "{took:?}");
        back.push(took);
    }
    knocks.sort_by(f64::total_cmp);
    say("started again, until a look-up", spread(back));
    say("connections tried in a second, at most", format!("{:.1}", knocks.last().unwrap()));
    world.assert_sound();
    node.stop();
}

/// What was acknowledged is on the standby as well, since the primary waits for it.
#[test]
fn a_standby_that_takes_over() {
    for _ in 0..rounds(1).min(5) {
        let primary = PostgresServer::start("synchronous_standby_names = '*'");
        let standby = primary.standby();
        let world = World::on(primary.database());
        let way = Way::to(&primary.database());
        let ledger = Ledger::new(BACK);
        let credential = ledger.make(&world, "known");
        let nodes = [way.start(&world, Duration::from_secs(30)), way.start(&world, Duration::from_secs(30))];
        let at = nodes.each_ref().map(|node| node.address("production"));
        for node in &at {
            until(200, &[401], node, &credential, now());
        }
        world.ok("credential suspend known --environment production");
        primary.kill();
        let killed = now();
        standby.promote();
        let database = standby.database();
        // There is nobody left to wait for.
        database.sql("ALTER SYSTEM SET synchronous_standby_names = ''");
        database.sql("SELECT pg_reload_conf()");
        way.proxy.lead_to(Target::Unix(database.socket()));
        let back = at.each_ref().map(|node| until(401, &[200, 503], node, &credential, killed));
        say("primary killed, until every node serves from the standby", spread(back.to_vec()));
        assert!(back.iter().all(|took| *took < Duration::from_secs(30)), "{back:?}");
        let list = Run::of(&mut way.command(&world, "-o json credential list")).ok();
        assert!(list.contains("suspended"), "what was acknowledged is there: {list}");
        Run::of(&mut way.command(&world, "credential resume known --environment production")).ok();
        for node in &at {
            until(200, &[401], node, &credential, now());
        }
        for node in nodes {
            node.stop();
        }
    }
}

/// A standby that lacks the last commits: what nodes know by heart is of a past that is none any more.
#[test]
fn a_standby_that_is_behind() {
    let primary = PostgresServer::start("");
    let standby = primary.standby();
    let world = World::on(primary.database());
    let way = Way::to(&primary.database());
    let node = way.start(&world, Duration::from_secs(30));
    let at = node.address("production");
    let kept = world.credential("kept");
    until(200, &[401], &at, &kept, now());
    let same = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) FROM pg_stat_replication";
    let caught_up = now();
    while primary.database().sql(same) != ["0"] {
        assert!(now() - caught_up < crate::support::PATIENCE, "the standby follows");
    }
    standby.stop_at_once();
    let lost = world.credential("lost");
    until(200, &[401], &at, &lost, now());
    primary.kill();
    standby.start_again();
    standby.promote();
    way.proxy.lead_to(Target::Unix(standby.database().socket()));
    // The node had it in memory, and finds out by itself that it never was.
    let took = until(401, &[200, 503], &at, &lost, now());
    say("failed over to a standby that lacks it, until a lost credential was refused", format!("{took:?}"));
    until(200, &[503], &at, &kept, now());
    node.stop();
}

/// Others have taken every connection that the database gives.
#[test]
fn a_database_that_takes_nobody_more() {
    let postgres = PostgresServer::start("max_connections = 12\nsuperuser_reserved_connections = 0");
    let database = postgres.database();
    let world = World::on(postgres.database());
    let credential = world.credential("known");
    let mut serve = world.serve();
    let node = Server::start(serve.env("JETON_STORE__CONNECTIONS", "8"), 2);
    let at = node.address("production");
    until(200, &[401], &at, &credential, now());
    let mut others = vec![];
    while let Some(other) = session(&database) {
        others.push(other);
    }
    assert!(others.len() > 2, "there were places");
    let asked = AtomicU64::new(0);
    let (mut judged, mut took) = (0_u64, vec![]);
    for _ in 0..rounds(3) {
        let answers: Vec<_> = std::thread::scope(|scope| {
            let ask = || ask(&at, &nobody(asked.fetch_add(1, Ordering::Relaxed), &credential.secret));
            let asking: Vec<_> = (0..50).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().map(|asking| asking.join().unwrap()).collect()
        });
        for (status, time) in answers {
            assert!([401, 503].contains(&status) && time < AT_ONCE, "{status} after {time:?}");
            judged += u64::from(status == 401);
            took.push(time);
        }
        assert_eq!(ask(&at, &credential).0, 200);
    }
    drop(others);
    let back = until(401, &[503], &at, &nobody(u64::MAX, &credential.secret), now());
    assert!(back < BACK, "{back:?}");
    say(&format!("no connection to be had: {judged} judged of"), spread(took));
    say("others gone, until a look-up", format!("{back:?}"));
    node.stop();
}

/// A session that does nothing, if there is a place for it: what `psql` would say first, and what it waits for.
fn session(database: &Database) -> Option<UnixStream> {
    let parameters = b"user\0jeton\0database\0postgres\0\0";
    let length = u32::try_from(parameters.len() + 8).unwrap().to_be_bytes();
    let mut stream = UnixStream::connect(database.socket()).unwrap();
    let version = 196_608_u32.to_be_bytes();
    stream.write_all(&[&length[..], &version, parameters].concat()).unwrap();
    // The first message says that nobody is asked for a password, or that there is an error.
    let mut first = [0];
    stream.read_exact(&mut first).unwrap();
    if first == *b"E" {
        return None;
    }
    let mut rest = [0; 4096];
    let mut said = vec![];
    // Ready for a query, in no transaction.
    while !said.ends_with(b"Z\0\0\0\x05I") {
        let read = stream.read(&mut rest).unwrap();
        if read == 0 {
            return None;
        }
        said.extend_from_slice(&rest[..read]);
        if said.windows(5).any(|code| code == b"53300") {
            return None;
        }
    }
    Some(stream)
}

/// Of those who ask for what is not in memory, one of ten goes away without hearing the answer.
#[test]
fn clients_that_hang_up() {
    let world = World::shared();
    let World::Shared(shared) = &world else { unreachable!("it is shared") };
    let credential = world.credential("known");
    let node = world.start();
    let at = node.address("production");
    until(200, &[401], &at, &credential, now());
    let connections = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = \
                       'client backend' AND pid <> pg_backend_pid()";
    let before = held(&node);
    let asked = AtomicU64::new(0);
    let total = if by_hand() { 50_000 } else { 1_000 };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let number = asked.fetch_add(1, Ordering::Relaxed);
                    if number >= total {
                        break;
                    }
                    let unknown = nobody(number, &credential.secret);
                    if number % 10 == 0 {
                        hang_up(&at, &unknown);
                    } else {
                        assert_eq!(ask(&at, &unknown).0, 401);
                    }
                }
            });
        }
    });
    let count: u64 = shared.database.sql(connections)[0].parse().unwrap();
    assert!(count <= 11, "10 and the one that listens: {count}");
    assert_eq!(ask(&at, &nobody(total + 9, &credential.secret)).0, 401);
    let gone = now();
    while held(&node).0 > before.0 + 12 {
        assert!(now() - gone < crate::support::PATIENCE, "descriptors stay: {before:?}, {:?}", held(&node));
    }
    say("asked", total);
    say("connections to the database afterwards", count);
    say("descriptors and threads before and afterwards", format!("{before:?}, {:?}", held(&node)));
    node.stop();
}

fn hang_up(node: &str, Credential { id, secret }: &Credential) {
    let mut stream = TcpStream::connect(node).unwrap();
    let body = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let request = format!(
        "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
}
