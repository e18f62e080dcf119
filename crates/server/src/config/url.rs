//! The URL of a database, which may hold a password.

use std::fmt;
use std::str::FromStr;

use super::value::ValueError;

/// Where a `PostgreSQL` is: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full`. Shown without the
/// password. No character of it can be elsewhere: what could be taken for a part of it is refused, and not repeated.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    /// Scheme and user.
    user: String,
    password: Option<String>,
    /// From the host on, with the `@` before it.
    rest: String,
}

/// What may stand behind the `?`. A password may not: it has one place.
const PARAMETERS: [&str; 9] =
    ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port", "user", "dbname", "options"];

impl DatabaseUrl {
    /// The whole, with the password.
    pub fn expose(&self) -> String {
        let Self { user, password, rest } = self;
        match password {
            Some(password) => format!("{user}:{password}{rest}"),
            None => format!("{user}{rest}"),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let refused = |why: &str| {
            ValueError(format!(
                "this is no URL of a PostgreSQL: {why}. Write postgres://USER:PASSWORD@HOST:PORT/DATABASE, and of a \
                 password all but letters, digits and `-._~` as %XX"
            ))
        };
        let scheme = ["postgres://", "postgresql://"].into_iter().find(|scheme| text.starts_with(scheme));
        let scheme = scheme.ok_or_else(|| refused("it does not begin with postgres://"))?;
        let rest = &text[scheme.len()..];
        let (user, place) = rest.split_once('@').map_or((None, rest), |(user, place)| (Some(user), place));
        let plain = |text: &str, more: &str| {
            text.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte) || more.contains(char::from(byte))
            })
        };
        let (name, password) = match user.map(|user| user.split_once(':').unwrap_or((user, ""))) {
            Some((name, password)) if plain(name, "") && plain(password, "!$&'()*+,;=:") => (name, password),
            Some(_) => return Err(refused("before the `@` is something that is written otherwise")),
            None => ("", ""),
        };
        let (place, parameters) = place.split_once('?').unwrap_or((place, ""));
        let (host, database) = place.split_once('/').unwrap_or((place, ""));
        let address = host.strip_prefix('[').and_then(|host| host.split_once(']'));
        let (host, port) = match address {
            Some((address, port)) => (address.replace(':', ""), port.strip_prefix(':').unwrap_or(port)),
            None => {
                host.split_once(':').map_or((host.to_owned(), ""), |(host, port)| (host.to_owned(), port))
            }
        };
        if !plain(&host, "") || !plain(database, "") || !port.is_empty() && port.parse::<u16>().is_err() {
            return Err(refused("host, port or database are not well formed"));
        }
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if !PARAMETERS.contains(&name) || !plain(value, "/:,+=") {
                return Err(refused(&format!(
                    "behind the `?` may stand {}, and no other",
                    PARAMETERS.join(", ")
                )));
            }
        }
        let at = rest.find('@').unwrap_or(0);
        Ok(Self {
            user: format!("{scheme}{name}"),
            password: Some(password).filter(|password| !password.is_empty()).map(str::to_owned),
            rest: rest[at..].to_owned(),
        })
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = if self.password.is_some() { ":***" } else { "" };
        write!(f, "{}{hidden}{}", self.user, self.rest)
    }
}

/// As [`Display`](fmt::Display).
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}
