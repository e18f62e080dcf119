//! The practical ceiling: a token endpoint on bare hyper that does what cannot be left out, and nothing that makes a
//! service of it.
//!
//! It parses the Basic header and the form, looks the client up in a map, compares a keyed hash of its secret, signs the
//! claims and answers with the bytes and headers that Jeton answers with. There is no store, no cache that follows one, no
//! limit, no log, no count. It shares no code with Jeton, so that what Jeton adds is the difference.

mod key;
mod token;

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{BufRead as _, Error, Result};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clap::Parser;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderName, PRAGMA};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::time::timeout;

use key::{Algorithm, SigningKey};
use token::Claims;

/// What bounds a request's head, and the whole of its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of a body.
const LARGEST_BODY: usize = 65_536;

#[derive(Parser)]
struct Arguments {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// A line for each credential: its id, a space, its secret
    #[arg(long, value_name = "FILE")]
    credentials: PathBuf,
    #[arg(long, value_enum, default_value = "es256")]
    algorithm: Algorithm,
    /// The claims `iss`, `aud` and `scope`, as Jeton would write them
    #[command(flatten)]
    claims: Claims,
}

/// All that an answer needs.
struct Endpoint {
    hash_key: hmac::Key,
    hashes: HashMap<String, hmac::Tag>,
    signing_key: SigningKey,
    token_header: String,
    claims: Claims,
}

#[tokio::main(flavor = "current_thread")]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a whole program's randomness, and its words"
)]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| Error::other("the system has no randomness"))?;
    let hash_key = hmac::Key::new(hmac::HMAC_SHA256, &random);
    let mut hashes = HashMap::new();
    for line in std::io::BufReader::new(std::fs::File::open(&arguments.credentials)?).lines() {
        let line = line?;
        let (id, secret) = line.split_once(' ').ok_or_else(|| Error::other("a line is no id and secret"))?;
        hashes.insert(id.to_owned(), hmac::sign(&hash_key, secret.as_bytes()));
    }
    let signing_key = SigningKey::generate(arguments.algorithm)?;
    let token_header = token::header(&signing_key);
    let endpoint =
        Rc::new(Endpoint { hash_key, hashes, signing_key, token_header, claims: arguments.claims });
    let listener = TcpListener::bind(arguments.listen).await?;
    println!("listening on http://{} for ceiling", listener.local_addr()?);
    tokio::task::LocalSet::new().run_until(accept(listener, endpoint)).await
}

async fn accept(listener: TcpListener, endpoint: Rc<Endpoint>) -> Result<()> {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let endpoint = Rc::clone(&endpoint);
        let service = service_fn(move |request| {
            let endpoint = Rc::clone(&endpoint);
            async move {
                let answer = timeout(PATIENCE, endpoint.answer(request)).await.ok().flatten();
                Ok::<_, Infallible>(answer.unwrap_or_else(refusal))
            }
        });
        let connection = http.serve_connection(TokioIo::new(stream), service);
        // A connection that ends early is its client's affair.
        tokio::task::spawn_local(async move { connection.await.is_ok() });
    }
}

impl Endpoint {
    /// The token, or nothing: what is wrong is not said.
    async fn answer(&self, request: Request<Incoming>) -> Option<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        if head.method == http::Method::GET {
            // The least that any answer costs.
            return Some(Response::new(Full::new(Bytes::new())));
        }
        if head.method != http::Method::POST || head.uri.path() != "/oauth/v2/token" {
            return None;
        }
        let pair =
            STANDARD.decode(head.headers.get(AUTHORIZATION)?.as_bytes().strip_prefix(b"Basic ")?).ok()?;
        let (id, secret) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
        let body = Limited::new(body, LARGEST_BODY).collect().await.ok()?.to_bytes();
        let mut form = form_urlencoded::parse(&body);
        form.find(|(name, value)| name == "grant_type" && value == "client_credentials")?;
        let known = self.hashes.get(id)?;
        hmac::verify(&self.hash_key, secret.as_bytes(), known.as_ref()).ok()?;
        let (token, jti) = self.claims.token(id, &self.token_header, &self.signing_key)?;
        Some(answer(StatusCode::OK, self.claims.body(&token), &jti))
    }
}

fn refusal() -> Response<Full<Bytes>> {
    answer(StatusCode::BAD_REQUEST, "{}".to_owned(), "none")
}

fn answer(status: StatusCode, body: String, request_id: &str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let request_id = HeaderValue::from_str(request_id).unwrap_or(HeaderValue::from_static("none"));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(HeaderName::from_static("x-request-id"), request_id.clone());
    headers.insert(HeaderName::from_static("x-tracking-id"), request_id);
    answer
}
