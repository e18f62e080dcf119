//! The walk, with what proxies write and what strangers write before it.

use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;
use proptest::prelude::*;

use super::*;

const PROXY: &str = "10.0.0.1";

fn trusted() -> Vec<IpNet> {
    ["10.0.0.0/8", "fd00::/8"].map(|net| net.parse().expect("it is a net")).to_vec()
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("it is a header's value"))
    };
    lines.iter().map(pair).collect()
}

fn address(peer: &str, lines: &[(&'static str, &str)]) -> String {
    client_address(peer.parse().expect("it is an address"), &headers(lines), &trusted()).to_string()
}

#[test]
fn nobody_is_believed_but_trusted_proxies() {
    assert_eq!(address("203.0.113.9", &[("x-forwarded-for", "198.51.100.1")]), "203.0.113.9");
    assert_eq!(address("203.0.113.9", &[("forwarded", "for=198.51.100.1")]), "203.0.113.9");
    let nobody = client_address(
        "10.0.0.1".parse().expect("it is an address"),
        &headers(&[("x-forwarded-for", "198.51.100.1")]),
        &[],
    );
    assert_eq!(nobody.to_string(), PROXY);
    assert_eq!(address(PROXY, &[]), PROXY);
}

#[test]
fn x_forwarded_for_is_read_from_the_right() {
    let cases = [
        ("198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("198.51.100.1:4711", "198.51.100.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.2", "10.0.0.2"),
        ("198.51.100.1,, ,", "198.51.100.1"),
        // Malformed: the last trusted hop.
        ("198.51.100.1, nonsense", PROXY),
        ("198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"),
        ("198.51.100.1:", PROXY),
        ("[2001:db8::1", PROXY),
        ("[2001:db8::1]x", PROXY),
        ("2001:db8::1%eth0", PROXY),
        ("198.51.100.256", PROXY),
        ("", PROXY),
    ];
    for (value, expected) in cases {
        assert_eq!(address(PROXY, &[("x-forwarded-for", value)]), expected, "{value:?}");
    }
}

#[test]
fn forwarded_is_read_from_the_right() {
    let cases = [
        ("for=198.51.100.1", "198.51.100.1"),
        ("For=\"198.51.100.1\"", "198.51.100.1"),
        ("for=\"198.51.100.1:4711\";proto=https;by=10.0.0.1", "198.51.100.1"),
        ("proto=https; for=198.51.100.1", "198.51.100.1"),
        ("for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
        ("for=\"[2001:db8::1]:_obfuscated\"", "2001:db8::1"),
        ("for=[2001:db8::1]", "2001:db8::1"),
        ("for=6.6.6.6, for=198.51.100.1, for=10.0.0.2", "198.51.100.1"),
        ("for=\"198.51.100\\.1\"", "198.51.100.1"),
        ("host=\"a,b;c\";for=198.51.100.1", "198.51.100.1"),
        // A quotation that a stranger opened swallows nothing.
        ("for=\"6.6.6.6, for=198.51.100.1", "198.51.100.1"),
        ("x=\", for=\"[2001:db8::1]\"", "2001:db8::1"),
        // The last trusted hop.
        ("for=unknown", PROXY),
        ("for=_hidden, for=10.0.0.2", "10.0.0.2"),
        ("for=198.51.100.1;for=6.6.6.6", PROXY),
        ("by=198.51.100.1", PROXY),
        ("for", PROXY),
        ("for=\"198.51.100.1\"x", PROXY),
        ("198.51.100.1", PROXY),
    ];
    for (value, expected) in cases {
        assert_eq!(address(PROXY, &[("forwarded", value)]), expected, "{value:?}");
    }
}

#[test]
fn several_lines_are_one_list() {
    let lines = [("x-forwarded-for", "6.6.6.6, 198.51.100.1"), ("x-forwarded-for", "10.0.0.2")];
    assert_eq!(address(PROXY, &lines), "198.51.100.1");
}

#[test]
fn two_headers_must_agree() {
    let agreeing = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1")];
    assert_eq!(address(PROXY, &agreeing), "198.51.100.1");
    let invented = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=6.6.6.6")];
    assert_eq!(address(PROXY, &invented), PROXY);
    let malformed = [("x-forwarded-for", "198.51.100.1"), ("forwarded", "nonsense")];
    assert_eq!(address(PROXY, &malformed), PROXY);
}

#[test]
fn the_peer_itself_is_normalised() {
    assert_eq!(address("::ffff:203.0.113.9", &[]), "203.0.113.9");
    assert_eq!(address("::ffff:10.0.0.1", &[("x-forwarded-for", "198.51.100.1")]), "198.51.100.1");
}

#[test]
fn hops_are_bounded() {
    let all_trusted = vec![PROXY; 10 * MOST_HOPS].join(",");
    assert_eq!(address(PROXY, &[("x-forwarded-for", &format!("198.51.100.1,{all_trusted}"))]), PROXY);
    let commas = ",".repeat(65_536);
    assert_eq!(address(PROXY, &[("x-forwarded-for", &format!("198.51.100.1{commas}"))]), PROXY);
    assert_eq!(address(PROXY, &[("forwarded", &format!("{commas}for=198.51.100.1"))]), "198.51.100.1");
    let quotes = "\"\\".repeat(32_768);
    assert_eq!(address(PROXY, &[("forwarded", &format!("{quotes},for=198.51.100.1"))]), "198.51.100.1");
}

proptest! {
    /// Whatever a stranger sends, what the trusted proxy appends to it decides.
    #[test]
    fn what_stands_left_of_a_trusted_entry_changes_nothing(
        stranger in "[ -~\t]{0,200}",
        client in any::<[u8; 4]>().prop_map(|octets| IpAddr::from(octets).to_string()),
        in_one_line in any::<bool>(),
    ) {
        prop_assume!(!client.starts_with("10."));
        for (name, entry) in [("x-forwarded-for", client.clone()), ("forwarded", format!("for={client}"))] {
            let joined = format!("{stranger}, {entry}");
            let lines = if in_one_line { vec![(name, &*joined)] } else { vec![(name, &*stranger), (name, &*entry)] };
            prop_assert_eq!(address(PROXY, &lines), client.clone());
        }
    }

    /// Any bytes at all: an answer, and never one that nobody vouched for.
    #[test]
    fn any_header_has_an_answer(value in proptest::collection::vec(any::<u8>(), 0..300)) {
        let Ok(value) = HeaderValue::from_bytes(&value) else { return Ok(()) };
        for name in [FORWARDED, X_FORWARDED_FOR] {
            let headers = HeaderMap::from_iter([(name, value.clone())]);
            let peer = "203.0.113.9".parse().expect("it is an address");
            prop_assert_eq!(client_address(peer, &headers, &trusted()), peer);
            client_address("10.0.0.1".parse().expect("it is an address"), &headers, &trusted());
        }
    }

    /// Every address is read back in each of its written forms.
    #[test]
    fn written_addresses_are_read_back(bits in any::<u128>(), port in any::<u16>()) {
        let address = IpAddr::V6(Ipv6Addr::from_bits(bits));
        for text in [format!("{address}"), format!("[{address}]"), format!("[{address}]:{port}")] {
            prop_assert_eq!(node(&text), Some(address));
        }
    }
}
