//! The networks of a credential: how they are read, kept and judged.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use jeton_core::networks::{
    MOST_NETWORKS, NetworkError, admits, normal_networks, parse_network, read_networks, write_networks,
};
use proptest::prelude::*;

fn networks(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn what_people_write_is_read_or_explained() {
    for (text, read) in [
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:DB8:0::/32", "2001:db8::/32"),
        ("2001:db8::7", "2001:db8::7/128"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ] {
        assert_eq!(parse_network(text).unwrap().to_string(), read);
    }
    for (text, why) in [
        ("192.0.2.7/24", "192.0.2.7/24 has bits beyond its prefix: say 192.0.2.0/24, or a longer prefix"),
        ("::ffff:192.0.2.0/120", "is IPv4 within IPv6: say it as IPv4"),
        ("::ffff:192.0.2.7", "is IPv4 within IPv6: say it as IPv4"),
    ] {
        let said = parse_network(text).unwrap_err().to_string();
        assert!(said.ends_with(why), "{said}");
    }
    for text in [
        "",
        " ",
        "192.0.2.0/33",
        "192.0.2/24",
        "192.0.2.00/24",
        "192.0.2.0/024",
        "192.0.2.0/+24",
        "192.0.2.010",
        "all",
        "fe80::1%eth0",
        "192.0.2.0/24 ",
        "/0",
    ] {
        assert_eq!(parse_network(text), Err(NetworkError::Malformed), "{text:?}");
    }
}

#[test]
fn only_what_was_written_is_read_back() {
    for text in [
        "",
        " ",
        "192.0.2.0/24 ",
        " 192.0.2.0/24",
        "192.0.2.0/24  198.51.100.0/24",
        "192.0.2.0/24,198.51.100.0/24",
        "192.0.2.0",
        "192.0.2.1/24",
        "2001:db8::/32 192.0.2.0/24",
        "192.0.2.0/24 192.0.2.0/24",
        "2001:DB8::/32",
        "::ffff:192.0.2.0/120",
    ] {
        assert_eq!(read_networks(text), None, "{text:?}");
    }
    let most: Vec<IpNet> = (0..65).map(|at| format!("10.0.{at}.0/24").parse().unwrap()).collect();
    assert!(normal_networks(&most[..MOST_NETWORKS]).is_ok());
    assert_eq!(normal_networks(&most), Err(NetworkError::TooMany { count: 65 }));
    assert_eq!(read_networks(&write_networks(&most).unwrap()), None);
}

#[test]
fn no_list_is_every_address_and_a_list_none_but_its_own() {
    let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
    assert!(admits(&[], None) && admits(&[], address("192.0.2.7")));
    let list = networks(&["192.0.2.0/24", "2001:db8::/32"]);
    for inside in ["192.0.2.0", "192.0.2.255", "::ffff:192.0.2.7", "2001:db8:ffff::1"] {
        assert!(admits(&list, address(inside)), "{inside}");
    }
    for outside in ["192.0.3.0", "192.0.1.255", "::ffff:192.0.3.0", "::192.0.2.7", "2001:db9::"] {
        assert!(!admits(&list, address(outside)), "{outside}");
    }
    assert!(!admits(&list, None));
    assert!(!admits(&networks(&["::/0"]), address("::ffff:192.0.2.7")));
    assert!(admits(&networks(&["0.0.0.0/0"]), address("::ffff:192.0.2.7")));
}

fn network() -> impl Strategy<Value = IpNet> {
    let four = (any::<u32>(), 0..=32_u8)
        .prop_map(|(bits, prefix)| IpNet::V4(Ipv4Net::new(bits.into(), prefix).unwrap()));
    let six = (any::<u128>(), 0..=128_u8)
        .prop_map(|(bits, prefix)| IpNet::V6(Ipv6Net::new(bits.into(), prefix).unwrap()));
    prop_oneof![four, six]
}

proptest! {
    #[test]
    fn a_list_is_kept_as_it_is(given in prop::collection::vec(network(), 0..MOST_NETWORKS)) {
        let given: Vec<IpNet> = given.into_iter().map(|network| network.trunc()).collect();
        if let Ok(normal) = normal_networks(&given) {
            let read = write_networks(&normal).map(|text| read_networks(&text).unwrap());
            prop_assert_eq!(read.unwrap_or_default(), normal.clone());
            prop_assert_eq!(normal_networks(&normal).unwrap(), normal.clone());
            // The order of a list, and what stands in it twice, is nothing to whoever comes.
            let address = given.first().map(IpNet::addr);
            prop_assert_eq!(admits(&normal, address), admits(&given, address));
        }
    }

    #[test]
    fn any_text_is_a_normal_list_or_none(text in "[0-9a-f.:/ ]{0,80}|\\PC{0,40}") {
        if let Some(read) = read_networks(&text) {
            prop_assert!(!read.is_empty());
            prop_assert_eq!(write_networks(&read), Some(text));
        }
    }

    /// Judged bit by bit, without the library.
    #[test]
    fn an_address_is_in_a_network_by_its_first_bits(network in network(), bits in any::<u128>(), near in any::<bool>()) {
        let network = network.trunc();
        let (address, inside) = match network {
            IpNet::V4(network) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(network.prefix_len())).unwrap_or(0);
                let own = u32::from(network.addr());
                #[expect(clippy::cast_possible_truncation, reason = "any bits will do")]
                let any = bits as u32;
                let address = if near { own | (any & !mask) } else { any };
                (IpAddr::V4(address.into()), address & mask == own)
            }
            IpNet::V6(network) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(network.prefix_len())).unwrap_or(0);
                let own = u128::from(network.addr());
                let address = if near { own | (bits & !mask) } else { bits };
                (IpAddr::V6(address.into()), address & mask == own)
            }
        };
        prop_assume!(address.to_canonical() == address);
        prop_assert_eq!(admits(&[network], Some(address)), inside);
    }
}
