//! The API behind a gateway, which knows nothing of tokens: it answers whatever reaches it, and remembers it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use crate::support::PATIENCE;

/// A running API. Its threads end with the test process.
pub(super) struct Api {
    pub(super) address: SocketAddr,
    reached: Arc<Mutex<Vec<Reached>>>,
}

/// A request that reached it.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    /// The first line.
    pub(super) line: String,
    fields: Vec<(String, String)>,
}

impl Reached {
    /// Its target.
    pub(super) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    /// The values of all fields of this name, however it is spelled.
    pub(super) fn fields(&self, name: &str) -> Vec<&str> {
        let named = self.fields.iter().filter(|(own, _)| like_cgi(own) == like_cgi(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// How many fields have a name that begins like this, however it is spelled.
    pub(super) fn count(&self, begin: &str) -> usize {
        self.fields.iter().filter(|(own, _)| like_cgi(own).starts_with(&like_cgi(begin))).count()
    }
}

/// As CGI and its successors see the name of a field: without case, and `-` is `_`.
fn like_cgi(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

impl Api {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let reached = Arc::<Mutex<Vec<Reached>>>::default();
        let seen = Arc::clone(&reached);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || serve(stream, &seen));
            }
        });
        Self { address, reached }
    }

    /// What has reached it since the last time somebody asked.
    pub(super) fn take(&self) -> Vec<Reached> {
        std::mem::take(&mut *self.reached.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Answers one request; `/status/418` below whatever else with that status.
fn serve(stream: TcpStream, seen: &Mutex<Vec<Reached>>) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut stream = BufReader::new(stream);
    let mut lines = vec![];
    loop {
        let mut line = Vec::new();
        match stream.read_until(b'\n', &mut line) {
            // A probe of whether somebody listens.
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let field = |line: &String| {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        (name.to_owned(), value.trim().to_owned())
    };
    let reached = Reached {
        line: lines.first().cloned().unwrap_or_default(),
        fields: lines.iter().skip(1).map(field).collect(),
    };
    let length = reached.fields("content-length").first().and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    // A body that does not come is the gateway's affair.
    let _ = stream.read_exact(&mut body);
    let status = reached.path().split_once("/status/").map_or("200", |(_, status)| status).to_owned();
    // It is remembered before it is answered, so that whoever has the answer finds it.
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(reached);
    let answer = format!(
        "HTTP/1.1 {status} Of-The-Api\r\nContent-Length: 7\r\nX-Of: api\r\nConnection: close\r\n\r\nreached"
    );
    let _ = stream.get_mut().write_all(answer.as_bytes());
}
