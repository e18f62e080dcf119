//! The pieces that `Content-Type` and `Accept` are made of (RFC 9110 sections 5.6 and 8.3.1). They work on bytes,
//! since header values may hold any byte from 0x80 on.

use std::borrow::Cow;

/// A media type, or a range of them, whose parameters are not read yet.
pub(crate) struct Media<'a> {
    /// Before the slash.
    pub(crate) main: &'a [u8],
    /// After it.
    pub(crate) sub: &'a [u8],
    /// What follows the first `;`.
    parameters: &'a [u8],
}

impl<'a> Media<'a> {
    /// Reads `main/sub` and whatever parameters; `None` where that is no media type. A comma outside quotes makes
    /// it a list of several, which is none.
    pub(crate) fn read(text: &'a [u8]) -> Option<Self> {
        if split(text, b',').nth(1).is_some() {
            return None;
        }
        let (kind, parameters) = cut(text, b';').unwrap_or((text, &[]));
        let (main, sub) = cut(trim(kind), b'/')?;
        (is_token(main) && is_token(sub)).then_some(Self { main, sub, parameters })
    }

    /// Whether it is `main/sub`, in any case.
    pub(crate) fn is(&self, main: &str, sub: &str) -> bool {
        self.main.eq_ignore_ascii_case(main.as_bytes()) && self.sub.eq_ignore_ascii_case(sub.as_bytes())
    }

    /// Its parameters. Empty ones are allowed and skipped (RFC 9110 section 5.6.6).
    pub(crate) fn parameters(&self) -> impl Iterator<Item = Parameter<'a>> + use<'a> {
        split(self.parameters, b';').filter(|text| !text.is_empty()).map(Parameter::read)
    }
}

/// One parameter, as far as it can be read.
pub(crate) struct Parameter<'a> {
    name: &'a [u8],
    /// As written: a token or a quoted string. `None` where it is neither.
    value: Option<&'a [u8]>,
}

impl<'a> Parameter<'a> {
    fn read(text: &'a [u8]) -> Self {
        let (name, value) = cut(text, b'=').unwrap_or((text, &[]));
        let value = (is_token(name) && (is_token(value) || unquote(value).is_some())).then_some(value);
        Self { name: trim(name), value }
    }

    /// Whether this is its name, in any case. True also for one that cannot be read otherwise.
    pub(crate) fn named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether this is its value, quoted or not, in any case.
    pub(crate) fn is_value(&self, value: &str) -> bool {
        let unquoted = |written: &'a [u8]| unquote(written).unwrap_or(Cow::Borrowed(written));
        self.value.is_some_and(|written| unquoted(written).eq_ignore_ascii_case(value.as_bytes()))
    }

    /// Its value if that is a token.
    pub(crate) fn token(&self) -> Option<&'a [u8]> {
        self.value.filter(|value| is_token(value))
    }
}

/// Splits at `separator` outside quoted strings, white space trimmed. A quote that is never closed lasts to the end.
pub(crate) fn split(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |&byte| {
        let ends = !quoted && byte == separator;
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        ends
    })
    .map(trim)
}

/// Without the optional white space around it (RFC 9110 section 5.6.3).
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// What stands before and after the first `at`.
pub(crate) fn cut(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let found = text.iter().position(|&byte| byte == at)?;
    Some((&text[..found], &text[found + 1..]))
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b))
}

/// The text of a quoted string (RFC 9110 section 5.6.4); `None` where it is none.
fn unquote(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    let inner = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if !inner.iter().any(|byte| matches!(byte, b'"' | b'\\')) {
        return Some(Cow::Borrowed(inner));
    }
    let mut plain = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => return None,
            b'\\' => plain.push(*bytes.next()?),
            _ => plain.push(byte),
        }
    }
    Some(Cow::Owned(plain))
}
