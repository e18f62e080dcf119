//! Lists with quoted strings, cut from the right.
//!
//! From the right, because a quotation that somebody opened on the left and never closed must not swallow what a proxy
//! wrote after it.

/// The entries of one header line, last first, without the white space around them.
pub(super) fn entries(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    split(line, b',')
}

/// The parts between separators that stand in no quotation, last first, trimmed.
pub(super) fn split(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut quoted = false;
        for at in (0..text.len()).rev() {
            if text[at] == b'"' && !is_escaped(text, at) {
                quoted = !quoted;
            } else if text[at] == separator && !quoted {
                rest = Some(&text[..at]);
                return Some(text[at + 1..].trim_ascii());
            }
        }
        rest = None;
        Some(text.trim_ascii())
    })
}

/// What a value says: itself, or what stands in its quotation (RFC 9110 section 5.6.4). `None` where that does not
/// close, or something follows it.
pub(super) fn unquoted(value: &str) -> Option<String> {
    let Some(quoted) = value.strip_prefix('"') else {
        return (!value.contains('"')).then(|| value.to_owned());
    };
    let mut text = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return characters.as_str().is_empty().then_some(text),
            '\\' => text.push(characters.next()?),
            character => text.push(character),
        }
    }
}

/// Whether an odd number of backslashes stands before it. Proxies write none, so what is looked at is short where it
/// matters.
fn is_escaped(text: &[u8], at: usize) -> bool {
    text[..at].iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}
