//! Caddy, whose `forward_auth` hands Jeton's answer on.

use super::{World, bypass, suite};
use crate::proxies::Proxy;

/// The recipe at a socket, without TLS, for whatever host.
fn start(world: &World) -> Proxy {
    let recipe = world.recipe("Caddyfile");
    let (before, after) = recipe.split_once("\napi.example.com {\n").expect("the recipe has a site");
    let site = "{\n\tadmin off\n\tauto_https off\n}\n";
    Proxy::caddy(&format!("{site}{before}\nhttp:// {{\n\tbind unix/{{folder}}/front\n{after}"))
}

#[test]
fn caddy_asks_jeton() {
    let world = World::start();
    let gateway = start(&world);
    suite::holds(world, &gateway);
}

#[test]
fn nobody_gets_past_caddy() {
    let world = World::start();
    let gateway = start(&world);
    bypass::fails(&world, &gateway);
}
