//! What can be typed.

#![expect(clippy::doc_markdown, reason = "these comments are help texts, where a backtick is a backtick")]

mod health;
mod operate;
mod token;
mod usage;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jeton_core::Algorithm;
use jeton_core::admin::GrantRequest;
use jeton_core::id::{ApiId, AudienceUri, ClientId, CompanyId, EnvironmentName, ScopeName, SecretId, Text};
use jeton_server::config::{Issuer, ListenAddress, parse_time};

pub(crate) use self::health::Health;
pub(crate) use self::operate::{CopyTo, Db, HashKey, Key, MasterKey};
pub(crate) use self::token::{Checks, Get, Revoke, SecretFrom, Token, TokenDialect};
pub(crate) use self::usage::{Usage, Window};

/// The exit codes of all commands, for the end of `--help`.
const EXIT_CODES: &str = "\
Exit codes:
   0  done
   1  failed
   2  wrong usage
   3  not found
   4  not authenticated or not allowed
   5  conflict, or a limit is reached
   6  unavailable, try again
   7  a check failed
  78  wrong configuration";

/// A token service for machine-to-machine APIs.
#[derive(Debug, Parser)]
#[command(name = "jeton", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// How to show what comes of it, and errors.
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
    /// The data folder [env: JETON_DATA] [default: jeton-data].
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration file [env: JETON_CONFIG].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Why you change something, for the record.
    #[arg(long, global = true, value_name = "TEXT")]
    pub(crate) reason: Option<Text>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How to show things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the store and its keys where they are missing, and the first operator, whose secret is shown this once.
    Init(Init),
    /// Run the server.
    Serve(Box<Serve>),
    /// Ask the server that runs here whether it is ready.
    Health(Health),
    /// The database as a whole: look at it, back it up, put a backup back.
    #[command(subcommand)]
    Db(Db),
    /// The configuration: judge it, show it.
    #[command(subcommand)]
    Config(Configuration),
    /// The key that the store's secrets are sealed under.
    #[command(subcommand)]
    MasterKey(MasterKey),
    /// Ask for tokens, check them, explain them, and revoke them.
    #[command(subcommand)]
    Token(Token),
    #[command(flatten)]
    Manage(Manage),
}

/// The commands that work on the store.
#[derive(Debug, Subcommand)]
pub(crate) enum Manage {
    /// The accounts that own credentials.
    #[command(subcommand)]
    Company(Company),
    /// The protected resources that credentials are granted.
    #[command(subcommand)]
    Api(Api),
    /// Client ids with their secrets and grants.
    #[command(subcommand)]
    Credential(Credential),
    /// What credentials may use.
    #[command(subcommand)]
    Grant(Grant),
    /// The secrets of a credential.
    #[command(subcommand)]
    Secret(Secret),
    /// The keys that sign tokens.
    #[command(subcommand)]
    Key(Key),
    /// The keys that secrets are hashed with.
    #[command(subcommand)]
    HashKey(HashKey),
    /// How often tokens were issued and refused, and why.
    #[command(subcommand)]
    Usage(Usage),
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The operator's client id, for ever [default: generated].
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<ClientId>,
    /// What people call the operator.
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<Text>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Try it out: a throw-away data folder, a demo company with credentials, a demo API.
    #[arg(long)]
    pub(crate) dev: bool,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
}

/// What the command line says over the configuration.
#[derive(Debug, Args)]
pub(crate) struct Overrides {
    /// Listen here in place of the configured addresses; may be repeated. Port 0 takes any that is free.
    #[arg(long, value_name = "[ENV=]ADDR")]
    pub(crate) listen: Vec<ListenAddress>,
    /// The issuer of an environment; may be repeated.
    #[arg(long, value_name = "ENV=URL", value_parser = pair::<EnvironmentName, Issuer>)]
    pub(crate) issuer: Vec<(EnvironmentName, Issuer)>,
    /// Answer `/livez`, `/readyz` and `/metrics`, and operators, here; `off` for nowhere.
    #[arg(long, value_name = "ADDR")]
    pub(crate) management_listen: Option<String>,
    /// Let secrets and tokens leave this machine in plain text.
    #[arg(long)]
    pub(crate) danger_plain_http: bool,
}

