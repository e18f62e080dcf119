//! Where the secrets of profiles are kept: in the kernel's keyring where it may be used, otherwise in a file of mode 0600.
//!
//! The keyring is the kernel's (`keyrings(7)`), one small crate. The desktop's, the Secret Service, would bring a D-Bus
//! with an executor of its own, 42 crates, to a binary that mostly runs where there is no desktop. The kernel's is in
//! memory that is never swapped out, ends with the machine, and then asks for another `jeton login`.
//!
//! A secret is kept under its profile with the URL and the client id, so that a profile that was changed by hand does
//! not send it elsewhere.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};

use linux_keyutils::{KeyError, KeyPermissionsBuilder, KeyRing, KeyRingIdentifier, Permission};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::profiles::{Folder, KeptIn, Profile, ProfileName};
use crate::failure::Failure;

/// Bytes to read of a file with a secret: more than any has.
const MOST: u64 = 16 * 1024;

/// A secret, and whom it is for.
#[derive(Serialize, Deserialize)]
struct Kept {
    url: String,
    client_id: String,
    secret: Zeroizing<String>,
}

/// Keeps a secret as it is best kept here, or in a file where that is asked for; says where.
pub(crate) fn keep(
    folder: &Folder,
    name: &ProfileName,
    profile: &Profile,
    secret: &Zeroizing<String>,
    in_file: bool,
) -> Result<KeptIn, Failure> {
    forget(folder, name)?;
    let text = Zeroizing::new(to_text(profile, secret));
    if !in_file && in_keyring(&described(folder, name), &text).is_ok() {
        return Ok(KeptIn::Keyring);
    }
    folder.write_file(&file(name), text.as_bytes())?;
    Ok(KeptIn::File)
}

/// The secret of a profile.
pub(crate) fn find(
    folder: &Folder,
    name: &ProfileName,
    profile: &Profile,
) -> Result<Zeroizing<String>, Failure> {
    let text = match profile.secret {
        None => return Err(log_in(name, "nobody is logged in")),
        Some(KeptIn::Keyring) => from_keyring(&described(folder, name))
            .map_err(|_| log_in(name, "the kernel's keyring does not have the secret any more"))?,
        Some(KeptIn::File) => from_file(folder, name)?,
    };
    let kept: Kept =
        toml::from_str(&text).map_err(|_| log_in(name, "what is kept as the secret is none of ours"))?;
    if kept.url != profile.url || Some(&kept.client_id) != profile.client_id.as_ref() {
        return Err(log_in(name, "the secret that is kept is for another URL or client id"));
    }
    Ok(kept.secret)
}

/// Forgets the secret of a profile, wherever it is.
pub(crate) fn forget(folder: &Folder, name: &ProfileName) -> Result<(), Failure> {
    if let Ok(key) = user_keyring().and_then(|ring| ring.search(&described(folder, name))) {
        // One that cannot be taken away is as good as gone: it was not ours.
        let _gone = key.invalidate();
    }
    let path = folder.path().join(file(name));
    match fs::remove_file(&path) {
        Err(why) if why.kind() != ErrorKind::NotFound => {
            Err(Failure::failed(format!("{} cannot be removed: {why}. Remove it by hand", path.display())))
        }
        _ => Ok(()),
    }
}

fn log_in(name: &ProfileName, why: &str) -> Failure {
    Failure::not_allowed(format!("profile {name}: {why}: `jeton login --profile {name}`"))
}

fn to_text(profile: &Profile, secret: &Zeroizing<String>) -> String {
    let kept = Kept {
        url: profile.url.clone(),
        client_id: profile.client_id.clone().unwrap_or_default(),
        secret: secret.clone(),
    };
    toml::to_string(&kept).expect("texts are TOML")
}

fn file(name: &ProfileName) -> String {
    format!("secrets/{name}")
}

fn from_file(folder: &Folder, name: &ProfileName) -> Result<Zeroizing<String>, Failure> {
    let path = folder.path().join(file(name));
    let faulty = |why: String| {
        Failure::not_allowed(format!("{}: {why}: `jeton login --profile {name}`", path.display()))
    };
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(&path)
        .map_err(|why| faulty(why.to_string()))?;
    let mode = file.metadata().map_err(|why| faulty(why.to_string()))?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(faulty(format!("others may read it (mode {mode:o}), so the secret is one no more")));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MOST).read_to_string(&mut text).map_err(|why| faulty(why.to_string()))?;
    Ok(text)
}

/// A user may have several folders, as tests do.
fn described(folder: &Folder, name: &ProfileName) -> String {
    format!("jeton:{}:{name}", folder.path().display())
}

/// Of all sessions of this user, for as long as the machine runs.
fn user_keyring() -> Result<KeyRing, KeyError> {
    KeyRing::from_special_id(KeyRingIdentifier::User, false)
}

fn in_keyring(described: &str, text: &str) -> Result<(), KeyError> {
    let key = user_keyring()?.add_key(described, text)?;
    // Another session of the same user possesses nothing of it, and is the same person.
    let rights =
        Permission::VIEW | Permission::READ | Permission::WRITE | Permission::SEARCH | Permission::SETATTR;
    key.set_perms(KeyPermissionsBuilder::builder().posessor(Permission::ALL).user(rights).build())?;
    from_keyring(described).map(drop)
}

fn from_keyring(described: &str) -> Result<Zeroizing<String>, KeyError> {
    let bytes = Zeroizing::new(user_keyring()?.search(described)?.read_to_vec()?);
    String::from_utf8(bytes.to_vec()).map(Zeroizing::new).map_err(|_| KeyError::InvalidArguments)
}
