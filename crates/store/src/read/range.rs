//! From a prefix and the key before a page to the range that the page is read from.
//!
//! Texts stand in the order of their bytes, which in UTF-8 is that of their characters, so what begins with a prefix is
//! one range. It is given to the database as bounds and not as a pattern: a pattern would have characters that mean
//! something, and no index would serve it.

/// More characters than any text that is stored has: 200 is the most.
const BEYOND: usize = 201;

/// The texts that begin with a prefix.
pub(crate) struct Range {
    /// The first one that could be.
    pub(crate) first: String,
    /// The first one that is none of them any more.
    pub(crate) end: String,
}

impl Range {
    /// `None` where nothing that is stored can begin with it: no text here has control characters, and `PostgreSQL`
    /// takes no NUL for one.
    pub(crate) fn of(prefix: Option<&str>) -> Option<Self> {
        let first = prefix.unwrap_or_default().to_owned();
        (!first.contains(char::is_control)).then(|| Self { end: end(&first), first })
    }

    /// Where a page begins: at the key before, which itself is left out, or at the first text.
    pub(crate) fn from<'a>(&'a self, after: Option<&'a str>) -> &'a str {
        after.map_or(&self.first, |after| after.max(&self.first))
    }
}

/// The least text that is greater than all that begin with `prefix`.
fn end(prefix: &str) -> String {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        if let Some(next) = next(last) {
            end.push(next);
            return end;
        }
    }
    char::MAX.to_string().repeat(BEYOND)
}

/// The next character, past those that are no characters.
fn next(character: char) -> Option<char> {
    (character..=char::MAX).nth(1)
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn a_range_ends_where_the_prefix_does() {
        let end = |prefix| Range::of(Some(prefix)).unwrap().end;
        assert_eq!(end("ac"), "ad");
        assert_eq!(end("a~"), "a\u{7f}");
        assert_eq!(end("").chars().count(), 201);
        assert_eq!(end("a\u{d7ff}"), "a\u{e000}");
        assert_eq!(end("a\u{10ffff}\u{10ffff}"), "b");
        assert!(end("\u{10ffff}").starts_with("\u{10ffff}\u{10ffff}"));
    }

    #[test]
    fn no_text_begins_with_a_control_character() {
        assert!(Range::of(Some("a\0")).is_none() && Range::of(Some("\n")).is_none());
    }

    #[test]
    fn a_page_begins_no_earlier_than_its_prefix() {
        let range = Range::of(Some("m")).unwrap();
        assert_eq!([range.from(None), range.from(Some("a")), range.from(Some("ma"))], ["m", "m", "ma"]);
    }
}
