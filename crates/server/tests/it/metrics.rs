//! What is counted, in a text that every scraper reads.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use jeton_testkit::{Fault, Read, ResponseExt as _, TestServer};

use crate::support::statuses;

/// The samples, by their name with labels.
async fn samples(server: &TestServer) -> BTreeMap<String, String> {
    let answer = server.management("/metrics").send().await;
    let lines = answer.text().lines().filter(|line| !line.starts_with('#'));
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.to_owned())
    };
    lines.map(sample).collect()
}

fn token_requests(dialect: &str, outcome: &str, reason: &str) -> String {
    format!(
        "jeton_token_requests_total{{environment=\"production\",dialect=\"{dialect}\",outcome=\"{outcome}\",reason=\"{reason}\"}}"
    )
}

#[tokio::test]
async fn token_requests_are_counted_by_how_they_ended() {
    let server = TestServer::start().await;
    let client = server.client("production");
    assert_eq!(statuses(&client).await, [200; 3]);
    client.with_secret("wrong").oauth2().send().await;
    client.oauth2().scope("nonsense").send().await;
    server.store.fail(Read::Credentials, Fault::Unavailable);
    client.with_id("nobody").json().send().await;
    let samples = samples(&server).await;
    assert_eq!(samples[&token_requests("gateway", "issued", "none")], "1");
    assert_eq!(samples[&token_requests("oauth2", "issued", "none")], "1");
    assert_eq!(samples[&token_requests("oauth2", "refused", "wrong_secret")], "1");
    assert_eq!(samples[&token_requests("oauth2", "refused", "scope_not_granted")], "1");
    assert_eq!(samples[&token_requests("json", "failed", "unavailable")], "1");
    // What has not happened yet can be alerted on.
    assert_eq!(samples[&token_requests("json", "failed", "no_signing_key")], "0");
    assert_eq!(samples[&token_requests("gateway", "abandoned", "none")], "0");
    let count = "jeton_token_request_duration_seconds_count{environment=\"production\",dialect=\"oauth2\"}";
    assert_eq!(samples[count], "3");
    assert_eq!(samples["jeton_http_requests_total{endpoint=\"json\",status=\"503\"}"], "1");
    assert_eq!(samples["jeton_store_read_errors_total{read=\"credentials\"}"], "1");
    assert_eq!(samples["jeton_store_reads_total{read=\"credentials\"}"], "3");
    assert_eq!(samples["jeton_credential_cache_misses_total"], "2");
    assert_eq!(samples["jeton_credential_cache_hits_total"], "4");
    assert_eq!(samples["jeton_credential_cache_entries"], "1");
    assert_eq!(samples["jeton_ready"], "1");
}

#[tokio::test]
async fn the_age_of_the_last_poll_is_told() {
    let server = TestServer::start().await;
    server.store.go_away();
    server.clock.advance(Duration::from_millis(31_500));
    server.poll().await;
    let samples = samples(&server).await;
    assert_eq!(samples["jeton_poll_age_seconds"], "31.5");
    assert_eq!(samples["jeton_ready"], "0");
    assert_eq!(samples["jeton_store_read_errors_total{read=\"changes\"}"], "1");
}

#[tokio::test]
async fn nothing_that_a_stranger_sends_becomes_a_label() {
    let server = TestServer::start().await;
    let client = server.client("production");
    assert_eq!(statuses(&client).await, [200; 3]);
    let before: Vec<String> = samples(&server).await.into_keys().collect();
    for number in 0..50 {
        let stranger = client.with_id(&format!("stranger-{number}"));
        stranger.oauth2().from_address(&format!("203.0.113.{number}")).tracking_id("stranger-t").send().await;
        server.get("production", &format!("/stranger-{number}")).send().await;
        server.get("production", "/").host(&format!("stranger-{number}.example")).send().await;
    }
    let after: Vec<String> = samples(&server).await.into_keys().collect();
    assert!(after.iter().all(|name| !name.contains("stranger") && !name.contains(&client.id)));
    // Statuses that had not been answered before, and nothing else.
    assert!(after.len() <= before.len() + 3, "{} samples became {}", before.len(), after.len());
}

/// The text format, version 0.0.4, and Prometheus's naming rules, read strictly.
#[tokio::test]
async fn the_text_is_well_formed() {
    let server = TestServer::start().await;
    statuses(&server.client("production")).await;
    server.get("production", "/nowhere").send().await;
    let answer = server.management("/metrics").send().await;
    assert_eq!(answer.one("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = answer.text();
    assert!(text.ends_with('\n') && !text.contains("\n\n"));
    let (mut families, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut lines = text.lines().peekable();
    while let Some(help) = lines.next() {
        let (name, words) = help.strip_prefix("# HELP ").unwrap().split_once(' ').unwrap();
        assert!(words.len() > 8, "{help}");
        let kind = lines.next().unwrap().strip_prefix(&format!("# TYPE {name} ")).unwrap().to_owned();
        assert!(name.starts_with("jeton_") && families.insert(name.to_owned()), "{name}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
        while let Some(sample) = lines.next_if(|line| !line.starts_with('#')) {
            let series = sample.rsplit_once(' ').unwrap().0;
            assert!(seen.insert(series.to_owned()), "{series} stands twice");
            let own = series.split('{').next().unwrap();
            let suffix = own.strip_prefix(name).unwrap_or_else(|| panic!("{own} in {name}"));
            let suffixes: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(suffixes.contains(&suffix), "{own}");
        }
    }
    assert!(families.len() > 12);
}

/// `promtool` says so itself, where it is installed (Debian's package `prometheus`).
#[tokio::test]
async fn promtool_has_nothing_to_say() {
    let server = TestServer::start().await;
    statuses(&server.client("production")).await;
    let text = server.management("/metrics").send().await.text().to_owned();
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = match promtool.spawn() {
        Ok(running) => running,
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "promtool: {why}");
            println!("NOT CHECKED: promtool: {why}; `apt-get install prometheus`");
            return;
        }
    };
    running.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}
