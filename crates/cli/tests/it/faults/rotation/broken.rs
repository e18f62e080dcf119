//! What breaks while keys rotate: nodes die by `kill -9`, the one that rotates too; `PostgreSQL` dies and starts again,
//! or its standby takes over; a clock jumps. After each, keys go on to take each other's place, and meanwhile nobody who
//! could fetch from a node refuses a token.
//!
//! Verifiers reach nodes through doors, as a load balancer has them: one that leads to a node which is about to die leads
//! to another one first, and none leads to nodes that are cut off from the database.

use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use jeton_testkit::{Mode, Target, TcpProxy};
use rustix::process::Signal;
use tempfile::TempDir;

use super::load::{Load, Site, under_load};
use super::{NODES, Times, report};
use crate::faults::failover::Failover;
use crate::faults::network::until;
use crate::faults::{World, by_hand, clock, last, limit, rounds, say, spread};
use crate::support::{Credential, Seeded, Server, claims, form_token, key_set, now};

const TIMES: Times = Times::SHORT;

/// Until keys have moved on: by hand the lease of a node that died must run out first, which takes a minute.
const MOVED_ON: Duration = Duration::from_secs(90);

#[derive(Debug, Clone, Copy)]
enum Fault {
    /// Of the node that has the lease, and so moves keys on.
    KillHolder,
    KillOther,
    KillPostgres,
    Failover,
}

impl Fault {
    const ALL: [Self; 4] = [Self::KillHolder, Self::KillOther, Self::KillPostgres, Self::Failover];
}

/// Nodes, each with what leads to it.
struct Nodes<'a> {
    start: &'a dyn Fn() -> Command,
    running: Vec<Server>,
    addresses: &'a [Mutex<String>],
    doors: &'a [TcpProxy],
    credential: &'a Credential,
    /// How often each had moved keys on before the last fault, by its log.
    moves: [usize; NODES],
}

impl Nodes<'_> {
    /// The one that moves keys on, once it has done so after the last fault.
    fn holder(&mut self, load: &Load) -> usize {
        let mut holder = None;
        load.wait(limit(MOVED_ON), "somebody moves keys on", || {
            let (now, before) = (self.count_moves(), self.moves);
            holder = (0..NODES).find(|at| now[*at] > before[*at]);
            holder.is_some()
        });
        holder.unwrap()
    }

    fn count_moves(&mut self) -> [usize; NODES] {
        std::array::from_fn(|at| {
            self.running[at].stderr.arrived().matches("another signing key signs now").count()
        })
    }

    fn lead(&self, at: usize, to: &Server) {
        let address = to.address("production");
        self.doors[at].lead_to(Target::Tcp(address.parse().unwrap()));
        *self.addresses[at].lock().unwrap() = address;
    }

    /// Kills one, and starts another in its place.
    fn kill(&mut self, at: usize, meanwhile: impl FnOnce()) {
        self.lead(at, &self.running[(at + 1) % NODES]);
        self.running[at].signal(Signal::KILL);
        meanwhile();
        let new = Server::start(&mut (self.start)(), 2);
        until(200, 503, &new, self.credential, now());
        self.lead(at, &new);
        assert_eq!(std::mem::replace(&mut self.running[at], new).end().code, None, "it was killed");
    }

    /// Breaks the database, which is another one or itself again afterwards.
    fn without_database(&self, fault: impl FnOnce()) {
        for door in self.doors {
            door.set(Mode::Cut);
        }
        fault();
        for node in &self.running {
            until(200, 503, node, self.credential, now());
        }
        for door in self.doors {
            door.set(Mode::Pass);
        }
    }
}

/// Waits until every verifier has verified by a key that signs only from now on. Of each kind of key one signs meanwhile,
/// and one may be next.
fn moves_on(load: &Load, sql: impl Fn(&str) -> Vec<String>) {
    let known = load.kids();
    load.wait(limit(MOVED_ON), "keys move on", || {
        let states = sql(
            "SELECT count(*) FILTER (WHERE state = 'active'), count(*) FILTER (WHERE state = 'next') > 1 \
             FROM signing_keys GROUP BY environment, algorithm",
        );
        assert_eq!(states, ["1|f", "1|f", "1|f"], "of production, of the sandbox and of operators");
        load.tallies.iter().all(|tally| tally.knows_more_than(&known))
    });
}

