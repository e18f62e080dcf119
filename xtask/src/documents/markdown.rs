//! As much Markdown as the links need: targets, and the anchors that headings make. Code is not read.

use std::collections::BTreeSet;

/// The targets of inline links, images and reference definitions, each with its line, from 1.
pub(super) fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code(line);
        for (at, _) in line.match_indices("](") {
            found.extend(target(&line[at + 2..]).map(|target| (number, target)));
        }
        if let Some((_, definition)) =
            line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: "))
        {
            found.extend(target(definition).map(|target| (number, target)));
        }
    }
    found
}

/// The anchors of the headings, as GitHub makes them, and those set by hand (`<a id="..">`).
pub(super) fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, line) in prose(text) {
        let heading = line.trim_start_matches('#');
        if heading.len() < line.len() && heading.starts_with(' ') {
            let slug = slug(heading.trim());
            let again = (1..).map(|number| format!("{slug}-{number}"));
            found.extend(std::iter::once(slug.clone()).chain(again).find(|slug| !found.contains(slug)));
        }
        let by_hand =
            line.match_indices("<a id=\"").filter_map(|(at, mark)| line[at + mark.len()..].split('"').next());
        found.extend(by_hand.map(str::to_owned));
    }
    found
}

/// The lines outside fenced code, with their numbers.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fence = None;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(_)) => fence = mark,
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => lines.push((index + 1, line)),
            _ => {}
        }
    }
    lines
}

/// The line with what stands between backticks left out.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("")
}

/// What stands before the closing parenthesis or a title.
fn target(rest: &str) -> Option<String> {
    let target = rest.split([')', ' ']).next()?.trim_start_matches('<').trim_end_matches('>');
    (!target.is_empty()).then(|| target.to_owned())
}

/// Lower case, spaces to hyphens, and no punctuation; of a link, its text.
fn slug(heading: &str) -> String {
    let mut plain = heading.to_lowercase();
    while let Some((start, end)) = plain.find("](").and_then(|at| Some((at, at + plain[at..].find(')')?))) {
        plain.replace_range(start..=end, "");
    }
    let kept = plain.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::{anchors, links};

    #[test]
    fn targets_are_read_outside_code() {
        let text =
            "[a](b.md \"t\") ![c](d.png)\n`[e](f)` [`g`](<h.md>)\n```\n[i](j)\n```\n[k]: l.md\n[m]()\n";
        let found: Vec<_> =
            links(text).into_iter().map(|(line, target)| format!("{line} {target}")).collect();
        assert_eq!(found, ["1 b.md", "1 d.png", "2 h.md", "6 l.md"]);
    }

    #[test]
    fn headings_make_anchors() {
        let text = "# The `jeton` CLI: what's new?\n## Twice\n## Twice\n## [A link](b.md)\n<a id=\"set\"></a>\n#none\n```\n# c\n```\n";
        let found: Vec<_> = anchors(text).into_iter().collect();
        assert_eq!(found, ["a-link", "set", "the-jeton-cli-whats-new", "twice", "twice-1"]);
    }
}
