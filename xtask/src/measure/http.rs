//! Just enough HTTP/1.1 to time requests on a connection that stays open.

use std::io::{BufRead as _, BufReader, Error, ErrorKind, Read as _, Result, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::now;
use crate::process::Outcome;

/// How long an answer may take before it counts as none.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open connection.
pub(crate) struct Connection(BufReader<TcpStream>);

/// What was answered, and how long it took.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// Of the whole answer, its headers too.
    pub(crate) bytes: u64,
    /// Nanoseconds from the first byte sent to the last byte received.
    pub(crate) took: f64,
}

impl Connection {
    pub(crate) fn open(address: &str) -> Outcome<Self> {
        Self::to(address).map_err(|why| format!("{address}: {why}"))
    }

    fn to(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// A request in the `oauth2` dialect, its credentials in the body.
    pub(crate) fn token_request(&mut self, client_id: &str, secret: &str) -> Outcome<Answer> {
        let body = format!("grant_type=client_credentials&client_id={client_id}&client_secret={secret}");
        self.send(&format!(
            "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    /// The same with HTTP Basic, whose credentials are given in base64.
    pub(crate) fn token_request_by_basic(&mut self, credentials: &str) -> Outcome<Answer> {
        let body = "grant_type=client_credentials";
        self.send(&format!(
            "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Authorization: Basic {credentials}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    pub(crate) fn get(&mut self, path: &str) -> Outcome<Answer> {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    }

    /// The same with a bearer token.
    pub(crate) fn get_with_token(&mut self, path: &str, token: &str) -> Outcome<Answer> {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"))
    }

    fn send(&mut self, request: &str) -> Outcome<Answer> {
        self.exchange(request).map_err(|why| format!("the connection broke: {why}"))
    }

    fn exchange(&mut self, request: &str) -> Result<Answer> {
        let start = now();
        self.0.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length, mut bytes) = (0, 0, 0);
        loop {
            let mut line = String::new();
            bytes += self.0.read_line(&mut line)?;
            if line.is_empty() {
                return Err(Error::new(ErrorKind::UnexpectedEof, "closed before the answer"));
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
            } else if let Some(rest) = line.strip_prefix("content-length:") {
                length = rest.trim().parse().unwrap_or(0);
            } else if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        #[expect(clippy::cast_precision_loss, reason = "a request takes less than 52 days")]
        let took = start.elapsed().as_nanos() as f64;
        let bytes = u64::try_from(bytes + length).unwrap_or(u64::MAX);
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned(), bytes, took })
    }
}
