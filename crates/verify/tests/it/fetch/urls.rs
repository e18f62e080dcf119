//! What may be asked for at all.

use jeton_verify::fetch::{PlainHttp, RemoteKeys, StartError, Transport, TransportError};

fn start(url: &str) -> Option<StartError> {
    RemoteKeys::of_key_set(url).start().err()
}

#[tokio::test]
async fn plain_http_stays_on_this_machine() {
    for url in [
        "http://127.0.0.1/keys",
        "http://127.9.9.9:8080/keys",
        "http://[::1]:8080/keys",
        "http://localhost/keys",
        "http://sandbox.localhost:8080/keys",
        "http://LOCALHOST/keys",
        "http://2130706433/keys",
    ] {
        assert_eq!(start(url), None, "{url}");
    }
    for url in [
        "http://auth.example.com/keys",
        "http://10.0.0.1/keys",
        "http://0.0.0.0/keys",
        "http://[::ffff:10.0.0.1]/keys",
        "http://localhost.example.com/keys",
        "http://notlocalhost/keys",
        "http://127.0.0.1.example.com/keys",
    ] {
        assert_eq!(start(url), Some(TransportError::PlainHttp.into()), "{url}");
        assert!(RemoteKeys::of_key_set(url).danger_plain_http().start().is_ok(), "{url}, said aloud");
    }
}

#[tokio::test]
async fn other_urls_are_none() {
    for url in [
        "",
        "keys",
        "/keys",
        "auth.example.com",
        "https://",
        "file:///keys.json",
        "data:application/json,{}",
        "ftp://auth.example.com/keys",
        "https://user@auth.example.com/keys",
        "https://:secret@auth.example.com/keys",
        "https://auth.example.com/keys#fragment",
    ] {
        assert_eq!(start(url), Some(TransportError::Url.into()), "{url}");
        let loud = RemoteKeys::of_key_set(url).danger_plain_http().start().err();
        assert_eq!(loud, Some(TransportError::Url.into()), "{url}");
        assert!(!TransportError::Url.to_string().contains("secret"));
    }
    for issuer in ["https://auth.example.com?x", "https://auth.example.com/a?"] {
        assert_eq!(RemoteKeys::of_issuer(issuer).start().err(), Some(StartError::Issuer), "{issuer}");
    }
}

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    assert_eq!(start("https://auth.example.com/keys"), Some(StartError::NoRuntime));
}

#[test]
fn another_provider_of_the_process_is_no_panic() {
    let _ours_or_theirs = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider().install_default();
    for _ in 0..2 {
        Transport::new("https://auth.example.com", PlainHttp::LoopbackOnly, b"").unwrap();
    }
}
