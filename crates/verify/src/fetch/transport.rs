//! How bytes come from elsewhere: over TLS or from this machine, without redirects, within bounds of size and time.

use super::cache_control;
use super::error::{FetchFault, TransportError};
use super::refresh::FETCH_TIMEOUT;
use super::timer::Timer;
use jeton_jose::MAX_JWKS_BYTES;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, CACHE_CONTROL, ETAG, HeaderValue, IF_NONE_MATCH};
use reqwest::{Certificate, Client, StatusCode, Url, redirect};
use rustls::crypto::aws_lc_rs as provider;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// Whether plain HTTP may leave this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// Only to a loopback address, or to `localhost` and the names below it, which are looked up nowhere else.
    #[default]
    LoopbackOnly,
    /// To anywhere. Whoever is on the way reads and changes what is sent and answered.
    DangerAnywhere,
}

/// A URL with a client for it, which keeps to these rules: https, or http as [`PlainHttp`] says; system roots and
/// those given beside them; no redirects; a proxy of the environment for https alone. It has no time-out and no limit
/// of size: [`RemoteKeys`](super::RemoteKeys) has its own, and so must whoever else sends with it.
#[derive(Clone, Debug)]
pub struct Transport {
    url: Url,
    plain: PlainHttp,
    client: Client,
}

impl Transport {
    /// For this URL. `roots` are certificates in PEM, trusted beside the system's; none where it is empty.
    ///
    /// Where the process has no rustls provider yet, aws-lc-rs becomes it.
    pub fn new(url: &str, plain: PlainHttp, roots: &[u8]) -> Result<Self, TransportError> {
        Self::with_idle_connections(url, plain, roots, 0)
    }

    /// As [`new`](Self::new), for whoever sends every second: its connection stays open.
    pub(super) fn kept_open(url: &str, plain: PlainHttp, roots: &[u8]) -> Result<Self, TransportError> {
        Self::with_idle_connections(url, plain, roots, 1)
    }

    fn with_idle_connections(
        url: &str,
        plain: PlainHttp,
        roots: &[u8],
        idle: usize,
    ) -> Result<Self, TransportError> {
        let url = checked(url, plain)?;
        // An error means that there is one already, which is as good.
        drop(provider::default_provider().install_default());
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("jeton/", env!("CARGO_PKG_VERSION")))
            .pool_max_idle_per_host(idle);
        let client = if is_encrypted(&url) {
            client.https_only(true).tls_certs_merge(certificates(roots)?)
        } else {
            // No proxy sees what has no cover; and where TLS is never used, no root need be there.
            let client = client.no_proxy().tls_certs_only([]);
            if plain == PlainHttp::LoopbackOnly { client.dns_resolver(Loopback) } else { client }
        };
        Ok(Self { url, plain, client: client.build().map_err(|_| TransportError::Tls)? })
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// What sends to it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What went wrong with a request of this client, as the closed list that this crate has for it.
    pub fn fault(error: &reqwest::Error) -> FetchFault {
        if is_about_tls(error) {
            FetchFault::Tls
        } else if error.is_connect() {
            FetchFault::Unreachable
        } else {
            FetchFault::Interrupted
        }
    }

    /// Another URL that somebody else names, if this transport may go there: by the same rules, and over TLS where its
    /// own URL is, so that an issuer cannot lead to plain HTTP, on this machine's ports or elsewhere.
    pub(super) fn also_to(&self, url: &str) -> Option<Url> {
        checked(url, self.plain).ok().filter(|url| is_encrypted(url) == is_encrypted(&self.url))
    }

    /// The body of a GET of `url`, which is this transport's own or one that it [also](Self::also_to) goes to, and how
    /// long it is fresh.
    pub(super) async fn get(&self, url: Url, timer: &dyn Timer) -> Result<Fetched, FetchFault> {
        let ask =
            Ask { accept: "application/jwk-set+json, application/json", limit: MAX_JWKS_BYTES, unless: None };
        let fetched = self.ask(url, ask, timer).await?;
        Ok(fetched.expect("nothing is the same where no condition was given"))
    }

    /// As [`get`](Self::get), with more to say; nothing where it is what the asker has.
    pub(super) async fn ask(
        &self,
        url: Url,
        ask: Ask<'_>,
        timer: &dyn Timer,
    ) -> Result<Option<Fetched>, FetchFault> {
        tokio::select! {
            fetched = self.get_some_time(url, ask) => fetched,
            () = timer.sleep(FETCH_TIMEOUT) => Err(FetchFault::TimedOut),
        }
    }

    async fn get_some_time(&self, url: Url, ask: Ask<'_>) -> Result<Option<Fetched>, FetchFault> {
        let Ask { accept, limit, unless } = ask;
        let mut request = self.client.get(url).header(ACCEPT, accept);
        if let Some(etag) = unless {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let mut response = request.send().await.map_err(|error| Self::fault(&error))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if unless.is_some() => return Ok(None),
            status if status.is_redirection() => return Err(FetchFault::Redirect),
            status => return Err(FetchFault::Status(status.as_u16())),
        }
        let values = response.headers().get_all(CACHE_CONTROL).iter();
        let fresh_for = cache_control::max_age(values.filter_map(|value| value.to_str().ok()));
        let etag = response.headers().get(ETAG).cloned();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Self::fault(&error))? {
            // Before it is kept: the bound is one of memory.
            if body.len() + chunk.len() > limit {
                return Err(FetchFault::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Some(Fetched { body, fresh_for, etag }))
    }
}

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    /// The media types that will do.
    pub(super) accept: &'static str,
    /// The most bytes that are read.
    pub(super) limit: usize,
    /// The `ETag` of what the asker has.
    pub(super) unless: Option<&'a HeaderValue>,
}

/// What a server said.
pub(super) struct Fetched {
    pub(super) body: Vec<u8>,
    /// By its own account; nothing where it gave none.
    pub(super) fresh_for: Option<Duration>,
    pub(super) etag: Option<HeaderValue>,
}

fn checked(url: &str, plain: PlainHttp) -> Result<Url, TransportError> {
    let url: Url = url.parse().map_err(|_| TransportError::Url)?;
    let named = url.has_host() && matches!(url.scheme(), "https" | "http");
    if !named || !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(TransportError::Url);
    }
    if !is_encrypted(&url) && plain == PlainHttp::LoopbackOnly && !is_loopback(&url) {
        return Err(TransportError::PlainHttp);
    }
    Ok(url)
}

fn is_encrypted(url: &Url) -> bool {
    url.scheme() == "https"
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, TransportError> {
    if pem.is_empty() {
        return Ok(Vec::new());
    }
    let roots = Certificate::from_pem_bundle(pem).map_err(|_| TransportError::Roots)?;
    if roots.is_empty() { Err(TransportError::Roots) } else { Ok(roots) }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        // RFC 6761 section 6.3.
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// Knows the names of this machine alone, so that no name service can lead away from it.
struct Loopback;

impl Resolve for Loopback {
    fn resolve(&self, _name: Name) -> Resolving {
        // Port 0 stands for the URL's own.
        let addresses = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
        let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// Whether rustls is at the bottom of it. It speaks through I/O errors, whose `source` is that of what they hold.
fn is_about_tls(error: &(dyn Error + 'static)) -> bool {
    let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>()
        || held.map_or_else(|| error.source().is_some_and(is_about_tls), |held| is_about_tls(held))
}
