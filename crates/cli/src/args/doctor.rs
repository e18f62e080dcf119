//! What can be typed after `jeton doctor`.

use std::path::PathBuf;

use clap::Args;

use super::token::SecretFrom;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Look from a client's side, at the server that issues as this URL, in place of the store and configuration here.
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// Ask for a token as this client too, with the secret that one of the next options names.
    #[arg(long, value_name = "ID", requires_all = ["issuer", "doctor_secret"])]
    pub(crate) client_id: Option<String>,
    #[command(flatten)]
    pub(crate) secret: DoctorSecret,
}

/// Where the client's secret is, if one is to be tried.
#[derive(Debug, Args)]
#[group(id = "doctor_secret", multiple = false)]
pub(crate) struct DoctorSecret {
    /// The secret is in this environment variable.
    #[arg(long = "secret-env", value_name = "NAME", requires = "client_id")]
    env: Option<String>,
    /// The secret is in this file.
    #[arg(long = "secret-file", value_name = "FILE", requires = "client_id")]
    file: Option<PathBuf>,
    /// The secret is on standard input.
    #[arg(long = "secret-stdin", requires = "client_id")]
    stdin: bool,
}

impl DoctorSecret {
    /// As other commands have it.
    pub(crate) fn into_secret_from(self) -> SecretFrom {
        SecretFrom { env: self.env, file: self.file, stdin: self.stdin }
    }
}
