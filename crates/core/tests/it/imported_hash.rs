//! Hashes that other systems made, read and compared. Each of [`FOREIGN`] was computed by the named implementation, and
//! none by this one.

use jeton_core::imported_hash::{ImportedHash, ImportedHashError};
use proptest::prelude::*;

const SECRET: &str = "correct horse battery staple ü";

/// Who made it, what kind it is, and what came out for [`SECRET`] at the least costs that there are.
const FOREIGN: [(&str, &str, &str); 11] = [
    ("Python bcrypt", "bcrypt", "$2b$04$.ajiKEW2.EfsKbMkD9pZBOsUr76mb7mq2uqHrYwDPLy7OzQcWAou2"),
    ("passlib", "bcrypt", "$2a$04$s6DL6WoK/6CHedRiEcnN9OhC77i8GoLAdJ4NbFHHc7mV5TIy4.l.W"),
    ("passlib, as PHP", "bcrypt", "$2y$04$CaCHOcqWKJccmY6oFl5lp.t4w1BER5WF0gD.Kqde95uyUS1FgUAGu"),
    (
        "passlib",
        "pbkdf2-sha256",
        "$pbkdf2-sha256$1000$X0spxbg3hrBWak1pjfHe.w$95evHlX7hq3Gs9M6Fo0jVrWur0ooGPa/XMOB9Ck47tk",
    ),
    (
        "passlib",
        "pbkdf2-sha512",
        "$pbkdf2-sha512$1000$fW/NWYux9j4nJCTkfA/BOA$Ke.O.7DalZiiRNPx9nwcs8vocwDZzpJO71yZ.271xLSHuQTxpeUMXKFQj8OAOlq10Ce4ef.B6D1n1pIO0gSWBA",
    ),
    (
        "Python hashlib, as a PHC string",
        "pbkdf2-sha256",
        "$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$Js09YheLS/dMyoyI/KpDVBllIOE4a/rPAB81tOXOe4U",
    ),
    (
        "Python hashlib, as a PHC string",
        "pbkdf2-sha512",
        "$pbkdf2-sha512$i=1000,l=64$MDEyMzQ1Njc4OWFiY2RlZg$zFjyK/q3q9C7OVKybhB7eVDYCvtjmAPpHt1GD4Jjzha6SupjFeFdN/PFY1C6k2BRNN7uCUJ1R0EIt33cLmPA/Q",
    ),
    (
        "Django",
        "pbkdf2-sha256",
        "pbkdf2_sha256$1000$saltysaltysalt$o5YqkmlaBt4ACUD446DPAG9i0CFBfIjEyY6bH/ZQLf8=",
    ),
    (
        "passlib",
        "scrypt",
        "$scrypt$ln=10,r=8,p=1$j3Gu9d5bq1VKiXHuHWNsTQ$T5qSOW01cx/jhs4jLMudiQLQ/i/Yx6uZMrLYd+mlg4Q",
    ),
    ("argon2-cffi", "argon2id", "$argon2id$v=19$m=256,t=2,p=2$UioF4BzDuNc65xyjFIKQsg$rL6gHBcKtC52+F4T4sls4g"),
    ("Django", "argon2id", "argon2$argon2id$v=19$m=256,t=2,p=1$c2FsdHlzYWx0eXNhbHQ$zDppXfC+yfzAd13znFZnSA"),
];

fn parse(text: &str) -> ImportedHash {
    text.parse().unwrap()
}

#[test]
fn each_form_is_read_and_matches_its_secret_alone() {
    for (by, kind, text) in FOREIGN {
        let hash = parse(text);
        assert_eq!((hash.kind(), hash.text()), (kind, text), "{by}");
        assert!(hash.matches(SECRET.as_bytes()), "{by}: {text}");
        for wrong in ["", "correct horse battery staple", "Correct horse battery staple ü"] {
            assert!(!hash.matches(wrong.as_bytes()), "{by}: {text}");
        }
        assert!(hash.weakness().is_some(), "these were made cheaply: {text}");
        assert!(!format!("{hash:?}").contains(&text[12..]));
    }
}

/// bcrypt sees 72 bytes. Others cut what is longer, and take any secret that begins alike.
#[test]
fn a_secret_that_bcrypt_would_cut_is_refused() {
    let hash = parse("$2b$04$mdNUmA1Y6X9XkrnpQ6HfNO7O3Fqs./f28cWdN9B3rtckgNKH/BfMm");
    assert!(hash.matches("x".repeat(72).as_bytes()));
    assert!(!hash.matches("x".repeat(73).as_bytes()));
    assert!(!parse(FOREIGN[0].2).matches(format!("{SECRET}\0").as_bytes()), "nor does a zero byte end one");
}

