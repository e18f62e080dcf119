//! Bytes on a real connection, by hand.

use bytes::Bytes;
use http::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::PATIENCE;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Raw {
    /// Whether the server said that it would close the connection.
    pub(crate) fn closes(&self) -> bool {
        self.head.to_lowercase().contains("\r\nconnection: close")
    }
}

/// Sends these bytes, as far as the other end takes them.
pub(crate) async fn send(stream: &mut TcpStream, bytes: impl AsRef<[u8]>) {
    // A server may close before it has read all: then the answer tells.
    let _ = timeout(PATIENCE, stream.write_all(bytes.as_ref())).await.expect("the server reads");
}

/// Reads one answer of a request that was no HEAD.
pub(crate) async fn receive(stream: &mut TcpStream) -> Raw {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(
            timeout(PATIENCE, stream.read_u8()).await.expect("an answer comes").expect("an answer comes"),
        );
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.to_lowercase();
    let length = length.split("\r\ncontent-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    timeout(PATIENCE, stream.read_exact(&mut body)).await.expect("the body comes").expect("the body comes");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Raw { status, head, body: String::from_utf8(body).unwrap() }
}

/// Sends a request and reads its answer.
pub(crate) async fn exchange(stream: &mut TcpStream, bytes: impl AsRef<[u8]>) -> Raw {
    send(stream, bytes).await;
    receive(stream).await
}

/// All that still comes until the server closes the connection, which it must.
pub(crate) async fn until_closed(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    // A reset closes too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the server closes the connection");
    String::from_utf8_lossy(&rest).into_owned()
}

/// A request as HTTP/1.1 has it. `Host` is the request's, or `localhost`.
pub(crate) fn http1(request: &Request<Bytes>) -> Vec<u8> {
    let mut bytes = format!("{} {} HTTP/1.1\r\n", request.method(), request.uri()).into_bytes();
    for (name, value) in request.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(format!("content-length: {}\r\n\r\n", request.body().len()).into_bytes());
    bytes.extend(request.body());
    bytes
}

/// A GET that needs nothing but the server.
pub(crate) const GET_KEYS: &str = "GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
