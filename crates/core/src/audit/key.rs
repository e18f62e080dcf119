//! The key that the chain's digests are made with.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use zeroize::Zeroizing;

use super::{AuditRow, Base, Digest, Position};
use crate::key_ring::UnusableKey;
use crate::master_key::{MasterKeys, Sealed};
use crate::time::{Random, Timestamp, random_bytes};

/// What an audit key is sealed for.
pub const AUDIT_KEY_CONTEXT: &str = "jeton audit key";

/// A new audit key, as it is stored.
pub fn new_audit_key(master: &MasterKeys, random: &dyn Random) -> Sealed {
    let key = Zeroizing::new(random_bytes::<32>(random));
    master.seal(AUDIT_KEY_CONTEXT, &*key, random)
}

/// The audit key, opened.
pub struct AuditKey(hmac::Key);

impl AuditKey {
    /// Opens the stored key.
    pub fn open(sealed: &Sealed, master: &MasterKeys) -> Result<Self, UnusableKey> {
        let unusable = |why: String| UnusableKey { what: "audit key".to_owned(), why };
        let plain = master.open(AUDIT_KEY_CONTEXT, sealed).map_err(|why| unusable(why.to_string()))?;
        if plain.len() != 32 {
            return Err(unusable("it is not 32 bytes".to_owned()));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &plain)))
    }

    /// The digest of a row that follows what has the digest `before`.
    pub fn digest(&self, before: &Digest, row: &AuditRow) -> Digest {
        self.code(b"jeton audit row", &[before, &row.canonical()])
    }

    /// Where a chain begins that takes in all rows after `at`.
    pub fn start(&self, at: Position, time: Timestamp) -> Base {
        let digest = self.code(b"jeton audit start", &[&place(at), &time.0.to_be_bytes()]);
        Base { at, time, digest }
    }

    /// What shows that a base is ours.
    pub fn base_mac(&self, base: &Base) -> Digest {
        self.code(b"jeton audit base", &[&place(base.at), &base.time.0.to_be_bytes(), &base.digest])
    }

    /// Whether a base is ours.
    pub fn vouches_for(&self, base: &Base, mac: &Digest) -> bool {
        constant_time::verify_slices_are_equal(&self.base_mac(base), mac).is_ok()
    }

    pub(super) fn checkpoint_mac(&self, payload: &[u8]) -> Digest {
        self.code(b"jeton audit checkpoint", &[payload])
    }

    /// Each part is told by its length, and each use by its label.
    fn code(&self, label: &[u8], parts: &[&[u8]]) -> Digest {
        let mut context = hmac::Context::with_key(&self.0);
        for part in std::iter::once(&label).chain(parts) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().try_into().expect("an HMAC-SHA-256 has 32 bytes")
    }
}

/// Prints nothing of the key.
impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey")
    }
}

fn place(at: Position) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&at.sequence.0.to_be_bytes());
    bytes[8..].copy_from_slice(&at.position.to_be_bytes());
    bytes
}
