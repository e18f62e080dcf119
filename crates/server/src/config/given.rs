//! What a source says for a key, before it is judged: a value with its place. The readers here are the only way from
//! there to a type; each says what it expected.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::origin::{ConfigError, Origin};
use super::quantity::{Bounds, Lifetime, parse_time};
use super::value::ValueError;

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) origin: Origin,
    pub(super) raw: Raw,
}

/// A value as its source has it.
#[derive(Debug, Clone)]
pub(super) enum Raw {
    /// A text of the file.
    Text(String),
    /// A variable or an option of the command line, which stand for values of any kind.
    Words(OsString),
    /// A whole number, in decimal digits.
    Integer(String),
    Boolean(bool),
    List(Vec<Given>),
    Table(Vec<Entry>),
    /// Something that no key takes.
    Other(&'static str),
}

/// A key in a table, with its own place.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) origin: Origin,
    pub(super) value: Given,
}

type Faults = Vec<ConfigError>;

impl Given {
    /// One fault, here.
    pub(super) fn fault(&self, message: impl Into<String>) -> Faults {
        vec![ConfigError { origin: self.origin.clone(), message: message.into() }]
    }

    /// Of another type than `expected`.
    pub(super) fn wrong_type(&self, expected: &str) -> Faults {
        let found = match &self.raw {
            Raw::Text(_) => "a string",
            Raw::Words(_) => "other characters than UTF-8",
            Raw::Integer(_) => "an integer",
            Raw::Boolean(_) => "a boolean",
            Raw::List(_) => "a sequence",
            Raw::Table(_) => "a table",
            Raw::Other(name) => name,
        };
        self.fault(format!("expected {expected}, found {found}"))
    }

    /// A text.
    pub(super) fn text(&self) -> Result<&str, Faults> {
        match &self.raw {
            Raw::Text(text) => Ok(text),
            Raw::Words(words) => words.to_str().ok_or_else(|| self.wrong_type("a string")),
            _ => Err(self.wrong_type("a string")),
        }
    }

    /// A text with a grammar.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self) -> Result<T, Faults> {
        self.text()?.parse().map_err(|why: T::Err| self.fault(why.to_string()))
    }

    /// Texts with a grammar: a sequence in the file, separated by commas elsewhere. All that are wrong are told.
    pub(super) fn list<T: FromStr<Err: Display>>(&self) -> Result<Vec<T>, Faults> {
        let (mut values, mut faults) = (Vec::new(), Vec::new());
        for item in self.items()? {
            match item.parsed() {
                Ok(value) => values.push(value),
                Err(why) => faults.extend(why),
            }
        }
        if faults.is_empty() { Ok(values) } else { Err(faults) }
    }

    /// The parts of a list.
    pub(super) fn items(&self) -> Result<Vec<Self>, Faults> {
        match &self.raw {
            Raw::List(items) => Ok(items.clone()),
            Raw::Words(_) => {
                let one = |part: &str| Self { origin: self.origin.clone(), raw: Raw::Words(part.into()) };
                Ok(self.text()?.split(',').map(str::trim).filter(|part| !part.is_empty()).map(one).collect())
            }
            _ => Err(self.wrong_type("a sequence of strings")),
        }
    }

    /// Yes or no.
    pub(super) fn boolean(&self) -> Result<bool, Faults> {
        match &self.raw {
            Raw::Boolean(value) => Ok(*value),
            Raw::Words(words) if words == "true" => Ok(true),
            Raw::Words(words) if words == "false" => Ok(false),
            Raw::Words(_) => Err(self.fault("write the boolean `true` or `false`")),
            _ => Err(self.wrong_type("a boolean, true or false")),
        }
    }

    /// A path. In the file, one that is not absolute begins at the file's own folder.
    pub(super) fn path(&self) -> Result<PathBuf, Faults> {
        let path = match &self.raw {
            Raw::Words(words) => PathBuf::from(words),
            _ => PathBuf::from(self.text()?),
        };
        if path.as_os_str().is_empty() {
            return Err(self.fault("the path is empty: name a file or folder, or leave the key out"));
        }
        match &self.origin {
            Origin::File { path: file, .. } => Ok(file.parent().map_or(path.clone(), |at| at.join(&path))),
            _ => Ok(path),
        }
    }

    /// A time within bounds, which are milliseconds.
    pub(super) fn time(&self, bounds: Bounds) -> Result<Duration, Faults> {
        let expected = "a time such as \"10s\", \"500ms\" or \"1m\", or whole seconds";
        let text = match &self.raw {
            Raw::Integer(digits) => digits,
            Raw::Text(_) | Raw::Words(_) => self.text()?,
            _ => return Err(self.wrong_type(expected)),
        };
        let refused =
            || self.fault(format!("{text:?} is no time here: write {expected}, {}", bounds.times()));
        parse_time(text).filter(|time| bounds.hold(time.as_millis())).ok_or_else(refused)
    }

    /// How long tokens live.
    pub(super) fn lifetime(&self) -> Result<Lifetime, Faults> {
        match &self.raw {
            Raw::Integer(digits) => digits.parse().map_err(|why: ValueError| self.fault(why.to_string())),
            Raw::Text(_) | Raw::Words(_) => self.parsed(),
            _ => Err(self.wrong_type("seconds, or a text such as \"30m\"")),
        }
    }

    /// A whole number within bounds.
    pub(super) fn count<N: TryFrom<u64>>(&self, bounds: Bounds) -> Result<N, Faults> {
        let text = match &self.raw {
            Raw::Integer(digits) => digits,
            Raw::Words(_) => self.text()?,
            _ => return Err(self.wrong_type("a whole number")),
        };
        let number = text.parse::<u64>().ok().filter(|number| bounds.hold(u128::from(*number)));
        let number = number.and_then(|number| N::try_from(number).ok());
        number.ok_or_else(|| {
            self.fault(format!("{text:?} is no number here: write a whole number, {}", bounds.numbers()))
        })
    }
}
