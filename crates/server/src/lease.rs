//! Claims on work that only one of the servers on a store may do.
//!
//! No clocks are compared. Who holds a lease raises its beat with each use; who has seen one beat for [`EXPIRY`], by a
//! clock of its own that only counts, takes it over. A holder that ends well gives it back. A server that was cut off or stood still for longer may believe for
//! one more use that it holds it: what is done under a lease must bear that.

use std::time::Duration;

use jeton_core::store::Lease;
use jeton_core::{Clock, Store, StoreError};

/// How long a beat stands before its holder is taken for gone: several times what is between two uses.
const EXPIRY: Duration = Duration::from_mins(1);

/// One server's claim.
#[derive(Debug)]
pub(crate) struct Claim {
    name: &'static str,
    holder: String,
    /// Somebody else's, and since when it has stood.
    seen: Option<(Lease, Duration)>,
}

impl Claim {
    /// By somebody whose name is nobody else's.
    pub(crate) fn new(name: &'static str, holder: String) -> Self {
        Self { name, holder, seen: None }
    }

    /// Takes the lease or keeps it, and says whether it is ours.
    pub(crate) async fn hold(&mut self, store: &dyn Store, clock: &dyn Clock) -> Result<bool, StoreError> {
        let now = clock.uptime();
        let expired = self.seen.as_ref().filter(|(_, since)| now.saturating_sub(*since) >= EXPIRY);
        let lease = store.lease(self.name, &self.holder, expired.map(|(lease, _)| lease)).await?;
        let ours = lease.holder == self.holder;
        let stands = self.seen.as_ref().is_some_and(|(seen, _)| *seen == lease);
        if ours {
            self.seen = None;
        } else if !stands {
            self.seen = Some((lease, now));
        }
        Ok(ours)
    }

    /// Gives the lease back, if it is ours.
    pub(crate) async fn release(self, store: &dyn Store) -> Result<(), StoreError> {
        store.release_lease(self.name, &self.holder).await
    }
}
