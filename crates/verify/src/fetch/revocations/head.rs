//! The head of a feed: what a key of the issuer signed becomes the hashes of all chunks that are in force.

use super::feed::MAX_CHUNKS;
use crate::fetch::error::FetchFault;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jeton_jose::json::{self, Object, Value};
use std::collections::BTreeSet;

/// The SHA-256 of a chunk.
pub(super) type Digest = [u8; 32];

/// What a head says, once it is known who signed it.
pub(super) struct Head {
    /// In milliseconds by the issuer's clock: compared with other heads, and with nothing here.
    pub(super) as_of: i64,
    pub(super) chunks: BTreeSet<Digest>,
}

impl Head {
    /// Reads the payload of a head that must be this issuer's. `latest` is the last second in which one may expire that
    /// is too old. Members that we do not know are ignored.
    pub(super) fn read(payload: &[u8], issuer: &str, latest: i64) -> Result<Self, FetchFault> {
        let document = json::parse(payload).map_err(|_| FetchFault::NotHead)?;
        let members = document.as_object().ok_or(FetchFault::NotHead)?;
        let named = members.get("iss").and_then(Value::as_str).ok_or(FetchFault::NotHead)?;
        let (as_of, exp) = (integer(members, "as_of")?, integer(members, "exp")?);
        integer(members, "seq")?;
        let chunks = members.get("chunks").and_then(Value::as_array).ok_or(FetchFault::NotHead)?;
        if named != issuer {
            return Err(FetchFault::OtherIssuer);
        }
        if exp <= latest {
            return Err(FetchFault::HeadExpired);
        }
        if chunks.len() > MAX_CHUNKS {
            return Err(FetchFault::TooManyChunks);
        }
        let chunks = chunks.iter().map(|text| text.as_str().and_then(digest)).collect::<Option<_>>();
        Ok(Self { as_of, chunks: chunks.ok_or(FetchFault::NotHead)? })
    }
}

fn integer(members: &Object<'_>, name: &str) -> Result<i64, FetchFault> {
    let Some(Value::Number(digits)) = members.get(name) else { return Err(FetchFault::NotHead) };
    digits.parse().map_err(|_| FetchFault::NotHead)
}

fn digest(text: &str) -> Option<Digest> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// As a chunk is named in its URL.
pub(super) fn name(digest: &Digest) -> String {
    URL_SAFE_NO_PAD.encode(digest)
}
