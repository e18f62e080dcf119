//! What can be typed with every command: where it works, and how.

use std::path::PathBuf;

use clap::Args;

use crate::client::profiles::ProfileName;
use crate::failure::Failure;

/// Where a command works. What is said here goes before variables, those before the profile in use, that before a
/// `serve --dev` that runs, and that before the store in the default folder.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Where")]
pub(crate) struct Reach {
    /// Work on the server whose management listener is here [env: JETON_URL].
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Work on the server that this profile names [env: JETON_PROFILE].
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<ProfileName>,
    /// Send an operator's secret and tokens to a server in plain text beyond this machine, where anybody on the way can
    /// read them.
    #[arg(long, global = true)]
    pub(crate) danger_plain_url: bool,
    /// Work on the store in this data folder [env: JETON_DATA] [default: jeton-data].
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Work on the store of this configuration file [env: JETON_CONFIG].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl Reach {
    /// Refuses what leads to a server, for what works where the store and the configuration are.
    pub(crate) fn refuse_server(&self) -> Result<(), Failure> {
        match self.server_flag() {
            Some(flag) => Err(Failure::usage(format!(
                "{flag} has no meaning here, as this works on the store and the configuration themselves: run it where \
                 they are, without it"
            ))),
            None => Ok(()),
        }
    }

    /// The option that leads to a server.
    pub(crate) fn server_flag(&self) -> Option<&'static str> {
        let url = self.url.as_ref().map(|_| "--url");
        url.or_else(|| self.profile.as_ref().map(|_| "--profile"))
    }

    /// The option that leads to a store.
    pub(crate) fn store_flag(&self) -> Option<&'static str> {
        let data = self.data.as_ref().map(|_| "--data");
        data.or_else(|| self.config.as_ref().map(|_| "--config"))
    }
}

/// How a change is made.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Changes")]
pub(crate) struct Manner {
    /// Why you change something, for the record.
    #[arg(long, global = true, value_name = "TEXT")]
    pub(crate) reason: Option<jeton_core::id::Text>,
    /// Change nothing: check what can be checked, and show the request that would be made.
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// Do not ask before something is destroyed. Where standard input is no terminal, nobody is asked.
    #[arg(long, global = true)]
    pub(crate) yes: bool,
    /// Change it only if its revision is still this one.
    #[arg(long, global = true, value_name = "NUMBER")]
    pub(crate) if_revision: Option<u64>,
}
