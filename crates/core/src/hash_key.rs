//! How secrets are kept: as a keyed hash, so that a copy of the database alone is worth nothing.
//!
//! HMAC-SHA-256 over a domain, the environment, the client id and the secret, each but the last preceded by
//! its length: a row that is moved to another client id or environment matches nothing there. A generated
//! secret has 256 random bits, so nothing slower is needed; a slow hash is for imported secrets alone.
//!
//! To add a kind of hash: a variant of [`SecretHash`], and its arm wherever one is matched on.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::{constant_time, hmac};
use zeroize::Zeroizing;

use crate::id::{EnvironmentName, SecretId};
use crate::imported_hash::ImportedHash;
use crate::kept::KeptSecret;
use crate::secret::PresentedSecret;

const SECRET_DOMAIN: &[u8] = b"jeton secret v1";
const LOOKUP_DOMAIN: &[u8] = b"jeton secret look-up v1";
const CURSOR_DOMAIN: &[u8] = b"jeton cursor v1";
const CREATION_DOMAIN: &[u8] = b"jeton creation v1";

/// What a presented secret is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretHash {
    /// HMAC-SHA-256 under the hash key of this number.
    Hmac {
        /// The hash key.
        key: i64,
        /// The code.
        code: [u8; 32],
    },
    /// What another system made of it, slowly.
    Imported(Arc<ImportedHash>),
}

/// The first 16 bytes of a keyed hash of the secret alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookupTag(pub [u8; 16]);

/// A secret that was right, hashed under the newest key, to take the place of what is kept: so an old key falls out of
/// use, one successful request after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehash {
    /// Which secret.
    pub secret: SecretId,
    /// What is kept of it.
    pub from: SecretHash,
    /// What is to be kept.
    pub to: SecretHash,
    /// What finds it from then on, where it can be found.
    pub lookup_tag: Option<LookupTag>,
}

/// The hash keys, newest last.
pub struct HashKeys(Vec<(i64, hmac::Key)>);

impl HashKeys {
    /// From numbers and 32-byte keys. `None` where there is none: nothing could be hashed.
    pub fn new(keys: impl IntoIterator<Item = (i64, Zeroizing<[u8; 32]>)>) -> Option<Self> {
        let mut keys: Vec<_> = keys
            .into_iter()
            .map(|(number, key)| (number, hmac::Key::new(hmac::HMAC_SHA256, &*key)))
            .collect();
        keys.sort_by_key(|&(number, _)| number);
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// What is kept of a new secret, under the newest key.
    pub fn hash(&self, environment: &EnvironmentName, client_id: &str, secret: &[u8]) -> SecretHash {
        let (number, key) = self.newest();
        SecretHash::Hmac { key: *number, code: code(key, environment, client_id, secret) }
    }

    /// What a secret that was right becomes under the newest key, unless that is what is kept already.
    pub fn renewed(
        &self,
        environment: &EnvironmentName,
        client_id: &str,
        secret: &PresentedSecret,
        kept: &KeptSecret,
    ) -> Option<Rehash> {
        let SecretHash::Hmac { key, .. } = kept.hash else { return None };
        if key >= self.newest().0 {
            return None;
        }
        Some(Rehash {
            secret: kept.id.clone(),
            from: kept.hash.clone(),
            to: self.hash(environment, client_id, secret.expose()),
            lookup_tag: kept.has_lookup_tag.then(|| self.lookup_tag(secret.expose())),
        })
    }

    /// Whether a hash was made under a key that is newer than all of these, and so by somebody who knows more.
    pub fn are_behind(&self, hash: &SecretHash) -> bool {
        matches!(hash, SecretHash::Hmac { key, .. } if *key > self.newest().0)
    }

    /// What finds a new secret when it leaks, under the newest key.
    pub fn lookup_tag(&self, secret: &[u8]) -> LookupTag {
        let (_, key) = self.newest();
        tag(key, secret)
    }

    /// What finds a secret that was kept under any of the keys.
    pub fn lookup_tags(&self, secret: &[u8]) -> Vec<LookupTag> {
        self.0.iter().map(|(_, key)| tag(key, secret)).collect()
    }

    /// What proves that Jeton wrote a cursor, under the newest key.
    pub fn cursor_code(&self, cursor: &[u8]) -> [u8; 32] {
        let (_, key) = self.newest();
        bytes_of(hmac::sign(&derived(key, CURSOR_DOMAIN), cursor))
    }

    /// Whether a cursor was written under any of the keys.
    pub fn has_cursor_code(&self, cursor: &[u8], code: &[u8]) -> bool {
        self.0.iter().any(|(_, key)| hmac::verify(&derived(key, CURSOR_DOMAIN), cursor, code).is_ok())
    }

    /// What is kept of a request to make something, so that it is known again. It is made under the oldest key, since a
    /// new one would make it another.
    pub fn creation_code(&self, request: &[u8]) -> [u8; 32] {
        let (_, key) = self.0.first().expect("there is at least one hash key");
        bytes_of(hmac::sign(&derived(key, CREATION_DOMAIN), request))
    }

    /// The presented secret's codes under every hash key: the same work for every client id, known or not.
    pub fn present(
        &self,
        environment: &EnvironmentName,
        client_id: &str,
        secret: &PresentedSecret,
    ) -> PresentedCodes {
        let codes =
            self.0.iter().map(|(number, key)| (*number, code(key, environment, client_id, secret.expose())));
        PresentedCodes(codes.collect())
    }

    fn newest(&self) -> &(i64, hmac::Key) {
        // `new` refuses an empty list, and nothing removes from it.
        self.0.last().expect("there is at least one hash key")
    }
}

impl fmt::Debug for HashKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(number, _)| number)).finish()
    }
}

