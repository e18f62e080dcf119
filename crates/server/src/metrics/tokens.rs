//! Token requests: how they ended, and how long they took.

use std::time::Duration;

use jeton_core::Reason;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::TokenRequestEnd;
use crate::access_log::Outcome;
use crate::config::{Dialect, Environment};

/// From a signature in memory to a store that barely answers, in seconds.
const BUCKETS: [f64; 9] = [0.000_25, 0.001, 0.002_5, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    environment: String,
    dialect: &'static str,
    outcome: &'static str,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Took {
    environment: String,
    dialect: &'static str,
}

/// All of them, by environment and dialect.
#[derive(Debug)]
pub(super) struct TokenRequests(Vec<[Series; Dialect::ALL.len()]>);

/// Those of one environment and dialect.
#[derive(Debug)]
struct Series {
    issued: Counter,
    abandoned: Counter,
    /// In the order of [`Reason::ALL`].
    without: Vec<Counter>,
    duration: Histogram,
}

impl TokenRequests {
    pub(super) fn new(registry: &mut Registry, environments: &[Environment]) -> Self {
        let ended = Family::<Ended, Counter>::default();
        let took = Family::<Took, Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        let series = |environment: &Environment, dialect: Dialect| {
            let (environment, dialect) = (environment.name.to_string(), dialect.as_str());
            let counter = |outcome: Outcome, reason| {
                let labels =
                    Ended { environment: environment.clone(), dialect, outcome: outcome.as_str(), reason };
                ended.get_or_create_owned(&labels)
            };
            let without = |reason: &Reason| counter(Outcome::without_token(*reason), reason.as_str());
            Series {
                issued: counter(Outcome::Issued, "none"),
                abandoned: counter(Outcome::Abandoned, "none"),
                without: Reason::ALL.iter().map(without).collect(),
                duration: took.get_or_create_owned(&Took { environment: environment.clone(), dialect }),
            }
        };
        let by_dialect = |environment| Dialect::ALL.map(|dialect| series(environment, dialect));
        let all = Self(environments.iter().map(by_dialect).collect());
        registry.register("token_requests", "Token requests, by how they ended and truly why", ended);
        let help = "From the head of a token request to its answer";
        registry.register("token_request_duration_seconds", help, took);
        all
    }

    pub(super) fn count(&self, environment: usize, dialect: Dialect, ended: TokenRequestEnd, took: Duration) {
        let at = Dialect::ALL.iter().position(|own| *own == dialect);
        let Some(series) = at.and_then(|at| self.0.get(environment)?.get(at)) else { return };
        match ended {
            TokenRequestEnd::Issued => series.issued.inc(),
            TokenRequestEnd::Abandoned => series.abandoned.inc(),
            // The variants are numbered in the order of the list.
            TokenRequestEnd::Without(reason) => series.without[reason as usize].inc(),
        };
        series.duration.observe(took.as_secs_f64());
    }
}
