//! Just enough HTTP/1.1 to ask thousands of times, where a curl for each would be most of the time.

use std::io::{BufRead as _, BufReader, Error, ErrorKind, Read as _, Result, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::{Answer, Credential, Server};

/// A connection that stays open.
pub(crate) struct Http(BufReader<TcpStream>);

impl Http {
    /// To the listener for production.
    pub(crate) fn to(server: &Server) -> Result<Self> {
        Self::open(&server.address("production"), Duration::from_secs(30))
    }

    /// To an address; neither connecting nor an answer may take longer than `patience`.
    pub(crate) fn open(address: &str, patience: Duration) -> Result<Self> {
        let address: SocketAddr = address.parse().map_err(Error::other)?;
        let stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Asks for a token in the `oauth2` dialect.
    pub(crate) fn token(&mut self, credential: &Credential) -> Result<Answer> {
        self.post("/oauth/v2/token", credential, "grant_type=client_credentials")
    }

    /// Revokes a token of the credential's own (RFC 7009).
    pub(crate) fn revoke(&mut self, credential: &Credential, token: &str) -> Result<Answer> {
        self.post("/oauth/v2/revoke", credential, &format!("token={token}"))
    }

    /// Asks whether a token is active (RFC 7662).
    pub(crate) fn introspect(&mut self, credential: &Credential, token: &str) -> Result<Answer> {
        self.post("/oauth/v2/introspect", credential, &format!("token={token}"))
    }

    /// Reads a document that is for everybody.
    pub(crate) fn get(&mut self, path: &str) -> Result<Answer> {
        self.exchange(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    }

    /// A form of the `oauth2` dialect, with the credential in it.
    fn post(&mut self, path: &str, Credential { id, secret }: &Credential, form: &str) -> Result<Answer> {
        let body = format!("{form}&client_id={id}&client_secret={secret}");
        self.exchange(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    fn exchange(&mut self, request: &str) -> Result<Answer> {
        self.0.get_mut().write_all(request.as_bytes())?;
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(Error::new(ErrorKind::UnexpectedEof, "closed before the answer"));
            }
            if line.trim_end().is_empty() {
                break;
            }
            if let Some(rest) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = rest.trim().parse().map_err(Error::other)?;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| Error::other("no status line"))?;
        Ok(Answer { status, head, body: String::from_utf8(body).map_err(Error::other)? })
    }
}
