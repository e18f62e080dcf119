//! The networks that a credential may be used from: how they are written, kept and judged.
//!
//! An IPv4 address that stands in an IPv6 one (`::ffff:192.0.2.1`) counts as IPv4, so `::/0` is every IPv6 address and
//! no IPv4 one. No list, or an empty one, is every address.

use std::net::IpAddr;

use ipnet::IpNet;

/// How many networks a credential may have.
pub const MOST_NETWORKS: usize = 64;

/// Why a list of networks is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The text is none.
    #[error(
        "a network must be an address, or one with the length of its prefix, such as 192.0.2.0/24 or 2001:db8::/32"
    )]
    Malformed,
    /// Bits are set beyond the prefix, so one of the two is a mistake.
    #[error("{given} has bits beyond its prefix: say {}, or a longer prefix", .given.trunc())]
    HostBits {
        /// What was given.
        given: IpNet,
    },
    /// An address is never IPv4 in IPv6 when it is judged.
    #[error("{given} is IPv4 within IPv6: say it as IPv4")]
    Mapped {
        /// What was given.
        given: IpNet,
    },
    /// Too many.
    #[error("these are {count} networks, and a credential may have {MOST_NETWORKS}: say wider ones")]
    TooMany {
        /// How many were given.
        count: usize,
    },
}

/// The network in this text; an address alone is the network of it and no other.
pub fn parse_network(text: &str) -> Result<IpNet, NetworkError> {
    let network = written(text).ok_or(NetworkError::Malformed)?;
    check(network)?;
    Ok(network)
}

/// Not by the library's reader, which takes the leading zeros of `192.0.2.010`, an eight to some and a ten to others.
fn written(text: &str) -> Option<IpNet> {
    let Some((address, prefix)) = text.split_once('/') else {
        return text.parse::<IpAddr>().ok().map(IpNet::from);
    };
    let length: u8 = prefix.parse().ok()?;
    let network = IpNet::new(address.parse().ok()?, length).ok()?;
    (length.to_string() == prefix).then_some(network)
}

/// The list as it is kept: sorted, each network once. Refused where it cannot be kept.
pub fn normal_networks(networks: &[IpNet]) -> Result<Vec<IpNet>, NetworkError> {
    networks.iter().copied().try_for_each(check)?;
    let mut networks = networks.to_vec();
    networks.sort_unstable();
    networks.dedup();
    if networks.len() > MOST_NETWORKS {
        return Err(NetworkError::TooMany { count: networks.len() });
    }
    Ok(networks)
}

/// A normal list as one text; `None` for every address.
pub fn write_networks(networks: &[IpNet]) -> Option<String> {
    let texts: Vec<String> = networks.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

/// What [`write_networks`] wrote, and nothing else: `None` where the text is of no normal list. An empty text is none,
/// lest damage open a credential to every address.
pub fn read_networks(text: &str) -> Option<Vec<IpNet>> {
    let read = text.split(' ').take(MOST_NETWORKS + 1).map(|network| network.parse().ok());
    let networks = normal_networks(&read.collect::<Option<Vec<IpNet>>>()?).ok()?;
    (write_networks(&networks).as_deref() == Some(text)).then_some(networks)
}

/// Whether a credential with this list may be used from there. An address that nobody knows is in no network.
///
/// Every network is looked at, whichever has the address.
pub fn admits(networks: &[IpNet], address: Option<IpAddr>) -> bool {
    let address = address.map(|address| address.to_canonical());
    let has_it = |network: &IpNet| address.is_some_and(|address| network.contains(&address));
    networks.is_empty() || networks.iter().fold(false, |found, network| found | has_it(network))
}

fn check(given: IpNet) -> Result<(), NetworkError> {
    if given.addr().to_canonical() != given.addr() {
        return Err(NetworkError::Mapped { given });
    }
    if given != given.trunc() {
        return Err(NetworkError::HostBits { given });
    }
    Ok(())
}
