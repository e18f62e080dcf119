//! Instructions of a request, counted by callgrind: what no other load on the machine can change.
//!
//! A server is run under callgrind twice, with few requests on one connection and with many. What the second one executed
//! more, over the requests that it had more, is a request. The figures stand in `docs/performance/instructions.txt`; 5 %
//! more than that is a failure. valgrind's processor has neither AVX-512 nor SHA instructions, so cryptography weighs more
//! there than in life.

use std::fs;
use std::path::PathBuf;

use super::Binaries;
use crate::measure::http::Connection;
use crate::measure::scratch::Scratch;
use crate::measure::server::Demo;
use crate::process::Outcome;
use crate::workspace;

const FIGURES: &str = "docs/performance/instructions.txt";

const FEW: u32 = 200;
const MANY: u32 = 2200;

/// In hundredths of what is written down.
const MOST: u64 = 105;

/// What is counted, as the file calls it.
const PATHS: [(&str, Ask); 2] = [("token-es256", Ask::Token), ("forward-auth", Ask::ForwardAuth)];

#[derive(Clone, Copy)]
enum Ask {
    Token,
    ForwardAuth,
}

pub(crate) fn run(binaries: &Binaries, write: bool) -> Outcome {
    let mut counted = Vec::new();
    for (name, ask) in PATHS {
        let (few, many) = (total(binaries, ask, FEW)?, total(binaries, ask, MANY)?);
        let each = many.saturating_sub(few) / u64::from(MANY - FEW);
        println!("{name}: {each} instructions a request");
        counted.push((name, each));
    }
    let file = workspace::root().join(FIGURES);
    if write {
        let text: String =
            counted.iter().map(|(name, each)| [name, " ", &each.to_string(), "\n"].concat()).collect();
        return fs::write(&file, text).map_err(|why| format!("{FIGURES}: {why}"));
    }
    let text = fs::read_to_string(&file).map_err(|why| format!("{FIGURES}: {why}"))?;
    judge(&text, &counted)
}

fn judge(text: &str, counted: &[(&str, u64)]) -> Outcome {
    let written = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|figure| figure.parse::<u64>().ok())
            .ok_or_else(|| format!("{FIGURES} says nothing of {name}"))
    };
    for (name, each) in counted {
        let before = written(name)?;
        if each * 100 > before * MOST {
            return Err(format!(
                "{name} takes {each} instructions, and {before} are written down: find out why, or write down the new \
                 figure with `--instructions --write`"
            ));
        }
    }
    Ok(())
}

/// All instructions of a server that is asked so often.
fn total(binaries: &Binaries, ask: Ask, requests: u32) -> Outcome<u64> {
    let scratch = Scratch::new()?;
    let counts = scratch.path("counts");
    let demo = Demo::start_under(
        &["valgrind", "--quiet", "--tool=callgrind", &format!("--callgrind-out-file={counts}")],
        &binaries.jeton,
        &[],
    )?;
    let mut connection = Connection::open(&demo.server.address)?;
    let first = connection.token_request(&demo.client_id, &demo.secret)?;
    let token = first.body.split('"').find(|text| text.starts_with("eyJ")).unwrap_or_default().to_owned();
    let credentials = base64(format!("{}:{}", demo.client_id, demo.secret).as_bytes());
    for _ in 0..requests {
        let answer = match ask {
            Ask::Token => connection.token_request_by_basic(&credentials)?,
            Ask::ForwardAuth => connection.get_with_token("/forward-auth/voice/-", &token)?,
        };
        if answer.status != 200 {
            return Err(format!("a request got {}", answer.status));
        }
    }
    drop((connection, demo));
    sum_of(&PathBuf::from(counts))
}

/// With padding (RFC 4648 section 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let number =
            group.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for digit in 0..4 {
            let value = usize::try_from(number >> (18 - 6 * digit) & 63).unwrap_or(0);
            text.push(if digit > group.len() { '=' } else { char::from(DIGITS[value]) });
        }
    }
    text
}

/// What callgrind says at the end of its file.
fn sum_of(file: &std::path::Path) -> Outcome<u64> {
    let text = fs::read_to_string(file).map_err(|why| format!("{}: {why}", file.display()))?;
    let line = text.lines().rev().find_map(|line| line.strip_prefix("totals: "));
    line.and_then(|sum| sum.trim().parse().ok()).ok_or_else(|| "callgrind counted nothing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{base64, judge};

    /// RFC 4648 section 10.
    #[test]
    fn base64_is_that_of_the_rfc() {
        let texts = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        assert_eq!(
            texts.map(|(plain, _)| base64(plain.as_bytes())),
            texts.map(|(_, encoded)| encoded.to_owned())
        );
    }

    #[test]
    fn five_in_a_hundred_more_is_too_many() {
        let text = "token-es256 1000\nforward-auth 200\n";
        assert_eq!(judge(text, &[("token-es256", 1050), ("forward-auth", 150)]), Ok(()));
        assert!(
            judge(text, &[("token-es256", 1051)])
                .unwrap_err()
                .starts_with("token-es256 takes 1051 instructions")
        );
        assert!(judge(text, &[("token", 1)]).is_err());
    }
}
