//! What can be typed about servers and who one is there, and about this program.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::client::profiles::ProfileName;

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// Who one is: the client id of an operator's credential [default: asked for].
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// Read its secret from standard input [default: asked for].
    #[arg(long, conflicts_with = "secret_file")]
    pub(crate) secret_stdin: bool,
    /// Read its secret from this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Keep the secret in a file of mode 0600, not in the kernel's keyring, which ends with the machine.
    #[arg(long)]
    pub(crate) keep_in_file: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Profile {
    /// Show all profiles, and which is in use.
    List,
    /// Work on this profile's server from now on.
    Use { name: ProfileName },
    /// Make a profile with this --url, or change one. What its secret was kept for changes, so `login` again.
    Set {
        name: ProfileName,
        /// Who one is there.
        #[arg(long, value_name = "ID")]
        client_id: Option<String>,
    },
    /// Forget a profile with its secret.
    Remove { name: ProfileName },
}

/// What is made of this very description of the commands.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Man {
    /// Write a manual page for each command to this folder, which is made where it is missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print the reference of all commands, as docs/cli.md has it.
    #[arg(long)]
    pub(crate) markdown: bool,
}
