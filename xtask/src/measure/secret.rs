//! A secret that is well formed and nobody's, by the format that `jeton_core::secret` documents.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECK_DIGITS: usize = 6;

/// Another secret than this one, of the same environment, with its own checksum.
pub(crate) fn another(secret: &str) -> Option<String> {
    let head = secret.get(..secret.len().checked_sub(CHECK_DIGITS)?)?;
    if checksum(head) != secret[head.len()..] {
        return None;
    }
    // The last random digit is the least: any change of it gives a number that still fits.
    let (rest, last) = head.split_at(head.len() - 1);
    let other = if last == "0" { "1" } else { "0" };
    let head = format!("{rest}{other}");
    Some(format!("{head}{}", checksum(&head)))
}

/// CRC-32/ISO-HDLC as base62 digits.
fn checksum(text: &str) -> String {
    let mut crc = u32::MAX;
    for byte in text.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let mut rest = !crc;
    let mut digits = [b'0'; CHECK_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    digits.map(char::from).iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of `jeton_core::secret`.
    #[test]
    fn the_checksum_is_that_of_real_secrets() {
        for secret in [
            "jtn_production_00000000000000000000000000000000000000000003OZcnp",
            "jtn_production_000000000000000000000000000000000000000000F004dgG",
            "jtn_sandbox_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp12UYHpF",
        ] {
            let other = another(secret).expect("it is well formed");
            assert_ne!(other, secret);
            assert!(another(&other).is_some());
        }
        assert_eq!(another("jtn_production_damaged"), None);
    }
}
