//! The forms in which other systems write their hashes: PHC strings, modular ones, and Django's.
//!
//! Costs are bounded here, before anything is computed: the ceilings are what a busy server bears once for each secret.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::ImportedHashError::{Form, Malformed, TooCostly};
use super::{Algorithm, Digest, Hashed, ImportedHashError};

/// With padding or without, as systems do.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Bytes of a salt and of a hash.
const SALT: std::ops::RangeInclusive<usize> = 8..=64;
const HASH: std::ops::RangeInclusive<usize> = 16..=64;

/// KiB that one guess may fill, and how often it may pass over them.
const MEMORY: u32 = 256 * 1024;

pub(super) fn read(text: &str) -> Result<Algorithm, ImportedHashError> {
    let parts: Vec<&str> = text.split('$').collect();
    match parts.as_slice() {
        ["", "2a" | "2b" | "2y", cost, rest] => bcrypt(cost, rest),
        ["", "pbkdf2-sha256", costs, salt, hash] => phc_pbkdf2(Digest::Sha256, costs, salt, hash),
        ["", "pbkdf2-sha512", costs, salt, hash] => phc_pbkdf2(Digest::Sha512, costs, salt, hash),
        ["pbkdf2_sha256", costs, salt, hash] => django_pbkdf2(Digest::Sha256, costs, salt, hash),
        ["pbkdf2_sha512", costs, salt, hash] => django_pbkdf2(Digest::Sha512, costs, salt, hash),
        ["" | "argon2", "argon2id", "v=19", costs, salt, hash] => argon2id(costs, salt, hash),
        ["" | "argon2", "argon2id", ..] => Err(Malformed("Argon2id")),
        ["", "scrypt", costs, salt, hash] => scrypt(costs, salt, hash),
        _ => Err(Form),
    }
}

/// Whoever reads the text again is the library; here it is only made sure that it will.
fn bcrypt(cost: &str, rest: &str) -> Result<Algorithm, ImportedHashError> {
    let malformed = Malformed("bcrypt");
    let two_digits = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
    let cost = cost.parse().ok().filter(|cost| two_digits && *cost >= 4).ok_or(malformed)?;
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"./".contains(&byte);
    if rest.len() != 53 || !rest.bytes().all(is_digit) {
        return Err(malformed);
    }
    if cost > 14 { Err(TooCostly("bcrypt", "a cost of 14")) } else { Ok(Algorithm::Bcrypt { cost }) }
}

/// `i=25000,l=32`, or passlib's number alone, whose base64 has a dot in place of the plus.
fn phc_pbkdf2(digest: Digest, costs: &str, salt: &str, hash: &str) -> Result<Algorithm, ImportedHashError> {
    let hashed = |plus: char| {
        let decode = |text: &str| BASE64.decode(text.replace(plus, "+")).ok();
        Hashed::new(decode(salt), decode(hash)).ok_or(Malformed("PBKDF2"))
    };
    if let Some([iterations, length]) = numbers(costs, ["i", "l"]) {
        let hashed = hashed('+')?;
        let as_said = u32::try_from(hashed.hash.len()) == Ok(length);
        return if as_said { pbkdf2(digest, iterations, hashed) } else { Err(Malformed("PBKDF2")) };
    }
    match numbers(costs, ["i"]) {
        Some([iterations]) => pbkdf2(digest, iterations, hashed('+')?),
        None => pbkdf2(digest, number(costs).ok_or(Malformed("PBKDF2"))?, hashed('.')?),
    }
}

/// The salt is the text itself.
fn django_pbkdf2(
    digest: Digest,
    costs: &str,
    salt: &str,
    hash: &str,
) -> Result<Algorithm, ImportedHashError> {
    let malformed = Malformed("PBKDF2");
    let hashed = Hashed::new(Some(salt.into()), BASE64.decode(hash).ok()).ok_or(malformed)?;
    pbkdf2(digest, number(costs).ok_or(malformed)?, hashed)
}

fn pbkdf2(digest: Digest, iterations: u32, hashed: Hashed) -> Result<Algorithm, ImportedHashError> {
    let iterations = NonZeroU32::new(iterations).ok_or(Malformed("PBKDF2"))?;
    if iterations.get() > 2_000_000 {
        return Err(TooCostly("PBKDF2", "2,000,000 iterations"));
    }
    Ok(Algorithm::Pbkdf2 { digest, iterations, hashed })
}

fn argon2id(costs: &str, salt: &str, hash: &str) -> Result<Algorithm, ImportedHashError> {
    let malformed = Malformed("Argon2id");
    let [memory, passes, lanes] = numbers(costs, ["m", "t", "p"]).ok_or(malformed)?;
    if memory > MEMORY || lanes > 16 || memory.checked_mul(passes).is_none_or(|work| work > 8 * MEMORY) {
        return Err(TooCostly("Argon2id", "256 MiB, 2 GiB times passes and 16 lanes"));
    }
    let hashed = Hashed::decode(salt, hash).ok_or(malformed)?;
    let params = argon2::Params::new(memory, passes, lanes, Some(hashed.hash.len()));
    Ok(Algorithm::Argon2id { params: params.map_err(|_| malformed)?, hashed })
}

fn scrypt(costs: &str, salt: &str, hash: &str) -> Result<Algorithm, ImportedHashError> {
    let malformed = Malformed("scrypt");
    let [log_n, r, p] = numbers(costs, ["ln", "r", "p"]).ok_or(malformed)?;
    // 128 bytes times N times r.
    let fills = |log_n: u32| 1_u32.checked_shl(log_n)?.checked_mul(r).map(|blocks| blocks / 8);
    if p > 16 || fills(log_n).is_none_or(|memory| memory > MEMORY) {
        return Err(TooCostly("scrypt", "256 MiB and p=16"));
    }
    let hashed = Hashed::decode(salt, hash).ok_or(malformed)?;
    // RFC 7914 section 2: N is larger than 1.
    let log_n = u8::try_from(log_n).ok().filter(|log_n| *log_n > 0).ok_or(malformed)?;
    let params = ::scrypt::Params::new(log_n, r, p).map_err(|_| malformed)?;
    Ok(Algorithm::Scrypt { params, log_n, hashed })
}

impl Hashed {
    fn decode(salt: &str, hash: &str) -> Option<Self> {
        Self::new(BASE64.decode(salt).ok(), BASE64.decode(hash).ok())
    }

    fn new(salt: Option<Vec<u8>>, hash: Option<Vec<u8>>) -> Option<Self> {
        let salt = salt.filter(|salt| SALT.contains(&salt.len()))?;
        let hash = hash.filter(|hash| HASH.contains(&hash.len()))?;
        Some(Self { salt, hash })
    }
}

/// The values of `a=1,b=2`, which must have exactly these names, in this order.
fn numbers<const N: usize>(text: &str, names: [&str; N]) -> Option<[u32; N]> {
    let mut values = [0; N];
    let mut parts = text.split(',');
    for (name, value) in names.into_iter().zip(&mut values) {
        let (is, text) = parts.next()?.split_once('=')?;
        *value = number(text).filter(|_| is == name)?;
    }
    parts.next().is_none().then_some(values)
}

/// Digits alone; Rust's own parser takes a plus.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}
