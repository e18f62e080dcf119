//! Credentials that ask once each, so that they are in memory.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::measure::http::Connection;
use crate::process::Outcome;

/// Connections that they come on.
const CONNECTIONS: usize = 32;

/// How often a credential asks again where the store was too slow: all of them are read at once.
const PATIENCE: u32 = 10;

/// All of a file of lines of client id and secret.
pub(crate) fn up(address: &str, secrets: &str) -> Outcome {
    let text = fs::read_to_string(secrets).map_err(|why| format!("{secrets}: {why}"))?;
    let all: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    let part = |credentials: &[(&str, &str)]| -> Outcome {
        let mut connection = Connection::open(address)?;
        for (id, secret) in credentials {
            ask(&mut connection, id, secret, PATIENCE)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let parts = all.chunks(all.len().div_ceil(CONNECTIONS).max(1));
        let threads: Vec<_> = parts.map(|credentials| scope.spawn(move || part(credentials))).collect();
        threads.into_iter().try_for_each(|part| part.join().map_err(|_| "a client's thread ended early")?)
    })
}

fn ask(connection: &mut Connection, id: &str, secret: &str, patience: u32) -> Outcome {
    let answer = connection.token_request(id, secret)?;
    match answer.status {
        200 => Ok(()),
        503 if patience > 0 => {
            println!("{id} got 503, and asks again");
            thread::sleep(Duration::from_millis(200));
            ask(connection, id, secret, patience - 1)
        }
        status => Err(format!("a token request got {status}: {}", answer.body)),
    }
}
