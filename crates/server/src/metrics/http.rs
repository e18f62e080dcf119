//! All requests, of whatever endpoint.

use http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    endpoint: &'static str,
    status: u32,
}

/// By endpoint and status. Both are ours, so there are few.
#[derive(Debug)]
pub(super) struct HttpRequests(Family<Labels, Counter>);

impl HttpRequests {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let family = Family::default();
        registry.register(
            "http_requests",
            "Requests that were answered, by endpoint and status",
            family.clone(),
        );
        Self(family)
    }

    pub(super) fn count(&self, endpoint: &'static str, status: Option<StatusCode>) {
        if let Some(status) = status {
            self.0.get_or_create(&Labels { endpoint, status: status.as_u16().into() }).inc();
        }
    }
}
