//! `jeton usage`, and what the listings say of the last use of secrets.

use std::time::Duration;

use crate::args::{Format, Usage, Which, Window};
use crate::client::{Desk, Request};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(desk: &Desk, command: Usage) -> Result<(), Failure> {
    let (columns, request): (&[&str], _) = match command {
        Usage::Show { which: Which { client_id, environment }, window } => {
            let request = Request::get(["usage"])
                .with("environment", Some(environment))
                .with("client_id", Some(client_id));
            (&["time", "endpoint", "secret_ends_with", "outcome", "count"], within(request, &window))
        }
        Usage::Top { environment, refused, limit, window } => {
            let request = Request::get(["usage", "top"])
                .with("environment", environment)
                .with("refused", refused.then_some(true))
                .with("limit", Some(limit));
            (&["environment", "client_id", "issued", "refused"], within(request, &window))
        }
    };
    output::many(desk.format(), columns, &desk.all(request).await?)
}

fn within(request: Request, window: &Window) -> Request {
    let by = window.by.span().as_str();
    request.with("since", Some(in_one_unit(window.since))).with("by", Some(by))
}

/// A time as the API reads it, in the largest unit that tells it whole.
fn in_one_unit(time: Duration) -> String {
    let seconds = time.as_secs();
    let unit =
        [(86_400, 'd'), (3_600, 'h'), (60, 'm')].into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
    let (unit, letter) = unit.unwrap_or((1, 's'));
    format!("{}{letter}", seconds / unit)
}

/// Said below what is for people.
pub(super) fn say_late(format: Format) {
    if format.is_for_people() {
        output::note("Last uses are up to a minute late.");
    }
}
