//! The table of all keys. From it come the reading of the file, the variables, `config show`, the commented
//! reference file and the table in `docs/configuration.md`.
//!
//! To add a key: a row in `settings.rs` (or `tables.rs`, where it is part of a list of tables), its field in
//! [`Config`], a rule in `judge.rs` if it depends on others, an example and a bad value in the tests of
//! `tests/it/config/keys.rs`, which fail until it has them; then `JETON_GOLDEN=write cargo test -p jeton-server`,
//! which rewrites the reference file and the table.

mod settings;
mod tables;

use std::fmt;

pub(super) use settings::SETTINGS;
pub(super) use tables::{EndpointDraft, EnvironmentDraft, TABLES, TlsDraft};
use toml::Value;

use super::given::Given;
use super::origin::ConfigError;
use super::quantity::Bounds;

/// A section of keys that belong to `T`.
pub(super) struct Section<T: 'static> {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) keys: &'static [Key<T>],
}

/// A key.
pub(super) struct Key<T: 'static> {
    pub(super) doc: KeyDoc,
    /// Takes over what is given, or says what is wrong with it.
    pub(super) read: fn(&mut T, &Given) -> Result<(), Vec<ConfigError>>,
    /// What holds, as the file would say it; `None` where that is nothing.
    pub(super) show: fn(&T) -> Option<Value>,
}

/// What is said of a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyDoc {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) help: &'static str,
    /// What holds where nobody says anything, if the default has no value that could be shown; `"required"` for a
    /// part of a table that must be there.
    pub(super) unset: &'static str,
    /// A value for the reference file, if the default has none.
    pub(super) example: &'static str,
    pub(super) since: &'static str,
}

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A text, of this kind.
    Text(&'static str),
    /// A list of texts, of this kind.
    List(&'static str),
    /// True or false.
    Boolean,
    /// A time; the bounds are milliseconds.
    Time(Bounds),
    /// A whole number.
    Count(Bounds),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(what) => f.write_str(what),
            Self::List(what) => write!(f, "list of {what}"),
            Self::Boolean => f.write_str("true or false"),
            Self::Time(bounds) => write!(f, "time, {}", bounds.times()),
            Self::Count(bounds) => write!(f, "number, {}", bounds.numbers()),
        }
    }
}

impl KeyDoc {
    /// Whether its table is nothing without it.
    pub(super) fn is_required(&self) -> bool {
        self.unset == "required"
    }
}

/// The documentation of a section: its name, what it is for, whether it may stand several times, its keys.
pub(super) struct SectionDoc {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) repeated: bool,
    pub(super) keys: Vec<KeyDoc>,
}

/// All sections, in the order of the reference file.
pub(super) fn sections() -> Vec<SectionDoc> {
    let settings = SETTINGS.iter().map(|section| documentation(section, false));
    let (environment, endpoint, tls) = (&TABLES.environment, &TABLES.endpoint, &TABLES.tls);
    let tables = [documentation(environment, true), documentation(endpoint, true), documentation(tls, true)];
    settings.chain(tables).collect()
}

fn documentation<T>(section: &Section<T>, repeated: bool) -> SectionDoc {
    let keys = section.keys.iter().map(|key| key.doc).collect();
    SectionDoc { name: section.name, help: section.help, repeated, keys }
}

/// The paths of all keys, such as `listen.public`.
pub fn key_paths() -> Vec<String> {
    let paths = |section: SectionDoc| {
        let name = section.name;
        section.keys.into_iter().map(move |key| format!("{name}.{}", key.name)).collect::<Vec<_>>()
    };
    sections().into_iter().flat_map(paths).collect()
}

/// What of `known` was probably meant by `word`: for the end of an error.
pub(super) fn suggestion<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let distance = |name: &str| strsim::osa_distance(word, name);
    match known.clone().min_by_key(|name| distance(name)) {
        Some(name) if distance(name) <= 2.max(name.len() / 3) => format!("did you mean `{name}`?"),
        _ => format!("there are {}", known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}
