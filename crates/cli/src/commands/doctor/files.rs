//! Files: who may read the secret ones, how long certificates are good, and whether the disk has room.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use jeton_server::Certificates;
use jeton_server::config::{Resolved, TlsFiles};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::certificate::{Fix, judge};
use super::finding::Finding;
use crate::data::{Place, master_key_path};

/// Room that a store needs for a write-ahead log and a backup of a small one.
const LEAST_ROOM: u64 = 200 * 1024 * 1024;

pub(super) fn look(resolved: &Resolved) -> Vec<Finding> {
    let mut findings = Vec::new();
    for files in &resolved.config.tls {
        findings.push(certificate(files));
        findings.extend(secret_file("certificate's key", &files.key));
    }
    if let Ok(place) = Place::of(resolved)
        && let Ok(path) = master_key_path(&place)
    {
        findings.extend(secret_file("master key", &path));
    }
    if resolved.config.postgres.url.is_none() {
        findings.extend(folder(&resolved.config.data));
    }
    findings
}

fn certificate(files: &TlsFiles) -> Finding {
    let check = "certificate";
    let name = files.certificate.display();
    if let Err(why) = Certificates::load(std::slice::from_ref(files)) {
        return Finding::bad(check, why.to_string(), "put a certificate and its key there that fit");
    }
    let Some(first) = first_of(&files.certificate) else {
        return Finding::unknown(check, format!("{name}: it cannot be read"));
    };
    let fix = Fix {
        expired: "have it renewed: clients refuse it",
        near: "have it renewed, and see why that did not happen by itself; a running server takes it up",
    };
    judge(&name.to_string(), &first, &fix)
}

/// The first certificate of the file.
fn first_of(file: &Path) -> Option<CertificateDer<'static>> {
    let bytes = fs::read(file).ok()?;
    CertificateDer::pem_slice_iter(&bytes).next()?.ok()
}

fn secret_file(check: &'static str, path: &Path) -> Option<Finding> {
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.mode() & 0o777,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return None,
        Err(why) => return Some(Finding::unknown(check, format!("{}: {why}", path.display()))),
    };
    let name = path.display();
    Some(match mode & 0o077 {
        0 => Finding::good(check, format!("{name} is for its owner alone")),
        // A group that reads is how systems hand a key to a service.
        0o040 => Finding::good(check, format!("{name} is for its owner and group")),
        _ => Finding::bad(
            check,
            format!("others may read or write {name} (mode {mode:o})"),
            format!("chmod 600 {name}, and take it as known to whoever was on this machine"),
        ),
    })
}

fn folder(path: &Path) -> Vec<Finding> {
    let name = path.display();
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return vec![],
        Err(why) => {
            let fix = "run it as the user that runs the server";
            return vec![Finding::bad("data folder", format!("{name}: {why}"), fix)];
        }
    };
    let mode = metadata.mode() & 0o777;
    let rights = match mode & 0o077 {
        0 => Finding::good("data folder", format!("{name} is for its owner alone")),
        _ => Finding::bad(
            "data folder",
            format!("others may look into {name} (mode {mode:o})"),
            format!("chmod 700 {name}"),
        ),
    };
    vec![rights, room(path)]
}

fn room(path: &Path) -> Finding {
    let check = "disk";
    let Ok(disk) = rustix::fs::statvfs(path) else {
        return Finding::unknown(check, "how much room is left cannot be read");
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let found = format!("{} MB are free where {} is", free / (1024 * 1024), path.display());
    if free < LEAST_ROOM {
        return Finding::bad(check, found, "make room: without it, nothing can be changed");
    }
    Finding::good(check, found)
}
