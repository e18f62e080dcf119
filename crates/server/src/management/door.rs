//! Who is let in at the management listener, whatever is asked: nobody whom a page on the web could have led here.
//!
//! A browser that is led here by another's page says so: by a `Host` that is the page's own (DNS rebinding), by `Origin`, or
//! by `Sec-Fetch-Site`. Programs say none of that. There is no CORS, so no page elsewhere reads an answer either.

use std::net::IpAddr;

use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, Method, Request};

use crate::config::Host;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The authority that a request names, if it is one of ours: an address, `localhost`, or one of `hosts`. `Ok(None)` where it
/// names none, which no browser does.
pub(super) fn own_authority<B>(request: &Request<B>, hosts: &[Host]) -> Result<Option<Authority>, ()> {
    let mut given = request.headers().get_all(HOST).iter();
    let authority = match (request.uri().authority(), given.next(), given.next()) {
        (_, _, Some(_)) => return Err(()),
        (Some(authority), _, _) => authority.clone(),
        (None, Some(host), None) => Authority::try_from(host.as_bytes()).map_err(|_| ())?,
        (None, None, None) => return Ok(None),
    };
    if authority.as_str().contains('@') {
        return Err(());
    }
    let host = authority.host();
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let known = |own: &Host| {
        own.name().eq_ignore_ascii_case(host)
            && own.port().is_none_or(|port| authority.port_u16() == Some(port))
    };
    let ours =
        name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok() || hosts.iter().any(known);
    if ours { Ok(Some(authority)) } else { Err(()) }
}

/// Whether a page of another origin made a browser send it.
pub(super) fn is_cross_site(headers: &HeaderMap, own: Option<&Authority>) -> bool {
    let foreign_origin = headers.get_all(ORIGIN).iter().any(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        authority.zip(own).is_none_or(|(origin, own)| !origin.eq_ignore_ascii_case(own.as_str()))
    });
    // `none` is an address that somebody typed.
    let foreign_site = headers.get_all(SEC_FETCH_SITE).iter();
    let mut foreign_site = foreign_site.map(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"));
    foreign_origin || foreign_site.any(|foreign| foreign)
}

/// Whether a change says that its body is JSON, which no form of a page can. One without a body need not.
pub(super) fn is_json(method: &Method, headers: &HeaderMap, has_body: bool) -> bool {
    if matches!(*method, Method::GET | Method::HEAD) {
        return true;
    }
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (None, _) => !has_body,
        (Some(_), Some(_)) => false,
        (Some(kind), None) => {
            let kind = kind.to_str().unwrap_or_default();
            let essence = kind.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/json")
        }
    }
}
