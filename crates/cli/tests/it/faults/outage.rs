//! A database that stands still, is slow, crashes, or is replaced by its standby: C5 and C6 of the fault checklist.
//!
//! Each outage lasts as many seconds as there are rounds; the bound on staleness is that of [`bound`].

use std::time::Duration;

use jeton_testkit::{Mode, PostgresServer};

use super::failover::Failover;
use super::network::{
    assert_cannot_say, assert_soon, bound, crowd, network, nobody, node, takes, timed, until,
};
use super::{Ledger, World, Writer, by_hand, last, limit, rounds, say, spread};
use crate::support::{Credential, Http, PATIENCE, Run, Server, now};

/// How soon everything is as before, once the database is.
const RECOVERED: Duration = Duration::from_secs(5);

/// How many unknown clients ask at once.
const CROWD: usize = 1000;

/// Attempts to connect in a second, for each node.
const ATTEMPTS: u64 = 5;

/// Asks for a token for so long, of a client in memory and of one whom nobody knows: until the bound the one has tokens,
/// and whatever cannot be said is said soon.
fn outlast(node: &Server, known: &Credential, lasts: Duration) {
    let (mut http, mut tokens, mut unsure) = (Http::to(node).unwrap(), vec![], vec![]);
    let (begun, mut asked) = (now(), 0);
    while now() - begun < lasts {
        let since = now() - begun;
        let (answer, took) = timed(&mut http, known);
        match answer.status {
            200 if since <= bound() => tokens.push(took),
            // The last poll began a little before the outage.
            503 if !by_hand() || since + Duration::from_secs(2) >= bound() => unsure.push(took),
            _ => panic!("{since:?}: {answer:?}"),
        }
        asked += 1;
        let (answer, took) = timed(&mut http, &nobody(format!("{:?}-{asked}", node.pid())));
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(answer.head.to_ascii_lowercase().contains("\r\nretry-after: "), "{answer:?}");
        unsure.push(took);
    }
    for took in &unsure {
        assert_soon(*took);
    }
    assert!(!by_hand() || !tokens.is_empty(), "what is in memory has tokens at first");
    say("tokens from memory took", spread(tokens));
    say("answers 503 took", spread(unsure));
}

#[test]
fn a_database_that_stands_still() {
    let postgres = PostgresServer::start("");
    let world = World::on(postgres.database());
    let network = network(&postgres.database());
    let node = node(&world, &postgres.database(), &network);
    let known = world.credential("known");
    until(200, 401, &node, &known, now());
    let before = takes(&node);
    let (_, _, at_rest) = crowd(&node, CROWD, 0);
    // So many may have kept it from its polls.
    until(200, 503, &node, &known, now());
    postgres.freeze();
    let begun = now();
    let opened = network.accepted();
    let (statuses, took, meanwhile) = std::thread::scope(|scope| {
        let all_at_once = scope.spawn(|| crowd(&node, CROWD, 1));
        outlast(&node, &known, Duration::from_secs(rounds(4)));
        all_at_once.join().unwrap()
    });
    let seconds = (now() - begun).as_secs() + 1;
    let opened = network.accepted() - opened;
    assert_cannot_say(&node, &known);
    postgres.thaw();
    let healed = now();
    let recovered = until(401, 503, &node, &nobody("afterwards"), healed);
    assert_eq!(Http::to(&node).unwrap().token(&known).unwrap().status, 200);
    say("1000 unknown clients at once, until the last has its 503", format!("{took:?}"));
    say(
        "descriptors, threads, kB: before, with 1000 while all is well, with 1000 in the outage",
        format!("{before:?}, {at_rest:?}, {meanwhile:?}"),
    );
    say("attempts to connect", format!("{opened} in {seconds} s"));
    say("going on, until unknown clients are refused again", format!("{recovered:?}"));
    assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");
    assert_soon(took);
    assert!(opened <= ATTEMPTS * seconds, "{opened} in {seconds} s");
    assert!(recovered < limit(RECOVERED), "{recovered:?}");
    // A connection of each, and nothing else that grows with them.
    assert!(meanwhile[0] <= before[0] + CROWD + 32, "descriptors: {before:?}, {meanwhile:?}");
    assert!(meanwhile[1] <= before[1] + 16, "threads: {before:?}, {meanwhile:?}");
}

#[test]
fn a_database_that_is_slow() {
    let postgres = PostgresServer::start("");
    let world = World::on(postgres.database());
    let network = network(&postgres.database());
    let node = node(&world, &postgres.database(), &network);
    let known = world.credential("known");
    for delay in [50, 300, 1000, 30_000].map(Duration::from_millis) {
        until(200, 401, &node, &known, now());
        network.set(Mode::Delay(delay));
        let (mut http, mut statuses, mut times) = (Http::to(&node).unwrap(), vec![], vec![]);
        for at in 0..10 {
            let (answer, took) = timed(&mut http, &nobody(format!("{delay:?}-{at}")));
            assert!([401, 503].contains(&answer.status), "{answer:?}");
            assert_soon(took);
            statuses.push(answer.status);
            times.push(took);
        }
        let unsure = statuses.iter().filter(|status| **status == 503).count();
        say(
            &format!("{delay:?} each way: {unsure} of 10 unknown clients get 503, all answers"),
            spread(times),
        );
        network.set(Mode::Pass);
        let recovered = until(401, 503, &node, &nobody(format!("after-{delay:?}")), now());
        say("afterwards, until unknown clients are refused again", format!("{recovered:?}"));
        assert!(recovered < limit(RECOVERED), "{recovered:?}");
    }
}

