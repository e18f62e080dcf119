//! The master keys, under which everything secret in the store is sealed: AES-256-GCM, a random nonce for
//! each row, and the row's own identity as associated data, so that rows cannot be swapped.
//!
//! The key file has one key a line, `<name> <32 bytes as base64url>`; blank lines and lines that begin with
//! `#` do not count. The last key seals; all of them open.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::time::{Random, random_bytes};

/// A sealed value as the store keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The name of the master key that opens it.
    pub master_key: String,
    /// Nonce, ciphertext and tag.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed(under {:?})", self.master_key)
    }
}

/// The master keys of one installation.
pub struct MasterKeys(Vec<(String, LessSafeKey)>);

impl MasterKeys {
    /// The text of a new key file with one key.
    pub fn generate(random: &dyn Random) -> Zeroizing<String> {
        let key = Zeroizing::new(random_bytes::<32>(random));
        let name = URL_SAFE_NO_PAD.encode(random_bytes::<6>(random));
        Zeroizing::new(format!(
            "# Jeton's master key: without it the signing keys and secrets of the store are lost.\n\
             mk-{name} {}\n",
            *Zeroizing::new(URL_SAFE_NO_PAD.encode(*key))
        ))
    }

    /// The text of a key file with one key more, which seals from then on.
    pub fn add_to(text: &str, random: &dyn Random) -> Result<Zeroizing<String>, MasterKeyError> {
        Self::parse(text)?;
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let more = Self::generate(random);
        let line = more.lines().last().unwrap_or_default();
        let longer = Zeroizing::new(format!("{text}{end}{line}\n"));
        Self::parse(&longer)?;
        Ok(longer)
    }

    /// The text of a key file without the line of the key of this name; all other lines stay as they are.
    pub fn drop_from(text: &str, name: &str) -> Zeroizing<String> {
        let is_it = |line: &&str| {
            let line = line.trim();
            !line.starts_with('#') && line.split_once(' ').is_some_and(|(other, _)| other == name)
        };
        Zeroizing::new(text.split_inclusive('\n').filter(|line| !is_it(line)).collect())
    }

    /// The name of the key that seals.
    pub fn newest(&self) -> &str {
        &self.sealing().0
    }

    /// Whether a key of this name is among them.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    /// Reads a key file.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let mut keys: Vec<(String, LessSafeKey)> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let (number, line) = (at + 1, line.trim());
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, key) = line.split_once(' ').ok_or(MasterKeyError::Line { number })?;
            let key = URL_SAFE_NO_PAD.decode(key.trim()).map(Zeroizing::new);
            let key = key.ok().and_then(|key| UnboundKey::new(&AES_256_GCM, &key).ok());
            let key = key.ok_or(MasterKeyError::Line { number })?;
            if keys.iter().any(|(other, _)| other == name) {
                return Err(MasterKeyError::Repeated { number });
            }
            keys.push((name.to_owned(), LessSafeKey::new(key)));
        }
        if keys.is_empty() { Err(MasterKeyError::Empty) } else { Ok(Self(keys)) }
    }

    /// Seals `plain` for `context`, which says what the value is and whose.
    pub fn seal(&self, context: &str, plain: &[u8], random: &dyn Random) -> Sealed {
        let (name, key) = self.sealing();
        let nonce = random_bytes::<NONCE_LEN>(random);
        let mut bytes = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        bytes.extend_from_slice(&nonce);
        let mut sealed = Zeroizing::new(plain.to_vec());
        let tag = key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context.as_bytes()),
                &mut sealed,
            )
            // AES-GCM refuses only plaintexts of 64 GiB and more.
            .expect("what is sealed is short");
        bytes.extend_from_slice(&sealed);
        bytes.extend_from_slice(tag.as_ref());
        Sealed { master_key: name.clone(), bytes }
    }

    /// Opens what was sealed for `context`.
    pub fn open(&self, context: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (_, key) = self
            .0
            .iter()
            .find(|(name, _)| *name == sealed.master_key)
            .ok_or_else(|| OpenError::OtherKey { master_key: sealed.master_key.clone() })?;
        let (nonce, rest) = sealed.bytes.split_first_chunk::<NONCE_LEN>().ok_or(OpenError::Corrupt)?;
        let mut bytes = Zeroizing::new(rest.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = key
            .open_in_place(nonce, Aad::from(context.as_bytes()), &mut bytes)
            .map_err(|_| OpenError::Corrupt)?
            .len();
        bytes.truncate(length);
        Ok(bytes)
    }

    fn sealing(&self) -> &(String, LessSafeKey) {
        // `parse` refuses a file without a key.
        self.0.last().expect("there is at least one master key")
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Why a key file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// A line is not a key.
    #[error("line {number} is not `<name> <32 bytes as base64url without padding>`")]
    Line {
        /// The line, from 1.
        number: usize,
    },
    /// Two keys have one name.
    #[error("line {number} repeats the name of an earlier key")]
    Repeated {
        /// The line, from 1.
        number: usize,
    },
    /// No key at all.
    #[error("it holds no key")]
    Empty,
}

/// Why a sealed value cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was sealed under a key that is not among these.
    #[error("it was sealed under the master key {master_key:?}, which is not among those given")]
    OtherKey {
        /// That key's name.
        master_key: String,
    },
    /// It was changed, or sealed under another key of the same name, or for another row.
    #[error("it is corrupt, or was sealed under another master key")]
    Corrupt,
}
