//! Base64url without padding (RFC 7515 section 2, RFC 4648 section 5): the one alphabet of JOSE.
//!
//! Reading is canonical: padding, line breaks and trailing bits that are not zero are refused, so that no two texts
//! mean the same bytes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends `bytes` to `text`.
pub(crate) fn append(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// The bytes of a canonical text, or nothing.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
