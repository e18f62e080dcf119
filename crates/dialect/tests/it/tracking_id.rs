//! The grammar of the tracking id, and what of it is given back.

use jeton_dialect::TrackingId;
use jeton_dialect::tracking_id::X_TRACKING_ID;
use proptest::prelude::*;

use crate::support::headers_of;

fn answered(values: &[&[u8]]) -> Option<String> {
    let headers = headers_of(&X_TRACKING_ID, &values.iter().map(|value| value.to_vec()).collect::<Vec<_>>());
    TrackingId::read(&headers).to_answer("request-id").map(str::to_owned)
}

#[test]
fn it_is_given_back_if_it_is_well_formed_and_came_once() {
    assert_eq!(answered(&[]).as_deref(), Some("request-id"));
    assert_eq!(answered(&[b"t-1"]).as_deref(), Some("t-1"));
    assert_eq!(answered(&[b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"]).map(|id| id.len()), Some(32));
    assert_eq!(answered(&[&[b'a'; 128]]).map(|id| id.len()), Some(128));
    for malformed in [&b""[..], &[b'a'; 129], b"a b", b"a\tb", b"caf\xe9", "caf\u{e9}".as_bytes()] {
        assert_eq!(answered(&[malformed]), None, "{malformed:?}");
    }
    for repeated in [[&b"t-1"[..], b"t-1"], [b"t-1", b"t-2"], [b"t-1", b""], [b"", b""]] {
        assert_eq!(answered(&repeated), None);
    }
}

#[test]
fn an_empty_one_among_others_counts_before_the_repetition() {
    let headers = headers_of(&X_TRACKING_ID, &[b"t-1".to_vec(), Vec::new()]);
    assert_eq!(TrackingId::read(&headers), TrackingId::Empty);
    let headers = headers_of(&X_TRACKING_ID, &[b"t-1".to_vec(), b"a b".to_vec()]);
    assert_eq!(TrackingId::read(&headers), TrackingId::Repeated);
}

proptest! {
    #[test]
    fn whatever_is_given_back_is_visible_ascii(value in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Some(id) = answered(&[&value]) {
            prop_assert!((1..=128).contains(&id.len()) && id.bytes().all(|byte| (0x21..=0x7E).contains(&byte)));
        }
    }
}
