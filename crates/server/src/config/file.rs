//! The configuration file: TOML with places, so that every fault has a line and a column.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeArray, DeInteger, DeTable, DeValue};

use super::given::{Entry, Given, Raw};
use super::keys::{
    EndpointDraft, EnvironmentDraft, SETTINGS, Section, TABLES, TlsDraft, sections, suggestion,
};
use super::origin::{ConfigError, Origin};
use super::resolve::Notes;
use super::{Config, Endpoint, Environment, TlsFiles};

/// Takes over what a file says.
pub(super) fn read(path: &Path, config: &mut Config, notes: &mut Notes) {
    let source = match std::fs::read_to_string(path) {
        Ok(text) => Source { path, text },
        Err(why) => {
            let origin = Origin::File { path: path.to_owned(), place: None };
            return notes.faults.push(ConfigError { origin, message: format!("it cannot be read: {why}") });
        }
    };
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for why in &errors {
        let origin = source.origin(why.span());
        notes.faults.push(ConfigError { origin, message: why.message().to_owned() });
    }
    // What else would be said of a text that is no TOML may come of just that.
    if errors.is_empty() {
        for entry in source.entries(table.get_ref()) {
            top(&entry, config, notes);
        }
    }
}

/// One section, or list of tables.
fn top(entry: &Entry, config: &mut Config, notes: &mut Notes) {
    if let Some(section) = SETTINGS.iter().find(|section| section.name == entry.name) {
        if let Raw::Table(entries) = &entry.value.raw {
            notes.fill(section, config, entries, section.name);
        } else {
            let expected = format!("the section [{}], once", section.name);
            notes.faults.extend(entry.value.wrong_type(&expected));
        }
        return;
    }
    match entry.name.as_str() {
        "environment" => {
            let drafts = drafts(&TABLES.environment, &entry.value, notes);
            let environments: Vec<Environment> = drafts.into_iter().filter_map(environment).collect();
            if !environments.is_empty() {
                config.environments = environments;
            }
        }
        "endpoint" => {
            let drafts = drafts(&TABLES.endpoint, &entry.value, notes);
            let endpoints: Vec<Endpoint> = drafts.into_iter().filter_map(endpoint).collect();
            if !endpoints.is_empty() {
                config.endpoints = endpoints;
            }
        }
        "tls" => config.tls = drafts(&TABLES.tls, &entry.value, notes).into_iter().filter_map(tls).collect(),
        unknown => {
            let all = sections();
            let known = suggestion(unknown, all.iter().map(|section| section.name));
            notes.unknown(&entry.origin, unknown, &known);
        }
    }
}

/// Reads the tables of a list.
fn drafts<T: Default>(section: &Section<T>, given: &Given, notes: &mut Notes) -> Vec<T> {
    let expected = format!("tables [[{}]], with two brackets", section.name);
    let Raw::List(items) = &given.raw else {
        notes.faults.extend(given.wrong_type(&expected));
        return Vec::new();
    };
    let mut drafts = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let Raw::Table(entries) = &item.raw else {
            notes.faults.extend(item.wrong_type(&expected));
            continue;
        };
        let path = format!("{}[{at}]", section.name);
        notes.origins.set(&path, &item.origin);
        let mut draft = T::default();
        notes.fill(section, &mut draft, entries, &path);
        for key in section.keys.iter().filter(|key| key.doc.is_required()) {
            let name = key.doc.name;
            if !entries.iter().any(|entry| entry.name == name) {
                notes.faults.extend(item.fault(format!("[[{}]] lacks `{name}`", section.name)));
            }
        }
        drafts.push(draft);
    }
    drafts
}

fn environment(draft: EnvironmentDraft) -> Option<Environment> {
    Some(Environment { name: draft.name?, hosts: draft.hosts?, issuer: draft.issuer? })
}

fn endpoint(draft: EndpointDraft) -> Option<Endpoint> {
    let (path, dialect) = (draft.path?, draft.dialect?);
    Some(Endpoint { path, dialect, lifetime: draft.lifetime.unwrap_or_else(|| dialect.default_lifetime()) })
}

fn tls(draft: TlsDraft) -> Option<TlsFiles> {
    Some(TlsFiles { certificate: draft.certificate?, key: draft.key? })
}

/// A file with its text.
struct Source<'a> {
    path: &'a Path,
    text: String,
}

impl Source<'_> {
    fn origin(&self, span: Option<Range<usize>>) -> Origin {
        let place = |span: Range<usize>| {
            let before = self.text.get(..span.start).unwrap_or(&self.text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
            (line, column)
        };
        Origin::File { path: self.path.to_owned(), place: span.map(place) }
    }

    fn entries(&self, table: &DeTable<'_>) -> Vec<Entry> {
        let one = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| Entry {
            name: name_of(name),
            origin: self.origin(Some(name.span())),
            value: self.given(value),
        };
        table.iter().map(one).collect()
    }

    fn given(&self, value: &Spanned<DeValue<'_>>) -> Given {
        let raw = match value.get_ref() {
            DeValue::String(text) => Raw::Text(text.to_string()),
            DeValue::Integer(number) => integer(number),
            DeValue::Boolean(value) => Raw::Boolean(*value),
            DeValue::Array(items) => Raw::List(self.items(items)),
            DeValue::Table(table) => Raw::Table(self.entries(table)),
            DeValue::Float(_) => Raw::Other("a number with a fraction"),
            DeValue::Datetime(_) => Raw::Other("a date"),
        };
        Given { origin: self.origin(Some(value.span())), raw }
    }

    fn items(&self, items: &DeArray<'_>) -> Vec<Given> {
        items.iter().map(|item| self.given(item)).collect()
    }
}

fn name_of(name: &Spanned<std::borrow::Cow<'_, str>>) -> String {
    name.get_ref().to_string()
}

fn integer(number: &DeInteger<'_>) -> Raw {
    match i128::from_str_radix(number.as_str(), number.radix()) {
        Ok(number) => Raw::Integer(number.to_string()),
        Err(_) => Raw::Other("a number beyond all bounds"),
    }
}
