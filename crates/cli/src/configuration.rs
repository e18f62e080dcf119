//! Where the configuration comes from when the binary runs: the command line, the environment's variables, the file.

use std::ffi::OsString;
use std::path::PathBuf;

use jeton_server::config::{Flag, Resolved, Sources};

use crate::args::Overrides;
use crate::data::Place;
use crate::failure::Failure;

/// What the command line says for every command.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) file: Option<PathBuf>,
    pub(crate) data: Option<PathBuf>,
}

impl Given {
    /// The configuration that holds, or a failure with a line for everything that is wrong.
    pub(crate) fn resolve(&self, overrides: Option<&Overrides>) -> Result<Resolved, Failure> {
        self.sources(overrides).resolve().map_err(|why| {
            Failure::configuration(format!("{why}. Correct it there; `jeton config check` judges it again"))
        })
    }

    /// Where the data is.
    pub(crate) fn place(&self) -> Result<Place, Failure> {
        Place::of(&self.resolve(None)?)
    }

    fn sources(&self, overrides: Option<&Overrides>) -> Sources {
        let mut flags = Vec::new();
        let mut say = |name, key, value: OsString| flags.push(Flag { name, key, value });
        if let Some(folder) = &self.data {
            say("--data", "store.data", folder.clone().into_os_string());
        }
        if let Some(Overrides { listen, management_listen, danger_plain_http, issuer: _ }) = overrides {
            if !listen.is_empty() {
                let all: Vec<String> = listen.iter().map(ToString::to_string).collect();
                say("--listen", "listen.public", all.join(",").into());
            }
            if let Some(address) = management_listen {
                say("--management-listen", "listen.management", address.into());
            }
            if *danger_plain_http {
                say("--danger-plain-http", "listen.danger_plain_http", "true".into());
            }
        }
        let issuers = overrides.map(|overrides| overrides.issuer.clone()).unwrap_or_default();
        Sources { file: self.file.clone(), variables: std::env::vars_os().collect(), flags, issuers }
    }
}
