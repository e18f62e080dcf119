//! The rules that no single key can say: that the parts fit together. To add one: a function here, and its call in
//! [`Config::judge`].

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use jeton_core::key_life::{CLOCK_SKEW, KEY_SET_MAX_AGE, RotationPolicy};

use super::Config;
use super::quantity::time_text;
use crate::forward_auth::Gateway;
use crate::metadata::{FEED_PATH, INTROSPECT_PATH, REVOKE_PATH};

/// A part that does not fit the others.
#[derive(Debug)]
pub(super) struct Misfit {
    /// The path of the part, such as `listen.public[1]`.
    pub(super) path: String,
    /// What is wrong, and what would be right.
    pub(super) message: String,
}

impl Config {
    /// What no single key can say: that the parts fit together.
    pub fn check(&self) -> Result<(), String> {
        self.judge().into_iter().next().map_or(Ok(()), |misfit| Err(misfit.message))
    }

    /// All that does not fit.
    pub(super) fn judge(&self) -> Vec<Misfit> {
        let mut misfits = Misfits(Vec::new());
        self.judge_environments(&mut misfits);
        self.judge_endpoints(&mut misfits);
        self.judge_listeners(&mut misfits);
        self.judge_addresses(&mut misfits);
        self.judge_store(&mut misfits);
        self.judge_issuers(&mut misfits);
        self.judge_hosts(&mut misfits);
        self.judge_proxies(&mut misfits);
        self.judge_keys(&mut misfits);
        self.judge_lifetimes(&mut misfits);
        misfits.0
    }

    fn judge_environments(&self, misfits: &mut Misfits) {
        for (at, environment) in self.environments.iter().enumerate() {
            let (name, path) = (&environment.name, format!("environment[{at}].name"));
            if name.is_management() {
                misfits.note(&path, "the name \"management\" is reserved for Jeton's operators".to_owned());
            }
            if environment.hosts.is_empty() {
                misfits
                    .note(&path, format!("the environment {name} has no host, so no request can reach it"));
            }
            if self.environments[..at].iter().any(|other| other.name == *name) {
                misfits
                    .note(&path, format!("there are two environments {name}: give each a name of its own"));
            }
        }
    }

    fn judge_endpoints(&self, misfits: &mut Misfits) {
        for (at, endpoint) in self.endpoints.iter().enumerate() {
            let path = format!("endpoint[{at}].path");
            let is_plain = |b: u8| b.is_ascii_graphic() && !b"?#%".contains(&b);
            let well_formed = endpoint.path.starts_with('/') && endpoint.path.bytes().all(is_plain);
            let below = ["/.well-known/", "/demo/", "/oauth/v2/revocations/"];
            let ours = below.iter().any(|ours| endpoint.path.starts_with(ours))
                || Gateway::at(&endpoint.path).is_some()
                || [REVOKE_PATH, INTROSPECT_PATH, FEED_PATH].contains(&endpoint.path.as_str());
            if !well_formed || ours {
                let message = "a path begins with '/', has no '?', '#' or '%', and is none of Jeton's own: nothing under \
                               /.well-known/, /demo/, /forward-auth/ or /auth-request/, nor where tokens are revoked or introspected";
                misfits.note(&path, message.to_owned());
            }
            if self.endpoints[..at].iter().any(|other| other.path == endpoint.path) {
                misfits.note(&path, "two endpoints have this path: give each its own".to_owned());
            }
        }
    }

    fn judge_listeners(&self, misfits: &mut Misfits) {
        if self.listeners.is_empty() {
            misfits.note("listen.public", "there is no listener: name an address under `public`".to_owned());
        }
        let in_plain_text = !self.takes_plain_http() && self.tls.is_empty();
        for (at, listener) in self.listeners.iter().enumerate() {
            let path = format!("listen.public[{at}]");
            if let Some(name) = &listener.environment
                && !self.environments.iter().any(|environment| environment.name == *name)
            {
                let name = name.as_str();
                let message = format!("a listener is bound to {name:?}, but there is no such environment");
                misfits.note(&path, message);
            }
            if !listener.address.ip().is_loopback() && in_plain_text {
                let message = format!(
                    "{} is beyond this machine, and secrets would travel there in plain text: name a certificate \
                     under [[tls]], or the proxies that speak TLS under `proxy.trusted`, or listen on 127.0.0.1, or \
                     say `danger_plain_http = true` under [listen]",
                    listener.address
                );
                misfits.note(&path, message);
            }
        }
    }

