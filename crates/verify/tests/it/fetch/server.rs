//! A small HTTP/1.1 server that does what the test wants, badly behaved or not.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What is sent back.
#[derive(Clone)]
pub(crate) enum Answer {
    /// These bytes, head and all, and then the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes, and then nothing, with the connection open.
    Unfinished(Vec<u8>),
    /// These bytes again and again, as long as somebody reads.
    Endless(Vec<u8>),
    /// The first once, and from then on the second.
    Once(Box<(Answer, Answer)>),
}

impl Answer {
    pub(crate) fn json(body: impl AsRef<str>) -> Self {
        Self::status("200 OK", "", body.as_ref())
    }

    /// 200 with a line of head more.
    pub(crate) fn with_header(body: &str, header: &str) -> Self {
        Self::status("200 OK", &format!("{header}\r\n"), body)
    }

    pub(crate) fn status(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n");
        Self::Bytes(format!("{head}\r\n{body}").into_bytes())
    }

    /// Closes the connection without a word, as a server does that is going down.
    pub(crate) fn down() -> Self {
        Self::Bytes(Vec::new())
    }
}

/// Paths with their answers; any other path is 404.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    scheme: &'static str,
    script: Script,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_as("http", None).await
    }

    pub(crate) async fn start_tls(acceptor: TlsAcceptor) -> Self {
        Self::start_as("https", Some(acceptor)).await
    }

    async fn start_as(scheme: &'static str, acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Script::default();
        let serving = script.clone();
        // It ends with the test's runtime.
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, acceptor) = (serving.clone(), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => script.serve(stream).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                script.serve(stream).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, scheme, script }
    }

    /// From now on.
    pub(crate) fn set(&self, path: &str, answer: Answer) {
        self.script.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The heads of the requests until now, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.script.requests.lock().unwrap().clone()
    }

    /// Their paths.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.requests().iter().map(|head| head.split(' ').nth(1).unwrap().to_owned()).collect()
    }
}

impl Script {
    fn answer(&self, path: &str) -> Option<Answer> {
        let mut answers = self.answers.lock().unwrap();
        let Answer::Once(both) = answers.get(path)?.clone() else { return answers.get(path).cloned() };
        answers.insert(path.to_owned(), both.1);
        Some(both.0)
    }

    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let Some(head) = read_head(&mut stream).await else { return };
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let answer = self.answer(&path);
        self.requests.lock().unwrap().push(head);
        match answer.unwrap_or_else(|| Answer::status("404 Not Found", "", "nothing here")) {
            Answer::Bytes(bytes) => {
                let _written = stream.write_all(&bytes).await;
                let _closed = stream.shutdown().await;
            }
            Answer::Unfinished(bytes) => {
                let _written = stream.write_all(&bytes).await;
                let _flushed = stream.flush().await;
                // Until the other end has had enough.
                let _end = stream.read(&mut [0]).await;
            }
            Answer::Once(_) => unreachable!("it has been taken apart"),
            Answer::Endless(bytes) => while stream.write_all(&bytes).await.is_ok() {},
        }
    }
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
