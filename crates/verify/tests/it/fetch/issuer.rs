//! From an issuer to its keys, by its metadata.

use jeton_verify::KeySource as _;
use jeton_verify::fetch::{Document, FetchError, FetchFault, RemoteKeys};

use super::{Answer, Server, key, patiently, set};

const RFC_8414: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

fn metadata(issuer: &str, jwks_uri: &str) -> Answer {
    Answer::json(format!(r#"{{"issuer":"{issuer}","jwks_uri":"{jwks_uri}","token_endpoint":"x"}}"#))
}

async fn first_fetch(issuer: &str) -> Result<(), FetchError> {
    patiently(RemoteKeys::of_issuer(issuer).start().unwrap().ready()).await
}

#[tokio::test]
async fn the_path_of_the_issuer_is_inserted_and_then_appended() {
    // Issuer's path, where its metadata is, and what is asked for.
    for (path, place, asked) in [
        ("", RFC_8414, vec![RFC_8414]),
        ("/", RFC_8414, vec![RFC_8414]),
        (
            "/tenant/a",
            "/.well-known/oauth-authorization-server/tenant/a",
            vec!["/.well-known/oauth-authorization-server/tenant/a"],
        ),
        (
            "/tenant/",
            "/.well-known/oauth-authorization-server/tenant",
            vec!["/.well-known/oauth-authorization-server/tenant"],
        ),
        ("", OPENID, vec![RFC_8414, OPENID]),
        (
            "/tenant",
            "/tenant/.well-known/openid-configuration",
            vec![
                "/.well-known/oauth-authorization-server/tenant",
                "/tenant/.well-known/openid-configuration",
            ],
        ),
    ] {
        let (server, key) = (Server::start().await, key());
        let issuer = server.url(path);
        server.set(place, metadata(&issuer, &server.url("/the/keys")));
        server.set("/the/keys", set(&[&key]));
        let keys = RemoteKeys::of_issuer(&issuer).start().unwrap();
        patiently(keys.ready()).await.unwrap();
        assert!(keys.key(key.kid()).is_some());
        assert_eq!(server.paths(), [asked, vec!["/the/keys"]].concat(), "{issuer}");
    }
}

#[tokio::test]
async fn metadata_of_another_issuer_leads_nowhere() {
    let server = Server::start().await;
    let issuer = server.url("/tenant");
    for named in [
        server.url("/tenant/"),
        server.url("/Tenant"),
        server.url(""),
        issuer.replace("127.0.0.1", "localhost"),
        issuer.replace("http:", "https:"),
        "https://auth.example.com".to_owned(),
    ] {
        server.set(&format!("{RFC_8414}/tenant"), metadata(&named, &server.url("/keys")));
        let error = first_fetch(&issuer).await.unwrap_err();
        assert_eq!(error, FetchError { document: Document::Metadata, fault: FetchFault::OtherIssuer });
        assert!(!error.to_string().contains("example.com"));
    }
    assert!(!server.paths().contains(&"/keys".to_owned()), "nothing is taken from it");
}

#[tokio::test]
async fn keys_are_not_fetched_from_places_that_the_issuer_could_not_be_at() {
    let server = Server::start().await;
    let issuer = server.url("");
    let of_the_issuer = server.address.port();
    for uri in [
        "file:///etc/passwd".to_owned(),
        "data:application/json,{}".to_owned(),
        "ftp://127.0.0.1/keys".to_owned(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "http://10.0.0.1/keys".to_owned(),
        "http://[fe80::1]/keys".to_owned(),
        "http://0.0.0.0/keys".to_owned(),
        "http://example.com/keys".to_owned(),
        "http://localhost.example.com/keys".to_owned(),
        "https://127.0.0.1/keys".to_owned(),
        format!("http://user@127.0.0.1:{of_the_issuer}/keys"),
        format!("http://127.0.0.1:{of_the_issuer}/keys#fragment"),
        "/keys".to_owned(),
        String::new(),
    ] {
        server.set(RFC_8414, metadata(&issuer, &uri));
        let error = first_fetch(&issuer).await.unwrap_err();
        assert_eq!(error, FetchError { document: Document::Metadata, fault: FetchFault::JwksUri }, "{uri}");
    }
    assert!(server.paths().iter().all(|path| path == RFC_8414));
}

#[tokio::test]
async fn garbage_is_no_metadata() {
    let server = Server::start().await;
    let issuer = server.url("");
    let twice = format!(r#"{{"issuer":"{issuer}","issuer":"{issuer}","jwks_uri":"{issuer}/keys"}}"#);
    let only = format!(r#"{{"issuer":"{issuer}"}}"#);
    let typed = format!(r#"{{"issuer":"{issuer}","jwks_uri":["{issuer}/keys"]}}"#);
    for body in ["", "<html>", "null", "{}", &twice, &only, &typed] {
        server.set(RFC_8414, Answer::json(body));
        assert_eq!(first_fetch(&issuer).await.unwrap_err().fault, FetchFault::NotMetadata, "{body}");
    }
}

#[tokio::test]
async fn the_second_place_is_for_issuers_that_do_not_know_the_first() {
    let server = Server::start().await;
    let issuer = server.url("");
    server.set(OPENID, metadata(&issuer, &server.url("/keys")));
    for (answer, fault) in [
        (Answer::status("500 Oops", "", ""), FetchFault::Status(500)),
        (Answer::status("302 Found", &format!("location: {OPENID}\r\n"), ""), FetchFault::Redirect),
        (Answer::down(), FetchFault::Interrupted),
        (Answer::json("<html>"), FetchFault::NotMetadata),
    ] {
        server.set(RFC_8414, answer);
        let error = first_fetch(&issuer).await.unwrap_err();
        assert_eq!(error, FetchError { document: Document::Metadata, fault });
    }
    assert!(!server.paths().contains(&OPENID.to_owned()));
    server.set(RFC_8414, Answer::status("404 Not Found", "", ""));
    server.set("/keys", Answer::status("404 Not Found", "", ""));
    let error = first_fetch(&issuer).await.unwrap_err();
    assert_eq!(error, FetchError { document: Document::KeySet, fault: FetchFault::Status(404) });
}

#[tokio::test]
async fn names_of_this_machine_are_found_on_it() {
    let (server, key) = (Server::start().await, key());
    for name in ["localhost", "sandbox.localhost", "SANDBOX.LOCALHOST"] {
        let issuer = format!("http://{name}:{}", server.address.port());
        server.set(RFC_8414, metadata(&issuer, &format!("{issuer}/keys")));
        server.set("/keys", set(&[&key]));
        first_fetch(&issuer).await.unwrap();
    }
}
