//! Apache httpd, which asks by a script in Lua.

use super::{World, bypass, suite};
use crate::proxies::Proxy;

/// What Debian loads by files of its own.
const MODULES: [&str; 8] =
    ["mpm_event", "authz_core", "alias", "headers", "lua", "proxy", "proxy_http", "rewrite"];

/// The recipe at a port, without TLS.
fn start(world: &World) -> Proxy {
    let load = |name: &str| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n");
    let around = "ServerRoot {folder}\nPidFile {folder}/pid\nListen {port}\nServerName api.example.com\n\
                  User www-data\nGroup www-data\nErrorLog /dev/stderr\nMutex posixsem\n";
    let recipe = world
        .recipe("apache.conf")
        .replace("*:443", "*:*")
        .replace("/etc/apache2/apache.lua", "{folder}/apache.lua");
    let tls = |line: &&str| !line.trim_start().starts_with("SSL");
    let recipe: Vec<&str> = recipe.lines().filter(tls).collect();
    let modules: String = MODULES.into_iter().map(load).collect();
    let configuration = format!("{around}{modules}{}\n", recipe.join("\n"));
    Proxy::apache_with(&[("proxy.conf", &configuration), ("apache.lua", &world.recipe("apache.lua"))])
}

#[test]
fn apache_asks_jeton() {
    let world = World::start();
    let gateway = start(&world);
    suite::holds(world, &gateway);
}

#[test]
fn nobody_gets_past_apache() {
    let world = World::start();
    let gateway = start(&world);
    bypass::fails(&world, &gateway);
}
