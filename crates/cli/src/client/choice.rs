//! Where a command works, and as whom: by options, variables, the profile in use, a `serve --dev` that runs, or else on
//! the store in the default folder, in this order.
//!
//! A profile's secret goes to that profile's URL and nowhere else, whatever says the URL.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use reqwest::Url;
use zeroize::Zeroizing;

use super::profiles::{Folder, Profile, ProfileName, Profiles};
use super::{dev, keeping};
use crate::args::Reach;
use crate::commands::token::input;
use crate::failure::Failure;

/// The variables that choose a server, and those that choose a store.
const SERVER: [&str; 2] = [URL, PROFILE];
const STORE: [&str; 4] = ["JETON_DATA", "JETON_CONFIG", "JETON_STORE__URL", "JETON_STORE__URL_FILE"];

const URL: &str = "JETON_URL";
const PROFILE: &str = "JETON_PROFILE";
const CLIENT_ID: &str = "JETON_CLIENT_ID";
const SECRET: &str = "JETON_CLIENT_SECRET";
const SECRET_FILE: &str = "JETON_CLIENT_SECRET_FILE";

/// Where something was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag(&'static str),
    Variable(&'static str),
    Profile(ProfileName),
    Dev,
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Variable(name) => write!(f, "environment {name}"),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::Dev => f.write_str("dev server"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Where a command works.
pub(crate) enum Choice {
    Server(Box<Server>),
    /// By whatever says so first.
    Store(Origin),
}

/// A server, and who one is there.
pub(crate) struct Server {
    pub(crate) url: Url,
    pub(crate) url_from: Origin,
    pub(crate) client_id: String,
    pub(crate) client_id_from: Origin,
    pub(crate) secret: Zeroizing<String>,
    pub(crate) secret_from: String,
}

/// Chooses.
pub(crate) fn choose(reach: &Reach) -> Result<Choice, Failure> {
    Chooser::of_process()?.choose(reach)
}

/// A URL of a server as it is compared: without a slash at the end.
pub(crate) fn parse_url(text: &str, from: &dyn fmt::Display) -> Result<Url, Failure> {
    let parsed = text.parse::<Url>().ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    });
    let mut url = parsed.ok_or_else(|| {
        Failure::usage(format!(
            "{from}: write the URL of a management listener, such as https://jeton.example or http://127.0.0.1:9080"
        ))
    })?;
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

struct Chooser {
    variables: Vec<(OsString, OsString)>,
    folder: Option<Folder>,
    profiles: Profiles,
}

impl Chooser {
    fn of_process() -> Result<Self, Failure> {
        let folder = Folder::find(|name| std::env::var_os(name));
        let profiles = folder.as_ref().map(Folder::read).transpose()?.unwrap_or_default();
        Ok(Self { variables: std::env::vars_os().collect(), folder, profiles })
    }

    fn choose(&self, reach: &Reach) -> Result<Choice, Failure> {
        match (reach.server_flag(), reach.store_flag()) {
            (Some(server), Some(store)) => {
                return Err(Failure::usage(format!(
                    "{server} leads to a server and {store} to a store: say one of the two"
                )));
            }
            (None, Some(store)) => return Ok(Choice::Store(Origin::Flag(store))),
            (Some(_), None) => return self.server(reach),
            (None, None) => {}
        }
        match (self.first_of(&SERVER), self.first_of(&STORE)) {
            (Some(server), Some(store)) => Err(Failure::usage(format!(
                "{server} leads to a server and {store} to a store: unset one of the two, or say --url or --data"
            ))),
            (None, Some(store)) => Ok(Choice::Store(Origin::Variable(store))),
            (Some(_), None) => self.server(reach),
            (None, None) if self.profiles.in_use.is_some() => self.server(reach),
            (None, None) => Ok(match self.folder.as_ref().and_then(dev::find) {
                Some(server) => Choice::Server(Box::new(server)),
                None => Choice::Store(Origin::Default),
            }),
        }
    }

    fn server(&self, reach: &Reach) -> Result<Choice, Failure> {
        let profile = self.profile(reach)?;
        let (url, url_from) = if let Some(url) = &reach.url {
            (parse_url(url, &"--url")?, Origin::Flag("--url"))
        } else if let (Some((name, profile)), Some(_)) = (&profile, &reach.profile) {
            (parse_url(&profile.url, &format_args!("profile {name}"))?, Origin::Flag("--profile"))
        } else if let Some(url) = self.text(URL) {
            (parse_url(&url, &URL)?, Origin::Variable(URL))
        } else if let Some((name, profile)) = &profile {
            (parse_url(&profile.url, &format_args!("profile {name}"))?, Origin::Profile(name.clone()))
        } else {
            return Err(Failure::usage("no server is named: say --url, or `jeton login`"));
        };
        let same = |profile: &Profile| parse_url(&profile.url, &"").is_ok_and(|other| other == url);
        let profile = match profile {
            Some((name, profile)) if same(profile) => Some((name, profile)),
            Some((name, _)) if reach.profile.is_some() => {
                return Err(Failure::usage(format!(
                    "profile {name} is for another URL than {url}: leave --url or --profile out"
                )));
            }
            _ => None,
        };
        let credential = self.credential(&url, profile.as_ref(), reach.profile.is_some())?;
        let (client_id, client_id_from, secret, secret_from) = credential;
        Ok(Choice::Server(Box::new(Server { url, url_from, client_id, client_id_from, secret, secret_from })))
    }

    /// The profile that is named, or in use.
    fn profile(&self, reach: &Reach) -> Result<Option<(ProfileName, &Profile)>, Failure> {
        let by_variable = || {
            let name = self.text(PROFILE)?;
            Some(name.parse().map_err(|why| Failure::usage(format!("{PROFILE}: {why}"))))
        };
        let name = match reach.profile.clone().map(Ok).or_else(by_variable).transpose()? {
            Some(name) => Some(name),
            None => self.profiles.in_use.clone(),
        };
        name.map(|name| Ok((name.clone(), self.profiles.get(&name)?))).transpose()
    }

    /// Both halves come from one place, where that is not said otherwise.
    fn credential(
        &self,
        url: &Url,
        profile: Option<&(ProfileName, &Profile)>,
        profile_first: bool,
    ) -> Result<(String, Origin, Zeroizing<String>, String), Failure> {
        let logged_in = profile.filter(|(_, profile)| profile.secret.is_some());
        let of_profile = |(name, profile): &(ProfileName, &Profile)| {
            let folder = self.folder.as_ref().ok_or_else(|| {
                Failure::failed(
                    "there is no folder for profiles: set HOME or XDG_CONFIG_HOME, to an absolute path",
                )
            })?;
            let secret = keeping::find(folder, name, profile)?;
            let from =
                format!("profile {name}, {}", profile.secret.map_or("", super::profiles::KeptIn::as_str));
            let id = profile.client_id.clone().unwrap_or_default();
            Ok((id, Origin::Profile(name.clone()), secret, from))
        };
        if let Some(profile) = logged_in.filter(|_| profile_first) {
            return of_profile(profile);
        }
        let id = self.text(CLIENT_ID);
        let kept_id = profile.and_then(|(name, profile)| Some((name, profile.client_id.as_ref()?)));
        if let Some((secret, variable)) = self.secret()? {
            let (id, from) = match (id, kept_id) {
                (Some(id), _) => (id, Origin::Variable(CLIENT_ID)),
                (None, Some((name, id))) => (id.clone(), Origin::Profile(name.clone())),
                (None, None) => {
                    return Err(Failure::usage(format!(
                        "{variable} is set, but whose it is is not: set {CLIENT_ID}"
                    )));
                }
            };
            return Ok((id, from, secret, format!("environment {variable}")));
        }
        match (id, logged_in) {
            (Some(id), Some(profile)) if profile.1.client_id.as_ref() == Some(&id) => {
                let (_, _, secret, from) = of_profile(profile)?;
                Ok((id, Origin::Variable(CLIENT_ID), secret, from))
            }
            (Some(_), _) => Err(Failure::usage(format!(
                "{CLIENT_ID} is set, but its secret is not: set {SECRET} or {SECRET_FILE}"
            ))),
            (None, Some(profile)) => of_profile(profile),
            (None, None) => Err(Failure::not_allowed(match profile {
                Some((name, _)) => format!("nobody is logged in: `jeton login --profile {name}`"),
                None => format!("nobody is logged in at {url}: `jeton login --url {url}`"),
            })),
        }
    }

    /// The secret that the variables give.
    fn secret(&self) -> Result<Option<(Zeroizing<String>, &'static str)>, Failure> {
        match (self.text(SECRET), self.text(SECRET_FILE)) {
            (Some(_), Some(_)) => {
                Err(Failure::usage(format!("{SECRET} and {SECRET_FILE} are both set: unset one of the two")))
            }
            (Some(text), None) => {
                let text = Zeroizing::new(text);
                Ok(Some((input::as_secret(text.as_bytes(), SECRET)?, SECRET)))
            }
            (None, Some(path)) => Ok(Some((input::secret_in(Path::new(&path), SECRET_FILE)?, SECRET_FILE))),
            (None, None) => Ok(None),
        }
    }

    fn first_of(&self, names: &[&'static str]) -> Option<&'static str> {
        names.iter().copied().find(|name| self.text(name).is_some())
    }

    /// Of a variable that says something.
    fn text(&self, name: &str) -> Option<String> {
        let found = self.variables.iter().find(|(known, value)| known == name && !value.is_empty());
        found.map(|(_, value)| value.to_string_lossy().into_owned())
    }
}
