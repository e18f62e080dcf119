//! A cache that would keep anything, before Jeton: nobody gets another's token. F36 of the security checklist.

use super::proxy::Proxy;
use crate::support::{Answer, Credential, Server, Store, claims, curl, key_set};

/// It keeps whatever it may, of every method and status, under the path alone.
fn caching(server: &Server) -> Proxy {
    Proxy::nginx(&format!(
        r"
daemon off;
master_process off;
pid {{folder}}/pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {{folder}}/body;
    proxy_temp_path {{folder}}/proxy;
    fastcgi_temp_path {{folder}}/fastcgi;
    uwsgi_temp_path {{folder}}/uwsgi;
    scgi_temp_path {{folder}}/scgi;
    proxy_cache_path {{folder}}/cache keys_zone=all:1m;
    server {{
        listen unix:{{folder}}/front;
        location / {{
            proxy_pass http://{};
            proxy_set_header Host $http_host;
            proxy_cache all;
            proxy_cache_key $uri;
            proxy_cache_methods GET HEAD POST;
            proxy_cache_valid any 1h;
            add_header x-cache $upstream_cache_status always;
        }}
    }}
}}
",
        server.address("production")
    ))
}

fn ask(proxy: &Proxy, arguments: &[&str]) -> Answer {
    let socket = proxy.path("front");
    curl(&[&["--unix-socket", socket.to_str().unwrap()], arguments].concat())
}

fn token(proxy: &Proxy, credential: &Credential, secret: &str) -> Answer {
    let user = format!("{}:{secret}", credential.id);
    let form = "grant_type=client_credentials";
    ask(proxy, &["-u", &user, "-d", form, "http://localhost/oauth/v2/token"])
}

#[test]
fn a_cache_gives_nobody_the_token_of_another() {
    let store = Store::with_acme();
    let [one, two] = ["one", "two"].map(|id| store.credential(&format!("--client-id {id} --grant voice")));
    let server = store.start();
    let proxy = caching(&server);
    let keys = key_set(&server.production());
    // A refusal first: neither is it kept for whoever comes with the right secret.
    for credential in [&one, &two, &one] {
        let refused = token(&proxy, credential, "wrong");
        assert_eq!(refused.status, 401, "{refused:?}");
        let answer = token(&proxy, credential, &credential.secret);
        assert_eq!(claims(&keys, &answer.token()).client_id, credential.id);
        for head in [refused.head, answer.head] {
            assert!(head.contains("x-cache: MISS"), "{head}");
        }
    }
}

/// What is for everybody may be kept, and is: the cache works.
#[test]
fn a_cache_keeps_the_key_set() {
    let store = Store::with_acme();
    let server = store.start();
    let proxy = caching(&server);
    let url = "http://localhost/.well-known/jwks.json";
    let [first, second] = [ask(&proxy, &[url]), ask(&proxy, &[url])].map(|answer| answer.head);
    assert!(first.contains("x-cache: MISS") && second.contains("x-cache: HIT"), "{first}\n{second}");
}
