//! What is counted: exactly, within bounds, and once.

use std::sync::Arc;
use std::time::Duration;

use jeton_core::id::ClientId;
use jeton_core::store::Page;
use jeton_core::usage::{Span, TopFilter, TopRow, UsageFilter, UsageRow};
use jeton_core::{Clock as _, Timestamp};
use jeton_server::{Housekeeper, Limits, UsageRecorder};
use jeton_testkit::{Client, TestServer, UsageFault, id, logs};

const DAY: Duration = Duration::from_hours(24);

/// What the store has of a client.
async fn rows(server: &TestServer, client: &Client<'_>, span: Span) -> Vec<UsageRow> {
    let (environment, client_id) = (client.environment.clone(), id::<ClientId>(&client.id));
    let filter = UsageFilter { span, since: Timestamp(0), environment, client_id };
    server.store.inner().usage(&filter, &Page::first(1_000)).await.unwrap()
}

/// Outcomes with their counts, over all endpoints, secrets and days.
async fn outcomes(server: &TestServer, client: &Client<'_>) -> Vec<(String, i64)> {
    let mut sums = std::collections::BTreeMap::<String, i64>::new();
    for row in rows(server, client, Span::Day).await {
        *sums.entry(row.key.outcome).or_default() += row.count;
    }
    sums.into_iter().collect()
}

async fn top(server: &TestServer) -> Vec<TopRow> {
    let (span, since) = (Span::Day, Timestamp(0));
    let filter = TopFilter { span, since, environment: None, refused: false, limit: 1_000 };
    server.store.inner().top_usage(&filter).await.unwrap()
}

async fn all(server: &TestServer) -> i64 {
    top(server).await.iter().map(|row| row.issued + row.refused).sum()
}

fn count(outcome: &str, count: i64) -> (String, i64) {
    (outcome.to_owned(), count)
}

#[tokio::test]
async fn issues_and_refusals_add_up_by_reason_secret_endpoint_and_minute() {
    let server = TestServer::start().await;
    let client = server.client("production");
    for _ in 0..3 {
        assert_eq!(client.oauth2().send().await.status(), 200);
    }
    assert_eq!(client.gateway().send().await.status(), 200);
    assert_eq!(client.oauth2().scope("nothing").send().await.status(), 400);
    assert_eq!(client.with_secret("wrong").oauth2().send().await.status(), 401);
    assert_eq!(client.in_environment("sandbox").oauth2().send().await.status(), 401);
    server.clock.advance(Duration::from_mins(1));
    assert_eq!(client.oauth2().send().await.status(), 200);
    server.write_usage().await;

    let secret = client.current_secret().await;
    let rows = rows(&server, &client, Span::Minute).await;
    let start = server.clock.now().minus(Duration::from_mins(1));
    let shown: Vec<_> = rows
        .iter()
        .map(|row| {
            let minute = (row.key.start.seconds() - start.seconds()) / 60;
            let of = if row.key.secret == secret { "its own" } else { row.key.secret.as_str() };
            (minute, of, row.key.endpoint.as_str(), row.key.outcome.as_str(), row.count)
        })
        .collect();
    let (oauth2, gateway) =
        ("/oauth/v2/token", rows.iter().find(|row| row.key.endpoint != "/oauth/v2/token"));
    let gateway = gateway.unwrap().key.endpoint.clone();
    let mut expected = vec![
        (0, "", oauth2, "wrong_secret", 1),
        (0, "its own", oauth2, "issued", 3),
        (0, "its own", gateway.as_str(), "issued", 1),
        (0, "its own", oauth2, "scope_not_granted", 1),
        (1, "its own", oauth2, "issued", 1),
    ];
    let mut sorted = shown.clone();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
    let unknown: Vec<TopRow> = top(&server).await.into_iter().filter(|row| row.client_id.is_none()).collect();
    assert_eq!(unknown.len(), 1);
    assert_eq!((unknown[0].environment.as_str(), unknown[0].refused), ("sandbox", 1));
}