    /// No two listeners may want one port.
    fn judge_addresses(&self, misfits: &mut Misfits) {
        let public = self.listeners.iter().enumerate();
        let public = public.map(|(at, listener)| (format!("listen.public[{at}]"), listener.address));
        let all: Vec<_> =
            public.chain(self.management.map(|at| ("listen.management".to_owned(), at))).collect();
        for (at, (path, address)) in all.iter().enumerate() {
            if let Some((_, other)) = all[..at].iter().find(|(_, other)| clash(*other, *address)) {
                let message = format!("{address} is taken by the listener on {other}: give each a port");
                misfits.note(path, message);
            }
        }
    }

    /// There is no way past a pooler to nowhere.
    fn judge_store(&self, misfits: &mut Misfits) {
        if self.postgres.direct_url.is_some() && self.postgres.url.is_none() {
            let message = "`store.direct_url` leads past a pooler, but none is named: name it as `store.url`, or the \
                           server itself there and leave this out";
            misfits.note("store.direct_url", message.to_owned());
        }
    }

    /// No two environments may sign as one.
    fn judge_issuers(&self, misfits: &mut Misfits) {
        for (at, environment) in self.environments.iter().enumerate() {
            let before = &self.environments[..at];
            if let Some(other) = before.iter().find(|other| other.issuer == environment.issuer) {
                let (name, other) = (&environment.name, &other.name);
                let message = format!("{name} and {other} have the same issuer: give each its own");
                misfits.note(&format!("environment[{at}].issuer"), message);
            }
        }
        let issuer = self.operators_issuer();
        if let Some(other) = self.environments.iter().find(|other| other.issuer == issuer) {
            let message =
                format!("the operators have the same issuer as {}: give them their own", other.name);
            misfits.note("management.issuer", message);
        }
    }

    fn judge_hosts(&self, misfits: &mut Misfits) {
        let mut hosts = BTreeMap::new();
        for (at, environment) in self.environments.iter().enumerate() {
            for (host_at, host) in environment.hosts.iter().enumerate() {
                if let Some(other) = hosts.insert(host, &environment.name)
                    && *other != environment.name
                {
                    let message = format!(
                        "the host {host} chooses both {other} and {}: name it once",
                        environment.name
                    );
                    misfits.note(&format!("environment[{at}].hosts[{host_at}]"), message);
                }
            }
        }
    }

    /// A key is known before it signs, and stays until its tokens have expired.
    fn judge_keys(&self, misfits: &mut Misfits) {
        let RotationPolicy { rotate_every, publish_before, keep_after } = self.keys.rotation;
        let (lifetime, staleness) = (self.longest_lifetime(), self.limits.max_staleness);
        let danger = self.keys.danger_short_lives;
        let known = if danger { Duration::ZERO } else { 2 * KEY_SET_MAX_AGE };
        let skew = if danger { Duration::ZERO } else { CLOCK_SKEW };
        let or = if danger { "" } else { "; `danger_short_lives` is for tests" };
        if publish_before < known + staleness {
            let least = time_text(known + staleness);
            let message = format!(
                "verifiers must know a key before it signs: {least} or longer, which is twice as long as they keep the key \
                 set, and `limits.max_staleness`{or}"
            );
            misfits.note("keys.publish_before", message);
        }
        if rotate_every < publish_before {
            let message =
                "a key is published while the one before it signs: no shorter than `publish_before`";
            misfits.note("keys.rotate_every", message.to_owned());
        }
        if keep_after < lifetime + staleness + skew {
            let least = time_text(lifetime + staleness + skew);
            let message = format!(
                "tokens must verify until they expire: {least} or longer, which is the longest lifetime of `endpoint`, \
                 `limits.max_staleness`, and what clocks may differ{or}"
            );
            misfits.note("keys.keep_after", message);
        }
    }

    fn judge_lifetimes(&self, misfits: &mut Misfits) {
        let least = if self.keys.danger_short_lives { 1 } else { 60 };
        for (at, endpoint) in self.endpoints.iter().enumerate() {
            if endpoint.lifetime.as_secs() < least {
                let message = format!("{} is no lifetime: a minute to a day", time_text(endpoint.lifetime));
                misfits.note(&format!("endpoint[{at}].lifetime"), message);
            }
        }
    }

    fn judge_proxies(&self, misfits: &mut Misfits) {
        for (at, network) in self.trusted_proxies.iter().enumerate() {
            if network.prefix_len() == 0 {
                let message = format!("{network} holds every stranger: name the proxies themselves");
                misfits.note(&format!("proxy.trusted[{at}]"), message);
            }
        }
    }
}

/// Whether two listeners cannot be both.
fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    let any = one.ip().is_unspecified() || other.ip().is_unspecified();
    let same_family = one.is_ipv4() == other.is_ipv4();
    one.port() != 0 && one.port() == other.port() && (one.ip() == other.ip() || any && same_family)
}

struct Misfits(Vec<Misfit>);

impl Misfits {
    fn note(&mut self, path: &str, message: String) {
        self.0.push(Misfit { path: path.to_owned(), message });
    }
}
