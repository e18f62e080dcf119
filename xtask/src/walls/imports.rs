//! `use` declarations written out, one path each: `use std::{fs, net::TcpStream}` names `std::fs` and `std::net::TcpStream`.

/// Each path that a `use` in `code` names, with the line of its `use`, from 1, and with `::` at its end.
pub(super) fn written_out(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let before = &code[..at];
        let starts = before.trim_end_matches([' ', '\n']).ends_with(['{', '}', ';', ']', ')'])
            || before.trim().is_empty();
        let public = before.ends_with("pub ") || before.ends_with(") ");
        let Some(end) = code[at..].find(';').filter(|_| starts || public) else { continue };
        let tree: String = code[at + "use ".len()..at + end].split_whitespace().collect::<Vec<_>>().join(" ");
        let line = before.lines().count() + usize::from(before.is_empty() || before.ends_with('\n'));
        expand("", &tree, &mut |path| found.push((line, path)));
    }
    found
}

/// Splits `a::{b, c::{d, e as f}}` into `a::b::`, `a::c::d::` and `a::c::e::`.
fn expand(prefix: &str, tree: &str, take: &mut impl FnMut(String)) {
    let tree = tree.trim();
    match tree.split_once('{') {
        Some((head, rest)) => {
            let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
            let prefix = format!("{prefix}{}", head.trim());
            for branch in branches(inner) {
                expand(&prefix, branch, take);
            }
        }
        None if tree.is_empty() => {}
        None => {
            let name = tree.split(" as ").next().unwrap_or(tree).trim();
            take(format!("{prefix}{name}::"));
        }
    }
}

/// The parts between commas that stand in no inner braces.
fn branches(inner: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let at_top = |c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    };
    inner.split(at_top).collect()
}

#[cfg(test)]
mod tests {
    use super::written_out;

    fn paths(code: &str) -> Vec<String> {
        written_out(code).into_iter().map(|(line, path)| format!("{line} {path}")).collect()
    }

    #[test]
    fn trees_are_written_out() {
        assert_eq!(
            paths(
                "use a::{self, b, c::{d, e as f}, g::*};\n\npub(crate) use h;\nuse i::{\n    j,\n    k,\n};\n"
            ),
            [
                "1 a::self::",
                "1 a::b::",
                "1 a::c::d::",
                "1 a::c::e::",
                "1 a::g::*::",
                "3 h::",
                "4 i::j::",
                "4 i::k::"
            ]
        );
    }

    #[test]
    fn a_use_in_a_function_or_under_an_attribute_counts() {
        assert_eq!(paths("#[cfg(unix)]\nuse a::b;\nfn f() {\n    use c;\n}\n"), ["2 a::b::", "4 c::"]);
    }

    #[test]
    fn other_words_that_end_in_use_do_not() {
        assert!(paths("let in_use = 1;\nlet x = reuse + 1;\n").is_empty());
    }
}
