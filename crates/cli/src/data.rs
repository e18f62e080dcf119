//! Where the data is, by the configuration: a folder with the embedded store, or a `PostgreSQL`. Both are opened here,
//! with their master key.

mod key_file;
mod master_key;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jeton_core::admin::AdminError;
use jeton_core::key_life::RotationPolicy;
use jeton_core::key_ring::prove_master_keys;
use jeton_core::master_key::MasterKeys;
use jeton_core::store::StoredKeys;
use jeton_core::{Random, Store};
use jeton_server::config::{Config, DatabaseUrl, Origin, Resolved};
use jeton_store::{Endpoint, OpenError, Opening, PostgresStore, SqliteStore};

use self::master_key::{MASTER_KEY, make_master_key};
use crate::failure::{Failure, ROOM};
use crate::output;

pub(crate) use self::key_file::KeyFile;
pub(crate) use self::master_key::{master_key_path, parse_master_key, read_master_key, write_master_key};

/// An open store with its master key.
pub(crate) struct Data {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) master: Arc<MasterKeys>,
}

/// Where the data is, by the configuration.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) home: Home,
    /// The master key's file with what names it, where that is not left to systemd or the folder.
    pub(crate) master_key_file: Option<(PathBuf, Origin)>,
    /// How long a secret is accepted beside its successor, by default.
    pub(crate) secret_overlap: Option<Duration>,
    /// When signing keys take each other's place.
    pub(crate) rotation: RotationPolicy,
}

/// What the data is in.
#[derive(Debug, Clone)]
pub(crate) enum Home {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A database that several nodes share.
    Postgres(Box<Postgres>),
}

/// How a `PostgreSQL` is reached.
#[derive(Debug, Clone)]
pub(crate) struct Postgres {
    endpoint: Endpoint,
    /// The way past a pooler.
    direct: Option<Endpoint>,
    connections: u32,
}

impl Postgres {
    /// Where a session of one's own is to be had.
    pub(crate) fn direct(&self) -> &Endpoint {
        self.direct.as_ref().unwrap_or(&self.endpoint)
    }

    async fn open(&self, how: Opening) -> Result<PostgresStore, Failure> {
        Ok(PostgresStore::open(&self.endpoint, self.direct.as_ref(), self.connections, how).await?)
    }
}

impl fmt::Display for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.endpoint.fmt(f)
    }
}

impl Place {
    pub(crate) fn of(resolved: &Resolved) -> Result<Self, Failure> {
        let Config { data, postgres, master_key_file, secret_overlap, keys, .. } = &resolved.config;
        let endpoint = |url: &DatabaseUrl, key: &str| {
            let refused = |why| Failure::configuration(format!("{}: {why}", resolved.origin(key)));
            url.expose().parse::<Endpoint>().map_err(refused)
        };
        let home = match &postgres.url {
            None => Home::Folder(data.clone()),
            Some(url) => {
                let direct = postgres.direct_url.as_ref();
                Home::Postgres(Box::new(Postgres {
                    endpoint: endpoint(url, "store.url")?,
                    direct: direct.map(|url| endpoint(url, "store.direct_url")).transpose()?,
                    connections: postgres.connections,
                }))
            }
        };
        let named = |path: &PathBuf| (path.clone(), resolved.origin("master_key.file"));
        let master_key_file = master_key_file.as_ref().map(named);
        Ok(Self { home, master_key_file, secret_overlap: *secret_overlap, rotation: keys.rotation })
    }
}

/// For the end of a sentence about the store.
impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "in {}", folder.display()),
            Self::Postgres(postgres) => write!(f, "at {postgres}"),
        }
    }
}

/// Opens what a server made.
pub(crate) async fn open(place: &Place) -> Result<Data, Failure> {
    let (store, master): (Arc<dyn Store>, MasterKeys) = match &place.home {
        Home::Folder(folder) => {
            let store = open_folder(folder, Opening::Existing).await?;
            (Arc::new(store), read_master_key(place)?.ok_or_else(|| missing_master_key(folder))?)
        }
        Home::Postgres(postgres) => {
            let master = given_master_key(place)?;
            (Arc::new(postgres.open(Opening::Existing).await?), master)
        }
    };
    let data = Data { store, master: Arc::new(master) };
    prove_master_key(&data, place).await?;
    Ok(data)
}

/// Under a wrong one, a command would seal keys that the server cannot open.
pub(crate) async fn prove_master_key(data: &Data, place: &Place) -> Result<(), Failure> {
    let Some(check) = keys(&*data.store).await?.master_key_check else { return Ok(()) };
    prove_master_keys(&check, &data.master).map_err(|why| {
        Failure::configuration(format!(
            "the master key is not that of the store {}: {why}. Give the one that it was made with",
            place.home
        ))
    })
}

/// Opens what is there, and makes what is missing: folder, store and its master key; but the master key of a database
/// must be given, since the other nodes need the same.
pub(crate) async fn open_or_make(place: &Place, random: &dyn Random) -> Result<Data, Failure> {
    let folder = match &place.home {
        Home::Folder(folder) => folder,
        Home::Postgres(postgres) => {
            let master = Arc::new(given_master_key(place)?);
            let store = postgres.open(Opening::MakeIfMissing).await?;
            return Ok(Data { store: Arc::new(store), master });
        }
    };
    let store = open_folder(folder, Opening::MakeIfMissing).await?;
    if let Some(behind) = store.behind() {
        output::note(&format!("jeton: warning: {behind}"));
    }
    let master = if let Some(master) = read_master_key(place)? {
        master
    } else {
        let keys = keys(&store).await?;
        if keys.master_key_check.is_some() || !keys.hash.is_empty() {
            // Another first start may have made it, and the keys, since we looked.
            read_master_key(place)?.ok_or_else(|| missing_master_key(folder))?
        } else {
            make_master_key(folder, random)?
        }
    };
    Ok(Data { store: Arc::new(store), master: Arc::new(master) })
}

async fn open_folder(folder: &Path, how: Opening) -> Result<SqliteStore, Failure> {
    SqliteStore::open(folder, how).await.map_err(|why| match why {
        // SQLite's own words do not say where.
        OpenError::Failed(_) => Failure::configuration(format!("in {}, {why}", folder.display())).or(ROOM),
        other => other.into(),
    })
}

async fn keys(store: &dyn Store) -> Result<StoredKeys, Failure> {
    Ok(store.keys().await.map_err(AdminError::from)?.value)
}

fn given_master_key(place: &Place) -> Result<MasterKeys, Failure> {
    read_master_key(place)?.ok_or_else(|| {
        Failure::configuration(
            "with PostgreSQL the master key must be given, the same for every node: make one with `jeton master-key \
             create FILE`, once, and name it with `master_key.file` or JETON_MASTER_KEY_FILE",
        )
    })
}

fn missing_master_key(folder: &Path) -> Failure {
    Failure::configuration(format!(
        "the store in {folder} has keys, but its master key is missing: put {MASTER_KEY} back, or name it with \
         JETON_MASTER_KEY_FILE. A new one would not open them",
        folder = folder.display()
    ))
}
