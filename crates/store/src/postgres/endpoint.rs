//! Where a `PostgreSQL` is.

use std::fmt;
use std::str::FromStr;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

/// Where a `PostgreSQL` is, and as whom: `postgres://user:password@host:port/database?sslmode=verify-full`.
#[derive(Clone)]
pub struct Endpoint {
    // Apart, since errors name an endpoint, and should be small.
    options: Box<PgConnectOptions>,
}

/// What is wrong with a URL. It does not repeat it, since a password may stand in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no URL of a PostgreSQL: postgres://USER:PASSWORD@HOST:PORT/DATABASE is one, and `sslmode` is `disable`, \
     `allow`, `prefer`, `require`, `verify-ca` or `verify-full`"
)]
pub struct EndpointError;

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(url: &str) -> Result<Self, EndpointError> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(EndpointError);
        }
        let options: PgConnectOptions = url.parse().map_err(|_| EndpointError)?;
        // sqlx would log every statement, and slow ones as warnings.
        Ok(Self { options: Box::new(options.application_name("jeton").disable_statement_logging()) })
    }
}

impl Endpoint {
    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.options
    }
}

/// Host, port and database, and no password.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = (self.options.get_host(), self.options.get_port());
        let database = self.options.get_database().unwrap_or(self.options.get_username());
        match self.options.get_socket() {
            Some(folder) => write!(f, "{}, port {port}, database {database}", folder.display()),
            None => write!(f, "{host}, port {port}, database {database}"),
        }
    }
}

/// As [`Display`](fmt::Display).
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}
