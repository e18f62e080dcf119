//! The servers that a person works on: `jeton/config.toml` in the folder of the user's configuration. It holds no
//! secret; [`keeping`](super::keeping) knows where those are.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::failure::Failure;

/// What a person calls a server: 1 to 64 of `A-Z a-z 0-9 . _ -`, no dot or hyphen first, so that it can name a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct ProfileName(String);

impl FromStr for ProfileName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let named = (1..=64).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with(['.', '-']);
        if named {
            Ok(Self(text.to_owned()))
        } else {
            Err("the name of a profile is 1 to 64 of A-Z a-z 0-9 . _ -")
        }
    }
}

impl TryFrom<String> for ProfileName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ProfileName> for String {
    fn from(name: ProfileName) -> Self {
        name.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ProfileName {
    /// What the first login makes.
    pub(crate) fn first() -> Self {
        Self("default".to_owned())
    }
}

/// A server, and who one is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    /// Nothing where nobody is logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<KeptIn>,
}

/// Where a profile's secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeptIn {
    Keyring,
    File,
}

impl KeptIn {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profiles {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) in_use: Option<ProfileName>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) profiles: BTreeMap<ProfileName, Profile>,
}

/// The folder that the file is in.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// By the variables, as the XDG base directory specification has it; nothing for a user without a home.
    pub(crate) fn find(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        // The specification has relative paths ignored.
        let path = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let around = path("XDG_CONFIG_HOME").or_else(|| path("HOME").map(|home| home.join(".config")))?;
        Some(Self(around.join("jeton")))
    }

    /// The folder of whoever runs this, who must have one.
    pub(crate) fn of_user() -> Result<Self, Failure> {
        Self::find(|name| std::env::var_os(name)).ok_or_else(|| {
            Failure::usage(
                "there is no folder for profiles: set HOME or XDG_CONFIG_HOME, to an absolute path",
            )
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    fn file(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// The profiles; none where there is no file.
    pub(crate) fn read(&self) -> Result<Profiles, Failure> {
        let file = self.file();
        let faulty = |why: &dyn fmt::Display| {
            Failure::configuration(format!(
                "{}: {why}. Mend the file, or remove it and `jeton login` again",
                file.display()
            ))
        };
        let text = match fs::read_to_string(&file) {
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Profiles::default()),
            other => other.map_err(|why| faulty(&why))?,
        };
        // Its sentence alone: what is around the fault may be anything.
        toml::from_str(&text).map_err(|why| faulty(&why.message()))
    }

    /// Writes them, all or nothing.
    pub(crate) fn write(&self, profiles: &Profiles) -> Result<(), Failure> {
        let text = toml::to_string(profiles).expect("names and texts are TOML");
        self.write_file("config.toml", text.as_bytes())
    }

    /// Writes a file below the folder that its owner alone may read, all or nothing.
    pub(super) fn write_file(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.0.join(name);
        let folder = path.parent().unwrap_or(&self.0);
        let write = || {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            // It has mode 0600 from the start.
            let mut file = NamedTempFile::new_in(folder)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            fs::File::open(folder)?.sync_all()
        };
        write().map_err(|why| Failure::failed(format!("{} cannot be written: {why}. Make that possible, or choose another folder with XDG_CONFIG_HOME", path.display())))
    }
}

impl Profiles {
    /// The profile of this name, or a failure that names those that there are.
    pub(crate) fn get(&self, name: &ProfileName) -> Result<&Profile, Failure> {
        self.profiles.get(name).ok_or_else(|| {
            let known: Vec<String> = self.profiles.keys().map(ToString::to_string).collect();
            let known = if known.is_empty() {
                "there are none yet: `jeton login` makes one".to_owned()
            } else {
                format!("there are {}", known.join(", "))
            };
            Failure::not_found(format!("there is no profile \"{name}\": {known}"))
        })
    }
}
