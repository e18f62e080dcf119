//! Rust sources reduced to what the walls read. No parser: comments, texts and tests are blanked, line by line as they
//! stood, so that what is left can be searched and its line told.

/// The source with every character of comments and of string and character literals replaced by a space.
pub(super) fn code_only(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(next) = rest.chars().next() {
        let after_name = code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let blanked = if after_name { None } else { raw_text(rest) };
        let blanked = blanked.or_else(|| comment(rest)).or_else(|| text(rest)).or_else(|| character(rest));
        let length = blanked.unwrap_or(next.len_utf8());
        let (part, behind) = rest.split_at(length);
        if blanked.is_some() {
            code.extend(part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            code.push(next);
        }
        rest = behind;
    }
    code
}

/// The code with every item under `#[cfg(test)]` blanked.
pub(super) fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut left = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        let (before, item) = rest.split_at(at);
        let (item, behind) = item.split_at(MARK.len() + item_length(&item[MARK.len()..]));
        left.push_str(before);
        left.extend(item.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = behind;
    }
    left.push_str(rest);
    left
}

/// How far the item reaches that begins here: to its `;`, or to the brace that closes its first one.
fn item_length(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// The length of the comment that begins here. Those of many lines nest.
fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let mut at = rest.strip_prefix("/*").map(|_| 2)?;
    let mut depth = 1_usize;
    while depth > 0 {
        let (open, close) = (rest[at..].find("/*"), rest[at..].find("*/"));
        let Some(close) = close else { return Some(rest.len()) };
        let nested = open.filter(|open| *open < close);
        depth = if nested.is_some() { depth + 1 } else { depth - 1 };
        at += nested.unwrap_or(close) + 2;
    }
    Some(at)
}

/// The length of the raw string that begins here: `r"..."`, `br#"..."#`.
fn raw_text(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let quoted = body.trim_start_matches('#');
    let hashes = body.len() - quoted.len();
    let start = rest.len() - quoted.strip_prefix('"')?.len();
    let end = format!("\"{}", "#".repeat(hashes));
    Some(rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len()))
}

/// The length of the string that begins here.
fn text(rest: &str) -> Option<usize> {
    Some(1 + closed_by(rest.strip_prefix('"')?, '"'))
}

/// The length of the character that begins here; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    let first = inner.chars().next()?;
    if first != '\\' && !inner[first.len_utf8()..].starts_with('\'') {
        return None;
    }
    Some(1 + closed_by(inner, '\''))
}

/// How far it is to behind the closing quote.
fn closed_by(inner: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    inner.len()
}

#[cfg(test)]
mod tests {
    use super::{code_only, without_tests};

    #[track_caller]
    fn assert_code(source: &str, expected: &str) {
        let code = code_only(source);
        assert_eq!(code.lines().count(), source.lines().count());
        assert_eq!(code.split_whitespace().collect::<Vec<_>>().join(" "), expected);
    }

    #[test]
    fn comments_are_blanked() {
        assert_code("a // b \" c\nd /* e /* f */ g\n */ h\n/// i\nj", "a d h j");
        assert_code("a /**/ b /*/ c */ d", "a b d");
    }

    #[test]
    fn texts_are_blanked() {
        assert_code(r#"a("b\"c", b"d", "\\") e"#, "a( , b , ) e");
        assert_code("a(r\"b\\\", r#\"c\"d\"#, br##\"e\"#f\"##) g", "a( , , ) g");
        assert_code("bar\"x\"", "bar");
    }

    #[test]
    fn characters_are_blanked_and_lifetimes_are_not() {
        assert_code(r"f::<'a>('\'', '/', 'é', '\u{41}') 'b: loop", "f::<'a>( , , , ) 'b: loop");
        assert_code("x('\"') // y", "x( )");
    }

    #[test]
    fn tests_are_blanked_and_lines_stay() {
        let code = "a\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nc\n#[cfg(test)]\nmod d;\ne\n";
        let left = without_tests(code);
        assert_eq!(left.lines().count(), 9);
        assert_eq!(left.split_whitespace().collect::<Vec<_>>(), ["a", "c", "e"]);
    }
}
