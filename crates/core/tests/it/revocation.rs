//! What a token says of its credential, and the texts that are none of ours.

use jeton_core::id::TokenId;
use jeton_core::revocation::{KEEP_GENERATION, MARGIN, MAX_TOKEN_LIFETIME, MalformedRev, Rev};

const HANDLE: &str = "AbcdefghijklmnopqrstU-";

#[test]
fn a_rev_is_a_handle_and_a_generation() {
    let rev: Rev = format!("{HANDLE}.42").parse().unwrap();
    assert_eq!((rev.handle.as_str(), rev.generation), (HANDLE, 42));
    for wrong in ["", ".", HANDLE, "short.1"] {
        assert_eq!(wrong.parse::<Rev>(), Err(MalformedRev), "{wrong}");
    }
    for generation in ["", "-1", "+1", " 1", "1.2", "1e3", "9223372036854775808", "\u{0661}"] {
        assert_eq!(format!("{HANDLE}.{generation}").parse::<Rev>(), Err(MalformedRev), "{generation}");
    }
}

/// What it is written into has lines and words.
#[test]
fn a_token_id_breaks_no_line() {
    let longest = "x".repeat(56);
    for good in ["a", "-_", &longest] {
        assert!(good.parse::<TokenId>().is_ok(), "{good}");
    }
    for wrong in ["", "a b", "a\nb", "a/b", "a=", "\u{e4}", &"x".repeat(57)] {
        assert!(wrong.parse::<TokenId>().is_err(), "{wrong}");
    }
}

#[test]
fn a_generation_is_kept_as_long_as_a_token_below_it_may_live() {
    assert_eq!(KEEP_GENERATION, MAX_TOKEN_LIFETIME + MARGIN);
}
