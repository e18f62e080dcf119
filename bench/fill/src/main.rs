//! Fills a store that a server has made with credentials, five to a company. The first company's are made by the intents that
//! operators' commands are made of. All others are rows like theirs: a script on standard output, for `sqlite3` or `psql`,
//! since intents take a minute for each 40,000. It is to be read once this program has let go of the store, which is before
//! the first word of it.
//!
//! Client ids are `partner-<company>-<number>`; the secrets of `--secrets` are those of credentials spread evenly over all.

mod rows;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser;
use jeton_core::admin::{Admin, Asked, NewApi};
use jeton_core::hash_key::HashKeys;
use jeton_core::id::{ApiId, ClientId, EnvironmentName};
use jeton_core::intent::{Actor, Change, Intent};
use jeton_core::key_ring::open_hash_keys;
use jeton_core::master_key::MasterKeys;
use jeton_core::model::{Audience, SecretKind, StoredSecret};
use jeton_core::secret::Secret;
use jeton_core::time::random_bytes;
use jeton_core::{Algorithm, Clock, Random, Store, Timestamp};
use jeton_store::{Opening, PostgresStore, SqliteStore};

/// Credentials of one company: the most that it may have.
const OF_A_COMPANY: u64 = 5;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[derive(Parser)]
struct Arguments {
    /// The data folder of an embedded store
    #[arg(long, required_unless_present = "postgres")]
    data: Option<PathBuf>,
    /// A file with the URL of a PostgreSQL, instead
    #[arg(long, value_name = "FILE", requires = "master_key", conflicts_with = "data")]
    postgres: Option<PathBuf>,
    /// The file of the master key; that of the data folder by default
    #[arg(long, value_name = "FILE")]
    master_key: Option<PathBuf>,
    /// Where the credentials are
    #[arg(long, default_value = "production")]
    environment: EnvironmentName,
    /// What their API signs with
    #[arg(long, default_value = "ES256")]
    algorithm: Algorithm,
    /// How many credentials
    #[arg(long)]
    credentials: u64,
    /// Where to write lines of client id, space and secret; nobody else may read it
    #[arg(long, value_name = "FILE")]
    secrets: PathBuf,
    /// How many of them
    #[arg(long, default_value_t = u64::MAX)]
    sample: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let arguments = Arguments::parse();
    let (store, master) = open(&arguments).await?;
    let api = make_api(&store, &master, &arguments).await?;
    let hash_keys = open_hash_keys(&store.keys().await?.value.hash, &master)?;
    let filling = Filling { environment: &arguments.environment, api: &api, hash_keys: &hash_keys };
    let secrets = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&arguments.secrets)?;
    let mut secrets = BufWriter::new(secrets);
    let every = arguments.credentials.div_ceil(arguments.sample.max(1)).max(1);
    let mut told = |made: &Made| {
        if made.number.is_multiple_of(every) {
            writeln!(secrets, "{} {}", made.client_id, made.secret.expose())?;
        }
        Ok(())
    };
    let by_intents = arguments.credentials.min(OF_A_COMPANY);
    let mut intents = Vec::new();
    for number in 0..by_intents {
        let made = filling.make(number)?;
        told(&made)?;
        filling.intents(made, &mut intents)?;
    }
    store.commit(&change(&master), &intents).await?;
    store.close().await;
    let form = if arguments.postgres.is_some() { rows::Form::Psql } else { rows::Form::Sqlite };
    rows::write(form, &filling, by_intents..arguments.credentials, &mut told)?;
    secrets.flush()?;
    Ok(())
}

async fn open(arguments: &Arguments) -> Outcome<(Arc<dyn Store>, Arc<MasterKeys>)> {
    let master_key = match (&arguments.master_key, &arguments.data) {
        (Some(file), _) => file.clone(),
        (None, Some(folder)) => folder.join("master.key"),
        (None, None) => return Err("--master-key is missing".into()),
    };
    let master = Arc::new(MasterKeys::parse(&read(&master_key)?)?);
    let store: Arc<dyn Store> = match (&arguments.data, &arguments.postgres) {
        (Some(folder), _) => Arc::new(SqliteStore::open(folder, Opening::Existing).await?),
        (None, Some(file)) => {
            let endpoint = read(file)?.trim().parse()?;
            Arc::new(PostgresStore::open(&endpoint, None, 2, Opening::Existing).await?)
        }
        (None, None) => return Err("--data or --postgres is missing".into()),
    };
    Ok((store, master))
}

