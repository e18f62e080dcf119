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
    pub(crate) fn token(&mut self, Credential { id, secret }: &Credential) -> Result<Answer> {
        let body = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        self.exchange(&format!(
            "POST /oauth/v2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
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
