//! The master key file, and what is sealed under its keys.

use jeton_core::master_key::{MasterKeyError, MasterKeys, OpenError, Sealed};
use proptest::prelude::*;

use crate::support::{Counting, key_line, master_keys};

fn seal(keys: &MasterKeys, context: &str, plain: &[u8]) -> Sealed {
    keys.seal(context, plain, &Counting::default())
}

fn parse_error(text: &str) -> MasterKeyError {
    MasterKeys::parse(text).unwrap_err()
}

#[test]
fn a_generated_file_can_be_read_and_opens_what_it_sealed() {
    let text = MasterKeys::generate(&Counting::default());
    // 32 bytes for the key, then six for the name: the key is never the name of anything.
    assert_eq!(text.lines().last().unwrap(), "mk-ICEiIyQl AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    assert!(text.ends_with('\n'));
    let keys = MasterKeys::parse(&text).unwrap();
    let sealed = seal(&keys, "row", b"plain");
    assert_eq!(sealed.master_key, "mk-ICEiIyQl");
    let again = MasterKeys::parse(&text).unwrap();
    assert_eq!(*again.open("row", &sealed).unwrap(), b"plain");
}

#[test]
fn blank_lines_comments_and_white_space_do_not_count() {
    let key = key_line("mk", b'A');
    for text in [
        key.clone(),
        key.trim_end().to_owned(),
        format!("# comment\n\n   \n  # another\n{key}\n#last"),
        key.replace('\n', "\r\n"),
        format!("  {}  \n", key.trim_end()),
        key.replace(' ', "   "),
    ] {
        let keys = MasterKeys::parse(&text).unwrap();
        assert_eq!(seal(&keys, "row", b"plain"), seal(&master_keys(&["mk"]), "row", b"plain"), "{text:?}");
    }
}

#[test]
fn a_line_that_is_no_key_is_named_by_its_number() {
    let good = key_line("mk", b'A');
    let digits = "A".repeat(43);
    for bad in [
        "mk".to_owned(),
        digits.clone(),
        format!("mk\t{digits}"),
        format!("mk {}", &digits[1..]),
        format!("mk {digits}A"),
        format!("mk {digits}="),
        format!("mk {}+", &digits[1..]),
        // The last digit of 43 has two bits too many, and they are not zero.
        format!("mk {}B", &digits[1..]),
        format!("mk {digits} # comment"),
        format!("mk {digits} {digits}"),
    ] {
        assert_eq!(parse_error(&bad), MasterKeyError::Line { number: 1 }, "{bad}");
        let later = format!("# comment\n\n{good}{bad}\n{good}");
        assert_eq!(parse_error(&later), MasterKeyError::Line { number: 4 }, "{bad}");
    }
}

#[test]
fn a_file_without_a_key_or_with_two_of_one_name_is_refused() {
    for empty in ["", "\n\n", "# mk AAAA\n", "   "] {
        assert_eq!(parse_error(empty), MasterKeyError::Empty);
    }
    let twice = format!("{}\n{}{}", key_line("a", b'A'), key_line("b", b'B'), key_line("a", b'C'));
    assert_eq!(parse_error(&twice), MasterKeyError::Repeated { number: 4 });
}

#[test]
fn the_last_key_seals_and_all_of_them_open() {
    let (one, both) = (master_keys(&["old"]), master_keys(&["old", "new"]));
    let (before, after) = (seal(&one, "row", b"plain"), seal(&both, "row", b"plain"));
    assert_eq!((before.master_key.as_str(), after.master_key.as_str()), ("old", "new"));
    assert_eq!(*both.open("row", &before).unwrap(), b"plain");
    assert_eq!(*both.open("row", &after).unwrap(), b"plain");
    assert_eq!(one.open("row", &after).unwrap_err(), OpenError::OtherKey { master_key: "new".to_owned() });
    assert!(one.open("row", &after).unwrap_err().to_string().contains("\"new\""));
}

#[test]
fn a_value_opens_only_in_its_own_row_and_under_its_own_key() {
    let keys = master_keys(&["mk"]);
    let sealed = seal(&keys, "row 1", b"plain");
    assert_eq!(*keys.open("row 1", &sealed).unwrap(), b"plain");
    for other in ["row 2", "row 1 ", "", "row"] {
        assert_eq!(keys.open(other, &sealed), Err(OpenError::Corrupt));
    }
    let impostor = MasterKeys::parse(&key_line("mk", b'Z')).unwrap();
    assert_eq!(impostor.open("row 1", &sealed), Err(OpenError::Corrupt));
}

#[test]
fn a_value_that_is_cut_or_extended_is_refused() {
    let keys = master_keys(&["mk"]);
    let Sealed { master_key, bytes } = seal(&keys, "row", b"plain");
    let open = |bytes: Vec<u8>| keys.open("row", &Sealed { master_key: master_key.clone(), bytes });
    for end in 0..bytes.len() {
        assert_eq!(open(bytes[..end].to_vec()), Err(OpenError::Corrupt), "{end} bytes");
    }
    assert_eq!(open([&bytes[..], &[0]].concat()), Err(OpenError::Corrupt));
    assert_eq!(*open(bytes).unwrap(), b"plain");
}

#[test]
fn no_nonce_is_used_twice() {
    let (keys, random) = (master_keys(&["mk"]), Counting::default());
    let (one, other) = (keys.seal("row", b"plain", &random), keys.seal("row", b"plain", &random));
    assert_ne!(one.bytes[..12], other.bytes[..12]);
    assert_ne!(one.bytes[12..], other.bytes[12..]);
}

#[test]
fn nothing_that_is_printed_holds_a_key_or_a_plain_text() {
    let keys = master_keys(&["old", "new"]);
    assert_eq!(format!("{keys:?}"), r#"["old", "new"]"#);
    assert_eq!(format!("{:?}", seal(&keys, "row", b"plain")), r#"Sealed(under "new")"#);
    let digits = key_line("", b'Q').trim().to_owned();
    for text in [format!("mk {digits}="), digits.clone(), format!("a {digits}\na {digits}")] {
        let error = parse_error(&text);
        assert!(!format!("{error:?} {error}").contains(&digits[..8]), "{error}");
    }
}

proptest! {
    #[test]
    fn a_flipped_bit_anywhere_is_refused(plain: Vec<u8>, at: prop::sample::Index, bit in 0_u8..8) {
        let keys = master_keys(&["mk"]);
        let mut sealed = seal(&keys, "row", &plain);
        prop_assert_eq!(&*keys.open("row", &sealed).unwrap(), &plain);
        let at = at.index(sealed.bytes.len());
        sealed.bytes[at] ^= 1 << bit;
        prop_assert_eq!(keys.open("row", &sealed), Err(OpenError::Corrupt));
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC*|([a-z#]{0,3}[ \n]{0,2}[A-Za-z0-9_=-]{0,50}\n){0,4}") {
        let _ = MasterKeys::parse(&text);
    }
}

#[test]
fn a_key_more_seals_from_then_on_and_the_others_still_open() {
    for text in [key_line("old", b'A'), format!("# ours\n{}", key_line("old", b'A').trim_end())] {
        let sealed = seal(&MasterKeys::parse(&text).unwrap(), "row", b"plain");
        let longer = MasterKeys::add_to(&text, &Counting::default()).unwrap();
        assert!(longer.starts_with(&text), "{text:?}");
        let keys = MasterKeys::parse(&longer).unwrap();
        assert_eq!(keys.newest(), "mk-ICEiIyQl");
        assert_eq!(seal(&keys, "row", b"plain").master_key, "mk-ICEiIyQl");
        assert_eq!(*keys.open("row", &sealed).unwrap(), b"plain");
    }
}

#[test]
fn no_key_is_added_to_a_file_that_is_none() {
    let random = Counting::default();
    assert_eq!(MasterKeys::add_to("", &random).unwrap_err(), MasterKeyError::Empty);
    let bad = format!("{}mk", key_line("old", b'A'));
    assert_eq!(MasterKeys::add_to(&bad, &random).unwrap_err(), MasterKeyError::Line { number: 2 });
    let repeated = key_line("mk-ICEiIyQl", b'A');
    let refused = MasterKeys::add_to(&repeated, &random).unwrap_err();
    assert_eq!(refused, MasterKeyError::Repeated { number: 2 });
}

#[test]
fn a_dropped_key_takes_its_line_alone() {
    let (old, new) = (key_line("old", b'A'), key_line("old-2", b'B'));
    let text = format!("# old is from May\n\n  {old}# old\n{new}");
    assert_eq!(*MasterKeys::drop_from(&text, "old"), format!("# old is from May\n\n# old\n{new}"));
    assert_eq!(*MasterKeys::drop_from(&text, "old-2"), format!("# old is from May\n\n  {old}# old\n"));
    for none in ["#", "", "ol", "old ", "nobody"] {
        assert_eq!(*MasterKeys::drop_from(&text, none), text, "{none:?}");
    }
}