fn read(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()).into())
}

/// The API that all of them are granted.
async fn make_api(store: &Arc<dyn Store>, master: &Arc<MasterKeys>, arguments: &Arguments) -> Outcome<ApiId> {
    let admin = Admin {
        store: Arc::clone(store),
        master: Arc::clone(master),
        clock: Arc::new(Now),
        random: Arc::new(Entropy),
        asked: Asked::by(actor()),
    };
    let api = admin.create_api(NewApi {
        id: "bench".parse()?,
        audience: Audience { default: "https://api.example/bench".parse()?, by_environment: BTreeMap::new() },
        algorithm: arguments.algorithm,
        scopes: vec!["voice.send".parse()?, "voice.read".parse()?],
    });
    Ok(api.await?.value.id)
}

/// What all credentials have in common.
struct Filling<'a> {
    environment: &'a EnvironmentName,
    api: &'a ApiId,
    hash_keys: &'a HashKeys,
}

/// A credential that is about to be in the store.
struct Made {
    number: u64,
    company: String,
    client_id: ClientId,
    /// Twenty-two characters of base64url.
    handle: String,
    secret: Secret,
    stored: StoredSecret,
}

impl Filling<'_> {
    /// The credential of this number.
    fn make(&self, number: u64) -> Outcome<Made> {
        let company = format!("partner-{}", number / OF_A_COMPANY);
        let client_id: ClientId = format!("{company}-{}", number % OF_A_COMPANY).parse()?;
        let secret = Secret::generate(self.environment, &Entropy);
        let bytes = secret.expose().as_bytes();
        let stored = StoredSecret {
            id: format!("b{number:011}").parse()?,
            kind: SecretKind::Generated,
            hash: self.hash_keys.hash(self.environment, client_id.as_str(), bytes),
            lookup_tag: Some(self.hash_keys.lookup_tag(bytes)),
            last_four: secret.last_four(),
            created: Now.now(),
            expires: None,
            revoked: None,
        };
        let handle = format!("{:022x}", u64::from_le_bytes(random_bytes(&Entropy)));
        Ok(Made { number, company, client_id, handle, secret, stored })
    }

    /// What makes it, and its company before the first of it.
    fn intents(&self, made: Made, intents: &mut Vec<Intent>) -> Outcome {
        let (environment, client_id, company) = (self.environment.clone(), made.client_id, made.company);
        if made.number.is_multiple_of(OF_A_COMPANY) {
            let credential_limit = u32::try_from(OF_A_COMPANY)?;
            intents.push(Intent::CreateCompany {
                id: company.parse()?,
                name: company.parse()?,
                credential_limit,
            });
        }
        let expected = None;
        intents.push(Intent::CreateCredential {
            environment: environment.clone(),
            client_id: client_id.clone(),
            company: company.parse()?,
            label: None,
            owner: None,
            networks: vec![],
            handle: made.handle.parse()?,
        });
        intents.push(Intent::AddSecret {
            environment: environment.clone(),
            client_id: client_id.clone(),
            secret: made.stored,
            expected,
        });
        let api = self.api.clone();
        intents.push(Intent::AddGrant { environment, client_id, api, scopes: None, expected });
        Ok(())
    }
}

fn change(master: &Arc<MasterKeys>) -> Change {
    let (time, master) = (Now.now(), Some(Arc::clone(master)));
    Change {
        time,
        actor: actor(),
        address: None,
        request_id: None,
        reason: None,
        rehearsal: false,
        creation: None,
        master,
    }
}

fn actor() -> Actor {
    Actor::Cli("bench-fill".to_owned())
}

/// The machine's clock.
#[derive(Debug)]
struct Now;

impl Clock for Now {
    #[expect(clippy::disallowed_methods, reason = "a whole program's clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_seconds(0).plus(since)
    }

    fn uptime(&self) -> Duration {
        // Nothing here waits.
        Duration::ZERO
    }
}

/// The machine's randomness.
#[derive(Debug)]
struct Entropy;

impl Random for Entropy {
    fn fill(&self, bytes: &mut [u8]) {
        jeton_jose::fill_random(bytes);
    }
}
