//! `jeton db copy`: a store moves between a folder and a `PostgreSQL`.

use std::fs;
use std::path::Path;

use jeton_store::{Endpoint, MoveError, Moved, OpenError, Site, SourceError, move_store};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::args::{CopyTo, Format};
use crate::data::{Home, Place};
use crate::failure::Failure;
use crate::output;

/// Copies the store of the configuration to where the command line says.
pub(super) async fn run(place: &Place, to: &CopyTo, format: Format) -> Result<(), Failure> {
    let source = match &place.home {
        Home::Folder(folder) => Site::Folder(folder),
        Home::Postgres(postgres) => Site::Postgres(postgres.direct()),
    };
    let endpoint = to.to_url_file.as_deref().map(read_url).transpose()?;
    let (target, shown) = match (&to.to_folder, &endpoint) {
        (Some(folder), _) => (Site::Folder(folder), folder.display().to_string()),
        (None, Some(endpoint)) => (Site::Postgres(endpoint), endpoint.to_string()),
        (None, None) => {
            return Err(Failure::usage("say where to: `--to-folder DIR` or `--to-url-file FILE`"));
        }
    };
    let moved = move_store(source, target).await.map_err(not_copied)?;
    tell(format, &place.home, target, &shown, &moved)
}

/// The URL stands in a file, since a command line is seen by every user of the machine.
fn read_url(file: &Path) -> Result<Endpoint, Failure> {
    let refused =
        |why: &dyn std::fmt::Display| Failure::usage(format!("--to-url-file {}: {why}", file.display()));
    let text = fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|why| refused(&why).or("name a file that this user may read"))?;
    text.trim().parse().map_err(|why| refused(&why))
}

fn tell(format: Format, from: &Home, to: Site<'_>, shown: &str, moved: &Moved) -> Result<(), Failure> {
    let from = match from {
        Home::Folder(folder) => folder.display().to_string(),
        Home::Postgres(postgres) => postgres.direct().to_string(),
    };
    let rows: Map<String, Value> =
        moved.tables.iter().map(|copied| (copied.table.to_owned(), json!(copied.rows))).collect();
    let sequence = moved.contents.sequence;
    let value = json!({ "from": from, "to": shown, "sequence": sequence, "rows": rows });
    output::one(format, &value)?;
    if format.is_for_people() {
        let key = match to {
            Site::Folder(_) => {
                "Put the master key there as master.key, or name it with JETON_MASTER_KEY_FILE"
            }
            Site::Postgres(_) => "Every node needs the master key: name it with JETON_MASTER_KEY_FILE",
        };
        output::note(&format!(
            "Every row was read back and is the same. The copy ends with commit {}: what is changed in the old store \
             from now on, revocations too, is not in it, so stop everything that runs there. {key}.",
            sequence.0
        ));
    }
    Ok(())
}

/// What to do where only a database says what is wrong.
const BOTH: &str =
    "see that nothing else writes to either, that both have room, and `jeton db status --full`";

fn not_copied(why: MoveError) -> Failure {
    match why {
        MoveError::Source(why) => source_failed(why),
        MoveError::TargetFolder(OpenError::InUse { .. }) | MoveError::Occupied { .. } => {
            Failure::conflict(why.to_string())
        }
        MoveError::TargetFolder(why) => why.into(),
        MoveError::TargetPostgres(why) => why.into(),
        MoveError::Copy(_) | MoveError::Failed(_) => Failure::failed(why.to_string()).or(BOTH),
    }
}

/// A store that cannot be copied from.
pub(super) fn source_failed(why: SourceError) -> Failure {
    match why {
        SourceError::Sqlite(why) => why.into(),
        SourceError::Postgres(why) => why.into(),
        SourceError::Older { .. } | SourceError::Newer { .. } => Failure::configuration(why.to_string()),
        SourceError::Unreadable(_) => Failure::failed(why.to_string()).or(BOTH),
    }
}
