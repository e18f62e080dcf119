//! How long a certificate is good: one in a file, or the one that a server shows.

use std::time::Duration;

use jeton_core::Clock as _;
use reqwest::tls::TlsInfo;
use reqwest::{Client, Url, redirect};
use x509_parser::parse_x509_certificate;

use super::finding::Finding;
use super::in_words;
use crate::ambient::SystemClock;

const CHECK: &str = "certificate";

/// From when on the end of a certificate is near: what renews it by itself has had its time by then.
const NEAR: i64 = 14 * 86_400;

/// What is to be done about one that ends.
pub(super) struct Fix {
    pub(super) expired: &'static str,
    pub(super) near: &'static str,
}

/// A certificate as it is on the wire. `name` is what people know it by.
pub(super) fn judge(name: &str, certificate: &[u8], fix: &Fix) -> Finding {
    let Ok((_, parsed)) = parse_x509_certificate(certificate) else {
        return Finding::unknown(CHECK, format!("{name}: when it ends cannot be read"));
    };
    let left = parsed.validity().not_after.timestamp() - SystemClock.now().seconds();
    if left <= 0 {
        return Finding::bad(CHECK, format!("{name} expired {} ago", in_words(-left)), fix.expired);
    }
    if left < NEAR {
        return Finding::bad(CHECK, format!("{name} expires in {}", in_words(left)), fix.near);
    }
    Finding::good(CHECK, format!("{name} is good for {}", in_words(left)))
}

/// The one that a server shows, also where it is not trusted, so that an expired one can be told from another's.
/// Nothing is sent that anybody may not know. `None` where there is no TLS.
pub(super) async fn of_server(url: &Url, timeout: Duration) -> Option<Finding> {
    if url.scheme() != "https" {
        return None;
    }
    let name = format!("that of {}", url.host_str().unwrap_or_default());
    let fix = Fix {
        expired: "have the server's operator renew it: no client trusts it",
        near: "have the server's operator renew it, and see why that did not happen by itself",
    };
    Some(match shown_by(url, timeout).await {
        Some(certificate) => judge(&name, &certificate, &fix),
        None => Finding::unknown(CHECK, "the server shows none"),
    })
}

async fn shown_by(url: &Url, timeout: Duration) -> Option<Vec<u8>> {
    let client = Client::builder()
        .https_only(true)
        .redirect(redirect::Policy::none())
        .tls_danger_accept_invalid_certs(true)
        .tls_info(true)
        .timeout(timeout)
        .build()
        .ok()?;
    let mut root = url.clone();
    root.set_path("/");
    let answer = client.head(root).send().await.ok()?;
    answer.extensions().get::<TlsInfo>()?.peer_certificate().map(<[u8]>::to_vec)
}
