//! A public key as JSON (RFC 7517, 7518 section 6, 8037 section 2), and its name (RFC 7638).
//!
//! The kind of key and its algorithm are one enum, so that a key for two algorithms, or an elliptic curve key for
//! `RS256`, cannot be written down. Private members have no place to go. To add a kind of key: a variant of
//! [`PublicKey`], and whatever the compiler then asks for.

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::json::{Object, Value};
use serde::{Serialize, Serializer};

/// A public signature key with its id. It is either the public half of a [`SigningKey`](crate::SigningKey) or has
/// been read from a [`JwkSet`](crate::JwkSet).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    kid: String,
    key: PublicKey,
}

/// The key by its algorithm. Numbers are big-endian bytes; those of RSA have no leading zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicKey {
    Es256 { x: [u8; 32], y: [u8; 32] },
    EdDsa { x: [u8; 32] },
    Rs256(RsaPublicKey),
    Ps256(RsaPublicKey),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RsaPublicKey {
    pub(crate) n: Vec<u8>,
    pub(crate) e: Vec<u8>,
}

impl Jwk {
    /// A key under the name that RFC 7638 gives it.
    pub(crate) fn named_by_thumbprint(key: PublicKey) -> Self {
        Self { kid: key.thumbprint(), key }
    }

    /// Reads one element of a foreign set. Nothing where we cannot use it: another `kty`, `crv`, `use` or `alg`, no
    /// `kid`, or a member that is missing or not canonical. Whether the numbers make a key is not checked yet.
    ///
    /// `alg` is optional in RFC 7517. Where it is absent the kind of key decides, and for RSA it is `RS256`, which
    /// RFC 9068 section 2.1 obliges every issuer to support: a key still has one algorithm.
    pub(crate) fn read(members: &Object<'_>) -> Option<Self> {
        let text = |name| members.get(name).and_then(Value::as_str);
        let number = |name| text(name).and_then(base64url::decode);
        let coordinate = |name| number(name).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let rsa = || Some(RsaPublicKey { n: number("n")?, e: number("e")? });

        if members.get("use").is_some_and(|usage| usage.as_str() != Some("sig")) || !may_verify(members) {
            return None;
        }
        let algorithm = members.get("alg").map(|name| name.as_str().unwrap_or_default());
        let key = match (text("kty")?, text("crv"), algorithm) {
            ("EC", Some("P-256"), None | Some("ES256")) => {
                PublicKey::Es256 { x: coordinate("x")?, y: coordinate("y")? }
            }
            ("OKP", Some("Ed25519"), None | Some("EdDSA")) => PublicKey::EdDsa { x: coordinate("x")? },
            ("RSA", None, None | Some("RS256")) => PublicKey::Rs256(rsa()?),
            ("RSA", None, Some("PS256")) => PublicKey::Ps256(rsa()?),
            _ => return None,
        };
        let kid = text("kid").filter(|kid| (1..=crate::MAX_KID_BYTES).contains(&kid.len()))?;
        Some(Self { kid: kid.to_owned(), key })
    }

    /// The key's id: for our own keys the thumbprint, for foreign ones whatever their issuer says.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The one algorithm that the key is for.
    pub fn algorithm(&self) -> Algorithm {
        match self.key {
            PublicKey::Es256 { .. } => Algorithm::Es256,
            PublicKey::EdDsa { .. } => Algorithm::EdDsa,
            PublicKey::Rs256(_) => Algorithm::Rs256,
            PublicKey::Ps256(_) => Algorithm::Ps256,
        }
    }

    /// The SHA-256 thumbprint (RFC 7638) in base64url: a name for the key that does not depend on `kid` or `alg`, so
    /// that one RSA key has the same for `RS256` and `PS256`.
    pub fn thumbprint(&self) -> String {
        self.key.thumbprint()
    }

    pub(crate) fn public_key(&self) -> &PublicKey {
        &self.key
    }
}

/// `key_ops`, if it is there, must allow to verify (RFC 7517 section 4.3).
fn may_verify(members: &Object<'_>) -> bool {
    members.get("key_ops").is_none_or(|operations| {
        operations.as_array().is_some_and(|all| all.iter().any(|one| one.as_str() == Some("verify")))
    })
}

impl PublicKey {
    /// The hash over the required members, in lexicographic order and without white space.
    fn thumbprint(&self) -> String {
        let encode = |bytes: &[u8]| base64url::encode(bytes);
        let members = match self {
            Self::Es256 { x, y } => {
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, encode(x), encode(y))
            }
            Self::EdDsa { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(x)),
            Self::Rs256(RsaPublicKey { n, e }) | Self::Ps256(RsaPublicKey { n, e }) => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(e), encode(n))
            }
        };
        encode(&crate::sha256(members.as_bytes()))
    }
}

/// Writes `kty`, `use`, `alg`, `kid` and the public numbers; there is nothing else to write.
impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;

        let mut members = serializer.serialize_map(None)?;
        let mut texts = |all: &[(&str, &str)]| {
            all.iter().try_for_each(|(name, value)| members.serialize_entry(name, value))
        };
        match &self.key {
            PublicKey::Es256 { x, y } => texts(&[
                ("kty", "EC"),
                ("crv", "P-256"),
                ("x", &base64url::encode(x)),
                ("y", &base64url::encode(y)),
            ])?,
            PublicKey::EdDsa { x } => {
                texts(&[("kty", "OKP"), ("crv", "Ed25519"), ("x", &base64url::encode(x))])?;
            }
            PublicKey::Rs256(RsaPublicKey { n, e }) | PublicKey::Ps256(RsaPublicKey { n, e }) => {
                texts(&[("kty", "RSA"), ("n", &base64url::encode(n)), ("e", &base64url::encode(e))])?;
            }
        }
        texts(&[("use", "sig"), ("alg", self.algorithm().as_str()), ("kid", &self.kid)])?;
        members.end()
    }
}
