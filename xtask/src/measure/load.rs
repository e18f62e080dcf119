//! Requests at a steady rate, from a few threads that each keep a connection.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::http::{Answer, Connection};
use super::now;
use crate::process::Outcome;

/// So many requests a second, for so long. `send` gets a connection and the number of the request; what it makes of the
/// answers comes back, in no order.
pub(crate) fn paced<T: Send>(
    address: &str,
    rate: f64,
    lasts: Duration,
    connections: u32,
    send: impl Fn(&mut Connection, usize) -> Outcome<Answer> + Sync,
    judge: impl Fn(Answer) -> T + Sync,
) -> Outcome<Vec<T>> {
    let next = AtomicUsize::new(0);
    let pause = Duration::from_secs_f64(f64::from(connections) / rate);
    let start = now();
    let one = |number: u32| {
        let mut connection = Connection::open(address)?;
        let mut judged = Vec::new();
        // Each a part of a pause after the one before, so that requests come one by one.
        let mut due = start + pause * number / connections;
        while due < start + lasts {
            thread::sleep(due.saturating_duration_since(now()));
            judged.push(judge(send(&mut connection, next.fetch_add(1, Ordering::Relaxed))?));
            due += pause;
        }
        Ok(judged)
    };
    let parts: Outcome<Vec<Vec<T>>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..connections).map(|number| scope.spawn(move || one(number))).collect();
        threads.into_iter().map(|part| part.join().map_err(|_| "a client's thread ended early")?).collect()
    });
    Ok(parts?.into_iter().flatten().collect())
}
