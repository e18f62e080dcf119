//! Hashes of secrets that another system made, so that its clients need no new ones.
//!
//! The other system's own text is kept, and read as it wrote it:
//!
//! | algorithm | forms |
//! |---|---|
//! | bcrypt | `$2a$`, `$2b$`, `$2y$` |
//! | PBKDF2 with SHA-256 or SHA-512 | `$pbkdf2-sha256$i=25000,l=32$salt$hash` (PHC), `$pbkdf2-sha256$29000$salt$hash` (passlib), `pbkdf2_sha256$600000$salt$hash` (Django) |
//! | Argon2id | `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`, also with Django's `argon2` before it |
//! | scrypt | `$scrypt$ln=16,r=8,p=1$salt$hash` |
//!
//! These are slow on purpose: what may call [`ImportedHash::matches`], and how often, is [`SlowHashes`]'s to say. Costs
//! have a ceiling, so that one row cannot hold a server up, and a floor that somebody must wave away by name.
//!
//! To add a form: an arm in `forms.rs`; an algorithm: a variant of `Algorithm` too, with its costs and its arm in
//! [`ImportedHash::matches`].

mod forms;
mod slow;

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use aws_lc_rs::{constant_time, pbkdf2};

pub use slow::SlowHashes;

/// The longest text that is read, in bytes.
pub const MAX_LENGTH: usize = 512;

/// bcrypt sees no more of a secret, so a longer one is refused rather than cut: two that differ behind it are not one.
const BCRYPT_LONGEST: usize = 72;

/// A hash that another system made of a secret.
#[derive(Clone)]
pub struct ImportedHash {
    text: Box<str>,
    algorithm: Algorithm,
}

#[derive(Clone)]
enum Algorithm {
    Bcrypt { cost: u32 },
    Pbkdf2 { digest: Digest, iterations: NonZeroU32, hashed: Hashed },
    Argon2id { params: argon2::Params, hashed: Hashed },
    Scrypt { params: scrypt::Params, log_n: u8, hashed: Hashed },
}

#[derive(Clone, Copy)]
enum Digest {
    Sha256,
    Sha512,
}

/// What the slow functions take beside the secret, and what they must give.
#[derive(Clone)]
struct Hashed {
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// Why a text is no hash that can be imported. It never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportedHashError {
    /// It begins like no form that is known.
    #[error(
        "this is no form of bcrypt, PBKDF2 with SHA-256 or SHA-512, Argon2id or scrypt that is known here"
    )]
    Form,
    /// It begins like one, and does not go on like it.
    #[error("the {0} hash is malformed")]
    Malformed(&'static str),
    /// One guess would take seconds, or much memory.
    #[error("the {0} hash costs more than one request may: at most {1}")]
    TooCostly(&'static str, &'static str),
}

impl ImportedHash {
    /// The algorithm, in the word that is stored beside the text.
    pub fn kind(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Bcrypt { .. } => "bcrypt",
            Algorithm::Pbkdf2 { digest: Digest::Sha256, .. } => "pbkdf2-sha256",
            Algorithm::Pbkdf2 { digest: Digest::Sha512, .. } => "pbkdf2-sha512",
            Algorithm::Argon2id { .. } => "argon2id",
            Algorithm::Scrypt { .. } => "scrypt",
        }
    }

    /// The other system's text, for the store alone: whoever has it can guess in peace.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it would have to cost at least, where it costs less: a copy of it is then guessed too soon.
    pub fn weakness(&self) -> Option<&'static str> {
        let (weak, floor) = match &self.algorithm {
            Algorithm::Bcrypt { cost } => (*cost < 10, "a cost of 10"),
            Algorithm::Pbkdf2 { iterations, .. } => (iterations.get() < 10_000, "10,000 iterations"),
            Algorithm::Argon2id { params, .. } => {
                (params.m_cost().saturating_mul(params.t_cost()) < 14_336, "14 MiB times passes")
            }
            Algorithm::Scrypt { log_n, .. } => (*log_n < 14, "ln=14"),
        };
        weak.then_some(floor)
    }

    /// Whether `secret` is the one that it was made of. It takes up to seconds of a core, and up to 256 MiB.
    pub fn matches(&self, secret: &[u8]) -> bool {
        match &self.algorithm {
            Algorithm::Bcrypt { .. } => {
                // bcrypt ends a secret at its first zero byte.
                let whole = secret.len() <= BCRYPT_LONGEST && !secret.contains(&0);
                whole && bcrypt::verify(secret, &self.text).unwrap_or(false)
            }
            Algorithm::Pbkdf2 { digest, iterations, hashed } => {
                let algorithm = match digest {
                    Digest::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
                    Digest::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
                };
                pbkdf2::verify(algorithm, *iterations, &hashed.salt, secret, &hashed.hash).is_ok()
            }
            Algorithm::Argon2id { params, hashed } => hashed.is_made_by(|salt, out| {
                let (id, version) = (argon2::Algorithm::Argon2id, argon2::Version::V0x13);
                argon2::Argon2::new(id, version, params.clone()).hash_password_into(secret, salt, out).is_ok()
            }),
            Algorithm::Scrypt { params, hashed, .. } => {
                hashed.is_made_by(|salt, out| scrypt::scrypt(secret, salt, params, out).is_ok())
            }
        }
    }
}

impl Hashed {
    fn is_made_by(&self, derive: impl FnOnce(&[u8], &mut [u8]) -> bool) -> bool {
        let mut made = vec![0; self.hash.len()];
        derive(&self.salt, &mut made) && constant_time::verify_slices_are_equal(&made, &self.hash).is_ok()
    }
}

impl FromStr for ImportedHash {
    type Err = ImportedHashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_LENGTH {
            return Err(ImportedHashError::Form);
        }
        Ok(Self { algorithm: forms::read(text)?, text: text.into() })
    }
}

/// By the text, which says it all.
impl PartialEq for ImportedHash {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ImportedHash {}

/// Says how it was made, and not what.
impl fmt::Debug for ImportedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImportedHash({})", self.kind())
    }
}
