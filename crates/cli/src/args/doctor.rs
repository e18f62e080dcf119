//! What can be typed after `jeton doctor`.

use clap::Args;

use super::token::SecretFrom;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Look from a client's side, at the server that issues as this URL, in place of the store and configuration here.
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// Ask for a token as this client too, with the secret that one of the next options names.
    #[arg(long, value_name = "ID", requires_all = ["issuer", "SecretFrom"])]
    pub(crate) client_id: Option<String>,
    #[command(flatten)]
    pub(crate) secret: Option<SecretFrom>,
}
