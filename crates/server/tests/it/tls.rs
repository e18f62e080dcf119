//! TLS: which certificate, which versions, what happens when the files change, and what any bytes do.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jeton_server::config::{ListenAddress, TlsFiles};
use jeton_server::{Certificates, Limits, Server, TlsError, bind};
use jeton_testkit::{Read, TestServer};
use rcgen::{CertificateParams, CertifiedKey, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::support::PATIENCE;
use crate::wire::{GET_KEYS, send, until_closed};

/// Who signs the certificates of a test, and where they are.
struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![]).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = parameters.self_signed(&key).unwrap().der().clone();
        Self { folder: TempDir::new().unwrap(), issuer: Issuer::new(parameters, key), root }
    }

    fn sign(&self, names: &[&str]) -> CertifiedKey<KeyPair> {
        let signing_key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let cert = CertificateParams::new(names).unwrap().signed_by(&signing_key, &self.issuer).unwrap();
        CertifiedKey { cert, signing_key }
    }

    /// Files of a certificate for these names.
    fn files(&self, file: &str, names: &[&str]) -> TlsFiles {
        let signed = self.sign(names);
        let path = |extension| self.folder.path().join(file).with_extension(extension);
        let files = TlsFiles { certificate: path("crt"), key: path("key") };
        write(&files.certificate, &signed.cert.pem());
        write(&files.key, &signed.signing_key.serialize_pem());
        files
    }

    fn client(&self, versions: &[&'static SupportedProtocolVersion], alpn: &[&[u8]]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Arc::new(config)
    }

    /// A handshake as this name.
    async fn shake(&self, at: SocketAddr, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
        shake(self.client(rustls::ALL_VERSIONS, &[b"http/1.1"]), at, name).await
    }
}

