//! What an issuer has taken back before it expired, as a verifier asks for it.
//!
//! To add a source: implement [`RevocationSource`] in a module beside this one, as `fetch/revocations.rs` does.
//! [`RevocationSource::judge`] answers from memory, at once; whatever fetches does so elsewhere and swaps what is in
//! memory. What Jeton's feed says is kept in a [`RevocationSet`](crate::RevocationSet).

/// What is revoked of exactly one issuer's tokens.
pub trait RevocationSource: Send + Sync {
    /// Whether this token is revoked, as far as it is known now. Called for every token that is good otherwise, so it
    /// must neither block nor look anything up elsewhere. Without a revision the token's own id alone is asked about.
    fn judge(&self, jti: &str, revision: Option<Revision<'_>>) -> Verdict;
}

/// What a source says of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not revoked, by what is known and is fresh enough.
    Good,
    /// Revoked. That stays so.
    Revoked,
    /// Not known: the source has never heard from the issuer, or too long ago.
    Stale,
}

/// Which tokens of a credential a token is one of: those of a generation are revoked together. Jeton writes it as the
/// claim `rev`, a handle, a point and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision<'a> {
    /// What stands for the credential.
    pub handle: &'a str,
    /// Raised to revoke all tokens before it.
    pub generation: u64,
}

impl<'a> Revision<'a> {
    /// Reads the claim. There is one way to write it: what has another form is not ours.
    pub fn parse(rev: &'a str) -> Option<Self> {
        let (handle, digits) = rev.split_once('.')?;
        let generation = generation(digits.as_bytes())?;
        is_handle(handle.as_bytes()).then_some(Self { handle, generation })
    }
}

/// The longest name of a token or a credential in the feed; Jeton's have 22 characters.
pub(crate) const MAX_NAME_BYTES: usize = 128;

pub(crate) fn is_handle(text: &[u8]) -> bool {
    (1..=MAX_NAME_BYTES).contains(&text.len())
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
}

/// A whole number without sign or leading zeros.
pub(crate) fn generation(digits: &[u8]) -> Option<u64> {
    let canonical = matches!(digits, b"0" | [b'1'..=b'9', ..]) && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| canonical)?.parse().ok()
}
