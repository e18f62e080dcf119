//! Percent-decoding as forms have it (RFC 6749 appendix B): `+` is a space, `%XX` a byte.

use zeroize::Zeroizing;

/// What decoding found. The caller decides what a stray `%` means: a form refuses it, a Basic pair keeps it.
pub(crate) struct Decoded {
    /// The bytes, in which a stray `%` stands for itself. Wiped when dropped: they may be a secret.
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    /// Whether there was anything to decode.
    pub(crate) changed: bool,
    /// Whether a `%` stood without two hex digits.
    pub(crate) stray_percent: bool,
}

/// Whether decoding would find anything, be it at fault.
pub(crate) fn is_encoded(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'%' | b'+'))
}

/// Decodes any bytes, in one pass and one allocation, so that no half-grown copy of a secret stays behind.
pub(crate) fn decode(encoded: &[u8]) -> Decoded {
    if !is_encoded(encoded) {
        return Decoded { bytes: Zeroizing::new(encoded.to_vec()), changed: false, stray_percent: false };
    }
    let bytes = Zeroizing::new(Vec::with_capacity(encoded.len()));
    let mut decoded = Decoded { bytes, changed: false, stray_percent: false };
    let mut rest = encoded;
    while let [first, tail @ ..] = rest {
        let (byte, after) = match (first, escaped(tail)) {
            (b'%', Some((byte, after))) => (byte, after),
            (b'+', _) => (b' ', tail),
            (&byte, _) => (byte, tail),
        };
        decoded.stray_percent |= *first == b'%' && after.len() == tail.len();
        decoded.changed |= *first == b'+' || after.len() != tail.len();
        decoded.bytes.push(byte);
        rest = after;
    }
    decoded
}

/// The byte whose two hex digits `text` begins with, and what follows them.
fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let [high, low, after @ ..] = text else { return None };
    Some((hex(*high)? << 4 | hex(*low)?, after))
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
