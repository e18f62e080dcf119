//! HAProxy, which asks by a script in Lua.

use super::{World, bypass, suite};
use crate::proxies::Proxy;

/// The recipe at a socket, without TLS, as whoever runs the test.
fn start(world: &World) -> Proxy {
    let recipe = world
        .recipe("haproxy.cfg")
        .replace("/etc/haproxy/haproxy.lua", "{folder}/haproxy.lua")
        .replace("bind :443 ssl crt /etc/haproxy/api.pem alpn h2,http/1.1", "bind unix@{folder}/front")
        .replace("    user haproxy\n    group haproxy\n", "");
    let script = world.recipe("haproxy.lua");
    Proxy::haproxy_with(&[("proxy.conf", &recipe), ("haproxy.lua", &script)])
}

#[test]
fn haproxy_asks_jeton() {
    let world = World::start();
    let gateway = start(&world);
    suite::holds(world, &gateway);
}

#[test]
fn nobody_gets_past_haproxy() {
    let world = World::start();
    let gateway = start(&world);
    bypass::fails(&world, &gateway);
}
