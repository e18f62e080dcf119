//! nginx, whose `auth_request` knows 2xx, 401 and 403 alone.

use super::{World, bypass, suite};
use crate::proxies::Proxy;

/// The recipe in the place that it is included in, at a socket and without TLS.
fn start(world: &World) -> Proxy {
    let tls = ["ssl_certificate     /etc/nginx/api.crt;", "ssl_certificate_key /etc/nginx/api.key;"];
    let recipe = world.recipe("nginx.conf").replace("listen 443 ssl", "listen unix:{folder}/front");
    let recipe = tls.iter().fold(recipe, |recipe, line| recipe.replace(line, ""));
    let around = format!(
        "daemon off;\nmaster_process off;\npid {{folder}}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n\
         client_body_temp_path {{folder}}/body;\nproxy_temp_path {{folder}}/proxy;\nfastcgi_temp_path {{folder}}/fastcgi;\n\
         uwsgi_temp_path {{folder}}/uwsgi;\nscgi_temp_path {{folder}}/scgi;\n{}\n}}\n",
        recipe.replace("gateways/", "")
    );
    let parts = ["nginx-identity.conf", "nginx-question.conf"].map(|name| (name, world.recipe(name)));
    let parts = parts.each_ref().map(|(name, text)| (*name, text.as_str()));
    Proxy::nginx_with(&[&[("proxy.conf", around.as_str())], parts.as_slice()].concat())
}

#[test]
fn nginx_asks_jeton() {
    let world = World::start();
    let gateway = start(&world);
    suite::holds(world, &gateway);
}

#[test]
fn nobody_gets_past_nginx() {
    let world = World::start();
    let gateway = start(&world);
    bypass::fails(&world, &gateway);
}
