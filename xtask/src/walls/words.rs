//! Walls inside crates: words that a source must not use where it stands.

use std::collections::BTreeSet;

use super::Violation;
use super::tables::{Places, WORDS, Word};
use super::{imports, source};
use crate::workspace::TextFile;

/// How many lines above a word an `#[expect]` of it may begin.
const EXPECT_REACH: usize = 5;

/// Holds one file against the table. Only what is shipped is read: tests may do as they must.
pub(super) fn check(file: &TextFile) -> Vec<Violation> {
    if !file.path.contains("src/") {
        return Vec::new();
    }
    let code = source::without_tests(&source::code_only(&file.text));
    let mut said = BTreeSet::new();
    for row in WORDS.iter().filter(|row| forbidden(row, &file.path)) {
        for word in row.words {
            let lines = lines_with(&code, word).into_iter().filter(|line| !expected(row, &file.text, *line));
            said.extend(lines.map(|line| (line, *word, row.why)));
        }
    }
    said.into_iter()
        .map(|(line, word, why)| Violation {
            place: format!("{}:{line}", file.path),
            what: format!("`{}` must not stand here: {why}", word.trim_end()),
        })
        .collect()
}

fn forbidden(row: &Word, path: &str) -> bool {
    match row.places {
        Places::Only(places) => !places.iter().any(|place| path.starts_with(place)),
        Places::NotIn(places) => places.iter().any(|place| path.starts_with(place)),
        Places::Expecting(_) => true,
    }
}

fn expected(row: &Word, text: &str, line: usize) -> bool {
    let Places::Expecting(which) = row.places else { return false };
    let mut above = text.lines().take(line).skip(line.saturating_sub(EXPECT_REACH + 1));
    above.any(|text| text.contains(which))
}

/// The lines, from 1, on which the word begins, in code or in a `use` written out.
fn lines_with(code: &str, word: &str) -> BTreeSet<usize> {
    let in_code =
        code.lines().enumerate().filter(|(_, text)| has_word(text, word)).map(|(index, _)| index + 1);
    let imported = imports::written_out(code);
    let imported = imported.iter().filter(|(_, path)| has_word(path, word)).map(|(line, _)| *line);
    in_code.chain(imported).collect()
}

fn has_word(text: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| !text[..at].ends_with(part_of_name))
}

#[cfg(test)]
mod tests {
    use super::{TextFile, check};

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = TextFile { path: path.to_owned(), text: text.to_owned() };
        check(&file).iter().map(ToString::to_string).collect()
    }

    #[track_caller]
    fn assert_found(path: &str, text: &str, place: &str) {
        let found = found(path, text);
        assert!(matches!(found.as_slice(), [one] if one.starts_with(place)), "{found:?}");
    }

    #[test]
    fn each_reserved_name_is_found_outside_its_crate() {
        assert_found("crates/server/src/a.rs", "use sqlx::Row;\n", "crates/server/src/a.rs:1: `sqlx::`");
        assert_found(
            "crates/cli/src/a.rs",
            "\nfn f() -> axum::Router {}\n",
            "crates/cli/src/a.rs:2: `axum::`",
        );
        assert_found(
            "crates/store/src/a.rs",
            "use aws_lc_rs::hmac;\n",
            "crates/store/src/a.rs:1: `aws_lc_rs::`",
        );
    }

    #[test]
    fn input_and_output_are_found_where_there_is_none() {
        for krate in ["jose", "core", "dialect"] {
            let path = format!("crates/{krate}/src/a.rs");
            assert_found(&path, "use tokio::sync::Mutex;\n", &format!("{path}:1: `tokio::`"));
            assert_found(&path, "use std::{fmt, fs};\n", &format!("{path}:1: `std::fs`"));
            assert_found(
                &path,
                "use std::net::{IpAddr,\n TcpStream};\n",
                &format!("{path}:1: `std::net::Tcp`"),
            );
            assert_found(
                &path,
                "use std::time::{Duration, Instant};\n",
                &format!("{path}:1: `std::time::Instant`"),
            );
        }
        assert!(found("crates/core/src/a.rs", "use std::net::IpAddr;\n").is_empty());
    }

    #[test]
    fn an_ambient_clock_is_found_unless_it_is_expected() {
        let path = "crates/server/src/a.rs";
        assert_found(path, "let now = Instant::now();\n", "crates/server/src/a.rs:1: `Instant::now`");
        let expected = "#[expect(clippy::disallowed_methods, reason = \"r\")]\nlet now = Instant::now();\n";
        assert!(found(path, expected).is_empty());
    }

    #[test]
    fn printing_in_a_library_is_found() {
        let text = "fn f() {\n    println!(\"x\");\n}\n";
        assert_found("crates/store/src/a.rs", text, "crates/store/src/a.rs:2: `println!`");
        assert!(found("crates/cli/src/a.rs", text).is_empty());
    }

    #[test]
    fn a_dialect_by_name_is_found_in_the_server() {
        let place = "crates/server/src/token.rs:1: `jeton_dialect::oauth2`";
        assert_found("crates/server/src/token.rs", "use jeton_dialect::{Dialect, oauth2};\n", place);
    }

    #[test]
    fn allowed_lints_and_unsafe_are_found_anywhere() {
        assert_found("xtask/src/a.rs", "#[allow(dead_code)]\nfn f() {}\n", "xtask/src/a.rs:1: `#[allow(`");
        assert_found("crates/cli/src/a.rs", "fn f() { unsafe { g() } }\n", "crates/cli/src/a.rs:1: `unsafe`");
        assert!(found("crates/cli/src/a.rs", "#![forbid(unsafe_code)]\n").is_empty());
    }

    #[test]
    fn comments_texts_tests_and_longer_names_are_not_read() {
        let path = "crates/core/src/a.rs";
        assert!(found(path, "// tokio::spawn\n/* std::fs */\nconst A: &str = \"sqlx::\";\n").is_empty());
        assert!(found(path, "use my_tokio::spawn;\n").is_empty());
        assert!(found(path, "#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n").is_empty());
        assert!(found("crates/core/tests/it/a.rs", "use tokio::spawn;\n").is_empty());
    }
}
