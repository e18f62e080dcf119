//! What the environment's variables say: `JETON_SECTION__KEY` for every key that stands once, the same with `_FILE`
//! for a file that holds the value, and three older names.
//!
//! Names with two underscores that are not known are refused, as they are a slip. Others are left alone, since
//! Kubernetes sets `JETON_PORT` and its like for a service `jeton`; but not those that lack an underscore alone.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use tracing::level_filters::LevelFilter;

use super::Config;
use super::given::{Given, Raw};
use super::keys::SETTINGS;
use super::origin::{ConfigError, Origin};
use super::resolve::Notes;

/// The variable that names the configuration file.
pub(super) const CONFIG: &str = "JETON_CONFIG";

/// The other variables that are not named by the rule, with the keys that they stand for.
const OTHERS: [(&str, &str); 2] =
    [("JETON_DATA", "store.data"), ("JETON_MASTER_KEY_FILE", "master_key.file")];

/// What holds a value's file, at the end of a variable's name.
const FILE: &str = "_FILE";

/// The variable of a key, such as `listen.public`.
pub(super) fn variable_of(section: &str, key: &str) -> String {
    format!("JETON_{section}__{key}").to_uppercase()
}

/// Takes over what the variables say. Empty ones say nothing.
pub(super) fn read(variables: &[(OsString, OsString)], config: &mut Config, notes: &mut Notes) {
    read_rust_log(variables, config, notes);
    let mut seen: Vec<(String, String)> = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with("JETON_") && !value.is_empty()) else {
            continue;
        };
        match find(name) {
            Found::Key { path, in_file } => {
                if let Some((_, other)) = seen.iter().find(|(seen, _)| *seen == path) {
                    let message = format!("{other} says the same: set one of the two");
                    notes.faults.push(ConfigError { origin: Origin::Variable(name.to_owned()), message });
                    continue;
                }
                seen.push((path.clone(), name.to_owned()));
                match given(name, value, in_file) {
                    Ok(given) => notes.set(&path, &given, config),
                    Err(why) => notes.faults.push(why),
                }
            }
            Found::Unknown(message) => {
                notes.faults.push(ConfigError { origin: Origin::Variable(name.to_owned()), message });
            }
            Found::Foreign => {}
        }
    }
}

/// The value of one of them, which is not empty.
pub(super) fn value_of<'a>(variables: &'a [(OsString, OsString)], name: &str) -> Option<&'a OsStr> {
    let found = variables.iter().find(|(known, value)| known == name && !value.is_empty());
    found.map(|(_, value)| value.as_os_str())
}

/// `RUST_LOG` where it is a level; other programs take more than that in it.
fn read_rust_log(variables: &[(OsString, OsString)], config: &mut Config, notes: &mut Notes) {
    let level = value_of(variables, "RUST_LOG").and_then(OsStr::to_str);
    if let Some(level) = level.and_then(|level| level.parse::<LevelFilter>().ok()) {
        config.log.level = super::LogLevel(level);
        notes.origins.set("log.level", &Origin::Variable("RUST_LOG".to_owned()));
    }
}

/// What a variable's name means.
enum Found {
    Key { path: String, in_file: bool },
    Unknown(String),
    Foreign,
}

fn find(name: &str) -> Found {
    if let Some((_, path)) = OTHERS.iter().find(|(other, _)| *other == name) {
        return Found::Key { path: (*path).to_owned(), in_file: false };
    }
    let of_section = |section: &'static super::keys::Section<Config>| {
        section.keys.iter().map(|key| (section.name, key.doc.name))
    };
    let known: Vec<(String, String)> = SETTINGS
        .iter()
        .flat_map(of_section)
        .map(|(section, key)| (variable_of(section, key), format!("{section}.{key}")))
        .collect();
    for (variable, path) in &known {
        if name == variable {
            return Found::Key { path: path.clone(), in_file: false };
        }
        if name.strip_suffix(FILE) == Some(variable) {
            return Found::Key { path: path.clone(), in_file: true };
        }
    }
    let single = |name: &str| name.replace("__", "_");
    if !name.contains("__") && !known.iter().any(|(variable, _)| single(variable) == name) {
        return Found::Foreign;
    }
    for table in ["ENVIRONMENT", "ENDPOINT", "TLS"] {
        if name.starts_with(&format!("JETON_{table}__")) {
            let table = table.to_lowercase();
            return Found::Unknown(format!("[[{table}]] is for the configuration file alone"));
        }
    }
    let (plain, file) = name.strip_suffix(FILE).map_or((name, ""), |plain| (plain, FILE));
    let nearest = known.iter().min_by_key(|(variable, _)| strsim::osa_distance(variable, plain));
    let nearest = nearest.map_or("", |(variable, _)| variable);
    Found::Unknown(format!("there is no such setting: did you mean {nearest}{file}? Else unset it"))
}

fn given(name: &str, value: &OsStr, in_file: bool) -> Result<Given, ConfigError> {
    if !in_file {
        return Ok(Given { origin: Origin::Variable(name.to_owned()), raw: Raw::Words(value.to_owned()) });
    }
    let path = PathBuf::from(value);
    let origin = Origin::VariableFile { name: name.to_owned(), path: path.clone() };
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let text = text.strip_suffix('\n').unwrap_or(&text);
            let text = text.strip_suffix('\r').unwrap_or(text);
            Ok(Given { origin, raw: Raw::Words(text.into()) })
        }
        Err(why) => Err(ConfigError { origin, message: format!("it cannot be read: {why}") }),
    }
}
