//! Over TLS: whom to believe.

use std::sync::Arc;

use jeton_verify::KeySource as _;
use jeton_verify::fetch::{FetchFault, RemoteKeys, StartError, TransportError};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::{KEYS, Server, key, patiently, set};

/// A server with a certificate for `name`, and the certificate in PEM.
async fn server_for(name: &str) -> (Server, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let private = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], private)
        .unwrap();
    (Server::start_tls(TlsAcceptor::from(Arc::new(config))).await, cert.pem())
}

#[tokio::test]
async fn a_certificate_of_a_root_that_was_given_is_believed() {
    let (key, (server, pem)) = (key(), server_for("127.0.0.1").await);
    server.set(KEYS, set(&[&key]));
    let keys = RemoteKeys::of_key_set(server.url(KEYS)).additional_roots(pem).start().unwrap();
    patiently(keys.ready()).await.unwrap();
    assert!(keys.key(key.kid()).is_some());
}

#[tokio::test]
async fn any_other_is_not() {
    let (server, own) = server_for("127.0.0.1").await;
    server.set(KEYS, set(&[&key()]));
    let (_, foreign) = server_for("127.0.0.1").await;
    let (misnamed, its_pem) = server_for("auth.example.com").await;
    for (server, roots) in [(&server, ""), (&server, foreign.as_str()), (&misnamed, &its_pem)] {
        let builder = RemoteKeys::of_key_set(server.url(KEYS)).additional_roots(roots);
        let keys = builder.start().unwrap();
        assert_eq!(patiently(keys.ready()).await.unwrap_err().fault, FetchFault::Tls);
    }
    // A port that does not speak TLS.
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/keys", plain.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let keys = RemoteKeys::of_key_set(url).additional_roots(own).start().unwrap();
    assert_eq!(patiently(keys.ready()).await.unwrap_err().fault, FetchFault::Tls);
    assert_eq!(server.requests(), [] as [String; 0]);
}

#[tokio::test]
async fn an_issuer_behind_tls_cannot_lead_to_plain_http() {
    let (tls, pem) = server_for("127.0.0.1").await;
    let plain = Server::start().await;
    plain.set(KEYS, set(&[&key()]));
    let metadata = format!(r#"{{"issuer":"{}","jwks_uri":"{}"}}"#, tls.url(""), plain.url(KEYS));
    tls.set("/.well-known/oauth-authorization-server", super::Answer::json(metadata));
    for loud in [false, true] {
        let builder = RemoteKeys::of_issuer(tls.url("")).additional_roots(pem.clone());
        let builder = if loud { builder.danger_plain_http() } else { builder };
        let error = patiently(builder.start().unwrap().ready()).await.unwrap_err();
        assert_eq!(error.fault, FetchFault::JwksUri);
    }
    assert_eq!(plain.requests(), [] as [String; 0]);
}

#[tokio::test]
async fn roots_that_are_none_are_refused_at_once() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in ["x", "-----BEGIN CERTIFICATE-----", broken] {
        let started = RemoteKeys::of_key_set("https://auth.example.com").additional_roots(pem).start();
        let error = started.unwrap_err();
        assert!(
            matches!(error, StartError::Transport(TransportError::Roots | TransportError::Tls)),
            "{pem}: {error:?}"
        );
    }
}
