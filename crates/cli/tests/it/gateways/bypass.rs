//! What strangers try: F39 of the security checklist. Nothing of it reaches the API, which alone says so.

use super::{World, bearer};
use crate::proxies::Proxy;

/// Targets that one program could take for `/numbers/7` or `/billing/7`, and another for something else.
const TARGETS: [&str; 34] = [
    "/PATH",
    "//PATH",
    "/PATH/",
    "/./PATH",
    "/%2e/PATH",
    "/x/../PATH",
    "/x/%2e%2e/PATH",
    "/x/%2E%2E%2FPATH",
    "/x/..%2fPATH",
    "/x/..%5cPATH",
    "/x/..\\PATH",
    "/x/..;/PATH",
    "/;/PATH",
    "/PATH;x=1",
    "/PATH%00",
    "/PATH%20",
    "/PATH%0d%0aX:y",
    "/PATH.",
    "/PATH/.",
    "/PATH/..",
    "/%50ATH",
    "/%2fPATH",
    "/%252fPATH",
    "/PATH?access_token=TOKEN",
    "/PATH?token=TOKEN&authorization=Bearer%20TOKEN",
    "/PATH#x",
    "/elsewhere?/PATH",
    "http://api.example.com/PATH",
    "http://API.EXAMPLE.COM:80/PATH",
    "http://localhost/PATH",
    "http://user:TOKEN@api.example.com/PATH",
    "https://api.example.com//PATH",
    "/jeton/../PATH",
    "/forward-auth/voice/-/../../../PATH",
];

/// Fields that some gateway has believed.
const FIELDS: [&str; 40] = [
    "X-Forwarded-Uri: /elsewhere",
    "X-Forwarded-Uri: /forward-auth/voice/-",
    "X-Forwarded-Path: /",
    "X-Forwarded-Prefix: /elsewhere",
    "X-Forwarded-Method: OPTIONS",
    "X-Forwarded-Host: localhost",
    "X-Forwarded-Proto: https",
    "X-Forwarded-For: 127.0.0.1",
    "X-Forwarded-User: admin",
    "X-Real-IP: 127.0.0.1",
    "Forwarded: for=127.0.0.1;host=localhost",
    "X-Original-URL: /elsewhere",
    "X-Original-URI: /elsewhere",
    "X-Original-Method: OPTIONS",
    "X-Rewrite-URL: /elsewhere",
    "X-Accel-Redirect: /numbers/7",
    "X-Accel-Internal: 1",
    "X-Auth-Request-Redirect: /elsewhere",
    "X-Auth-Request-User: admin",
    "X-Envoy-Original-Path: /elsewhere",
    "X-HTTP-Method-Override: OPTIONS",
    "X-Method-Override: GET",
    "X-Jeton-Client-Id: admin",
    "X-Jeton-Scope: voice.billing voice.numbers",
    "Upgrade: websocket\r\nConnection: close, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==",
    "Upgrade: h2c\r\nConnection: close, Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    "Connection: close, Authorization",
    "Connection: close, X-Jeton-Scope",
    "Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /numbers/7 HTTP/1.1\r\nHost: api.example.com",
    "Cookie: access_token=TOKEN; Authorization=Bearer%20TOKEN",
    "Proxy-Authorization: Bearer TOKEN",
    "X-Forwarded-Access-Token: TOKEN",
    "X-Access-Token: TOKEN",
    "Authorization: TOKEN",
    "Authorization: Basic TOKEN",
    "Authorization: Bearer\tTOKEN",
    "Authorization: Bearer TOKEN\r\nAuthorization: Bearer x",
    "Authorization: Bearer x\r\nAuthorization: Bearer TOKEN",
    "Authorization: Bearer x, Bearer TOKEN",
];

const HOSTS: [&str; 10] = [
    "Host: api.example.com",
    "Host: API.EXAMPLE.COM",
    "Host: api.example.com:443",
    "Host: api.example.com.",
    "Host: localhost",
    "Host: auth.example.com",
    "Host:",
    "Host: api.example.com\r\nHost: localhost",
    "Host: api.example.com/numbers/7",
    "X-Host: api.example.com",
];

const METHODS: [&str; 12] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PURGE", "get",
    "PROPFIND",
];

/// Nothing reaches the API without a good token, in a good place; and nothing that the token's scope does not open.
#[track_caller]
pub(super) fn fails(world: &World, gateway: &Proxy) {
    let good = world.token(&world.wide);
    let narrow = bearer(&world.token(&world.narrow));
    let with = |text: &str| text.replace("TOKEN", &good);
    let mut requests = vec![];
    for path in ["numbers/7", "billing/7"] {
        for target in TARGETS.map(|target| with(&target.replace("PATH", path))) {
            requests.push(request("GET", &target, HOSTS[0], ""));
        }
        let target = format!("/{path}");
        requests.extend(FIELDS.map(|field| request("GET", &target, HOSTS[0], &with(field))));
        requests.extend(HOSTS.map(|host| request("GET", &target, host, "")));
        requests.extend(METHODS.map(|method| request(method, &target, HOSTS[0], "")));
        requests.push(format!("GET /{path}\r\n\r\n"));
        requests.push(format!("GET /{path} HTTP/1.0\r\n\r\n"));
        requests.push(format!(
            "CONNECT api.example.com:80 HTTP/1.1\r\n{}\r\nConnection: close\r\n\r\n",
            HOSTS[0]
        ));
    }
    for request in requests {
        let answer = gateway.exchange(request.as_bytes());
        let reached = world.api.take();
        assert!(reached.is_empty(), "{request:?} reached the API: {reached:?}, {answer:?}");
    }
    // Somebody else's scope, by way of what one's own opens.
    let targets = TARGETS.map(|target| with(&target.replace("PATH", "billing/7")));
    let through = TARGETS.map(|target| format!("/numbers{}", target.replace("PATH", "../billing/7")));
    for target in targets.into_iter().chain(through) {
        for method in ["GET", "POST", "OPTIONS"] {
            let answer = gateway.exchange(request(method, &target, HOSTS[0], &narrow).as_bytes());
            for reached in world.api.take() {
                let path = reached.path().split('?').next().unwrap_or_default();
                let is_clear =
                    path.starts_with("/numbers/") && !path.contains(['%', ';', '\\']) && !path.contains("..");
                assert!(is_clear, "{method} {target}: {reached:?}, {answer:?}");
            }
        }
    }
    for field in FIELDS.iter().filter(|field| !field.contains("Authorization:")) {
        let lines = format!("{narrow}\r\n{}", with(field));
        let answer = gateway.exchange(request("GET", "/billing/7", HOSTS[0], &lines).as_bytes());
        assert_eq!(world.api.take().len(), 0, "{field}: {answer:?}");
    }
    // The way for those who may use it is open all the while.
    gateway.exchange(request("GET", "/billing/7", HOSTS[0], &bearer(&good)).as_bytes());
    assert_eq!(world.api.take().len(), 1);
}

fn request(method: &str, target: &str, host: &str, lines: &str) -> String {
    let end = if lines.contains("Connection: ") { "" } else { "Connection: close\r\n" };
    let lines = if lines.is_empty() { String::new() } else { format!("{lines}\r\n") };
    format!("{method} {target} HTTP/1.1\r\n{host}\r\n{end}{lines}\r\n")
}