#[tokio::test]
async fn a_dead_secret_is_counted_by_its_id() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let secret = client.current_secret().await;
    client.revoke_secrets().await;
    server.poll().await;
    assert_eq!(client.oauth2().send().await.status(), 401);
    server.write_usage().await;
    let rows = rows(&server, &client, Span::Minute).await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].key.secret.as_str(), rows[0].key.outcome.as_str()), (&*secret, "revoked_secret"));
    assert_eq!(client.uses().await, [], "it was not accepted, so it is no use");
}

#[tokio::test]
async fn two_nodes_add_to_the_same_rows() {
    let server = TestServer::start().await;
    let other = server.start_another().await.unwrap();
    let mut recorder = UsageRecorder::new(Arc::clone(&other));
    let client = server.client("production");
    for _ in 0..5 {
        client.oauth2().send().await;
        let request = client.oauth2().into_request().map(http_body_util::Full::new);
        assert_eq!(other.answer(jeton_server::Connection::default(), request).await.status(), 200);
    }
    server.write_usage().await;
    recorder.write().await;
    assert_eq!(outcomes(&server, &client).await, [count("issued", 10)]);
    // Each ended well, so neither is missed at the next start.
    recorder.finish().await;
    assert_eq!(server.store.inner().usage_writers("another").await.unwrap(), []);
    assert_eq!(server.store.inner().usage_writers("test").await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_written_is_kept_and_counts_once() {
    logs::capture();
    let server = TestServer::start().await;
    let client = server.client("production");
    for fault in [UsageFault::Unavailable, UsageFault::AnswerLost] {
        client.oauth2().send().await;
        server.store.fail_usage(fault);
        server.write_usage().await;
        client.oauth2().send().await;
        server.write_usage().await;
        server.store.heal();
        server.write_usage().await;
        server.write_usage().await;
    }
    assert_eq!(outcomes(&server, &client).await, [count("issued", 4)]);
    let said = logs::text();
    assert!(said.contains("usage could not be written") && said.contains("usage is written again"), "{said}");
}

/// As where the database ended a connection in the last moment.
#[tokio::test]
async fn the_last_counts_are_tried_again() {
    let server = TestServer::start().await;
    let client = server.client("production");
    client.oauth2().send().await;
    server.store.fail_usage(UsageFault::OnceUnavailable);
    UsageRecorder::new(Arc::clone(server.app())).finish().await;
    assert_eq!(outcomes(&server, &client).await, [count("issued", 1)]);
    assert_eq!(server.store.inner().usage_writers("test").await.unwrap(), []);
}

/// As after a restore, or when another server of the same name took this one for dead.
#[tokio::test]
async fn a_writer_whose_row_is_gone_begins_anew() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let forget = async || {
        for writer in server.store.inner().usage_writers("test").await.unwrap() {
            assert!(server.store.inner().close_usage_writer(&writer.writer).await.unwrap());
        }
    };
    client.oauth2().send().await;
    server.write_usage().await;
    forget().await;
    client.oauth2().send().await;
    server.write_usage().await;
    assert_eq!(outcomes(&server, &client).await, [count("issued", 2)]);
    // One that may be in the store is lost rather than counted twice.
    client.oauth2().send().await;
    server.store.fail_usage(UsageFault::AnswerLost);
    server.write_usage().await;
    server.store.heal();
    forget().await;
    client.oauth2().send().await;
    server.write_usage().await;
    server.write_usage().await;
    assert_eq!(outcomes(&server, &client).await, [count("issued", 4)]);
}

/// Writes at a time that is no other test's, since all of them log to one place, and says when.
async fn write_at(server: &TestServer, second: u64) -> i64 {
    server.clock.advance(Duration::from_secs(second));
    server.write_usage().await;
    server.clock.now().seconds()
}

/// How often it was said that a server ended badly which wrote last at this time.
fn ended_badly(written: i64) -> usize {
    let text = logs::text();
    let is_it = |line: &&str| {
        line.contains("ended without writing its last counts") && line.contains(&format!(":{written},"))
    };
    text.lines().filter(is_it).count()
}

#[tokio::test]
async fn a_server_that_ended_badly_is_told_of_once() {
    logs::capture();
    let server = TestServer::start().await;
    let written = write_at(&server, 4_001).await;
    server.clock.advance(Duration::from_mins(5));
    for _ in 0..2 {
        // The next process of the same node.
        let mut next = UsageRecorder::new(Arc::clone(server.app()));
        next.write().await;
        assert_eq!(ended_badly(written), 1);
        next.finish().await;
    }
}

/// It may be of a server that runs, under the same name.
#[tokio::test]
async fn a_row_that_was_written_lately_is_watched_first() {
    logs::capture();
    let server = TestServer::start().await;
    let written = write_at(&server, 5_002).await;
    let mut next = UsageRecorder::new(Arc::clone(server.app()));
    for minutes in [0, 4] {
        server.clock.advance(Duration::from_mins(minutes));
        next.write().await;
        assert_eq!(ended_badly(written), 0, "after {minutes} minutes");
    }
    server.clock.advance(Duration::from_mins(1));
    for _ in 0..2 {
        next.write().await;
        assert_eq!(ended_badly(written), 1);
    }
    assert_eq!(server.store.inner().usage_writers("test").await.unwrap().len(), 1, "its own");
}

/// Neither counts anything: that they are there is said all the same.
#[tokio::test]
async fn two_servers_of_one_name_leave_each_other_alone() {
    let server = TestServer::start().await;
    let rows = async || {
        let rows = server.store.inner().usage_writers("test").await.unwrap();
        rows.into_iter().map(|row| row.writer).collect::<std::collections::BTreeSet<_>>()
    };
    server.write_usage().await;
    let mut other = UsageRecorder::new(Arc::clone(server.app()));
    other.write().await;
    let both = rows().await;
    assert_eq!(both.len(), 2);
    for _ in 0..20 {
        server.clock.advance(Duration::from_mins(1));
        server.write_usage().await;
        other.write().await;
    }
    assert_eq!(rows().await, both, "nobody closed the other's");
}

#[tokio::test]
async fn strangers_make_no_rows_of_their_own() {
    let server = TestServer::start().await;
    let client = server.client("production");
    for at in 0..300 {
        let address = format!("192.0.2.{}", at % 250);
        client.with_id(&format!("stranger-{at}")).oauth2().from_address(&address).send().await;
    }
    server.write_usage().await;
    let top = top(&server).await;
    assert_eq!(top.len(), 1, "{top:?}");
    assert_eq!((top[0].client_id.as_ref(), top[0].issued, top[0].refused), (None, 0, 300));
}

#[tokio::test]
async fn beyond_the_bound_requests_are_counted_by_endpoint_alone() {
    logs::capture();
    let limits = Limits { counted_kinds: 6, ..Limits::default() };
    let server = TestServer::builder().limits(limits).start().await;
    let mut clients = vec![];
    for _ in 0..10 {
        clients.push(server.new_client("production", &["voice"]).await);
    }
    server.poll().await;
    for round in 1..=2 {
        for client in &clients {
            assert_eq!(client.oauth2().send().await.status(), 200);
        }
        server.store.fail_usage(UsageFault::Unavailable);
        server.write_usage().await;
        // What is being written is held too, so nothing of this finds room.
        for client in &clients {
            assert_eq!(client.oauth2().send().await.status(), 200);
        }
        server.store.heal();
        server.write_usage().await;
        server.write_usage().await;
        assert_eq!(all(&server).await, round * 20);
    }
    assert!(logs::text().contains("too many kinds of requests"), "{}", logs::text());
    // There is room again.
    server.clock.advance(DAY);
    server.poll().await;
    clients[9].oauth2().send().await;
    server.write_usage().await;
    assert!(outcomes(&server, &clients[9]).await.contains(&count("issued", 1)));
}

#[tokio::test]
async fn the_last_use_of_a_secret_is_kept() {
    let server = TestServer::start().await;
    let client = server.client("production");
    server.write_usage().await;
    assert_eq!(client.uses().await, []);
    client.oauth2().from_address("192.0.2.7").header("user-agent", "first/1").send().await;
    server.clock.advance(Duration::from_secs(5));
    let agent = [b"caf\xC3\xA9\x09/2 ".as_slice(), &[b'x'; 300]].concat();
    client.gateway().from_address("192.0.2.8").header("user-agent", agent).tracking_id("mine").send().await;
    let at = server.clock.now();
    server.clock.advance(Duration::from_secs(5));
    client.with_secret("wrong").oauth2().from_address("192.0.2.9").send().await;
    server.write_usage().await;
    let uses = client.uses().await;
    assert_eq!(uses.len(), 1);
    assert_eq!(uses[0].time, at);
    assert_eq!(uses[0].address, Some("192.0.2.8".parse().unwrap()));
    assert_eq!(uses[0].tracking_id.as_deref(), Some("mine"));
    let agent = uses[0].user_agent.clone().unwrap();
    assert!(agent.starts_with("caf/2 xxx") && agent.len() == 200, "{agent}");
}

/// Whatever it looks like, and whatever the one before it was.
#[tokio::test]
async fn the_last_tracking_id_is_kept_as_it_came() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let ids = [
        "0f9a1c7e-2b64-4d0a-9c55-6a1f0e8b7d21",
        "mine",
        "0F9A1C7E-2B64-4D0A-9C55-6A1F0E8B7D21",
        "0f9a1c7e2b644d0a9c556a1f0e8b7d21",
        "0f9a1c7e-2b64-4d0a-9c55-6a1f0e8b7d22",
        "0f9a1c7e-2b64-4d0a-9c55-6a1f0e8b7d2z",
    ];
    for id in ids {
        for agent in ["first/1", "first/1", "first/1mine"] {
            server.clock.advance(Duration::from_secs(1));
            let sent = client.gateway().header("user-agent", agent).tracking_id(id).send().await;
            assert_eq!(sent.status(), 200, "{id}");
            server.clock.advance(Duration::from_mins(6));
            server.write_usage().await;
            let uses = client.uses().await;
            assert_eq!(uses[0].tracking_id.as_deref(), Some(id));
            assert_eq!(uses[0].user_agent.as_deref(), Some(agent));
        }
    }
}

