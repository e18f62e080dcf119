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

/// How long after.
const PAUSE: Duration = Duration::from_millis(200);

/// All of a file of lines of client id and secret.
pub(crate) fn up(address: &str, secrets: &str) -> Outcome {
    let text = fs::read_to_string(secrets).map_err(|why| format!("{secrets}: {why}"))?;
    let all: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    let part = |credentials: &[(&str, &str)]| -> Outcome<u32> {
        let mut connection = Connection::open(address)?;
        let again = credentials.iter().map(|(id, secret)| ask(&mut connection, id, secret));
        again.sum()
    };
    let again: Outcome<u32> = thread::scope(|scope| {
        let parts = all.chunks(all.len().div_ceil(CONNECTIONS).max(1));
        let threads: Vec<_> = parts.map(|credentials| scope.spawn(move || part(credentials))).collect();
        threads.into_iter().map(|part| part.join().map_err(|_| "a client's thread ended early")?).sum()
    });
    match again? {
        0 => {}
        again => println!("{again} times the store was too slow, and somebody asked again"),
    }
    Ok(())
}

/// Asks until there is a token. How often it asked again comes back.
fn ask(connection: &mut Connection, id: &str, secret: &str) -> Outcome<u32> {
    let mut again = 0;
    loop {
        let answer = connection.token_request(id, secret)?;
        match answer.status {
            200 => return Ok(again),
            503 if again < PATIENCE => {
                again += 1;
                thread::sleep(PAUSE);
            }
            status => return Err(format!("a token request got {status}: {}", answer.body)),
        }
    }
}