#[test]
fn a_database_that_crashes() {
    let postgres = PostgresServer::start("");
    let world = World::on(postgres.database());
    let network = network(&postgres.database());
    let node = node(&world, &postgres.database(), &network);
    let ledger = Ledger::new(limit(RECOVERED));
    let mut writer = Writer::new(&world, &ledger, "w", 1);
    ledger.follow_keys(&node);
    let known = ledger.make(&world, "known");
    for _ in 0..3 {
        writer.write(|command| Run::of(command));
        until(200, 401, &node, &known, now());
        let opened = network.accepted();
        postgres.stop_at_once();
        ledger.database_is_away();
        let lasts = Duration::from_secs(rounds(2));
        let begun = now();
        outlast(&node, &known, lasts);
        assert!(!writer.write(|command| Run::of(command)), "nobody acknowledges it");
        let seconds = (now() - begun).as_secs() + 1;
        let opened = network.accepted() - opened;
        postgres.start_again();
        ledger.database_is_back();
        let recovered = until(401, 503, &node, &nobody(format!("{opened}-{seconds}")), now());
        say("attempts to connect", format!("{opened} in {seconds} s"));
        say("started, until unknown clients are refused again", format!("{recovered:?}"));
        assert!(opened <= ATTEMPTS * (seconds + 1), "{opened} in {seconds} s");
        assert!(recovered < limit(RECOVERED), "{recovered:?}");
        ledger.settle(&world);
        ledger.check(&node);
    }
    ledger.check_all(&node);
    world.assert_sound();
    say("ledger", ledger.said());
}

#[test]
fn a_standby_that_has_everything_takes_over() {
    let mut times = vec![];
    for _ in 0..rounds(1).min(20) {
        let failover = Failover::with_everything();
        let (world, node, through) = (&failover.world, failover.node(), failover.url());
        let ledger = Ledger::new(limit(RECOVERED));
        ledger.follow_keys(&node);
        let mut writer = Writer::new(world, &ledger, "w", 1);
        let mut write = || writer.write(|command| Run::of(command.env("JETON_STORE__URL", &through)));
        for _ in 0..12 {
            assert!(write());
        }
        ledger.check(&node);
        failover.primary.stop_at_once();
        ledger.database_is_away();
        assert!(!write(), "nobody acknowledges it");
        failover.take_over();
        ledger.database_is_back();
        times.push(until(401, 503, &node, &nobody("x"), now()));
        let mut list = world.command("-o json credential list");
        let list = Run::of(list.env("JETON_STORE__URL", &through)).ok();
        ledger.settle_with(&serde_json::from_str(&list).unwrap());
        ledger.check_all(&node);
        assert!(write(), "the new primary takes writes");
    }
    say("led to the standby, until unknown clients are refused again", spread(times.clone()));
    assert!(times.iter().all(|time| *time < limit(RECOVERED)), "{times:?}");
}

/// What was acknowledged last is lost with a primary that waits for nobody. No node may go on with it from memory.
#[test]
fn a_standby_that_lags_takes_over() {
    let failover = Failover::that_may_lag();
    let Failover { world, primary, standby, .. } = &failover;
    let node = failover.node();
    let early = world.credential("early");
    let created = now();
    while standby.database().sql("SELECT count(*) FROM credentials") != ["1"] {
        assert!(now() - created < PATIENCE, "the standby follows");
    }
    standby.stop_at_once();
    let late = world.credential("late");
    for credential in [&early, &late] {
        until(200, 401, &node, credential, now());
    }
    primary.stop_at_once();
    standby.start_again();
    failover.take_over();
    let led = now();
    let forgotten = until(401, 200, &node, &late, led);
    until(200, 503, &node, &early, led);
    say("led to a standby that lags, until what it lacks is refused", format!("{forgotten:?}"));
    assert!(forgotten < limit(RECOVERED), "{forgotten:?}");
}

#[test]
fn an_outage_of_a_moment_is_hardly_seen() {
    let postgres = PostgresServer::start("");
    let world = World::on(postgres.database());
    let node = world.start();
    let known = world.credential("known");
    until(200, 401, &node, &known, now());
    postgres.freeze();
    last(Duration::from_millis(200));
    postgres.thaw();
    let mut http = Http::to(&node).unwrap();
    assert_eq!(http.token(&known).unwrap().status, 200);
    until(401, 503, &node, &nobody("x"), now());
}
