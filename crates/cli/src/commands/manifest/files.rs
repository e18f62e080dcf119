//! Manifests as files: TOML, YAML or JSON, single ones or a folder full, which together are one manifest.
//!
//! What a file holds is not repeated in errors, only where it is wrong: people keep the wrong file open.

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jeton_core::admin::manifest::Manifest;

use crate::args::Notation;
use crate::failure::Failure;

/// Bytes of one file: what the API takes of a whole manifest.
const MOST: u64 = 16 * 1024 * 1024;

/// How deep folders are searched.
const DEEPEST: usize = 8;

/// Everything that these files say, in their order; those of a folder in the order of their names.
pub(super) fn read(sources: &[PathBuf]) -> Result<Manifest, Failure> {
    let mut whole = Manifest::default();
    for source in sources {
        if source.as_os_str() == "-" {
            let mut text = String::new();
            let read = std::io::stdin().take(MOST).read_to_string(&mut text);
            read.map_err(|why| Failure::usage(format!("standard input cannot be read: {why}")))?;
            add(&mut whole, parse(&text, Notation::Yaml, "standard input")?);
            continue;
        }
        let mut files = Vec::new();
        find(source, 0, &mut files)?;
        if files.is_empty() {
            let why = "has no file that ends in .toml, .yaml, .yml or .json: name the file";
            return Err(Failure::usage(format!("{} {why}", source.display())));
        }
        for (path, notation) in files {
            add(&mut whole, parse(&text_of(&path)?, notation, &path.display().to_string())?);
        }
    }
    Ok(whole)
}

/// The manifest as a file.
pub(super) fn write(manifest: &Manifest, notation: Notation) -> Result<String, Failure> {
    let failed = |why: String| Failure::failed(format!("the manifest cannot be written: {why}"));
    match notation {
        Notation::Toml => toml::to_string_pretty(manifest).map_err(|why| failed(why.to_string())),
        Notation::Yaml => serde_saphyr::to_string(manifest).map_err(|why| failed(why.to_string())),
        Notation::Json => serde_json::to_string_pretty(manifest).map_err(|why| failed(why.to_string())),
    }
}

/// The manifests at a path: itself where it is a file, those below it where it is a folder. Hidden ones are left out.
fn find(path: &Path, depth: usize, found: &mut Vec<(PathBuf, Notation)>) -> Result<(), Failure> {
    let unreadable = |why: std::io::Error| {
        Failure::usage(format!("{} cannot be read: {why}. Name what can be read", path.display()))
    };
    let kind = fs::metadata(path).map_err(unreadable)?;
    if !kind.is_dir() {
        let notation = notation(path).or((depth == 0).then_some(Notation::Yaml));
        found.extend(notation.map(|notation| (path.to_owned(), notation)));
        return Ok(());
    }
    if depth > DEEPEST {
        let why = "is too deep a folder: are there links that lead round in circles?";
        return Err(Failure::usage(format!("{} {why}", path.display())));
    }
    let entries = fs::read_dir(path).map_err(unreadable)?;
    let mut names =
        entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    names.sort();
    for name in names.iter().filter(|name| !name.as_encoded_bytes().starts_with(b".")) {
        find(&path.join(name), depth + 1, found)?;
    }
    Ok(())
}

fn notation(path: &Path) -> Option<Notation> {
    match path.extension().and_then(OsStr::to_str) {
        Some("toml") => Some(Notation::Toml),
        Some("yaml" | "yml") => Some(Notation::Yaml),
        Some("json") => Some(Notation::Json),
        _ => None,
    }
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let unreadable = |why: &dyn std::fmt::Display| {
        Failure::usage(format!("{} cannot be read: {why}. Name what can be read", path.display()))
    };
    let mut text = String::new();
    let file = fs::File::open(path).map_err(|why| unreadable(&why))?;
    file.take(MOST + 1).read_to_string(&mut text).map_err(|why| unreadable(&why))?;
    if text.len() as u64 > MOST {
        return Err(unreadable(&format!("it has more than {MOST} bytes: split it")));
    }
    Ok(text)
}

fn parse(text: &str, notation: Notation, name: &str) -> Result<Manifest, Failure> {
    let wrong = |line: Option<usize>, why: &str| {
        let at = line.map(|line| format!(", line {line}")).unwrap_or_default();
        Failure::usage(format!("{name}{at}: {why}. `jeton export` shows how it is written"))
    };
    match notation {
        Notation::Toml => toml::from_str(text).map_err(|why| {
            let line = why.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            wrong(line, why.message())
        }),
        Notation::Yaml => serde_saphyr::from_str(text).map_err(|why| {
            let line = why.location().map(|at| usize::try_from(at.line()).unwrap_or(usize::MAX));
            wrong(line, &first_line(&why.without_snippet().to_string()))
        }),
        Notation::Json => {
            // Of two members with one name, serde would take the last.
            jeton_core::json::parse(text.as_bytes()).map_err(|why| wrong(None, &why.to_string()))?;
            serde_json::from_str(text).map_err(|why| wrong(Some(why.line()), &why.to_string()))
        }
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn add(whole: &mut Manifest, more: Manifest) {
    let Manifest { apis, companies, credentials } = more;
    extend(&mut whole.apis, apis);
    extend(&mut whole.companies, companies);
    extend(&mut whole.credentials, credentials);
}

fn extend<T>(part: &mut Option<Vec<T>>, more: Option<Vec<T>>) {
    if let Some(more) = more {
        part.get_or_insert_default().extend(more);
    }
}
