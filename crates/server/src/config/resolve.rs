//! From the sources to one configuration: defaults, then the file, the variables, the options of the command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use jeton_core::id::EnvironmentName;

use super::given::{Entry, Given, Raw};
use super::keys::{SETTINGS, Section, suggestion};
use super::origin::{ConfigError, ConfigErrors, Origin, Origins};
use super::{Config, Issuer, default_listeners, file, variables};

/// Where a configuration may come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file; without it that of `JETON_CONFIG`, or none.
    pub file: Option<PathBuf>,
    /// The environment's variables, all of them.
    pub variables: Vec<(OsString, OsString)>,
    /// What options of the command line say for keys.
    pub flags: Vec<Flag>,
    /// The issuers that options of the command line give to environments.
    pub issuers: Vec<(EnvironmentName, Issuer)>,
}

/// An option of the command line that stands for a key.
#[derive(Debug, Clone)]
pub struct Flag {
    /// Its name, such as `--listen`.
    pub name: &'static str,
    /// The key, such as `listen.public`.
    pub key: &'static str,
    /// Its value, written as in a variable.
    pub value: OsString,
}

/// A configuration of which every value has its origin.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The configuration. Its parts fit together.
    pub config: Config,
    pub(super) origins: Origins,
}

impl Resolved {
    /// Where a value came from, by its path: `listen.public`, `tls[0].key`.
    pub fn origin(&self, path: &str) -> Origin {
        self.origins.find(path)
    }
}

impl Sources {
    /// The configuration that they say together, or all that is wrong with it.
    ///
    /// Not checked here: what the files that it names hold.
    pub fn resolve(&self) -> Result<Resolved, ConfigErrors> {
        let mut config = Config::default();
        let mut notes = Notes::default();
        let named = || variables::value_of(&self.variables, variables::CONFIG).map(PathBuf::from);
        let path = self.file.clone().or_else(named);
        if let Some(path) = &path {
            file::read(path, &mut config, &mut notes);
        }
        variables::read(&self.variables, &mut config, &mut notes);
        for flag in &self.flags {
            let given = Given { origin: Origin::Flag(flag.name), raw: Raw::Words(flag.value.clone()) };
            notes.set(flag.key, &given, &mut config);
        }
        if !notes.origins.has("listen.public") {
            config.listeners = default_listeners(&config.environments);
        }
        // Parts that could not be read fit nothing; that is not worth a word.
        if notes.faults.is_empty() {
            self.give_issuers(&mut config, &mut notes);
            notes.judge(&config, path.as_deref());
            notes.judge_store(&config);
        }
        notes.end().map(|origins| Resolved { config, origins })
    }

    fn give_issuers(&self, config: &mut Config, notes: &mut Notes) {
        for (name, issuer) in &self.issuers {
            let origin = Origin::Flag("--issuer");
            match config.set_issuer(name, issuer.clone()) {
                Ok(()) => {
                    let at = config.environments.iter().position(|environment| environment.name == *name);
                    notes.origins.set(&format!("environment[{}].issuer", at.unwrap_or_default()), &origin);
                }
                Err(message) => notes.faults.push(ConfigError { origin, message }),
            }
        }
    }
}

/// What is noted while the sources are read.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) origins: Origins,
    pub(super) faults: Vec<ConfigError>,
}

impl Notes {
    /// Takes over the keys of a section, which stands at `path`.
    pub(super) fn fill<T>(&mut self, section: &Section<T>, target: &mut T, entries: &[Entry], path: &str) {
        for entry in entries {
            let name = entry.name.as_str();
            if let Some(key) = section.keys.iter().find(|key| key.doc.name == name) {
                self.take((key.read)(target, &entry.value), &format!("{path}.{name}"), &entry.value);
            } else {
                let known = suggestion(name, section.keys.iter().map(|key| key.doc.name));
                self.unknown(&entry.origin, name, &known);
            }
        }
    }

    /// Takes over one key that stands once.
    pub(super) fn set(&mut self, path: &str, given: &Given, config: &mut Config) {
        let found = path.split_once('.').and_then(|(section, key)| {
            let section = SETTINGS.iter().find(|known| known.name == section)?;
            section.keys.iter().find(|known| known.doc.name == key)
        });
        // Paths are written in this crate and in the CLI, whose tests set every one.
        let key = found.unwrap_or_else(|| panic!("{path} is no key"));
        self.take((key.read)(config, given), path, given);
    }

    fn take(&mut self, outcome: Result<(), Vec<ConfigError>>, path: &str, given: &Given) {
        match outcome {
            Ok(()) => {
                self.origins.set(path, &given.origin);
                if let Raw::List(items) = &given.raw {
                    for (at, item) in items.iter().enumerate() {
                        self.origins.set(&format!("{path}[{at}]"), &item.origin);
                    }
                }
            }
            Err(faults) => self.faults.extend(faults),
        }
    }

    pub(super) fn unknown(&mut self, origin: &Origin, name: &str, known: &str) {
        let message = format!("`{name}` is not known here: {known}");
        self.faults.push(ConfigError { origin: origin.clone(), message });
    }

    /// Notes what does not fit together. What nobody said is the fault of the file, if there is one.
    fn judge(&mut self, config: &Config, file: Option<&Path>) {
        for misfit in config.judge() {
            let origin = match (self.origins.find(&misfit.path), file) {
                (Origin::Default, Some(path)) => Origin::File { path: path.to_owned(), place: None },
                (origin, _) => origin,
            };
            self.faults.push(ConfigError { origin, message: misfit.message });
        }
    }

    /// A data folder is the default, so only that somebody named one shows that two stores are meant.
    fn judge_store(&mut self, config: &Config) {
        if config.postgres.url.is_some() && self.origins.has("store.data") {
            let message = format!(
                "the store is the PostgreSQL of `store.url` ({}), so there is no data folder: leave one of the two out",
                self.origins.find("store.url")
            );
            self.faults.push(ConfigError { origin: self.origins.find("store.data"), message });
        }
    }

    fn end(mut self) -> Result<Origins, ConfigErrors> {
        if self.faults.is_empty() {
            return Ok(self.origins);
        }
        self.faults.sort();
        self.faults.dedup();
        Err(ConfigErrors(self.faults))
    }
}
