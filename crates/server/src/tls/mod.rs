//! TLS with certificates from files: chosen by name, and taken up again when the files change.
//!
//! `pair.rs` reads one certificate with its key, and follows its files; here they are many, and serve handshakes.
//! What clients may use is rustls's own choice with aws-lc-rs: TLS 1.2 and 1.3, forward secrecy, no renegotiation.

mod error;
mod pair;

use std::sync::Arc;
use std::time::Duration;

pub use error::TlsError;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs as provider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;

use crate::config::TlsFiles;
use pair::Pair;

/// How often the files are looked at.
pub(crate) const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// Every certificate of a server, the first of which is for whoever names no other.
#[derive(Clone)]
pub struct Certificates {
    pairs: Arc<Pairs>,
    acceptor: TlsAcceptor,
}

impl Certificates {
    /// Reads all of them. `None` where there are none, and so no TLS.
    ///
    /// # Errors
    ///
    /// A file is missing, holds something else, or a key is not that of its certificate.
    pub fn load(files: &[TlsFiles]) -> Result<Option<Self>, TlsError> {
        if files.is_empty() {
            return Ok(None);
        }
        let provider = Arc::new(provider::default_provider());
        let pairs = files.iter().map(|files| Pair::load(files.clone(), &provider));
        let pairs =
            Arc::new(Pairs { pairs: pairs.collect::<Result<_, _>>()?, provider: Arc::clone(&provider) });
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Pairs>::clone(&pairs);
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            // The provider is known to have suites of both.
            .expect("aws-lc-rs speaks TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Some(Self { pairs, acceptor: TlsAcceptor::from(Arc::new(config)) }))
    }

    /// Looks at the files, and takes up what changed in them. Whatever cannot be used is logged once, and what was there
    /// before serves on. Handshakes that begin afterwards see the new certificates. Blocks on the file system.
    pub fn refresh(&self) {
        for pair in &self.pairs.pairs {
            pair.refresh(&self.pairs.provider);
        }
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// Follows the files for ever.
    pub(crate) async fn follow(self) {
        let mut ticks = tokio::time::interval(REFRESH_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let own = self.clone();
            if tokio::task::spawn_blocking(move || own.refresh()).await.is_err() {
                // The panic itself has been reported; the next look may go better.
                tracing::error!("the certificate files could not be looked at");
            }
        }
    }
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Certificates").field(&self.pairs).finish()
    }
}

#[derive(Debug)]
struct Pairs {
    /// At least one.
    pairs: Vec<Pair>,
    provider: Arc<CryptoProvider>,
}

impl ResolvesServerCert for Pairs {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().and_then(|name| self.pairs.iter().find(|pair| pair.is_for(name)));
        named.or_else(|| self.pairs.first()).map(Pair::current)
    }
}
