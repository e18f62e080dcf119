//! What holds, as a file that could be used; and the documents about the keys, which are made of their table.

use std::fmt::Write as _;

use toml::Value;

use super::keys::{
    EndpointDraft, EnvironmentDraft, KeyDoc, Kind, SETTINGS, Section, SectionDoc, TABLES, TlsDraft, sections,
};
use super::origin::Origin;
use super::resolve::Resolved;
use super::variables::variable_of;
use super::{Config, Endpoint, Environment, TlsFiles};

/// A value that holds.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its key: `listen.public`, `environment[0].name`.
    pub key: String,
    /// What holds; `None` where that is nothing.
    pub value: Option<Value>,
    /// Where it came from.
    pub origin: Origin,
}

impl Resolved {
    /// Every value that holds, in the order of the reference file.
    pub fn settings(&self) -> Vec<Setting> {
        let config = &self.config;
        let mut all: Vec<Setting> =
            SETTINGS.iter().flat_map(|section| self.section(section, config, section.name)).collect();
        for (at, environment) in config.environments.iter().enumerate() {
            all.extend(self.section(&TABLES.environment, &environment.into(), &format!("environment[{at}]")));
        }
        for (at, endpoint) in config.endpoints.iter().enumerate() {
            all.extend(self.section(&TABLES.endpoint, &endpoint.into(), &format!("endpoint[{at}]")));
        }
        for (at, tls) in config.tls.iter().enumerate() {
            all.extend(self.section(&TABLES.tls, &tls.into(), &format!("tls[{at}]")));
        }
        all
    }

    fn section<T>(&self, section: &Section<T>, target: &T, path: &str) -> Vec<Setting> {
        let one = |key: &super::keys::Key<T>| {
            let name = format!("{path}.{}", key.doc.name);
            Setting { origin: self.origins.find(&name), value: (key.show)(target), key: name }
        };
        section.keys.iter().map(one).collect()
    }

    /// What holds as a file that could be used; where asked for, with the origin of each value.
    pub fn to_toml(&self, origins: bool) -> String {
        let (mut text, mut last) = (String::new(), String::new());
        for Setting { key, value, origin } in self.settings() {
            let (path, name) = key.rsplit_once('.').unwrap_or(("", &key));
            if path != last {
                let end = if text.is_empty() { "" } else { "\n" };
                let head =
                    path.split_once('[').map_or(format!("[{path}]"), |(table, _)| format!("[[{table}]]"));
                say(&mut text, format_args!("{end}{head}"));
                path.clone_into(&mut last);
            }
            let origin = if origins { format!("  # {}", one_line(&origin)) } else { String::new() };
            match value {
                Some(value) => say(&mut text, format_args!("{name} = {value}{origin}")),
                None => say(&mut text, format_args!("# {name} is not set{origin}")),
            }
        }
        text
    }
}

/// What a comment can hold, whatever a file is called.
fn one_line(origin: &Origin) -> String {
    origin.to_string().chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// The commented reference file: every key with its default, commented out.
pub fn reference_file() -> String {
    let mut text = String::from(
        "# The configuration of Jeton. Every key may be left out; what stands here behind `#` without a space is the\n\
         # default, or an example where there is none. `jeton config check` judges a file, `jeton config show --origin`\n\
         # shows what holds and why. Variables win over this file, options of the command line over both.\n\
         #\n\
         # This file is generated from the keys that the server knows: see crates/server/src/config/keys.\n",
    );
    for section in sections() {
        say(&mut text, format_args!("\n# {}", wrapped(section.help)));
        let head =
            if section.repeated { format!("#[[{}]]", section.name) } else { format!("[{}]", section.name) };
        say(&mut text, format_args!("{head}"));
        for key in &section.keys {
            let about = match default_of(section.name, key) {
                None if key.is_required() => format!("{} ({})", key.help, key.kind),
                None => format!("{} ({}; default: {})", key.help, key.kind, key.unset),
                Some(_) => format!("{} ({})", key.help, key.kind),
            };
            say(&mut text, format_args!("# {}", wrapped(&about)));
            let value = default_of(section.name, key).unwrap_or_else(|| example(key));
            say(&mut text, format_args!("#{} = {value}", key.name));
        }
    }
    text
}

/// The table of all keys for `docs/configuration.md`.
pub fn reference_table() -> String {
    let mut text = String::new();
    for section in sections() {
        let SectionDoc { name, help, repeated, .. } = section;
        let head = if repeated { format!("[[{name}]]") } else { format!("[{name}]") };
        say(&mut text, format_args!("### `{head}`\n\n{help}\n"));
        say(&mut text, format_args!("| key | takes | default | what it is | since |\n|---|---|---|---|---|"));
        for key in &section.keys {
            let default = default_of(name, key).map_or(key.unset.to_owned(), |value| format!("`{value}`"));
            let KeyDoc { name: key_name, kind, help, since, .. } = key;
            say(&mut text, format_args!("| `{key_name}` | {kind} | {default} | {help} | {since} |"));
        }
        let variables: Vec<String> = section
            .keys
            .iter()
            .filter(|_| !repeated)
            .map(|key| format!("`{}`", variable_of(name, key.name)))
            .collect();
        let variables = match &variables[..] {
            [] => "In the file alone.".to_owned(),
            some => format!("Variables: {}.", some.join(", ")),
        };
        say(&mut text, format_args!("\n{variables}\n"));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The default of a key, as the file would say it.
fn default_of(section: &str, key: &KeyDoc) -> Option<Value> {
    let section = SETTINGS.iter().find(|known| known.name == section)?;
    let key = section.keys.iter().find(|known| known.doc.name == key.name)?;
    (key.show)(&Config::default())
}

fn example(key: &KeyDoc) -> Value {
    let text = Value::String(key.example.to_owned());
    if matches!(key.kind, Kind::List(_)) { Value::Array(vec![text]) } else { text }
}

/// A comment over as many lines as it needs.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a line from the start");
        if !line.is_empty() && line.len() + word.len() > 110 {
            lines.push(word.to_owned());
        } else {
            let space = if line.is_empty() { "" } else { " " };
            line.push_str(space);
            line.push_str(word);
        }
    }
    lines.join("\n# ")
}

fn say(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes every line");
}

impl From<&Environment> for EnvironmentDraft {
    fn from(of: &Environment) -> Self {
        Self { name: Some(of.name.clone()), hosts: Some(of.hosts.clone()), issuer: Some(of.issuer.clone()) }
    }
}

impl From<&Endpoint> for EndpointDraft {
    fn from(of: &Endpoint) -> Self {
        Self { path: Some(of.path.clone()), dialect: Some(of.dialect), lifetime: Some(of.lifetime) }
    }
}

impl From<&TlsFiles> for TlsDraft {
    fn from(of: &TlsFiles) -> Self {
        Self { certificate: Some(of.certificate.clone()), key: Some(of.key.clone()) }
    }
}
