//! The protected header of a token or statement (RFC 7515 section 4), read strictly.
//!
//! Three members mean something here: `typ`, `alg` and `kid`. Members that would change how the token is to be read,
//! or that bring a key along, are refused by name; any other is ignored (RFC 7515 section 4). To support one that is
//! refused today, take it off [`REFUSED`] and give it a field in [`Header`].

use crate::algorithm::Algorithm;
use crate::json::{self, JsonError, Value};
use serde::Serialize;

/// The longest `kid` that is looked up, in bytes. It is an opaque map key: never a path, a URL or a query.
pub const MAX_KID_BYTES: usize = 256;

/// `crit` in any form (we understand no extension), `b64` (RFC 7797), what makes it a JWE or compressed (`enc`,
/// `zip`), and keys that the sender brings along or points to (RFC 8725 section 3.10).
const REFUSED: [&str; 8] = ["crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "x5c"];

/// What an access token's `typ` may be (RFC 9068 section 4), whatever its case.
pub(crate) const TYPES: [&str; 2] = ["at+jwt", "application/at+jwt"];

/// What a header says of the key: nothing of it is trusted until the signature holds.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: String,
}

impl Header {
    /// `types` is what `typ` may say, whatever its case.
    pub(crate) fn parse(bytes: &[u8], types: &[&str]) -> Result<Self, HeaderError> {
        let value = json::parse(bytes)?;
        let header = value.as_object().ok_or(HeaderError::NotAnObject)?;
        if let Some(name) = REFUSED.into_iter().find(|name| header.get(name).is_some()) {
            return Err(HeaderError::Refused(name));
        }
        let text = |name| header.get(name).and_then(Value::as_str);
        let typ = text("typ").ok_or(HeaderError::Type)?;
        if !types.iter().any(|known| known.eq_ignore_ascii_case(typ)) {
            return Err(HeaderError::Type);
        }
        let algorithm = text("alg").and_then(|name| name.parse().ok()).ok_or(HeaderError::Algorithm)?;
        let kid = text("kid").filter(|kid| (1..=MAX_KID_BYTES).contains(&kid.len()));
        Ok(Self { algorithm, kid: kid.ok_or(HeaderError::KeyId)?.to_owned() })
    }
}

/// The JSON of the header that a signing key writes, always the same for a key and a `typ`.
pub(crate) fn to_json(typ: &str, algorithm: Algorithm, kid: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Written<'a> {
        typ: &'a str,
        alg: Algorithm,
        kid: &'a str,
    }

    serde_json::to_vec(&Written { typ, alg: algorithm, kid })
        .expect("three strings serialize, and a Vec takes any number of bytes")
}

/// Why a header was refused. Nothing of the header is kept but the names of members that we know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not strict JSON.
    #[error("the header is {0}")]
    Json(#[from] JsonError),
    /// JSON, but no object.
    #[error("the header is no JSON object")]
    NotAnObject,
    /// A member that would change how the token is read, or that brings a key along.
    #[error("the header has `{0}`, which is not accepted")]
    Refused(&'static str),
    /// `typ` is missing, no string, or not an access token's (RFC 9068 section 2.1), or a statement's own.
    #[error("the header's `typ` is not the one that is read here")]
    Type,
    /// `alg` is missing, no string, or not exactly the name of an algorithm that we know; `none` is not one.
    #[error("the header's `alg` is not a supported algorithm")]
    Algorithm,
    /// `kid` is missing, no string, empty, or longer than [`MAX_KID_BYTES`].
    #[error("the header's `kid` is not a string of 1 to {MAX_KID_BYTES} bytes")]
    KeyId,
}
