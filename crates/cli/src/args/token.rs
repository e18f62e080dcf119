//! What can be typed about tokens.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use jeton_core::id::{ClientId, CompanyId, EnvironmentName, TokenId};

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Ask a token endpoint for a token, and print it.
    ///
    /// TLS trusts the system's root certificates, or those in the file that SSL_CERT_FILE names.
    Get(Box<Get>),
    /// Check the token on standard input as the API does that it is for.
    #[command(group = ArgGroup::new("whose").args(["issuer", "environment"]).required(true).multiple(true))]
    Verify {
        /// Whom it must be for.
        #[arg(long, value_name = "URI")]
        audience: String,
        #[command(flatten)]
        checks: Checks,
    },
    /// Refuse tokens before they expire: one, or all of a credential or company.
    #[command(group = ArgGroup::new("whose_tokens").args(["credential", "company", "token_stdin"]).required(true))]
    Revoke(Revoke),
    /// Say in words what the token on standard input holds, whether it is good, and if not, why.
    Explain {
        /// Whom it should be for.
        #[arg(long, value_name = "URI")]
        audience: Option<String>,
        #[command(flatten)]
        checks: Checks,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// This token of the credential, by its id, in place of all.
    #[arg(long, allow_hyphen_values = true, requires = "credential", conflicts_with_all = ["company", "token_stdin"])]
    pub(crate) jti: Option<TokenId>,
    /// The tokens of this credential.
    #[arg(long, value_name = "ID", requires = "environment")]
    pub(crate) credential: Option<ClientId>,
    /// Where the credential lives.
    #[arg(long, value_name = "NAME", conflicts_with = "company")]
    pub(crate) environment: Option<EnvironmentName>,
    /// The tokens of all credentials of this company.
    #[arg(long, value_name = "ID")]
    pub(crate) company: Option<CompanyId>,
    /// The token on standard input, which says itself which it is. It is not shown.
    #[arg(long, requires = "environment")]
    pub(crate) token_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    /// Where tokens are given out.
    #[arg(long, value_name = "URL")]
    pub(crate) token_url: String,
    /// How one asks there.
    #[arg(long, value_enum)]
    pub(crate) dialect: TokenDialect,
    /// Who asks.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,
    #[command(flatten)]
    pub(crate) secret: SecretFrom,
    /// The scopes to ask for, in place of all that are granted; may be repeated (gateway, oauth2).
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// The API to ask for (oauth2, json).
    #[arg(long, value_name = "URI")]
    pub(crate) audience: Option<String>,
    /// Your name for the request, for both sides' logs [default for gateway: generated].
    #[arg(long, value_name = "ID")]
    pub(crate) tracking_id: Option<String>,
    /// Send the secret in plain text beyond this machine, where anybody on the way can read it.
    #[arg(long)]
    pub(crate) danger_plain_http: bool,
}

/// Where the secret is. Never on the command line, which others can see and shells remember.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct SecretFrom {
    /// The secret is in this environment variable.
    #[arg(id = "secret_env", long = "secret-env", value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// The secret is in this file.
    #[arg(id = "secret_file", long = "secret-file", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The secret is on standard input.
    #[arg(id = "secret_stdin", long = "secret-stdin")]
    pub(crate) stdin: bool,
}

/// The wire contracts of token endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TokenDialect {
    /// Basic and a form, with a tracking id; numbered errors.
    Gateway,
    /// RFC 6749.
    #[value(name = "oauth2")]
    OAuth2,
    /// JSON in, the bare token out.
    Json,
}

/// What a token is held against.
#[derive(Debug, Args)]
pub(crate) struct Checks {
    /// What it must allow; may be repeated.
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// Who must have issued it; the keys, and what was revoked, are found from here.
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// The issuer's keys, in place of those that its metadata leads to.
    #[arg(long, value_name = "FILE|URL", conflicts_with = "environment")]
    pub(crate) jwks: Option<String>,
    /// Take the keys of this environment from the store in --data. The issuer is checked where --issuer is given too.
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<EnvironmentName>,
}
