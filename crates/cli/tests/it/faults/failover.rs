//! A `PostgreSQL` with a standby, and a network that leads nodes to the one of them that is the primary.

use std::cell::Cell;

use jeton_testkit::{Database, PostgresServer, Target, TcpProxy};

use super::World;
use super::network::{network, node};
use crate::support::Server;

pub(super) struct Failover {
    pub(super) primary: PostgresServer,
    pub(super) standby: PostgresServer,
    /// On the primary; its commands do not take the network.
    pub(super) world: World,
    pub(super) network: TcpProxy,
    is_over: Cell<bool>,
}

impl Failover {
    /// The primary waits for its standby with each commit.
    pub(super) fn with_everything() -> Self {
        let failover = Self::that_may_lag();
        failover.primary.database().sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
        failover.primary.database().sql("SELECT pg_reload_conf()");
        failover
    }

    /// It does not.
    pub(super) fn that_may_lag() -> Self {
        let primary = PostgresServer::start("");
        let world = World::on(primary.database());
        let network = network(&primary.database());
        let standby = primary.standby();
        Self { primary, standby, world, network, is_over: Cell::new(false) }
    }

    /// A node that reaches the database over the network.
    #[track_caller]
    pub(super) fn node(&self) -> Server {
        node(&self.world, &self.primary.database(), &self.network)
    }

    /// The database as the network leads to it.
    pub(super) fn url(&self) -> String {
        self.primary.database().url_through(self.network.address())
    }

    /// The one that takes writes.
    pub(super) fn database(&self) -> Database {
        if self.is_over.get() { self.standby.database() } else { self.primary.database() }
    }

    /// The standby becomes the primary, which is gone.
    pub(super) fn take_over(&self) {
        self.standby.promote();
        self.is_over.set(true);
        self.network.lead_to(Target::Unix(self.standby.database().socket()));
    }
}
