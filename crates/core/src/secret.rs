//! Secrets: their format, their checksum, and the two types that hold them.
//!
//! A generated secret is `jtn_<environment>_<r><c>`: `r` is 32 random bytes as 43 base62 digits (most
//! significant first, zero-padded), `c` the CRC-32/ISO-HDLC of all before it as 6 base62 digits. So a typo, a
//! secret of another environment and a leaked secret are known as such without a look-up. All characters are
//! unreserved in RFC 3986: a client that forgets to encode sends the same bytes as one that does.
//!
//! Test vectors, computed apart from this code (a secret's 32 bytes are read as one big-endian number; the
//! digits are `0` to `9`, `A` to `Z`, `a` to `z`):
//!
//! ```
//! use jeton_core::secret::Secret;
//!
//! let mut bytes = [0; 32];
//! let zeros = Secret::encode(&"production".parse()?, &bytes);
//! assert_eq!(zeros.expose(), "jtn_production_00000000000000000000000000000000000000000003OZcnp");
//!
//! // A checksum is padded with zeros as well.
//! bytes[31] = 15;
//! let fifteen = Secret::encode(&"production".parse()?, &bytes);
//! assert_eq!(fifteen.expose(), "jtn_production_000000000000000000000000000000000000000000F004dgG");
//!
//! let ones = Secret::encode(&"sandbox".parse()?, &[0xff; 32]);
//! assert_eq!(ones.expose(), "jtn_sandbox_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp12UYHpF");
//! # Ok::<(), jeton_core::id::IdError>(())
//! ```

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::id::EnvironmentName;
use crate::time::{Random, random_bytes};

/// What every generated secret begins with.
pub const PREFIX: &str = "jtn_";

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_DIGITS: usize = 43;
const CHECK_DIGITS: usize = 6;

/// A secret on its way to the one person who may see it. Wiped when dropped, never printed by accident.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A new secret for `environment`, with 256 random bits.
    pub fn generate(environment: &EnvironmentName, random: &dyn Random) -> Self {
        let mut bytes = random_bytes::<32>(random);
        let secret = Self::encode(environment, &bytes);
        bytes.zeroize();
        secret
    }

    /// The secret of these 32 bytes in `environment`.
    pub fn encode(environment: &EnvironmentName, bytes: &[u8; 32]) -> Self {
        let mut text = String::with_capacity(PREFIX.len() + 17 + RANDOM_DIGITS + CHECK_DIGITS);
        text.push_str(PREFIX);
        text.push_str(environment.as_str());
        text.push('_');
        push_base62(&mut text, bytes, RANDOM_DIGITS);
        let check = crc32fast::hash(text.as_bytes());
        push_base62(&mut text, &check.to_be_bytes(), CHECK_DIGITS);
        Self(Zeroizing::new(text))
    }

    /// Takes a secret that an operator chose: 32 to 256 bytes of UTF-8 without control characters, at least
    /// 12 different ones.
    pub fn set_by_operator(text: Zeroizing<String>) -> Result<Self, WeakSecret> {
        if !(32..=256).contains(&text.len()) {
            return Err(WeakSecret::Length);
        }
        if text.chars().any(char::is_control) {
            return Err(WeakSecret::Control);
        }
        let mut different: Vec<char> = text.chars().collect();
        different.sort_unstable();
        different.dedup();
        let enough = different.len() >= 12;
        different.zeroize();
        if enough { Ok(Self(text)) } else { Err(WeakSecret::Repetitive) }
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its last four characters, which may be shown.
    pub fn last_four(&self) -> Box<str> {
        let start = self.0.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        self.0[start..].into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Why a secret that an operator chose is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// Too short to resist guessing, or longer than any client sends.
    #[error("a secret must have 32 to 256 bytes of UTF-8")]
    Length,
    /// Control characters do not survive configuration files and headers.
    #[error("a secret must not contain control characters")]
    Control,
    /// Too few different characters to be random.
    #[error("a secret must contain at least 12 different characters")]
    Repetitive,
}

/// A secret as a client presented it, of any bytes. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct PresentedSecret(Zeroizing<Vec<u8>>);

impl PresentedSecret {
    /// Takes the bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// What the secret says about itself, without any look-up.
    pub fn inspect(&self) -> SelfDescription {
        inspect(&self.0)
    }
}

impl fmt::Debug for PresentedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresentedSecret(..)")
    }
}

/// What a presented secret says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelfDescription {
    /// It has the form of a generated secret, of this environment.
    Generated(EnvironmentName),
    /// It begins like a generated secret but is damaged.
    Damaged,
    /// It does not have the form of a generated secret.
    Other,
}

fn inspect(bytes: &[u8]) -> SelfDescription {
    let Some(rest) = bytes.strip_prefix(PREFIX.as_bytes()) else { return SelfDescription::Other };
    let tail = RANDOM_DIGITS + CHECK_DIGITS;
    let Some((head, check)) = bytes.split_at_checked(bytes.len().saturating_sub(CHECK_DIGITS)) else {
        return SelfDescription::Damaged;
    };
    let environment = rest
        .len()
        .checked_sub(tail + 1)
        .filter(|&at| rest[at] == b'_' && rest[at + 1..].iter().all(u8::is_ascii_alphanumeric))
        .and_then(|at| std::str::from_utf8(&rest[..at]).ok())
        .and_then(|name| name.parse::<EnvironmentName>().ok());
    let mut expected = String::with_capacity(CHECK_DIGITS);
    push_base62(&mut expected, &crc32fast::hash(head).to_be_bytes(), CHECK_DIGITS);
    match environment {
        Some(environment) if expected.as_bytes() == check => SelfDescription::Generated(environment),
        _ => SelfDescription::Damaged,
    }
}

/// Appends the big-endian number `bytes` as exactly `width` base62 digits, which must be enough for it.
fn push_base62(text: &mut String, bytes: &[u8], width: usize) {
    let mut number = Zeroizing::new(bytes.to_vec());
    let mut digits = Zeroizing::new(vec![0_u8; width]);
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0_u32;
        for byte in number.iter_mut() {
            let value = remainder << 8 | u32::from(*byte);
            // The remainder is below 62, so the quotient is below 256.
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            remainder = value % 62;
        }
        *digit = DIGITS[remainder as usize];
    }
    text.extend(digits.iter().map(|&digit| char::from(digit)));
}
