//! Which environment a request is for: its authority alone says so, never a forwarded header.

use std::collections::HashMap;

use http::Request;
use http::header::HOST;
use http::uri::Authority;

use crate::config::Environment;

/// The environments by authority. They are named by their place in the configuration.
#[derive(Debug)]
pub(crate) struct AuthorityMap {
    names_with_port: HashMap<(String, u16), usize>,
    names: HashMap<String, usize>,
}

impl AuthorityMap {
    pub(crate) fn new(environments: &[Environment]) -> Self {
        let mut map = Self { names_with_port: HashMap::new(), names: HashMap::new() };
        for (at, environment) in environments.iter().enumerate() {
            for host in &environment.hosts {
                match host.port() {
                    Some(port) => map.names_with_port.insert((host.name().to_owned(), port), at),
                    None => map.names.insert(host.name().to_owned(), at),
                };
            }
        }
        map
    }

    /// The environment of a request that came in on a listener, which may be `bound` to one. `None` where its
    /// authority is no environment's, or another's than the listener's (421, RFC 9110 section 15.5.20).
    pub(crate) fn resolve<B>(&self, request: &Request<B>, bound: Option<usize>) -> Option<usize> {
        let authority = authority(request)?;
        let name = authority.host().to_ascii_lowercase();
        if let Some(port) = authority.port_u16()
            && let Some(&exact) = self.names_with_port.get(&(name.clone(), port))
        {
            return bound.is_none_or(|bound| bound == exact).then_some(exact);
        }
        let named = *self.names.get(&name)?;
        Some(bound.unwrap_or(named))
    }
}

/// The authority of the target (absolute form, HTTP/2), which outranks `Host` (RFC 9112 section 3.2.2); else the
/// one `Host`.
fn authority<B>(request: &Request<B>) -> Option<Authority> {
    let authority = if let Some(authority) = request.uri().authority() {
        authority.clone()
    } else {
        let mut hosts = request.headers().get_all(HOST).iter();
        let (host, None) = (hosts.next()?, hosts.next()) else { return None };
        Authority::try_from(host.as_bytes()).ok()?
    };
    let has_port = authority.host().len() < authority.as_str().len();
    let well_formed = !authority.as_str().contains('@') && (!has_port || authority.port_u16().is_some());
    well_formed.then_some(authority)
}
