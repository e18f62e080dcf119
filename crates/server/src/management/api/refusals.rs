//! Refused calls of operators: written into the audit, so many of each operator and minute at most. A client in a loop
//! cannot fill the store; what is beyond is logged only, by the listener.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::Method;
use jeton_core::admin::{Admin, Asked};
use jeton_core::id::ClientId;
use jeton_core::intent::Actor;

use super::problem::{Problem, Slug};
use super::{ApiOptions, Caller};
use crate::gcra::{Bucket, Rate};

/// How many are written of each operator in a minute.
const MOST: u32 = 30;

/// The path of an operation as the document has it, which holds nothing that was sent.
#[derive(Debug, Clone)]
pub(super) struct Operation(pub(super) String);

/// What each operator has left. There are as many as operators.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<HashMap<ClientId, Bucket>>);

impl Refusals {
    /// Writes down that an operator was refused, where that is worth it. The answer stays what it is, whatever comes of it.
    pub(super) async fn note(
        &self,
        options: &ApiOptions,
        caller: &Caller,
        method: &Method,
        operation: &Operation,
        problem: &Problem,
    ) {
        let Actor::Operator(operator) = &caller.actor else { return };
        if !is_worth_it(method, problem) || !self.admits(options, operator) {
            return;
        }
        let asked = Asked {
            address: caller.address,
            request_id: Some(caller.request_id.clone()),
            ..Asked::by(caller.actor.clone())
        };
        let admin = Admin {
            store: options.store.clone(),
            master: (options.master)(),
            clock: options.clock.clone(),
            random: options.random.clone(),
            asked,
        };
        let target = format!("{method} {}", operation.0);
        let why = problem.slug().word().parse().ok();
        if let Err(error) = admin.record_refusal(&target, None, why).await {
            tracing::warn!(%error, request_id = caller.request_id, "a refused call could not be written into the audit");
        }
    }

    fn admits(&self, options: &ApiOptions, operator: &ClientId) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(operator.clone()).or_default();
        bucket.take(Rate::per_minute(MOST, MOST), options.clock.uptime()).is_ok()
    }
}

/// What somebody tried who may not, and changes that a rule forbids; not what cannot be read, nor our own faults.
fn is_worth_it(method: &Method, problem: &Problem) -> bool {
    match problem.slug() {
        Slug::Forbidden => true,
        Slug::Conflict | Slug::Changed | Slug::NotFound | Slug::KeyReused | Slug::AuditBroken => {
            *method != Method::GET && !problem.is_dry_run()
        }
        _ => false,
    }
}
