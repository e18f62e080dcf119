//! A node that is cut off from the database, while another node takes credentials away: C9 of the fault checklist.
//!
//! In every other round the network loses everything and says nothing; in the rest it resets. What the node has in memory
//! may answer until the bound, and never after. It is counted from the cut: the last poll began before.

use std::time::Instant;

use jeton_testkit::{Database, Mode};

use super::network::{assert_cannot_say, assert_soon, bound, network, node, timed, until};
use super::{World, limit, rounds, say, spread};
use crate::support::{Credential, Http, Server, now};

/// How soon a node follows that reaches the database, and how soon one that reaches it again, also at its worst.
const FOLLOWED: std::time::Duration = std::time::Duration::from_secs(1);
const HEALED: std::time::Duration = std::time::Duration::from_secs(5);

/// A credential, what is done to it behind the node's back, and how it is answered afterwards.
struct Case {
    credential: Credential,
    lines: Vec<String>,
    status: u16,
}

#[test]
fn nothing_that_was_taken_away_is_served_beyond_the_bound() {
    let database = Database::create();
    let world = World::on(database.clone());
    let network = network(&database);
    let (near, far) = (world.start(), node(&world, &database, &network));
    let (mut near_times, mut far_times, mut unsure) = (vec![], vec![], vec![]);
    let mut last_served = vec![];
    for round in 0..rounds(2) {
        let cases = cases(&world, round);
        for case in &cases {
            for node in [&near, &far] {
                until(200, 401, node, &case.credential, now());
            }
        }
        let mode = if round % 2 == 0 { Mode::Silent } else { Mode::Cut };
        let cut = now();
        network.set(mode);
        std::thread::scope(|scope| {
            let follows = scope.spawn(|| change_all(&world, &near, &cases));
            let cut_off = scope.spawn(|| ask_over_the_bound(&far, &cases, cut));
            near_times.extend(follows.join().unwrap());
            let (served, took) = cut_off.join().unwrap();
            last_served.extend(served);
            unsure.extend(took);
        });
        assert_cannot_say(&far, &cases[0].credential);
        let healed = now();
        network.set(Mode::Pass);
        for case in &cases {
            far_times.push(until(case.status, case.status, &far, &case.credential, healed));
        }
    }
    say("credentials", near_times.len());
    say("bound", format!("{:?}", bound()));
    say("acknowledged, until refused by the node that is not cut off", spread(near_times.clone()));
    say("cut, until the last token", spread(last_served));
    say("answers 503 beyond the bound took", spread(unsure));
    say("reached again, until refused", spread(far_times.clone()));
    assert!(near_times.iter().all(|time| *time < limit(FOLLOWED)), "{near_times:?}");
    assert!(far_times.iter().all(|time| *time < limit(HEALED)), "{far_times:?}");
}

/// One credential for each way to take it away.
fn cases(world: &World, round: u64) -> Vec<Case> {
    let at = "--environment production";
    let case = |name: &str, lines: &[&str], status: u16| {
        let credential = world.credential(&format!("{name}-{round}"));
        let lines = lines.iter().map(|line| format!("{line} {} {at}", credential.id)).collect();
        Case { credential, lines, status }
    };
    let mut cases = vec![
        case("suspended", &["credential suspend"], 401),
        case("revoked", &["secret revoke"], 401),
        case("replaced", &["secret revoke", "secret rotate"], 401),
        case("deleted", &["credential delete"], 401),
        case("ungranted", &["grant remove"], 400),
    ];
    for line in &mut cases[4].lines {
        line.push_str(" voice");
    }
    world.ok(&format!("company create c{round} --name Other"));
    let create = format!("-o json credential create --company c{round} {at} --grant voice");
    let credential = Credential::of(&serde_json::from_str(&world.ok(&create)).unwrap());
    cases.push(Case { credential, lines: vec![format!("company suspend c{round}")], status: 401 });
    cases
}

/// Takes them away one by one, and how long the node that is not cut off took to refuse each.
fn change_all(world: &World, near: &Server, cases: &[Case]) -> Vec<std::time::Duration> {
    let change = |case: &Case| {
        for line in &case.lines {
            world.ok(line);
        }
        until(case.status, 200, near, &case.credential, now())
    };
    cases.iter().map(change).collect()
}

/// Asks the node that is cut off until half a bound after the bound. Gives when it last gave a token, and how long it
/// took to say that it cannot say.
fn ask_over_the_bound(
    far: &Server,
    cases: &[Case],
    cut: Instant,
) -> (Option<std::time::Duration>, Vec<std::time::Duration>) {
    let mut http = Http::to(far).unwrap();
    let (mut served, mut unsure) = (None, vec![]);
    while now() - cut < bound() * 3 / 2 {
        for case in cases {
            let asked = now() - cut;
            let (answer, took) = timed(&mut http, &case.credential);
            assert_soon(took);
            match answer.status {
                200 if asked > bound() => panic!("{} was served {asked:?} after the cut", case.credential.id),
                200 => served = Some(asked),
                503 => unsure.push(took),
                _ => panic!("it cannot know: {answer:?}"),
            }
        }
    }
    (served, unsure)
}
