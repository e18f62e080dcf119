//! Which environment a request is for: its authority alone says so, never a forwarded header.

use std::borrow::Cow;
use std::collections::HashMap;

use http::Request;
use http::header::HOST;
use http::uri::Authority;

use crate::config::Environment;

/// The environments by authority. They are named by their place in the configuration.
#[derive(Debug)]
pub(crate) struct AuthorityMap {
    names_with_port: HashMap<String, Vec<(u16, usize)>>,
    names: HashMap<String, usize>,
}

impl AuthorityMap {
    pub(crate) fn new(environments: &[Environment]) -> Self {
        let mut map = Self { names_with_port: HashMap::new(), names: HashMap::new() };
        for (at, environment) in environments.iter().enumerate() {
            for host in &environment.hosts {
                let name = host.name().to_owned();
                match host.port() {
                    Some(port) => map.names_with_port.entry(name).or_default().push((port, at)),
                    None => drop(map.names.insert(name, at)),
                }
            }
        }
        map
    }

    /// The environment of a request that came in on a listener, which may be `bound` to one. `None` where its
    /// authority is no environment's, or another's than the listener's (421, RFC 9110 section 15.5.20).
    pub(crate) fn resolve<B>(&self, request: &Request<B>, bound: Option<usize>) -> Option<usize> {
        let authority = authority(request)?;
        let name = lower_case(authority.host());
        if let Some(port) = authority.port_u16()
            && let Some(ports) = self.names_with_port.get(&*name)
            && let Some(&(_, exact)) = ports.iter().rfind(|(own, _)| *own == port)
        {
            return bound.is_none_or(|bound| bound == exact).then_some(exact);
        }
        let named = *self.names.get(&*name)?;
        Some(bound.unwrap_or(named))
    }
}

fn lower_case(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        name.to_ascii_lowercase().into()
    } else {
        name.into()
    }
}

/// The authority of the target (absolute form, HTTP/2), which outranks `Host` (RFC 9112 section 3.2.2); else the
/// one `Host`.
fn authority<B>(request: &Request<B>) -> Option<Cow<'_, Authority>> {
    let authority = if let Some(authority) = request.uri().authority() {
        Cow::Borrowed(authority)
    } else {
        let mut hosts = request.headers().get_all(HOST).iter();
        let (host, None) = (hosts.next()?, hosts.next()) else { return None };
        Cow::Owned(Authority::try_from(host.as_bytes()).ok()?)
    };
    let has_port = authority.host().len() < authority.as_str().len();
    let well_formed = !authority.as_str().contains('@') && (!has_port || authority.port_u16().is_some());
    well_formed.then_some(authority)
}
