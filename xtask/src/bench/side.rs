//! What is measured: each side is started on one core, warmed up, put under load, and stopped.

use super::Binaries;
use super::filled::Filled;
use super::peers;
use super::report::Aim;
use super::wrk::{self, Run, SERVERS_CORE, Script};
use crate::measure::http::Connection;
use crate::measure::scratch::Scratch;
use crate::measure::server::{Pinned, Server};
use crate::measure::usage::processor_time_of_all;
use crate::process::Outcome;

/// A server, and what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The practical ceiling: `bench/ceiling`.
    Ceiling(Algorithm),
    /// Jeton's token endpoint of a dialect.
    Jeton(Algorithm, Dialect),
    /// node oidc-provider, in ES256.
    OidcProvider,
    /// Authlib with Flask and gunicorn, in ES256.
    Authlib,
    /// An empty answer, by the same bare hyper as the ceiling.
    Hello,
    /// Jeton's answer to a gateway, about the same token again and again.
    ForwardAuth,
}

/// What of a side is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Figure {
    /// Of the processor, for each request.
    Time,
    /// Requests a second.
    Rate,
}

/// What tokens are signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Es256,
    EdDsa,
    Rs256,
}

/// In which a token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    OAuth2,
    Gateway,
    Json,
}

impl Algorithm {
    /// As Jeton calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
        }
    }
}

impl Dialect {
    fn name(self) -> &'static str {
        match self {
            Self::OAuth2 => "oauth2",
            Self::Gateway => "gateway",
            Self::Json => "json",
        }
    }
}

impl Side {
    /// For people.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Ceiling(algorithm) => format!("bare hyper, {}", algorithm.name()),
            Self::Jeton(algorithm, dialect) => format!("Jeton `{}`, {}", dialect.name(), algorithm.name()),
            Self::OidcProvider => "node oidc-provider, ES256".to_owned(),
            Self::Authlib => "Authlib, Flask, gunicorn, ES256".to_owned(),
            Self::Hello => "bare hyper, an empty answer".to_owned(),
            Self::ForwardAuth => "Jeton, forward-auth".to_owned(),
        }
    }

    /// What it is compared with, where it is.
    pub(crate) fn against(self) -> Option<Self> {
        match self {
            Self::Ceiling(_) | Self::Hello => None,
            Self::Jeton(algorithm, _) => Some(Self::Ceiling(algorithm)),
            Self::OidcProvider | Self::Authlib => Some(Self::Jeton(Algorithm::Es256, Dialect::OAuth2)),
            Self::ForwardAuth => Some(Self::Hello),
        }
    }

    /// What its processor time should be beside that of what it is compared with, or its rate.
    pub(crate) fn aim(self) -> Option<(Figure, Aim)> {
        match self {
            // The ceiling speaks this dialect.
            Self::Jeton(Algorithm::Es256, Dialect::OAuth2) => Some((Figure::Time, Aim::AtMost(1.15))),
            Self::Jeton(Algorithm::EdDsa, Dialect::OAuth2) => Some((Figure::Time, Aim::AtMost(1.2))),
            Self::Jeton(Algorithm::Rs256, Dialect::OAuth2) => Some((Figure::Time, Aim::AtMost(1.05))),
            Self::OidcProvider => Some((Figure::Time, Aim::AtLeast(7.0))),
            Self::ForwardAuth => Some((Figure::Rate, Aim::AtLeast(0.6))),
            Self::Jeton(..) | Self::Ceiling(_) | Self::Authlib | Self::Hello => None,
        }
    }

    /// Whether it knows no client but the first.
    fn has_one_client(self) -> bool {
        matches!(self, Self::OidcProvider | Self::Authlib)
    }

    /// One run of so many seconds.
    pub(crate) fn measure(
        self,
        binaries: &Binaries,
        filled: &Filled,
        scratch: &Scratch,
        seconds: u32,
    ) -> Outcome<Run> {
        let server = self.start(binaries, filled, scratch)?;
        let address = server.address.as_str();
        let token_file = scratch.path("token");
        let load = |lasts, arguments: &[&str]| {
            let name = if matches!(self, Self::Hello | Self::ForwardAuth) { "get" } else { "token" };
            wrk::load(address, lasts, &Script { name, arguments })
        };
        let dialect = if let Self::Jeton(_, dialect) = self { dialect } else { Dialect::OAuth2 };
        let secrets = if self.has_one_client() { &filled.first } else { &filled.secrets };
        let arguments = if matches!(self, Self::Hello | Self::ForwardAuth) {
            std::fs::write(&token_file, self.token(address, filled)?)
                .map_err(|why| format!("{token_file}: {why}"))?;
            vec!["/forward-auth/bench/voice.read", &token_file]
        } else {
            vec![dialect.name(), secrets]
        };
        // Until every credential has asked once, in order, where there is a cache to fill.
        let in_order = [arguments.as_slice(), &["in-order"]].concat();
        let mut lasts = 1;
        while load(lasts, &in_order)?.requests < filled.credentials && matches!(self, Self::Jeton(..)) {
            // Each run begins at the first one; those that are known by now go by quickly.
            lasts *= 2;
        }
        let before = processor_time_of_all(server.process())?;
        let run = load(seconds, &arguments)?;
        let taken = processor_time_of_all(server.process())?.saturating_sub(before);
        Ok(Run { processor: taken.as_secs_f64() * 1e6 / f64::from(run.requests), ..run })
    }

    fn start(self, binaries: &Binaries, filled: &Filled, scratch: &Scratch) -> Outcome<Server> {
        let pinned = Pinned { core: SERVERS_CORE, log: scratch.path("log"), management: false };
        match self {
            Self::Jeton(..) | Self::ForwardAuth => binaries.serve(&filled.data, scratch),
            Self::Ceiling(algorithm) => {
                let algorithm = algorithm.name().to_ascii_lowercase();
                let arguments = ["--credentials", &filled.secrets, "--algorithm", &algorithm];
                let claims = ["--company", "partner-12345", "--audience", "https://api.example/bench"];
                let more = ["--issuer", "http://localhost:8080", "--scope", "voice.read voice.send"];
                Server::start_pinned(&binaries.ceiling, &[arguments, claims, more].concat(), &pinned)
            }
            Self::Hello => Self::Ceiling(Algorithm::Es256).start(binaries, filled, scratch),
            Self::OidcProvider | Self::Authlib => peers::start(self, &filled.first, &pinned),
        }
    }

    /// A token of the first credential; none where nobody looks at it.
    fn token(self, address: &str, filled: &Filled) -> Outcome<String> {
        if self == Self::Hello {
            return Ok("as-long-as-a-token-".repeat(32));
        }
        let secrets =
            std::fs::read_to_string(&filled.secrets).map_err(|why| format!("{}: {why}", filled.secrets))?;
        let (id, secret) =
            secrets.lines().next().and_then(|line| line.split_once(' ')).ok_or("there are no secrets")?;
        let answer = Connection::open(address)?.token_request(id, secret)?;
        let token = answer.body.split('"').find(|text| text.starts_with("eyJ"));
        Ok(token.ok_or_else(|| format!("no token, but status {}", answer.status))?.to_owned())
    }
}
