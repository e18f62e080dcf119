//! One certificate with its key: read from two files, and read again when they change.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;

use super::error::TlsError;
use crate::config::TlsFiles;

/// A certificate with its key, as its files last were when they could be used.
#[derive(Debug)]
pub(super) struct Pair {
    files: TlsFiles,
    current: ArcSwap<CertifiedKey>,
    seen: Mutex<Seen>,
}

/// How far the files have been followed.
#[derive(Debug)]
struct Seen {
    /// As they are in `current`, or were when that was last said to be impossible.
    settled: Stamp,
    /// As they were when they could not be used at the last look.
    failed: Option<Stamp>,
}

/// What changes when a file does: time and size of the certificate's, and of the key's.
type Stamp = [Option<(SystemTime, u64)>; 2];

impl Pair {
    pub(super) fn load(files: TlsFiles, provider: &CryptoProvider) -> Result<Self, TlsError> {
        // Before they are read: what changes meanwhile is read again.
        let settled = stamp(&files);
        let current = ArcSwap::from_pointee(read(&files, provider)?);
        Ok(Self { files, current, seen: Mutex::new(Seen { settled, failed: None }) })
    }

    pub(super) fn current(&self) -> Arc<CertifiedKey> {
        self.current.load_full()
    }

    /// Whether the certificate is for this name, by the rules that its clients go by (RFC 9525).
    pub(super) fn is_for(&self, name: &str) -> bool {
        let certified = self.current.load();
        let Ok(name) = ServerName::try_from(name) else { return false };
        let parsed = certified.end_entity_cert().and_then(ParsedCertificate::try_from);
        parsed.is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok())
    }

    /// Takes up the files if they have changed. Two files cannot be replaced at once, so they may not fit at one look;
    /// at the second one, unchanged, they are wrong.
    pub(super) fn refresh(&self, provider: &CryptoProvider) {
        let now = stamp(&self.files);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.settled == now {
            return;
        }
        let certificate = self.files.certificate.display();
        match read(&self.files, provider) {
            // Changed while it was read: the next look will tell.
            _ if stamp(&self.files) != now => {}
            Ok(pair) => {
                self.current.store(Arc::new(pair));
                *seen = Seen { settled: now, failed: None };
                tracing::info!(%certificate, "a new certificate is served");
            }
            Err(why) if seen.failed == Some(now) => {
                *seen = Seen { settled: now, failed: None };
                tracing::error!(%certificate, %why, "a new certificate cannot be used: the old one serves on");
            }
            Err(_) => seen.failed = Some(now),
        }
    }
}

fn stamp(files: &TlsFiles) -> Stamp {
    let of = |file: &Path| {
        let metadata = fs::metadata(file).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    [of(&files.certificate), of(&files.key)]
}

fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let bytes =
        |file: &Path| fs::read(file).map_err(|why| TlsError::Unreadable { file: file.to_owned(), why });
    let no_certificate = |why: String| TlsError::NoCertificate { file: files.certificate.clone(), why };
    let no_key = |why: String| TlsError::NoKey { file: files.key.clone(), why };
    let chain = CertificateDer::pem_slice_iter(&bytes(&files.certificate)?).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|why| no_certificate(why.to_string()))?;
    let own = chain.first().ok_or_else(|| no_certificate("there is none in it".to_owned()))?;
    ParsedCertificate::try_from(own).map_err(|why| no_certificate(why.to_string()))?;
    let key_bytes = zeroize::Zeroizing::new(bytes(&files.key)?);
    let key = PrivateKeyDer::from_pem_slice(&key_bytes).map_err(|why| no_key(why.to_string()))?;
    let key = provider.key_provider.load_private_key(key).map_err(|why| no_key(why.to_string()))?;
    let certified = CertifiedKey::new(chain, key);
    certified
        .keys_match()
        .map_err(|_| TlsError::OtherKey { certificate: files.certificate.clone(), key: files.key.clone() })?;
    Ok(certified)
}
