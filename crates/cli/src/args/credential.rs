//! What can be typed about credentials, their grants and their secrets.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use jeton_core::admin::GrantRequest;
use jeton_core::id::{ClientId, CompanyId, EnvironmentName, SecretId, Text};

use super::{When, time, when};

#[derive(Debug, Subcommand)]
pub(crate) enum Credential {
    /// Make a credential, and show its secret, this once.
    Create {
        /// Whose.
        #[arg(long, value_name = "ID")]
        company: CompanyId,
        /// Where.
        #[arg(long, value_name = "NAME")]
        environment: EnvironmentName,
        /// Its client id, for ever [default: generated].
        #[arg(long, value_name = "ID")]
        client_id: Option<ClientId>,
        /// What people call it.
        #[arg(long, value_name = "TEXT")]
        label: Option<Text>,
        /// Who answers for it: a person, a team, an address.
        #[arg(long, value_name = "TEXT")]
        owner: Option<Text>,
        /// Take it from these networks alone, such as 192.0.2.0/24; may be repeated.
        #[arg(long, value_name = "CIDR", num_args = 1.., value_delimiter = ',')]
        allow: Vec<String>,
        /// What it may use: an API with all scopes that it has now, or with these; may be repeated.
        #[arg(long, value_name = "API[:SCOPE,SCOPE]")]
        grant: Vec<GrantRequest>,
        #[command(flatten)]
        secret: NewSecret,
    },
    /// Change what is said of a credential, or where it is taken from.
    #[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
    Update {
        #[command(flatten)]
        which: Which,
        /// What people call it; an empty text takes it away.
        #[arg(long, value_name = "TEXT", group = "change")]
        label: Option<String>,
        /// Who answers for it; an empty text takes it away.
        #[arg(long, value_name = "TEXT", group = "change")]
        owner: Option<String>,
        /// Take it from these networks alone, such as 192.0.2.0/24, in place of those so far; may be repeated.
        #[arg(long, value_name = "CIDR", num_args = 1.., value_delimiter = ',', group = "change")]
        allow: Vec<String>,
        /// Take it from anywhere.
        #[arg(long, group = "change", conflicts_with = "allow")]
        allow_any: bool,
        /// Give it no tokens from then on, such as 2027-01-31T00:00:00Z, or 90d from now.
        #[arg(long, value_name = "WHEN", value_parser = when, group = "change")]
        expires: Option<When>,
        /// Take its end away.
        #[arg(long, group = "change", conflicts_with = "expires")]
        never_expires: bool,
    },
    /// Refuse it, and revoke the tokens that it has.
    Suspend(Which),
    /// Take a suspended credential again. Revoked tokens stay revoked.
    Resume(Which),
    /// Delete it. Its client id is not given out again.
    Delete(Which),
    /// Show all credentials.
    List {
        /// Those of one company.
        #[arg(long, value_name = "ID")]
        company: Option<CompanyId>,
        /// Those in one environment.
        #[arg(long, value_name = "NAME")]
        environment: Option<EnvironmentName>,
        /// Those whose client id begins so.
        #[arg(long, value_name = "TEXT")]
        id_prefix: Option<String>,
    },
    /// Show a credential.
    Get(Which),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Grant {
    /// Grant an API, or more of its scopes.
    Add {
        #[command(flatten)]
        which: Which,
        #[arg(value_name = "API[:SCOPE,SCOPE]")]
        grant: GrantRequest,
    },
    /// Take an API, or some of its scopes, away.
    Remove {
        #[command(flatten)]
        which: Which,
        #[arg(value_name = "API[:SCOPE,SCOPE]")]
        grant: GrantRequest,
    },
}

/// Where a new secret comes from: it is generated, unless one of these says otherwise.
#[derive(Debug, clap::Args)]
pub(crate) struct NewSecret {
    /// Read the secret from standard input, rather than generate it.
    #[arg(long)]
    pub(crate) secret_stdin: bool,
    /// Take over the hash that another system has of the secret, so that its owner needs no new one: bcrypt, PBKDF2 with
    /// SHA-256 or SHA-512, Argon2id or scrypt, in the file as that system wrote it.
    #[arg(long, value_name = "FILE", conflicts_with = "secret_stdin")]
    pub(crate) hash_file: Option<PathBuf>,
    /// Take it over even if it is so cheap that a copy of the database gives the secret away soon.
    #[arg(long, requires = "hash_file")]
    pub(crate) danger_weak_hash: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// Add a secret beside the one that lives, and show it, this once.
    Rotate {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        secret: NewSecret,
        /// Refuse the one that lives after so long, such as 7d; 0 is at once [default: `secrets.overlap`].
        #[arg(long, value_name = "TIME", value_parser = time)]
        overlap: Option<Duration>,
        /// Refuse the new one after so long, such as 90d.
        #[arg(long, value_name = "TIME", value_parser = time)]
        expires_in: Option<Duration>,
    },
    /// Show what is known of a credential's secrets; never the secrets.
    List(Which),
    /// Let a secret that lives end, or end sooner.
    Retire {
        #[command(flatten)]
        which: Which,
        /// Which, where two live.
        #[arg(long, value_name = "ID")]
        secret: Option<SecretId>,
        /// After so long from now, such as 7d.
        #[arg(long = "in", value_name = "TIME", value_parser = time)]
        after: Duration,
    },
    /// Let a secret that has an end live longer.
    Extend {
        #[command(flatten)]
        which: Which,
        /// Which, where two live.
        #[arg(long, value_name = "ID")]
        secret: Option<SecretId>,
        /// Until so long from now, such as 7d.
        #[arg(long = "to", value_name = "TIME", value_parser = time, required_unless_present = "forever")]
        after: Option<Duration>,
        /// Until it is revoked.
        #[arg(long, conflicts_with = "after")]
        forever: bool,
    },
    /// Tell whose a generated secret is, such as one that was found where it should not be. It is read from standard
    /// input.
    Find,
    /// Contain a leak: read the secret that leaked from standard input, refuse it from now on, and with it every token of
    /// its credential.
    Contain {
        /// Give the credential a new secret, and show it, this once.
        #[arg(long)]
        replace: bool,
    },
    /// Refuse a secret from now on.
    Revoke {
        #[command(flatten)]
        which: Which,
        /// Which, where two live.
        #[arg(long, value_name = "ID", conflicts_with = "all")]
        secret: Option<SecretId>,
        /// Every one. The credential is refused until the next rotate.
        #[arg(long)]
        all: bool,
    },
}

/// A credential.
#[derive(Debug, Clone, Args)]
pub(crate) struct Which {
    /// Its client id.
    pub(crate) client_id: ClientId,
    /// Where it lives.
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: EnvironmentName,
}
