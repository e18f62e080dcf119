//! Bodies of `application/x-www-form-urlencoded`, against the library that browsers' rules are written in.

use jeton_dialect::WireFault;
use jeton_dialect::form::Form;

/// What is accepted is read as `form_urlencoded` reads it, and what is refused was damaged.
pub fn form(data: &[u8]) {
    let theirs: Vec<_> = form_urlencoded::parse(data).into_owned().collect();
    match Form::read(data) {
        Ok(form) => {
            assert!(!has_stray_percent(data), "a stray % was accepted");
            let ours: Vec<_> = form.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            assert_eq!(ours, theirs);
            let names = || ours.iter().map(|(name, _)| name);
            let twice = names().enumerate().any(|(at, name)| names().skip(at + 1).any(|other| other == name));
            assert_eq!(form.repeats(None), twice);
        }
        Err(fault) => {
            assert_eq!(fault, WireFault::BodyUndecodable);
            // The library replaces what is no UTF-8.
            let replaced = theirs.iter().any(|(name, value)| (name.clone() + value).contains('\u{FFFD}'));
            assert!(has_stray_percent(data) || replaced, "a decodable form was refused");
        }
    }
}

fn has_stray_percent(data: &[u8]) -> bool {
    data.iter().enumerate().any(|(at, byte)| {
        let digits = || data.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
        *byte == b'%' && !digits()
    })
}
