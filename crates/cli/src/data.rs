//! The data folder: which one, its store, and the master key beside it.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jeton_core::Random;
use jeton_core::admin::AdminError;
use jeton_core::key_ring::prove_master_keys;
use jeton_core::master_key::MasterKeys;
use jeton_core::store::{Store as _, StoredKeys};
use jeton_server::config::{Config, Origin, Resolved};
use jeton_store::{OpenError, Opening, SqliteStore};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output;

/// The master key's file in the data folder.
const MASTER_KEY: &str = "master.key";

/// The name under which systemd hands over the master key (`LoadCredential=`).
const CREDENTIAL: &str = "jeton-master-key";

/// An open store with its master key.
pub(crate) struct Data {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) master: Arc<MasterKeys>,
}

/// Where the data is, by the configuration.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    /// The master key's file with what names it, where that is not left to systemd or the folder.
    pub(crate) master_key_file: Option<(PathBuf, Origin)>,
}

impl Place {
    pub(crate) fn of(resolved: &Resolved) -> Self {
        let Config { data, master_key_file, .. } = &resolved.config;
        let named = |path: &PathBuf| (path.clone(), resolved.origin("master_key.file"));
        Self { folder: data.clone(), master_key_file: master_key_file.as_ref().map(named) }
    }
}

/// Opens a folder that a server made.
pub(crate) async fn open(place: &Place) -> Result<Data, Failure> {
    let folder = place.folder.as_path();
    let store = open_store(folder, Opening::Existing).await?;
    let master = read_master_key(place)?.ok_or_else(|| missing_master_key(folder))?;
    // Under a wrong one, a command would seal keys that the server cannot open.
    if let Some(check) = keys(&store).await?.master_key_check {
        prove_master_keys(&check, &master).map_err(|why| {
            Failure::configuration(format!(
                "the master key is not that of the store in {}: {why}. Give the one that it was made with",
                folder.display()
            ))
        })?;
    }
    Ok(Data { store: Arc::new(store), master: Arc::new(master) })
}

/// Opens a folder, and makes it with its store and master key if it is not there.
pub(crate) async fn open_or_make(place: &Place, random: &dyn Random) -> Result<Data, Failure> {
    let folder = place.folder.as_path();
    let store = open_store(folder, Opening::MakeIfMissing).await?;
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

async fn open_store(folder: &Path, how: Opening) -> Result<SqliteStore, Failure> {
    SqliteStore::open(folder, how).await.map_err(|why| match why {
        // SQLite's own words do not say where.
        OpenError::Failed(_) => Failure::configuration(format!("in {}, {why}", folder.display())),
        other => other.into(),
    })
}

async fn keys(store: &SqliteStore) -> Result<StoredKeys, Failure> {
    Ok(store.keys().await.map_err(AdminError::from)?.value)
}

/// The master key of the configuration, of systemd, or of the folder; `None` where the folder has none.
pub(crate) fn read_master_key(place: &Place) -> Result<Option<MasterKeys>, Failure> {
    let handed = std::env::var_os("CREDENTIALS_DIRECTORY")
        .map(|folder| PathBuf::from(folder).join(CREDENTIAL))
        .filter(|path| path.exists());
    if let Some((path, origin)) = &place.master_key_file {
        return parse_master_key(path, &format!(" that {origin} names")).map(Some);
    }
    if let Some(path) = handed {
        return parse_master_key(&path, " of CREDENTIALS_DIRECTORY").map(Some);
    }
    let path = place.folder.join(MASTER_KEY);
    let mode = match fs::metadata(&path) {
        Ok(metadata) => metadata.mode(),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(unusable(&path, "", &why.to_string())),
    };
    if mode & 0o077 != 0 {
        let why = "others than its owner may read it: `chmod 600` it, if they have not";
        return Err(unusable(&path, "", why));
    }
    parse_master_key(&path, "").map(Some)
}

pub(crate) fn parse_master_key(path: &Path, by: &str) -> Result<MasterKeys, Failure> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|why| unusable(path, by, &why.to_string()))?;
    MasterKeys::parse(&text).map_err(|why| unusable(path, by, &why.to_string()))
}

fn make_master_key(folder: &Path, random: &dyn Random) -> Result<MasterKeys, Failure> {
    let path = folder.join(MASTER_KEY);
    // Where another process was quicker, its key is the one.
    write_master_key(&path, random)
        .map_err(|why| unusable(&path, "", &format!("it cannot be made: {why}")))?;
    parse_master_key(&path, "")
}

/// Writes a new master key, complete or not at all: a draft under a name that nobody else has, then its name. Says
/// whether it did; a file that is there stays.
pub(crate) fn write_master_key(path: &Path, random: &dyn Random) -> std::io::Result<bool> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // What a killed start leaves has a name of its own, so it is in nobody's way.
    let draft = tempfile::Builder::new().prefix("master.key.").suffix(".new").tempfile_in(folder);
    // Its error would name the draft, which is nobody's concern.
    let mut draft = draft.map_err(|why| std::io::Error::from(why.kind()))?;
    draft.write_all(MasterKeys::generate(random).as_bytes())?;
    draft.as_file().sync_all()?;
    let named = draft.persist_noclobber(path);
    File::open(folder)?.sync_all()?;
    match named {
        Ok(_) => Ok(true),
        Err(why) if why.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(why) => Err(why.error),
    }
}

fn unusable(path: &Path, by: &str, why: &str) -> Failure {
    Failure::configuration(format!("the master key {}{by}: {why}", path.display()))
}

fn missing_master_key(folder: &Path) -> Failure {
    Failure::configuration(format!(
        "the store in {folder} has keys, but its master key is missing: put {MASTER_KEY} back, or name it with \
         JETON_MASTER_KEY_FILE. A new one would not open them",
        folder = folder.display()
    ))
}