/// Lets everybody work on these nodes, with a door to each, while `meanwhile` breaks them.
fn on_nodes(world: &World, start: &[&dyn Fn() -> Command], meanwhile: impl FnOnce(&mut Nodes<'_>, &Load)) {
    // The node that made the store may have taken it, and is gone.
    world.sql("DELETE FROM leases");
    let credential = world.credential("steady");
    let running: Vec<Server> = start.iter().map(|start| Server::start(&mut start(), 2)).collect();
    let addresses: Vec<_> = running.iter().map(|node| Mutex::new(node.address("production"))).collect();
    let to = |node: &Server| TcpProxy::start(Target::Tcp(node.address("production").parse().unwrap()));
    let doors: Vec<TcpProxy> = running.iter().map(to).collect();
    let origins: Vec<_> =
        doors.iter().map(|door| format!("http://localhost:{}", door.address().port())).collect();
    let site = Site {
        times: &TIMES,
        credential: &credential,
        issuer: &claims(&key_set(&origins[0]), &form_token(&origins[0], &credential).token()).iss,
        nodes: &addresses,
        origins: &origins,
        clients: 1,
        pace: Duration::from_millis(6),
        breaks: true,
    };
    let mut nodes = Nodes {
        start: start[0],
        running,
        addresses: &addresses,
        doors: &doors,
        credential: &credential,
        moves: [0; NODES],
    };
    let load = under_load(&site, |load| meanwhile(&mut nodes, load));
    report(&load);
}

/// A moment of a rotation, which is another one each time.
fn some_moment(seeded: &mut Seeded) {
    last(Duration::from_millis(seeded.below(5000)));
}

#[test]
fn nodes_and_databases_that_die_meanwhile() {
    let (mut seeded, mut times) = (Seeded(8), [const { vec![] }; Fault::ALL.len()]);
    for _ in 0..rounds(1).min(20) {
        let failover = Failover::with_everything();
        let file = TIMES.write(&failover.world);
        let start = || {
            let mut command = failover.world.serve();
            command.arg("--config").arg(&file).env("JETON_STORE__URL", failover.url());
            command
        };
        on_nodes(&failover.world, &[&start, &start], |nodes, load| {
            for fault in Fault::ALL {
                let holder = nodes.holder(load);
                some_moment(&mut seeded);
                let begun = now();
                match fault {
                    Fault::KillHolder => nodes.kill(holder, || {
                        if !by_hand() {
                            failover.database().sql("DELETE FROM leases");
                        }
                    }),
                    Fault::KillOther => nodes.kill((holder + 1) % NODES, || {}),
                    Fault::KillPostgres => nodes.without_database(|| {
                        failover.primary.kill();
                        failover.primary.start_again();
                    }),
                    Fault::Failover => nodes.without_database(|| {
                        failover.primary.stop_at_once();
                        failover.take_over();
                    }),
                }
                nodes.moves = nodes.count_moves();
                moves_on(load, |query| failover.database().sql(query));
                times[fault as usize].push(now() - begun);
            }
        });
    }
    for fault in Fault::ALL {
        let times = times[fault as usize].clone();
        say(&format!("{fault:?}, until every verifier knows a key that is new since"), spread(times));
    }
}

/// A node's clock is an hour ahead, and right again. It is the one that moves keys on, so what it does early it does to
/// all.
#[test]
fn a_clock_that_jumps_meanwhile() {
    let mut seeded = Seeded(9);
    let world = World::shared();
    let (file, folder) = (TIMES.write(&world), TempDir::new().unwrap());
    let wrong = folder.path().join("clock");
    clock::set(&wrong, "+0");
    let honest = || {
        let mut command = world.serve();
        command.arg("--config").arg(&file);
        command
    };
    let jumping = || clock::lie(honest(), &wrong);
    on_nodes(&world, &[&jumping, &honest], |nodes, load| {
        assert_eq!(nodes.holder(load), 0, "who starts first has the lease");
        for _ in 0..rounds(1).min(20) {
            for offset in ["+1h", "+0"] {
                some_moment(&mut seeded);
                clock::set(&wrong, offset);
                moves_on(load, |query| world.sql(query));
            }
        }
    });
}
