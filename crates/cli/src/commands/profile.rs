//! `jeton login`, `logout`, `whoami` and `profile`.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::args::{Format, Login, Profile, Reach};
use crate::client::choice::{self, Origin, parse_url};
use crate::client::profiles::{self, Folder, KeptIn, ProfileName};
use crate::client::{Desk, Request, keeping};
use crate::commands::token::input;
use crate::failure::Failure;
use crate::{output, terminal};

/// Tries the credential, and keeps it where it is good.
pub(crate) async fn login(login: Login, reach: &Reach, format: Format) -> Result<(), Failure> {
    if let Some(flag) = reach.store_flag() {
        return Err(Failure::usage(format!("{flag} leads to a store, where nobody logs in: leave it out")));
    }
    let folder = Folder::of_user()?;
    let mut profiles = folder.read()?;
    let name = reach.profile.clone().or_else(|| profiles.in_use.clone().filter(|_| reach.url.is_none()));
    let name = name.unwrap_or_else(ProfileName::first);
    let known = profiles.profiles.get(&name).cloned();
    let url = match (&reach.url, &known) {
        (Some(url), _) => parse_url(url, &"--url")?,
        (None, Some(known)) => parse_url(&known.url, &format_args!("profile {name}"))?,
        (None, None) => parse_url(&terminal::ask("URL of the management listener: ", "--url")?, &"the URL")?,
    };
    let known_id = known.filter(|known| known.url == url.as_str()).and_then(|known| known.client_id);
    let client_id = match login.client_id.or(known_id) {
        Some(id) => id,
        None => terminal::ask("Client id: ", "--client-id")?,
    };
    let secret = match &login.secret_file {
        Some(file) => input::secret_in(file, "--secret-file")?,
        None if login.secret_stdin => input::secret_on_stdin()?,
        None => {
            let typed = terminal::ask_secret("Secret: ", "--secret-stdin or --secret-file")?;
            input::as_secret(typed.as_bytes(), "what was typed")?
        }
    };
    let actor = who(&url, &client_id, &secret, reach).await?;
    let mut profile =
        profiles::Profile { url: url.as_str().to_owned(), client_id: Some(client_id.clone()), secret: None };
    let kept = keeping::keep(&folder, &name, &profile, &secret, login.keep_in_file)?;
    profile.secret = Some(kept);
    profiles.profiles.insert(name.clone(), profile);
    profiles.in_use = Some(name.clone());
    folder.write(&profiles)?;
    let shown = json!({
        "profile": name.to_string(),
        "url": url.as_str(),
        "client_id": client_id,
        "scopes": actor["scopes"],
        "secret_kept_in": kept.as_str(),
    });
    output::one(format, &shown)?;
    if kept == KeptIn::File && !login.keep_in_file {
        output::note(&format!(
            "warning: the kernel's keyring cannot be used here, so the secret is in a file below {}, which its owner \
             alone may read",
            folder.path().display()
        ));
    }
    Ok(())
}

/// What the server says of whoever has this credential.
async fn who(
    url: &reqwest::Url,
    client_id: &str,
    secret: &Zeroizing<String>,
    reach: &Reach,
) -> Result<Value, Failure> {
    let typed = || Origin::Flag("of this login");
    let server = choice::Server {
        url: url.clone(),
        url_from: typed(),
        client_id: client_id.to_owned(),
        client_id_from: typed(),
        secret: secret.clone(),
        secret_from: "this login".to_owned(),
    };
    Desk::at(server, reach.danger_plain_url)?.get(Request::get(["whoami"])).await
}

/// Forgets the secret of the profile that is named, or in use.
pub(crate) fn logout(reach: &Reach, format: Format) -> Result<(), Failure> {
    let folder = Folder::of_user()?;
    let mut profiles = folder.read()?;
    let name = reach.profile.clone().or_else(|| profiles.in_use.clone());
    let name = name.ok_or_else(|| {
        Failure::not_found(
            "no profile is in use: name one with --profile, as `jeton profile list` shows them",
        )
    })?;
    profiles.get(&name)?;
    keeping::forget(&folder, &name)?;
    if let Some(profile) = profiles.profiles.get_mut(&name) {
        profile.secret = None;
    }
    folder.write(&profiles)?;
    output::one(format, &json!({ "profile": name.to_string(), "logged_in": false }))
}

/// Who one is, where, and which source won.
pub(crate) async fn whoami(desk: &Desk) -> Result<(), Failure> {
    let mut shown = desk.get(Request::get(["whoami"])).await?;
    super::merge(&mut shown, desk.described());
    output::one(desk.format(), &shown)
}

/// Runs one of them.
pub(crate) fn run(command: Profile, reach: &Reach, format: Format) -> Result<(), Failure> {
    let folder = Folder::of_user()?;
    let mut profiles = folder.read()?;
    match command {
        Profile::List => {
            let row = |(name, profile): (&ProfileName, &profiles::Profile)| {
                json!({
                    "profile": name.to_string(),
                    "in_use": profiles.in_use.as_ref() == Some(name),
                    "url": profile.url,
                    "client_id": profile.client_id,
                    "secret_kept_in": profile.secret.map(KeptIn::as_str),
                })
            };
            let rows: Vec<Value> = profiles.profiles.iter().map(row).collect();
            let columns = ["profile", "in_use", "url", "client_id", "secret_kept_in"];
            output::many(format, &columns, &rows)
        }
        Profile::Use { name } => {
            let url = profiles.get(&name)?.url.clone();
            profiles.in_use = Some(name.clone());
            folder.write(&profiles)?;
            output::one(format, &json!({ "profile": name.to_string(), "in_use": true, "url": url }))
        }
        Profile::Set { name, client_id } => {
            let known = profiles.profiles.get(&name).cloned();
            let url = match (&reach.url, &known) {
                (Some(url), _) => parse_url(url, &"--url")?.as_str().to_owned(),
                (None, Some(known)) => known.url.clone(),
                (None, None) => return Err(Failure::usage("a new profile needs its --url")),
            };
            let client_id = client_id.or_else(|| known.as_ref()?.client_id.clone());
            let mut profile = profiles::Profile { url, client_id, secret: None };
            match known {
                Some(known) if known.url == profile.url && known.client_id == profile.client_id => {
                    profile.secret = known.secret;
                }
                _ => keeping::forget(&folder, &name)?,
            }
            let shown =
                json!({ "profile": name.to_string(), "url": profile.url, "client_id": profile.client_id });
            profiles.profiles.insert(name, profile);
            folder.write(&profiles)?;
            output::one(format, &shown)
        }
        Profile::Remove { name } => {
            profiles.get(&name)?;
            keeping::forget(&folder, &name)?;
            profiles.profiles.remove(&name);
            profiles.in_use = profiles.in_use.filter(|used| *used != name);
            folder.write(&profiles)?;
            output::one(format, &json!({ "profile": name.to_string(), "removed": true }))
        }
    }
}
