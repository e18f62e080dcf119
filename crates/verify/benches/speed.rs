//! What verifying costs beside the check of the signature alone: `cargo bench --package jeton-verify --features cache`.
//!
//! The three take turns in short rounds, so that whatever else the machine does comes upon all of them. A round's figure is its
//! mean; what is printed is the least, the middle and the most of the rounds, and the ratios of the least, which noise can
//! only raise.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark talks to a terminal, and ends where it cannot go on"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jeton_jose::{AccessTokenClaims, Algorithm, SigningKey, VerifyingKey};
use jeton_verify::{StaticKeys, Verifier};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ROUNDS: usize = 60;
const PER_ROUND: u32 = 100;
/// The cheap one is run so many times as often.
const CHEAP: u32 = 50;

fn main() {
    let (key, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    let token = key.sign(&claims()).unwrap();
    let keys = || Arc::new(StaticKeys::new([key.verifying_key()]).unwrap());
    let builder =
        || Verifier::builder("https://auth.example", "https://api.example/voice", [Algorithm::Es256], keys());
    let (plain, remembers) = (builder().build().unwrap(), builder().cache_bytes(1 << 20).build().unwrap());
    remembers.verify(&token).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let raw: Arc<VerifyingKey> = key.verifying_key();

    let mut figures: [Vec<f64>; 3] = Default::default();
    for _ in 0..ROUNDS {
        figures[0].push(mean(PER_ROUND, || raw.verify(black_box(message.as_bytes()), &signature).unwrap()));
        figures[1].push(mean(PER_ROUND, || drop(plain.verify(black_box(&token)).unwrap())));
        figures[2].push(mean(PER_ROUND * CHEAP, || drop(remembers.verify(black_box(&token)).unwrap())));
    }
    println!("a token of {} bytes, ES256; nanoseconds, {ROUNDS} rounds in turn", token.len());
    let least = figures.each_mut().map(|rounds| {
        rounds.sort_by(f64::total_cmp);
        rounds[0]
    });
    for (name, rounds) in ["the signature alone", "a token", "one that comes again"].iter().zip(&figures) {
        let [min, median, max] = [0, ROUNDS / 2, ROUNDS - 1].map(|at| rounds[at]);
        println!("{name:22} min {min:9.0}  median {median:9.0}  max {max:9.0}");
    }
    println!(
        "a token costs {:.3} of its signature; one that comes again is {:.0} times cheaper than a signature",
        least[1] / least[0],
        least[0] / least[2]
    );
    hostile(&remembers);
}

/// What strangers send to keep a verifier busy: 1 MB of it, where that gets as far as the verifier.
fn hostile(verifier: &Verifier) {
    const MB: usize = 1 << 20;
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","typ":"at+jwt","kid":"k"}"#);
    println!("refused; microseconds, {ROUNDS} times each");
    for (name, token) in [
        ("dots", ".".repeat(MB)),
        ("a header", format!("{}.e30.c2ln", "a".repeat(MB))),
        ("claims", format!("{header}.{}.c2ln", "a".repeat(MB))),
        ("a signature", format!("{header}.e30.{}", "a".repeat(MB))),
        ("nesting, 16 KB", format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode("[".repeat(12 * 1024 - 16)))),
        ("members, 16 KB", format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(members()))),
    ] {
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| mean(1, || drop(verifier.verify(black_box(&token)).unwrap_err())) / 1e3)
            .collect();
        times.sort_by(f64::total_cmp);
        println!(
            "{name:22} min {:9.1}  median {:9.1}  max {:9.1}",
            times[0],
            times[ROUNDS / 2],
            times[ROUNDS - 1]
        );
    }
}

/// An object of as many members as a token has room for.
fn members() -> String {
    let members: Vec<String> = (0..1100).map(|number| format!("\"m{number}\":1")).collect();
    format!("{{{}}}", members.join(","))
}

/// Nanoseconds of one call.
#[expect(clippy::disallowed_methods, reason = "what is measured is real time")]
fn mean(times: u32, call: impl Fn()) -> f64 {
    let start = Instant::now();
    for _ in 0..times {
        call();
    }
    let taken: Duration = start.elapsed();
    taken.as_secs_f64() * 1e9 / f64::from(times)
}

/// As Jeton's tokens are.
fn claims() -> AccessTokenClaims<'static> {
    AccessTokenClaims {
        iss: "https://auth.example".into(),
        sub: "acme-orders".into(),
        client_id: "acme-orders".into(),
        aud: vec!["https://api.example/voice".into()],
        iat: 1_800_000_000,
        nbf: None,
        exp: 32_503_680_000,
        jti: "oKtuiF7AqziFMcP169GUmg".into(),
        scope: Some("voice.billing voice.numbers".into()),
        company: Some("acme".into()),
        rev: Some("bPzGkwXhQARq3q2ZAl30Yg.1".into()),
    }
}
