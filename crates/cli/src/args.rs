//! What can be typed.

#![expect(clippy::doc_markdown, reason = "these comments are help texts, where a backtick is a backtick")]

mod audit;
mod credential;
mod doctor;
mod health;
mod manifest;
mod operate;
mod profile;
mod reach;
mod token;
mod usage;

use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jeton_core::Algorithm;
use jeton_core::id::{ApiId, AudienceUri, ClientId, CompanyId, EnvironmentName, ScopeName, Text};
use jeton_server::config::{Issuer, ListenAddress, parse_time};

pub(crate) use self::audit::{Audit, AuditFilter};
pub(crate) use self::credential::{Credential, Grant, NewSecret, Secret, Which};
pub(crate) use self::doctor::Doctor;
pub(crate) use self::health::Health;
pub(crate) use self::manifest::{Export, Manifest, Notation};
pub(crate) use self::operate::{CopyTo, Db, HashKey, Key, MasterKey};
pub(crate) use self::profile::{Login, Man, Profile};
pub(crate) use self::reach::{Manner, Reach};
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
    #[command(flatten)]
    pub(crate) reach: Reach,
    #[command(flatten)]
    pub(crate) manner: Manner,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How to show things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For people: lists with all that is known.
    Wide,
    /// For programs: one JSON text, a list as one array.
    Json,
    /// For programs: JSON, a line for each thing.
    Jsonl,
    /// For shells: NAME=value for the fields of one thing.
    Env,
}

impl Format {
    pub(crate) fn is_for_people(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }

    /// Whether errors are problem objects.
    pub(crate) fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl)
    }
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
    /// Say what is wrong here, or will be soon, and what to do about it.
    Doctor(Doctor),
    /// Work on a server from now on: try a credential of an operator, and keep it.
    Login(Login),
    /// Forget the secret of the profile in use, or of --profile.
    Logout,
    /// The servers that you work on, and which one is in use.
    #[command(subcommand)]
    Profile(Profile),
    /// Print what makes a shell complete commands and options: `source <(jeton completion bash)`.
    Completion {
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, or print the reference of all commands.
    Man(Man),
    /// Ask for tokens, check them, explain them, and revoke them.
    #[command(subcommand)]
    Token(Token),
    #[command(flatten)]
    Manage(Manage),
}

/// The commands that ask the management API, of a server or on the store.
#[derive(Debug, Subcommand)]
pub(crate) enum Manage {
    /// Make everything as a manifest says: APIs, companies, credentials without secrets. A plan first, then one change.
    Apply(Manifest),
    /// Show what `apply` would change; exit code 7 where that is something.
    Diff(Manifest),
    /// Write what is there as a manifest.
    Export(Export),
    /// Who you are, where, what you may do, and what said so.
    Whoami,
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
    /// Who changed what, and whether the record is whole.
    #[command(subcommand)]
    Audit(Audit),
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
    List {
        /// Those whose id begins so.
        #[arg(long, value_name = "TEXT", conflicts_with = "name_prefix")]
        id_prefix: Option<String>,
        /// Those whose name begins so.
        #[arg(long, value_name = "TEXT")]
        name_prefix: Option<String>,
    },
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
    List {
        /// Those whose id begins so.
        #[arg(long, value_name = "TEXT")]
        id_prefix: Option<String>,
    },
    /// Show an API.
    Get { id: ApiId },
}

/// A point in time: itself, or so long from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    At(jiff::Timestamp),
    In(Duration),
}

fn when(text: &str) -> Result<When, &'static str> {
    if let Ok(span) = time(text) {
        return Ok(When::In(span));
    }
    let at = text
        .parse()
        .map_err(|_| "write a time such as 2027-01-31T00:00:00Z, or so long from now, such as `90d`")?;
    Ok(When::At(at))
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
