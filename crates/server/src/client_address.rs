//! Who sent a request, when proxies stand before us: one function, used by logs, limits and audit alike.
//!
//! A proxy writes the address that it saw at the right end of `Forwarded` (RFC 7239) or `X-Forwarded-For`. So the
//! lists are read from the right, and only as far as each writer is one of the trusted proxies: what stands further
//! left may be anybody's invention, and changes nothing. The walk ends, at the last address that is vouched for,
//! where an entry is malformed, `unknown` or obfuscated (RFC 7239 sections 6.2 and 6.3), and after
//! [`MOST_HOPS`] entries. The environment is never chosen by any of this.
//!
//! Where a request has both headers and they disagree, neither is believed: a proxy that writes the one and lets the
//! other through would let every client choose its own address. Have the proxy remove the one that it does not write.

use std::net::{IpAddr, Ipv6Addr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

mod list;
use list::{entries, unquoted};

const FORWARDED: HeaderName = http::header::FORWARDED;
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Entries that are looked at, empty ones too: more proxies than anybody has in a row.
const MOST_HOPS: usize = 32;

/// The address that a request came from: `peer`, or what the trusted proxies say of it.
pub(crate) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let forwarded = walk(peer, headers, &FORWARDED, for_of_forwarded, trusted);
    let x_forwarded_for = walk(peer, headers, &X_FORWARDED_FOR, node, trusted);
    match (forwarded, x_forwarded_for) {
        (Some(one), Some(other)) if one != other => peer,
        (Some(address), _) | (None, Some(address)) => address,
        (None, None) => peer,
    }
}

/// From `peer` through one header's entries, from the right; `None` where the header is not there.
fn walk(
    peer: IpAddr,
    headers: &HeaderMap,
    name: &HeaderName,
    read: impl Fn(&str) -> Option<IpAddr>,
    trusted: &[IpNet],
) -> Option<IpAddr> {
    if !headers.contains_key(name) {
        return None;
    }
    // Several lines are one list (RFC 9110 section 5.3). Each is cut by itself: no quotation spans two of them.
    let lines: Vec<&[u8]> = headers.get_all(name).iter().map(http::HeaderValue::as_bytes).collect();
    let mut address = peer;
    for entry in lines.into_iter().rev().flat_map(entries).take(MOST_HOPS) {
        // Empty entries are no entries (RFC 9110 section 5.6.1), but looking at them is work as well.
        if entry.is_empty() {
            continue;
        }
        let Some(next) = std::str::from_utf8(entry).ok().and_then(&read) else { break };
        address = next.to_canonical();
        if !is_trusted(address, trusted) {
            break;
        }
    }
    Some(address)
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

/// The `for` of an entry of `Forwarded`. Bare values may hold `[`, `]` and `:`, which RFC 7239 wants quoted and many
/// proxies do not quote; who wrote them is trusted.
fn for_of_forwarded(entry: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in list::split(entry.as_bytes(), b';') {
        let pair = std::str::from_utf8(pair).ok()?;
        let (name, value) = pair.split_once('=')?;
        if name.eq_ignore_ascii_case("for") && found.replace(unquoted(value)?).is_some() {
            return None;
        }
    }
    node(&found?)
}

/// A node (RFC 7239 section 6): an address, perhaps with a port. IPv6 stands in brackets, or bare without a port, as
/// `X-Forwarded-For` has it.
fn node(text: &str) -> Option<IpAddr> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let well_formed = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return well_formed.then_some(IpAddr::V6(address.parse::<Ipv6Addr>().ok()?));
    }
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (address, port) = text.split_once(':')?;
    if is_port(port) { address.parse().ok().map(IpAddr::V4) } else { None }
}

/// A port, or the obfuscated name of one (RFC 7239 section 6).
fn is_port(text: &str) -> bool {
    let number = text.len() <= 5 && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let obfuscated = |rest: &str| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    number || text.strip_prefix('_').is_some_and(obfuscated)
}

#[cfg(test)]
mod tests;
