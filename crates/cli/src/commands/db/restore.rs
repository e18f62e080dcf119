//! `jeton db restore`.

use std::path::Path;
use std::sync::Arc;

use jeton_core::Clock as _;
use jeton_core::id::Text;
use jeton_core::intent::Change;
use jeton_store::{Consent, Loss, OpenError, Restore, RestoreError, Restored};
use serde_json::{Value, json};

use super::{MasterKey, master_key};
use crate::ambient::{SystemClock, cli_actor};
use crate::args::Format;
use crate::data::{self, Home, Place};
use crate::failure::Failure;
use crate::output;

pub(super) async fn run(
    place: &Place,
    file: &Path,
    consent: Consent,
    reason: Option<Text>,
    format: Format,
) -> Result<(), Failure> {
    let restore = match &place.home {
        Home::Folder(folder) => Restore::prepare(folder, file).await,
        Home::Postgres(postgres) => Restore::prepare_postgres(postgres.direct(), file).await,
    };
    let restore = restore.map_err(not_restored)?;
    let keep_it = keep_master_key(&place.home);
    let mut warnings = vec![];
    match master_key(place, restore.backup().master_key_check.as_ref()) {
        MasterKey::Right | MasterKey::NothingToOpen => {}
        MasterKey::Wrong(why) => {
            let sentence =
                format!("{why}, so nothing was restored: take the backup's own master key, and {keep_it}");
            return Err(Failure::check_failed(sentence));
        }
        MasterKey::NotGiven => warnings.push(format!(
            "The master key is not at hand, so it was not checked: before the next start, {keep_it}."
        )),
    }
    let (loss, backup) = (restore.loss().clone(), restore.backup().sequence);
    // It was judged above; without one, the row of the restore stands outside of the audit chain.
    let master = data::read_master_key(place).ok().flatten().map(Arc::new);
    let change = Change {
        time: SystemClock.now(),
        actor: cli_actor(),
        address: None,
        request_id: None,
        reason,
        rehearsal: false,
        creation: None,
        master,
    };
    let restored = restore.install(consent, &change).await.map_err(not_restored)?;
    warnings.extend(warning(&loss));
    let (home, at) = match &place.home {
        Home::Folder(folder) => ("folder", folder.display().to_string()),
        Home::Postgres(postgres) => ("database", postgres.direct().to_string()),
    };
    let shown = json!({
        home: at,
        "backup_sequence": backup,
        "sequence": restored.sequence,
        "lost_commits": match &loss {
            Loss::Nothing => json!(0),
            Loss::Unknown => Value::Null,
            Loss::Commits { number, .. } => json!(number),
        },
        "generations_raised": restored.generations_raised,
        "kept": restored.kept.as_ref().map(|kept| kept.display().to_string()),
        "warnings": warnings,
    });
    tell(format, shown, &restored)
}

/// What is to be done with a master key.
fn keep_master_key(home: &Home) -> String {
    match home {
        Home::Folder(folder) => {
            format!("put it into {}, or name it with JETON_MASTER_KEY_FILE", folder.display())
        }
        Home::Postgres(_) => "name it with JETON_MASTER_KEY_FILE".to_owned(),
    }
}

/// Warnings come last and apart, where they are not overlooked.
fn tell(format: Format, mut shown: Value, restored: &Restored) -> Result<(), Failure> {
    if !format.is_for_people() {
        return output::one(format, &shown);
    }
    let warnings = shown.as_object_mut().and_then(|shown| shown.remove("warnings")).unwrap_or_default();
    output::one(format, &shown)?;
    for warning in warnings.as_array().into_iter().flatten().filter_map(Value::as_str) {
        output::note(&format!("WARNING: {warning}"));
    }
    if let Some(kept) = &restored.kept {
        output::note(&format!("The old database is kept in {}: remove it in time.", kept.display()));
    }
    Ok(())
}

fn warning(loss: &Loss) -> Option<String> {
    if *loss == Loss::Nothing {
        return None;
    }
    Some(format!(
        "The backup lacks {loss}. What they revoked, suspended or deleted is accepted again: look through `jeton \
         credential list` and `jeton secret list`, and revoke again what has to be."
    ))
}

fn not_restored(why: RestoreError) -> Failure {
    match why {
        RestoreError::Open(OpenError::InUse { .. })
        | RestoreError::Occupied { .. }
        | RestoreError::OccupiedDatabase { .. }
        | RestoreError::Older { .. } => Failure::conflict(why.to_string()),
        RestoreError::Open(why) => why.into(),
        RestoreError::Postgres(why) => why.into(),
        RestoreError::NotABackup { .. } | RestoreError::NotWhole { .. } | RestoreError::Damaged { .. } => {
            Failure::check_failed(why.to_string())
        }
        RestoreError::Io { .. } => {
            Failure::failed(format!("{why}. Name a backup that can be read, and a place that can be written"))
        }
        RestoreError::Copy(_) | RestoreError::Failed(_) => Failure::failed(why.to_string())
            .or("see that the backup can be read and that its new place has room"),
    }
}