/// A presented secret, hashed under every hash key.
pub struct PresentedCodes(Vec<(i64, [u8; 32])>);

impl PresentedCodes {
    /// Whether the secret is the one that this keyed hash was made of. Takes as long whether it is or not. Of another
    /// system's hash it is not known here.
    pub fn matches(&self, hash: &SecretHash) -> bool {
        let SecretHash::Hmac { key, code } = hash else { return false };
        self.0.iter().any(|(number, presented)| {
            number == key && constant_time::verify_slices_are_equal(presented, code).is_ok()
        })
    }

    /// Whether this keyed hash can be compared: its key may have been dropped.
    pub fn can_tell(&self, hash: &SecretHash) -> bool {
        matches!(hash, SecretHash::Hmac { key, .. } if self.0.iter().any(|(number, _)| number == key))
    }
}

/// A key for one purpose alone: nothing that it makes is the hash of a secret.
fn derived(key: &hmac::Key, domain: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(key, domain).as_ref())
}

fn bytes_of(code: hmac::Tag) -> [u8; 32] {
    code.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

fn tag(key: &hmac::Key, secret: &[u8]) -> LookupTag {
    let code = keyed(key, &[LOOKUP_DOMAIN], secret);
    let mut tag = [0; 16];
    tag.copy_from_slice(&code.as_ref()[..16]);
    LookupTag(tag)
}

fn code(key: &hmac::Key, environment: &EnvironmentName, client_id: &str, secret: &[u8]) -> [u8; 32] {
    bytes_of(keyed(key, &[SECRET_DOMAIN, environment.as_str().as_bytes(), client_id.as_bytes()], secret))
}

/// Each part has its length before it, so that no two lists of parts are the same bytes.
fn keyed(key: &hmac::Key, parts: &[&[u8]], secret: &[u8]) -> hmac::Tag {
    let mut head = Vec::with_capacity(parts.iter().map(|part| size_of::<u64>() + part.len()).sum());
    for part in parts {
        head.extend_from_slice(&(part.len() as u64).to_be_bytes());
        head.extend_from_slice(part);
    }
    // Two steps in all: each costs a call into another language, which a short part is not worth.
    let mut context = hmac::Context::with_key(key);
    context.update(&head);
    context.update(secret);
    context.sign()
}
