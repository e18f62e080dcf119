//! Connections to the database that run out, and clients that hang up: C7 of the fault checklist.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use jeton_testkit::{Database, PostgresServer};

use super::network::{assert_cannot_say, nobody, takes, until};
use super::{World, limit, rounds, say, spread};
use crate::support::{Credential, Http, Reaped, Run, Seeded, Server, now};

/// How soon there are connections again for who waits.
const RECOVERED: Duration = Duration::from_secs(5);

/// Somebody else's sessions, as many as the server has left.
fn hold_all(database: &Database) -> Vec<Reaped> {
    let mut held = vec![];
    loop {
        let mut session = Command::new("psql");
        session.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname", &database.url()]);
        // It says that it is in, and stays.
        let mut session = Run::begin(session.stdin(std::process::Stdio::piped()));
        session.0.stdin.as_mut().unwrap().write_all(b"SELECT 'in';\n").unwrap();
        let mut said = crate::support::Lines::of(session.0.stdout.take().unwrap());
        if said.find("in").is_none() {
            return held;
        }
        held.push(session);
    }
}

#[test]
fn somebody_else_has_all_connections() {
    let postgres = PostgresServer::start("max_connections = 12\nsuperuser_reserved_connections = 0");
    let world = World::on(postgres.database());
    let mut times = vec![];
    for round in 0..rounds(1).min(20) {
        let known = world.credential(&format!("known-{round}"));
        // A node that started well, and has none to itself: they are taken while the database starts again.
        let node = world.start();
        until(200, 401, &node, &known, now());
        postgres.stop_at_once();
        postgres.start_again();
        let held = hold_all(&postgres.database());
        assert!(!held.is_empty());
        assert_eq!(Http::to(&node).unwrap().token(&known).unwrap().status, 200, "it is in memory");
        drop(held);
        times.push(until(401, 503, &node, &nobody(round), now()));
        node.stop();
    }
    say("connections given back, until unknown clients are refused again", spread(times.clone()));
    assert!(times.iter().all(|time| *time < limit(RECOVERED)), "{times:?}");
}

/// One of ten hangs up in the middle, before or after its request is whole.
#[test]
fn clients_that_hang_up() {
    let postgres = PostgresServer::start("");
    let world = World::on(postgres.database());
    let mut command = world.serve();
    command.env("JETON_STORE__CONNECTIONS", "4");
    let node = Server::start(&mut command, 2);
    let known = world.credential("known");
    until(200, 401, &node, &known, now());
    let sessions = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'jeton'";
    let before = takes(&node);
    let (address, mut seeded, mut hung_up) = (node.address("production"), Seeded(1), 0);
    let mut http = Http::to(&node).unwrap();
    let begun = now();
    let (mut asked, mut unsure, lasts) = (0, 0, Duration::from_secs(rounds(2)));
    while now() - begun < lasts {
        asked += 1;
        if seeded.below(10) == 0 {
            hang_up(&address, &nobody(format!("h{asked}")), &mut seeded);
            hung_up += 1;
        } else if seeded.below(2) == 0 {
            // A machine that stands still for a moment is taken for a database that does.
            match http.token(&nobody(asked)).unwrap().status {
                401 => {}
                503 => unsure += 1,
                other => panic!("{other}"),
            }
        } else {
            assert_eq!(http.token(&known).unwrap().status, 200);
        }
    }
    drop(http);
    let deadline = now() + limit(RECOVERED);
    while takes(&node)[0] > before[0] + 4 {
        assert!(now() < deadline, "descriptors: {before:?}, {:?}", takes(&node));
    }
    let open = postgres.database().sql(sessions);
    say("requests", format!("{asked}, of which {hung_up} hung up and {unsure} got 503"));
    say("descriptors before and after", format!("{}, {}", before[0], takes(&node)[0]));
    say("sessions of four, and one that listens", &open[0]);
    assert!(open[0].parse::<u32>().unwrap() <= 5, "{open:?}");
    until(401, 503, &node, &nobody("last"), now());
    node.stop();
}

/// Sends a part of a request, or the whole, and is gone.
fn hang_up(address: &str, Credential { id, secret }: &Credential, seeded: &mut Seeded) {
    let body = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let request = format!(
        "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let part = if seeded.below(2) == 0 { request.len() as u64 } else { seeded.below(request.len() as u64) };
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(&request.as_bytes()[..usize::try_from(part).unwrap()]).unwrap();
}

/// A pooler with two sessions for all: who waits in vain is told so soon, and nothing is lost.
#[test]
fn behind_a_pooler_whose_sessions_are_taken() {
    let database = Database::create();
    let world = World::on(database.clone());
    let mut command = world.serve();
    command.env("JETON_STORE__URL", database.pooled_url()).env("JETON_STORE__DIRECT_URL", database.url());
    command.env("JETON_LIMITS__MAX_STALENESS", "1s");
    let node = Server::start(&mut command, 2);
    let known = world.credential("known");
    until(200, 401, &node, &known, now());
    let taken: Vec<Reaped> = (0..2)
        .map(|_| {
            let mut session = Command::new("psql");
            session.args(["--no-psqlrc", "--quiet", "--dbname", &database.pooled_url()]);
            session.args(["--command", "SELECT pg_sleep(600)"]);
            Run::begin(&mut session)
        })
        .collect();
    let asleep = "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(%'";
    while database.sql(asleep) != ["2"] {}
    let begun = now();
    while Http::to(&node).unwrap().token(&known).unwrap().status == 200 {
        assert!(now() - begun < limit(RECOVERED), "the bound is one second");
    }
    assert_cannot_say(&node, &known);
    database
        .sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(%'");
    drop(taken);
    let recovered = until(200, 503, &node, &known, now());
    say("a pooler's sessions given back, until there are tokens again", format!("{recovered:?}"));
    assert!(recovered < limit(RECOVERED), "{recovered:?}");
}
