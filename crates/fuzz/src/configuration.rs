//! The configuration file of a server.

use std::io::Write as _;

use jeton_server::config::{Config, Origin};

/// What is accepted fits together, and what is refused is refused at a place of the text, in one line of words.
pub fn configuration(data: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("there is a folder for files that pass");
    file.write_all(data).expect("it takes a few bytes");
    match Config::read(file.path()) {
        Ok(config) => {
            assert!(!config.environments.is_empty() && !config.endpoints.is_empty());
            assert_eq!(config.check(), Ok(()));
        }
        Err(errors) => {
            assert!(!errors.0.is_empty(), "refused without a reason");
            for error in errors.0 {
                assert!(!error.message.is_empty(), "refused without a word");
                match error.origin {
                    Origin::File { place: Some(place), .. } => assert_in(data, place),
                    // The TOML reader says where, but for this.
                    Origin::File { place: None, .. } if error.message == "recursion limit" => {}
                    Origin::File { place: None, .. } => {
                        assert!(std::str::from_utf8(data).is_err(), "no place: {}", error.message);
                    }
                    // What no line says, a default says.
                    Origin::Default => {}
                    other => panic!("{other} was not asked"),
                }
            }
        }
    }
}

/// A place is a character of the text, or the end of a line.
fn assert_in(data: &[u8], (line, column): (usize, usize)) {
    let text = std::str::from_utf8(data).expect("only a text has places");
    let found = text.split('\n').nth(line.checked_sub(1).expect("lines count from 1"));
    let length = found.expect("the line is one of the text").chars().count();
    assert!((1..=length + 1).contains(&column), "column {column} of {length}");
}
