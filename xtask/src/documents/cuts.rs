//! Code in documents that is cut from files which run: what people copy is what is tested.
//!
//! In the file, a part stands between a comment `[name]` and a comment `[/name]`; in the document, its fenced block stands
//! below `<!-- cut: path name -->`. `JETON_GOLDEN=write` writes the blocks anew.

use crate::workspace::TextFile;

const MARK: &str = "<!-- cut: ";

/// The document as its cuts have it, and what is wrong with the marks. The same text where nothing is.
pub(super) fn renewed(document: &TextFile, files: &[TextFile]) -> (String, Vec<String>) {
    let (mut text, mut wrong) = (String::new(), Vec::new());
    let mut lines = document.text.split_inclusive('\n').enumerate();
    while let Some((index, line)) = lines.next() {
        text.push_str(line);
        let Some(mark) = line.strip_prefix(MARK).and_then(|rest| rest.trim_end().strip_suffix(" -->")) else {
            continue;
        };
        let place = format!("{}:{}: {mark}", document.path, index + 1);
        let Some(part) = mark.split_once(' ').and_then(|(path, name)| cut(files, path, name)) else {
            wrong.push(format!("{place}: there is no such part"));
            continue;
        };
        let Some((_, fence)) = lines.next().filter(|(_, line)| line.starts_with("```")) else {
            wrong.push(format!("{place}: no block stands below"));
            continue;
        };
        text.push_str(fence);
        text.push_str(&part);
        match lines.find(|(_, line)| line.starts_with("```")) {
            Some((_, end)) => text.push_str(end),
            None => wrong.push(format!("{place}: the block does not end")),
        }
    }
    (text, wrong)
}

/// The lines of a part, less what indents them all; those that mark other parts are left out.
fn cut(files: &[TextFile], path: &str, name: &str) -> Option<String> {
    let file = files.iter().find(|file| file.path == path)?;
    let (start, end) = (format!("[{name}]"), format!("[/{name}]"));
    let mut lines = file.text.lines();
    lines.find(|line| marked(line) == Some(&start))?;
    let mut part = Vec::new();
    loop {
        match lines.next()? {
            line if marked(line) == Some(&end) => break,
            line if marked(line).is_some() => {}
            line => part.push(line),
        }
    }
    let indent = part.iter().filter(|line| !line.is_empty()).map(|line| line.len() - line.trim_start().len());
    let indent = indent.min().unwrap_or_default();
    let text = part.iter().map(|line| line.get(indent..).unwrap_or_default()).collect::<Vec<_>>().join("\n");
    Some(format!("{}\n", text.trim_end()))
}

/// What a line marks: a comment of one word in brackets.
fn marked(line: &str) -> Option<&str> {
    let line = line.trim();
    let word = line.strip_prefix("// ").or_else(|| line.strip_prefix("# "))?;
    (word.starts_with('[') && word.ends_with(']') && !word.contains(' ')).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::{TextFile, renewed};

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.to_owned(), text: text.to_owned() }
    }

    fn source() -> TextFile {
        file("a.cs", "x\n  // [one]\n  y {\n    // [two]\n    z\n\n    // [/two]\n  }\n  // [/one]\n")
    }

    fn document(mark: &str, block: &str) -> TextFile {
        file("README.md", &format!("Text\n\n<!-- cut: {mark} -->\n```cs\n{block}```\nMore\n"))
    }

    #[test]
    fn a_block_becomes_its_part() {
        for (name, part) in [("one", "y {\n  z\n\n}\n"), ("two", "z\n")] {
            let (text, wrong) = renewed(&document(&format!("a.cs {name}"), "old\nlines\n"), &[source()]);
            assert!(wrong.is_empty(), "{wrong:?}");
            assert_eq!(text, document(&format!("a.cs {name}"), part).text);
        }
    }

    #[test]
    fn a_part_or_block_that_is_missing_is_found() {
        for mark in ["a.cs three", "b.cs one", "a.cs"] {
            let (_, wrong) = renewed(&document(mark, ""), &[source()]);
            assert_eq!(wrong, [format!("README.md:3: {mark}: there is no such part")]);
        }
        let (_, wrong) = renewed(&file("README.md", "<!-- cut: a.cs one -->\n\nText\n"), &[source()]);
        assert_eq!(wrong, ["README.md:1: a.cs one: no block stands below"]);
        let (_, wrong) = renewed(&file("README.md", "<!-- cut: a.cs one -->\n```cs\ny\n"), &[source()]);
        assert_eq!(wrong, ["README.md:1: a.cs one: the block does not end"]);
    }
}