async fn shake(
    config: Arc<ClientConfig>,
    at: SocketAddr,
    name: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(at).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    timeout(PATIENCE, tokio_rustls::TlsConnector::from(config).connect(name, stream)).await.unwrap()
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

/// The server on one port, until the sender is dropped.
async fn listen(server: &TestServer, certificates: &Certificates) -> (SocketAddr, oneshot::Sender<()>) {
    let anywhere = ListenAddress { environment: None, address: (Ipv4Addr::LOCALHOST, 0).into() };
    let listeners = bind(&[anywhere]).await.unwrap();
    let address = listeners[0].at.address;
    let (stop, stopped) = oneshot::channel();
    let serving = Server::new(Arc::clone(server.app()), listeners, Some(certificates.clone()));
    tokio::spawn(serving.run(async { drop(stopped.await) }));
    (address, stop)
}

fn load(files: &[TlsFiles]) -> Certificates {
    Certificates::load(files).unwrap().unwrap()
}

/// The certificate that a client is shown.
fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

async fn get(stream: &mut TlsStream<TcpStream>) -> String {
    let request = GET_KEYS.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn both_versions_and_both_protocols() {
    let (authority, server) = (Authority::new(), TestServer::start().await);
    let (at, _stop) = listen(&server, &load(&[authority.files("a", &["localhost"])])).await;
    for (version, number) in [
        (&rustls::version::TLS12, ProtocolVersion::TLSv1_2),
        (&rustls::version::TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let config = authority.client(&[version], &[b"http/1.1"]);
        let mut stream = shake(config, at, "localhost").await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(number));
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert!(get(&mut stream).await.starts_with("HTTP/1.1 200 "));
        let config = authority.client(&[version], &[b"h2", b"http/1.1"]);
        let stream = shake(config, at, "localhost").await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let stream = hyper_util::rt::TokioIo::new(stream);
        let executor = hyper_util::rt::TokioExecutor::new();
        let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, stream).await.unwrap();
        tokio::spawn(connection);
        let request = http::Request::get("https://localhost/.well-known/jwks.json");
        let request = request.body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
        assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn the_name_chooses_the_certificate() {
    let (authority, server) = (Authority::new(), TestServer::start().await);
    let files = [
        authority.files("first", &["localhost", "127.0.0.1"]),
        authority.files("second", &["auth.example", "also.example"]),
        authority.files("third", &["*.wild.example"]),
    ];
    let (at, _stop) = listen(&server, &load(&files)).await;
    for name in ["localhost", "auth.example", "AUTH.example", "also.example", "a.wild.example", "127.0.0.1"] {
        let stream = authority.shake(at, name).await;
        assert!(stream.is_ok(), "{name}: the client does not take what it is shown");
    }
    // No certificate is for these: the first is shown, and is not enough.
    for name in ["other.example", "wild.example", "a.b.wild.example"] {
        let error = authority.shake(at, name).await.unwrap_err().to_string();
        assert!(error.contains("localhost"), "{name}: {error}");
    }
}

#[tokio::test]
async fn new_files_are_taken_up_and_broken_ones_are_not() {
    let (authority, server) = (Authority::new(), TestServer::start().await);
    let files = authority.files("a", &["localhost"]);
    let certificates = load(std::slice::from_ref(&files));
    let (at, _stop) = listen(&server, &certificates).await;
    let mut kept = authority.shake(at, "localhost").await.unwrap();
    let first = shown(&kept);

    // Only the certificate is new: it fits the old key as little as no certificate does.
    let next = authority.sign(&["localhost", "new.example"]);
    write(&files.certificate, &next.cert.pem());
    for _ in 0..3 {
        certificates.refresh();
    }
    assert_eq!(shown(&authority.shake(at, "localhost").await.unwrap()), first);
    write(&files.key, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    certificates.refresh();
    std::fs::remove_file(&files.key).unwrap();
    certificates.refresh();
    assert_eq!(shown(&authority.shake(at, "localhost").await.unwrap()), first);

    write(&files.key, &next.signing_key.serialize_pem());
    certificates.refresh();
    assert_eq!(shown(&authority.shake(at, "new.example").await.unwrap()), *next.cert.der());
    assert!(get(&mut kept).await.starts_with("HTTP/1.1 200 "), "who was connected stays so");
}

#[test]
fn bad_files_are_named_with_the_way_out() {
    let authority = Authority::new();
    let (good, other) = (authority.files("a", &["localhost"]), authority.files("b", &["localhost"]));
    let junk = authority.folder.path().join("junk.pem");
    write(&junk, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let missing = authority.folder.path().join("missing.pem");
    let refused = |certificate: &Path, key: &Path| {
        let files = TlsFiles { certificate: certificate.to_owned(), key: key.to_owned() };
        Certificates::load(&[good.clone(), files]).unwrap_err()
    };
    let (certificate, key) = (&good.certificate, &good.key);
    for (error, file) in [
        (refused(&missing, key), &missing),
        (refused(certificate, &missing), &missing),
        (refused(&junk, key), &junk),
        (refused(key, key), key),
        (refused(certificate, &junk), &junk),
        (refused(certificate, certificate), certificate),
        (refused(certificate, &other.key), &other.key),
    ] {
        let text = error.to_string();
        assert!(text.contains(&file.display().to_string()) && text.contains(". Give "), "{text}");
    }
    assert!(matches!(refused(certificate, &other.key), TlsError::OtherKey { .. }));
    assert!(Certificates::load(&[]).unwrap().is_none());
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_closed() {
    let authority = Authority::new();
    let limits = Limits { handshake: Duration::from_millis(100), ..Limits::default() };
    let server = TestServer::builder().limits(limits).start().await;
    let (at, _stop) = listen(&server, &load(&[authority.files("a", &["localhost"])])).await;
    for start in [&b""[..], &[22], &[22, 3, 1, 2, 0, 1, 0, 1, 252]] {
        let mut stream = TcpStream::connect(at).await.unwrap();
        send(&mut stream, start).await;
        until_closed(&mut stream).await;
    }
}

/// F27 of the security checklist, and what people type: HTTP to a port of HTTPS.
#[tokio::test]
async fn whatever_is_no_handshake_is_closed() {
    let authority = Authority::new();
    let server = TestServer::start().await;
    let (at, _stop) = listen(&server, &load(&[authority.files("a", &["localhost"])])).await;
    let mut stream = TcpStream::connect(at).await.unwrap();
    send(&mut stream, GET_KEYS).await;
    assert!(!until_closed(&mut stream).await.contains("HTTP/"));
    let mut state = 7_u64;
    for round in 0..500_usize {
        let mut bytes: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        })
        .take(round)
        .collect();
        if round % 2 == 0 {
            // The head of a record, so that what follows is looked at.
            bytes.splice(0..0, [22, 3, 1, 0, state.to_be_bytes()[1], 1, 0, 0, state.to_be_bytes()[2]]);
        }
        let mut stream = TcpStream::connect(at).await.unwrap();
        send(&mut stream, bytes).await;
        // It may wait for more; nothing more will come.
        let _ = stream.shutdown().await;
        until_closed(&mut stream).await;
    }
    let mut stream = authority.shake(at, "localhost").await.unwrap();
    assert!(get(&mut stream).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_request_in_flight_is_answered_over_tls_too() {
    let (authority, server) = (Authority::new(), TestServer::start().await);
    let (at, stop) = listen(&server, &load(&[authority.files("a", &["localhost"])])).await;
    let mut stream = authority.shake(at, "localhost").await.unwrap();
    let mut held = server.store.hold(Read::Credentials);
    let request = crate::wire::http1(&server.client("production").oauth2().into_request());
    stream.write_all(&request).await.unwrap();
    held.reached().await;
    drop(stop);
    held.release();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("access_token"), "{answer}");
}
