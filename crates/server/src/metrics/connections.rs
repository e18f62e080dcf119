//! Connections, by the kind of listener that they came in on.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::routes::Door;

/// All of them.
#[derive(Debug)]
pub(crate) struct Connections([OfDoor; 2]);

#[derive(Debug)]
struct OfDoor {
    accepted: Counter,
    failed: Counter,
    open: Gauge,
}

/// An open connection, until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenConnection(Gauge);

impl Connections {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let (accepted, failed) = (Family::<_, Counter>::default(), Family::<_, Counter>::default());
        let open = Family::<_, Gauge>::default();
        registry.register("connections_accepted", "Connections that were accepted", accepted.clone());
        let help = "Times that accepting failed, for want of descriptors as a rule";
        registry.register("connection_accept_errors", help, failed.clone());
        registry.register("connections_open", "Connections that are open", open.clone());
        let of_door = |name: &'static str| OfDoor {
            accepted: accepted.get_or_create_owned(&[("listener", name)]),
            failed: failed.get_or_create_owned(&[("listener", name)]),
            open: open.get_or_create_owned(&[("listener", name)]),
        };
        Self([of_door("public"), of_door("management")])
    }

    /// Counts one that was accepted, and counts it as open until what this gives is dropped.
    pub(crate) fn accepted(&self, door: Door) -> OpenConnection {
        let own = self.of(door);
        own.accepted.inc();
        own.open.inc();
        OpenConnection(own.open.clone())
    }

    /// Counts one that could not be accepted.
    pub(crate) fn failed(&self, door: Door) {
        self.of(door).failed.inc();
    }

    fn of(&self, door: Door) -> &OfDoor {
        let [public, management] = &self.0;
        match door {
            Door::Public => public,
            Door::Management => management,
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}