/// What can be asked of the configuration. No data is needed.
#[derive(Debug, Subcommand)]
pub(crate) enum Configuration {
    /// Read everything as `serve` would, with the files that it names, and say what is wrong.
    Check {
        #[command(flatten)]
        overrides: Box<Overrides>,
    },
    /// Show what holds, as a file that could be used.
    Show {
        /// Say where each value came from.
        #[arg(long)]
        origin: bool,
        #[command(flatten)]
        overrides: Box<Overrides>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Company {
    /// Make a company.
    Create {
        /// Its id, for ever.
        id: CompanyId,
        /// Its name.
        #[arg(long)]
        name: Text,
        /// How many credentials it may have, over all environments [default: 5].
        #[arg(long)]
        limit: Option<u32>,
    },
    /// Change a company's name or limit.
    #[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
    Update {
        id: CompanyId,
        /// Its new name.
        #[arg(long, group = "change")]
        name: Option<Text>,
        /// How many credentials it may have from now on. Those that it has stay.
        #[arg(long, group = "change")]
        limit: Option<u32>,
    },
    /// Refuse all its credentials, and revoke the tokens that they have.
    Suspend { id: CompanyId },
    /// Take a suspended company's credentials again. Revoked tokens stay revoked.
    Resume { id: CompanyId },
    /// Delete a company that has no credentials. Its id is not given out again.
    Delete { id: CompanyId },
    /// Show all companies.
    List,
    /// Show a company.
    Get { id: CompanyId },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Api {
    /// Make an API.
    Create {
        /// Its id.
        id: ApiId,
        /// The `aud` of its tokens, an absolute URI.
        #[arg(long, value_name = "URI")]
        audience: AudienceUri,
        /// Its audience in one environment, where that has its own; may be repeated.
        #[arg(long, value_name = "ENV=URI", value_parser = pair::<EnvironmentName, AudienceUri>)]
        audience_in: Vec<(EnvironmentName, AudienceUri)>,
        /// Its scopes; may be repeated.
        #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
        scope: Vec<ScopeName>,
        /// What its tokens are signed with: ES256, EdDSA, RS256 or PS256.
        #[arg(long, default_value_t = Algorithm::Es256)]
        alg: Algorithm,
    },
    /// Change an API.
    #[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
    Update {
        id: ApiId,
        /// Its new audience.
        #[arg(long, value_name = "URI", group = "change")]
        audience: Option<AudienceUri>,
        /// Its audience in one environment; `ENV=` takes the environment's own away.
        #[arg(long, value_name = "ENV=[URI]", group = "change", value_parser = audience_in)]
        audience_in: Vec<(EnvironmentName, Option<AudienceUri>)>,
        /// Scopes to add.
        #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',', group = "change")]
        add_scope: Vec<ScopeName>,
        /// Scopes to remove, which no credential may be granted.
        #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',', group = "change")]
        remove_scope: Vec<ScopeName>,
        /// Its new algorithm, while no credential is granted it.
        #[arg(long, group = "change")]
        alg: Option<Algorithm>,
    },
    /// Delete an API that no credential is granted.
    Delete { id: ApiId },
    /// Show all APIs.
    List,
    /// Show an API.
    Get { id: ApiId },
}

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
        /// What it may use: an API with all scopes that it has now, or with these; may be repeated.
        #[arg(long, value_name = "API[:SCOPE,SCOPE]", value_parser = grant)]
        grant: Vec<GrantRequest>,
        #[command(flatten)]
        secret: NewSecret,
    },
    /// Change a credential's label.
    Update {
        #[command(flatten)]
        which: Which,
        /// What people call it; an empty text takes it away.
        #[arg(long, value_name = "TEXT")]
        label: String,
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
        #[arg(value_name = "API[:SCOPE,SCOPE]", value_parser = grant)]
        grant: GrantRequest,
    },
    /// Take an API, or some of its scopes, away.
    Remove {
        #[command(flatten)]
        which: Which,
        #[arg(value_name = "API[:SCOPE,SCOPE]", value_parser = grant)]
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
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its client id.
    pub(crate) client_id: ClientId,
    /// Where it lives.
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: EnvironmentName,
}

/// As configuration writes times.
fn time(text: &str) -> Result<Duration, &'static str> {
    let most = Duration::from_hours(100 * 366 * 24);
    let time = parse_time(text).filter(|time| *time <= most);
    time.ok_or("write a number with `s`, `m`, `h` or `d`, such as `7d`; 100 years at most")
}

fn pair<K, V>(text: &str) -> Result<(K, V), String>
where
    K: FromStr<Err: ToString>,
    V: FromStr<Err: ToString>,
{
    let (key, value) = text.split_once('=').ok_or("write ENVIRONMENT=VALUE")?;
    Ok((
        key.parse().map_err(|why: K::Err| why.to_string())?,
        value.parse().map_err(|why: V::Err| why.to_string())?,
    ))
}

fn audience_in(text: &str) -> Result<(EnvironmentName, Option<AudienceUri>), String> {
    match text.strip_suffix('=') {
        Some(name) => Ok((name.parse().map_err(|why: jeton_core::id::IdError| why.to_string())?, None)),
        None => pair(text).map(|(name, audience)| (name, Some(audience))),
    }
}

fn grant(text: &str) -> Result<GrantRequest, String> {
    let (api, scopes) = match text.split_once(':') {
        Some((api, scopes)) => (api, Some(scopes)),
        None => (text, None),
    };
    let scopes =
        scopes.map(|scopes| scopes.split(',').map(str::parse::<ScopeName>).collect::<Result<Vec<_>, _>>());
    Ok(GrantRequest {
        api: api.parse().map_err(|why: jeton_core::id::IdError| why.to_string())?,
        scopes: scopes.transpose().map_err(|why| why.to_string())?,
    })
}