#[test]
fn costs_have_a_floor() {
    let bcrypt = |cost: u32| parse(&FOREIGN[0].2.replace("$04$", &format!("${cost:02}$"))).weakness();
    assert!(bcrypt(9).is_some() && bcrypt(10).is_none());
    let pbkdf2 = |times: u32| parse(&FOREIGN[3].2.replace("$1000$", &format!("${times}$"))).weakness();
    assert!(pbkdf2(9_999).is_some() && pbkdf2(10_000).is_none());
    let argon2 = |memory: u32| parse(&FOREIGN[9].2.replace("m=256", &format!("m={memory}"))).weakness();
    assert!(argon2(7_167).is_some() && argon2(7_168).is_none());
    let scrypt = |log_n: u32| parse(&FOREIGN[8].2.replace("ln=10", &format!("ln={log_n}"))).weakness();
    assert!(scrypt(13).is_some() && scrypt(14).is_none());
}

#[test]
fn costs_have_a_ceiling() {
    let costly = |text: String| {
        let error = text.parse::<ImportedHash>().unwrap_err();
        assert!(matches!(error, ImportedHashError::TooCostly(..)), "{text}: {error:?}");
    };
    for cost in [15, 31, 99] {
        costly(FOREIGN[0].2.replace("$04$", &format!("${cost}$")));
    }
    for times in ["2000001", "4294967295"] {
        costly(FOREIGN[3].2.replace("$1000$", &format!("${times}$")));
        costly(FOREIGN[5].2.replace("i=1000", &format!("i={times}")));
        costly(FOREIGN[7].2.replace("$1000$", &format!("${times}$")));
    }
    for costs in ["m=262145,t=1,p=1", "m=262144,t=9,p=1", "m=256,t=4294967295,p=1", "m=1024,t=1,p=17"] {
        costly(FOREIGN[9].2.replace("m=256,t=2,p=2", costs));
    }
    for costs in ["ln=22,r=8,p=1", "ln=40,r=8,p=1", "ln=20,r=4294967295,p=1", "ln=10,r=8,p=17"] {
        costly(FOREIGN[8].2.replace("ln=10,r=8,p=1", costs));
    }
}

#[test]
fn what_is_no_hash_is_refused() {
    let none = [
        "",
        "$",
        "$$",
        "hunter2",
        "$1$saltsalt$hash",
        "$2x$04$",
        "$5$rounds=5000$salt$hash",
        "$pbkdf2$1000$a$b",
    ];
    for text in none {
        assert_eq!(text.parse::<ImportedHash>().unwrap_err(), ImportedHashError::Form, "{text}");
    }
    assert_eq!("x".repeat(600).parse::<ImportedHash>().unwrap_err(), ImportedHashError::Form);
    let (bcrypt, passlib, phc, scrypt, argon2) =
        (FOREIGN[0].2, FOREIGN[3].2, FOREIGN[5].2, FOREIGN[8].2, FOREIGN[9].2);
    let malformed = [
        bcrypt.replace("$04$", "$4$"),
        bcrypt.replace("$04$", "$+4$"),
        bcrypt.replace("$04$", "$03$"),
        bcrypt[..59].to_owned(),
        format!("{bcrypt}."),
        bcrypt.replace(".ajiKEW2", "!ajiKEW2"),
        passlib.replace("$1000$", "$0$"),
        passlib.replace("$1000$", "$-1$"),
        passlib.replace("$1000$", "$1e3$"),
        passlib.replace("X0spxbg3hrBWak1pjfHe.w", "X0sp"),
        phc.replace("l=32", "l=31"),
        phc.replace("i=1000,l=32", "l=32,i=1000"),
        phc.replace("i=1000,l=32", "i=1000,l=32,x=1"),
        phc.replace("Js09", "Js_9"),
        scrypt.replace("ln=10,", ""),
        scrypt.replace("ln=10", "ln=0"),
        argon2.replace("v=19", "v=16"),
        argon2.replace("$v=19", ""),
        argon2.replace("p=2", "p=0"),
        argon2.replace("$rL6gHBcKtC52+F4T4sls4g", "$rL6g"),
    ];
    for text in malformed {
        let error = text.parse::<ImportedHash>().unwrap_err();
        assert!(matches!(error, ImportedHashError::Malformed(_)), "{text}: {error:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\$?[a-z0-9_-]{0,12}\\$.{0,100}") {
        if let Ok(hash) = text.parse::<ImportedHash>() {
            prop_assert_eq!(hash.text(), text);
        }
    }

    /// Whatever one character is turned into, the text is refused, or reads back as it stands and matches nothing: but for
    /// the bits that fill base64 up, which some decoders ignore and this one does not.
    #[test]
    fn a_hash_that_was_touched_matches_nothing(which in 3_usize..11, at in 0.0..1.0, to in "[0-9A-Za-z./+=$,]") {
        let text = FOREIGN[which].2;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place")]
        let at = (at * text.len() as f64) as usize;
        let touched = format!("{}{to}{}", &text[..at], &text[at + 1..]);
        // Either spells the same digit of passlib's base64.
        prop_assume!(touched.replace('.', "+") != text.replace('.', "+"));
        if let Ok(hash) = touched.parse::<ImportedHash>() {
            prop_assert!(!hash.matches(SECRET.as_bytes()), "{}", touched);
        }
    }
}
