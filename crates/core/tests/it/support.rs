//! What the tests have in common: a still clock, predictable randomness, credentials in a line, and a directory
//! that counts.

mod credential;
mod directory;
mod house;
mod slow;

pub(crate) use credential::{CredentialBuilder, credential, grant, imported, secret};
pub(crate) use directory::FakeDirectory;
pub(crate) use house::{House, ambiguous, hash_keys, plain, reading, request};
pub(crate) use slow::AtOnce;

use std::fmt::Debug;
use std::pin::pin;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Waker};

use jeton_core::id::EnvironmentName;
use jeton_core::master_key::MasterKeys;
use jeton_core::{Random, Timestamp};

/// The time of every test that does not say otherwise, not on a whole second.
pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_999_999);

/// A generated secret of `production`; its random bytes are 00 01 02 .. 1f.
pub(crate) const PRODUCTION_SECRET: &str = "jtn_production_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf2iaeLR";

/// A generated secret of `sandbox`; its random bytes are all ff.
pub(crate) const SANDBOX_SECRET: &str = "jtn_sandbox_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp12UYHpF";

/// A text that must be well formed.
pub(crate) fn parse<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(crate) fn production() -> EnvironmentName {
    parse("production")
}

pub(crate) fn sandbox() -> EnvironmentName {
    parse("sandbox")
}

/// Bytes that count up from 0 and never repeat within 256.
#[derive(Debug, Default)]
pub(crate) struct Counting(AtomicU8);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
    }
}

/// The master keys of these names, each of 32 bytes that are its place in the list.
pub(crate) fn master_keys(names: &[&str]) -> MasterKeys {
    let lines = names.iter().zip(b'A'..).map(|(name, letter)| key_line(name, letter));
    MasterKeys::parse(&lines.collect::<String>()).unwrap()
}

/// A line of a master key file. 43 digits of base64url, the last of which has four bits.
pub(crate) fn key_line(name: &str, letter: u8) -> String {
    format!("{name} {}A\n", char::from(letter).to_string().repeat(42))
}

/// Drives a future that never waits.
pub(crate) fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here waits"),
    }
}