#[tokio::test]
async fn the_last_use_of_a_busy_secret_is_written_every_five_minutes() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let known = async || client.uses().await[0].time;
    client.oauth2().send().await;
    let first = server.clock.now();
    server.write_usage().await;
    assert_eq!(known().await, first);
    server.clock.advance(Duration::from_secs(299));
    client.oauth2().send().await;
    let second = server.clock.now();
    server.write_usage().await;
    assert_eq!(known().await, first, "one was written a moment ago");
    server.clock.advance(Duration::from_secs(1));
    server.write_usage().await;
    assert_eq!(known().await, second, "it is due, and was not forgotten");
    // One that rests is forgotten, and known again by its next use.
    server.clock.advance(Duration::from_mins(10));
    server.write_usage().await;
    client.oauth2().send().await;
    server.write_usage().await;
    assert_eq!(known().await, server.clock.now());
}

#[tokio::test]
async fn counts_go_when_their_time_is_over() {
    let server = TestServer::start().await;
    let client = server.client("production");
    let mut housekeeper = Housekeeper::new(Arc::clone(server.app()));
    let spans = async || {
        let mut of = vec![];
        for span in Span::ALL {
            of.push(rows(&server, &client, *span).await.len());
        }
        of
    };
    for (after, left) in [
        (Duration::ZERO, [1, 1, 1]),
        (2 * DAY, [2, 2, 2]),
        // A minute of 48 hours and a minute ago is gone.
        (Duration::from_mins(1), [2, 2, 2]),
        (90 * DAY, [1, 2, 3]),
        (2 * 365 * DAY, [1, 1, 2]),
    ] {
        server.clock.advance(after);
        server.poll().await;
        assert_eq!(client.oauth2().send().await.status(), 200);
        server.write_usage().await;
        housekeeper.tend().await;
        assert_eq!(spans().await, left, "after {after:?} more");
    }
}
