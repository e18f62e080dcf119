//! Request smuggling through real proxies: whatever the bytes, Jeton answers no request that the proxy before it did not
//! take for one, and nobody gets an answer that is another's. F25 of the security checklist.
//!
//! What the proxy took for a request is what its log says; what Jeton did, its own. Every request has a tracking id, by
//! which it is found in both, and which its answer has. After each probe, somebody else's request goes through the
//! same connection between proxy and Jeton: where an answer is left there, this one gets it.

use std::collections::BTreeMap;

use jeton_testkit::smuggling::Probe;
use serde_json::Value;

use super::proxy::Proxy;
use crate::support::{Server, Store};

/// Requests by tracking id and path, and how often each was there.
type Seen = BTreeMap<(String, String), usize>;

/// Its time-outs are how long a probe takes that it does not end by itself.
fn haproxy(server: &Server, more: &str) -> Proxy {
    Proxy::haproxy(&format!(
        r#"
global
    log stdout format raw local0
    nbthread 1
defaults
    mode http
    log global
    timeout connect 10s
    timeout server 10s
    timeout client 1s
    timeout http-request 100ms
    timeout http-keep-alive 100ms
frontend front
    bind unix@{{folder}}/front
    {more}
    http-request capture req.hdr(x-tracking-id) len 64
    log-format "saw %[capture.req.hdr(0)] %HU by %s"
    default_backend jeton
backend jeton
    http-reuse always
    server jeton {} maxconn 1
"#,
        server.address("production")
    ))
}

fn nginx(server: &Server, more: &str) -> Proxy {
    Proxy::nginx(&format!(
        r#"
daemon off;
master_process off;
pid {{folder}}/pid;
events {{}}
http {{
    log_format saw 'saw $http_x_tracking_id $request_uri by $upstream_addr';
    access_log /dev/stdout saw;
    client_body_temp_path {{folder}}/body;
    proxy_temp_path {{folder}}/proxy;
    fastcgi_temp_path {{folder}}/fastcgi;
    uwsgi_temp_path {{folder}}/uwsgi;
    scgi_temp_path {{folder}}/scgi;
    client_header_timeout 100ms;
    client_body_timeout 100ms;
    keepalive_timeout 100ms;
    upstream jeton {{
        server {};
        keepalive 1;
    }}
    server {{
        listen unix:{{folder}}/front;
        {more}
        location / {{
            proxy_pass http://jeton;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
        }}
    }}
}}
"#,
        server.address("production")
    ))
}

#[test]
fn haproxy_and_jeton_see_the_same_requests() {
    compare(|server| haproxy(server, ""));
}

/// As lax as it can be set.
#[test]
fn lax_haproxy_and_jeton_see_the_same_requests() {
    compare(|server| haproxy(server, "option accept-invalid-http-request"));
}

#[test]
fn nginx_and_jeton_see_the_same_requests() {
    compare(|server| nginx(server, ""));
}

/// It hands bodies on as they come, and fields that it holds for wrong.
#[test]
fn lax_nginx_and_jeton_see_the_same_requests() {
    let lax = "proxy_request_buffering off; ignore_invalid_headers off; underscores_in_headers on;";
    compare(|server| nginx(server, lax));
}

#[track_caller]
fn compare(proxy: impl Fn(&Server) -> Proxy) {
    let store = Store::unmade();
    let mut command = store.serve("--management-listen 127.0.0.1:0");
    // A body that the proxy will never send is not waited for.
    let server = Server::start(command.env("JETON_LIMITS__BODY", "100ms"), 3);
    let mut proxy = proxy(&server);
    let control = [get("control").replace("Connection: close\r\n", ""), get("control-second")].concat();
    assert_eq!(tracking_ids(&proxy.exchange(control.as_bytes())), ["control", "control-second"]);
    let probes: Vec<Probe> = Probe::all().collect();
    for (number, probe) in probes.iter().enumerate() {
        let id = format!("probe-{number}");
        let answers = proxy.exchange(&probe.bytes(&id));
        let given = tracking_ids(&answers);
        assert!(given.iter().all(|given| given.starts_with(&id)), "{probe:?}: {answers}");
        let other = format!("other-{number}");
        let answers = proxy.exchange(get(&other).as_bytes());
        assert_eq!(tracking_ids(&answers), [other], "after {probe:?}: {answers}");
        assert!(answers.starts_with("HTTP/1.1 200 ") && answers.contains("\"keys\""), "after {probe:?}");
    }
    let last = proxy.exchange(get("last").as_bytes());
    assert!(last.contains("\"keys\""), "{last}");
    proxy.log.find("saw last").expect("the proxy logs");
    let connections = connections(&server);
    assert!(
        connections < probes.len() / 3,
        "probes and others share connections, of which were {connections}"
    );
    let (by_proxy, by_jeton) = (handed_on(&proxy.log.so_far()), answered(&server.stop().stderr));
    for (request, times) in &by_jeton {
        let probe = request.0.trim_start_matches("probe-").trim_end_matches("-second").parse::<usize>();
        let probe = probe.ok().and_then(|number| probes.get(number));
        let by_proxy = by_proxy.get(request).unwrap_or(&0);
        assert!(times <= by_proxy, "{request:?} {times} times, by the proxy {by_proxy} times: {probe:?}");
    }
    let reached = by_jeton.keys().filter(|(id, _)| id.starts_with("probe-") && !id.ends_with("-second"));
    assert!(reached.count() >= 3, "some probes reach Jeton: {by_jeton:?}");
}

/// A request that is clear, and the last of its connection to the proxy; that from there to Jeton stays.
fn get(tracking_id: &str) -> String {
    format!(
        "GET {KEYS} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Tracking-ID: {tracking_id}\r\n\r\n"
    )
}

const KEYS: &str = "/.well-known/jwks.json";

/// Those of the answers, in their order.
fn tracking_ids(answers: &str) -> Vec<String> {
    let lines = answers.lines().filter_map(|line| line.split_once(": "));
    let ids = lines.filter(|(name, _)| name.eq_ignore_ascii_case("x-tracking-id"));
    ids.map(|(_, id)| id.to_owned()).collect()
}

/// How many the proxy has opened to Jeton.
fn connections(server: &Server) -> usize {
    let listeners = server.listeners();
    let (management, _) = listeners.iter().find(|(_, leads_to)| leads_to == "management").unwrap();
    let metrics = crate::support::get(&format!("http://{management}/metrics")).body;
    let opened = metrics.split("jeton_connections_accepted_total{listener=\"public\"} ").nth(1).unwrap();
    opened.lines().next().unwrap().parse().unwrap()
}

/// The requests that the proxy sent to Jeton, or was about to.
fn handed_on(log: &str) -> Seen {
    let mut seen = Seen::new();
    for line in log.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["saw", id, path, "by", server] = words[..]
            && !["-", "<NOSRV>"].contains(&server)
        {
            *seen.entry((id.to_owned(), path.to_owned())).or_default() += 1;
        }
    }
    seen
}

/// The requests that Jeton's log has.
fn answered(log: &str) -> Seen {
    let mut seen = Seen::new();
    for line in log.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON")) {
        if line["target"] == "jeton::request" {
            let path = match line["dialect"].as_str().unwrap() {
                "jwks" => KEYS,
                "oauth2" => "/oauth/v2/token",
                other => other,
            };
            let id = line["tracking_id"].as_str().unwrap_or("none").to_owned();
            *seen.entry((id, path.to_owned())).or_default() += 1;
        }
    }
    seen
}
