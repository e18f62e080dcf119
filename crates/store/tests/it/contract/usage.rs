//! What is counted, who counts, the last uses of secrets, and what is removed in the end.

use std::time::Duration;

use jeton_core::intent::{Intent, WhichSecrets};
use jeton_core::model::KeyState;
use jeton_core::store::Page;
use jeton_core::usage::{
    BatchEnd, Count, Counted, SecretUse, Span, TopFilter, UsageBatch, UsageFilter, UsageKey, UsageWriter,
};
use jeton_core::{Reason, Timestamp};

use super::World;
use super::given::{
    add_secret, create_company, create_credential, id, move_key, revoke, secret, signing_key,
};
use super::world::NOW;

const DAY: Duration = Duration::from_hours(24);

fn count(minute: Timestamp, client_id: &str, outcome: Counted, count: u64) -> Count {
    Count {
        minute: Span::Minute.start(minute),
        environment: id("production"),
        client_id: (!client_id.is_empty()).then(|| id(client_id)),
        secret: (!client_id.is_empty()).then(|| id("s1")),
        endpoint: "/oauth/v2/token".into(),
        outcome,
        count,
    }
}

fn batch(writer: &str, number: i64, counts: Vec<Count>) -> UsageBatch {
    UsageBatch { writer: writer.into(), number, written: NOW, counts, uses: vec![] }
}

async fn open(world: &World, writer: &str, node: &str) {
    let writer = UsageWriter { writer: writer.into(), node: node.into(), written: NOW };
    world.store.open_usage_writer(&writer).await.unwrap();
}

fn of(client_id: &str, span: Span) -> UsageFilter {
    let environment = id("production");
    UsageFilter { span, since: Timestamp(0), environment, client_id: id(client_id) }
}

/// Start, outcome and count of a client's rows.
async fn rows(world: &World, client_id: &str, span: Span) -> Vec<(i64, String, i64)> {
    let rows = world.store.usage(&of(client_id, span), &Page::first(1_000)).await.unwrap();
    rows.into_iter().map(|row| (row.key.start.seconds(), row.key.outcome, row.count)).collect()
}

pub(crate) async fn counts_add_up_in_every_span(world: &World) {
    open(world, "w1", "a").await;
    open(world, "w2", "b").await;
    let (at, refused) = (Timestamp::from_seconds, Counted::Refused(Reason::WrongSecret));
    let first = vec![
        count(at(7_200), "x", Counted::Issued, 2),
        count(at(7_260), "x", Counted::Issued, 3),
        count(at(7_260), "x", refused, 1),
        count(at(7_200), "", Counted::Refused(Reason::UnknownClient), 4),
    ];
    // More kinds than one statement takes.
    let many = (0..60).map(|one| count(at(7_200), &format!("m{one}"), Counted::Issued, 1)).collect();
    assert_eq!(world.store.add_usage(&batch("w1", 1, first)).await.unwrap(), BatchEnd::Written);
    assert_eq!(world.store.add_usage(&batch("w1", 2, many)).await.unwrap(), BatchEnd::Written);
    let second = vec![count(at(7_201), "x", Counted::Issued, 10), count(at(90_000), "x", Counted::Issued, 1)];
    let another = world.backstage.another().await;
    assert_eq!(another.add_usage(&batch("w2", 1, second)).await.unwrap(), BatchEnd::Written);
    let row = |start, outcome: &str, count| (start, outcome.to_owned(), count);
    let minutes = [
        row(7_200, "issued", 12),
        row(7_260, "issued", 3),
        row(7_260, "wrong_secret", 1),
        row(90_000, "issued", 1),
    ];
    assert_eq!(rows(world, "x", Span::Minute).await, minutes);
    let hours = [row(7_200, "issued", 15), row(7_200, "wrong_secret", 1), row(90_000, "issued", 1)];
    assert_eq!(rows(world, "x", Span::Hour).await, hours);
    let days = [row(0, "issued", 15), row(0, "wrong_secret", 1), row(86_400, "issued", 1)];
    assert_eq!(rows(world, "x", Span::Day).await, days);
    for one in 0..60 {
        assert_eq!(rows(world, &format!("m{one}"), Span::Hour).await, [row(7_200, "issued", 1)]);
    }
    assert_eq!(world.changes().await.sequence.0, 0, "it is no commit");
}

pub(crate) async fn a_batch_counts_once(world: &World) {
    let one = |number| batch("w", number, vec![count(NOW, "x", Counted::Issued, 1)]);
    let give = async |number| world.store.add_usage(&one(number)).await.unwrap();
    assert_eq!(give(1).await, BatchEnd::NoWriter, "nobody said that it counts");
    open(world, "w", "a").await;
    open(world, "w", "a").await;
    assert_eq!(give(1).await, BatchEnd::Written);
    assert_eq!(give(1).await, BatchEnd::WasWritten);
    assert_eq!(give(2).await, BatchEnd::Written);
    assert_eq!(give(1).await, BatchEnd::NoWriter);
    assert_eq!(give(4).await, BatchEnd::NoWriter);
    assert_eq!(rows(world, "x", Span::Day).await[0].2, 2);
    // Given eight times at once, it counts once.
    let mut givers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (store, batch) = (world.backstage.another().await, one(3));
        givers.spawn(async move { store.add_usage(&batch).await.unwrap() });
    }
    let said = givers.join_all().await;
    assert_eq!(said.iter().filter(|end| **end == BatchEnd::Written).count(), 1, "{said:?}");
    assert_eq!(rows(world, "x", Span::Day).await[0].2, 3);
}

/// Two nodes that write the same rows at once, in whatever order they came.
pub(crate) async fn writers_do_not_block_each_other(world: &World) {
    let mut writers = tokio::task::JoinSet::new();
    for at in 0..4 {
        let name = format!("w{at}");
        open(world, &name, &name).await;
        let store = world.backstage.another().await;
        writers.spawn(async move {
            for number in 1..=5 {
                let mut counts: Vec<_> =
                    (0..80).map(|one| count(NOW, &format!("c{one}"), Counted::Issued, 1)).collect();
                counts.rotate_left(at * 20);
                assert_eq!(store.add_usage(&batch(&name, number, counts)).await.unwrap(), BatchEnd::Written);
            }
        });
    }
    writers.join_all().await;
    for one in 0..80 {
        assert_eq!(rows(world, &format!("c{one}"), Span::Day).await[0].2, 20);
    }
}

pub(crate) async fn writers_are_found_by_node_and_closed_once(world: &World) {
    open(world, "w1", "a").await;
    open(world, "w2", "b").await;
    let names = async |node: &str| {
        let found = world.store.usage_writers(node).await.unwrap();
        found.into_iter().map(|one| one.writer).collect::<Vec<_>>()
    };
    assert_eq!(names("a").await, ["w1"]);
    assert!(world.store.close_usage_writer("w1").await.unwrap());
    assert!(!world.store.close_usage_writer("w1").await.unwrap());
    assert_eq!(names("a").await, [""; 0]);
    let later = |by: Duration| NOW.plus(by);
    assert_eq!(world.store.purge_usage_writers(later(DAY), DAY, 9).await.unwrap(), []);
    let gone = world.store.purge_usage_writers(later(2 * DAY), DAY, 9).await.unwrap();
    assert_eq!(gone, [UsageWriter { writer: "w2".into(), node: "b".into(), written: NOW }]);
}

pub(crate) async fn usage_is_paged_and_the_top_comes_first(world: &World) {
    open(world, "w", "a").await;
    let refused = Counted::Refused(Reason::UnknownClient);
    let counts = vec![
        count(NOW, "x", Counted::Issued, 5),
        count(NOW, "x", Counted::Refused(Reason::NoGrant), 1),
        count(NOW, "y", Counted::Issued, 3),
        count(NOW, "", refused, 4),
    ];
    world.store.add_usage(&batch("w", 1, counts)).await.unwrap();
    let filter = of("x", Span::Minute);
    let mut page: Page<UsageKey> = Page::first(1);
    let first = world.store.usage(&filter, &page).await.unwrap();
    page.after = first.last().map(|row| row.key.clone());
    let second = world.store.usage(&filter, &page).await.unwrap();
    assert_eq!([first[0].count, second[0].count], [5, 1]);
    let top = async |environment: Option<&str>, refused| {
        let environment = environment.map(id);
        let filter = TopFilter { span: Span::Day, since: Timestamp(0), environment, refused, limit: 2 };
        let rows = world.store.top_usage(&filter).await.unwrap();
        let one = |row: jeton_core::usage::TopRow| {
            (row.client_id.map_or_else(|| "-".to_owned(), |id| id.to_string()), row.issued, row.refused)
        };
        rows.into_iter().map(one).collect::<Vec<_>>()
    };
    let row = |client: &str, issued, refused| (client.to_owned(), issued, refused);
    assert_eq!(top(Some("production"), false).await, [row("x", 5, 1), row("-", 0, 4)]);
    assert_eq!(top(None, true).await, [row("-", 0, 4), row("x", 5, 1)]);
    assert_eq!(top(Some("sandbox"), false).await, []);
}

pub(crate) async fn counts_are_purged_by_span(world: &World) {
    open(world, "w", "a").await;
    let at = |days: u32| Timestamp::from_seconds(0).plus(DAY * days);
    let counts = [1, 600, 800].map(|day| count(at(day), "x", Counted::Issued, 1)).to_vec();
    world.store.add_usage(&batch("w", 1, counts)).await.unwrap();
    let left = async |span| rows(world, "x", span).await.len();
    for span in Span::ALL {
        assert_eq!(world.store.purge_usage(*span, at(1), 9).await.unwrap(), 0);
    }
    assert_eq!(world.store.purge_usage(Span::Minute, at(801), 1).await.unwrap(), 1, "so many at most");
    assert_eq!(world.store.purge_usage(Span::Minute, at(801), 9).await.unwrap(), 1);
    assert_eq!(world.store.purge_usage(Span::Hour, at(801), 9).await.unwrap(), 2);
    assert_eq!(world.store.purge_usage(Span::Day, at(801), 9).await.unwrap(), 1);
    assert_eq!([left(Span::Minute).await, left(Span::Hour).await, left(Span::Day).await], [1, 1, 2]);
    // A clock that is far ahead removes nothing that is new by the newest count.
    for span in Span::ALL {
        assert_eq!(world.store.purge_usage(*span, at(100_000), 9).await.unwrap(), 0);
    }
}

fn used(secret: &str, time: Timestamp, tracking_id: &str) -> SecretUse {
    SecretUse {
        secret: id(secret),
        time,
        address: Some("2001:db8::1".parse().unwrap()),
        user_agent: None,
        tracking_id: Some(tracking_id.into()),
    }
}

async fn uses(world: &World) -> Vec<SecretUse> {
    world.store.secret_uses(&id("production"), &id("x")).await.unwrap()
}

pub(crate) async fn the_latest_use_of_a_secret_is_kept(world: &World) {
    world.commit(&[create_company("acme"), create_credential("x", "acme")]).await;
    world.commit(&[add_secret("x", secret("s1", NOW))]).await;
    open(world, "w", "a").await;
    let at = Timestamp::from_seconds;
    let uses_at = [at(5), at(9), at(7)];
    for (number, time) in (1..).zip(uses_at) {
        let mut batch = batch("w", number, vec![]);
        batch.uses = vec![used("s1", time, &time.seconds().to_string()), used("nobodys", time, "-")];
        assert_eq!(world.store.add_usage(&batch).await.unwrap(), BatchEnd::Written);
    }
    assert_eq!(uses(world).await, [used("s1", at(9), "9")]);
}

pub(crate) async fn the_long_dead_go_but_for_the_newest(world: &World) {
    let at = |days: u32| NOW.plus(DAY * days);
    let set_up = [create_company("acme"), create_credential("x", "acme")];
    world.commit(&set_up).await;
    open(world, "w", "a").await;
    for day in 0..5 {
        let name = format!("s{day}");
        world.commit_at(at(day), &[add_secret("x", secret(&name, at(day)))]).await;
        world.commit_at(at(day), &[revoke("x", WhichSecrets::All)]).await;
        let mut batch = batch("w", i64::from(day) + 1, vec![]);
        batch.uses = vec![used(&name, at(day), "t")];
        world.store.add_usage(&batch).await.unwrap();
    }
    let mut ended = secret("live", at(6));
    ended.expires = Some(at(1_000));
    world.commit_at(at(6), &[add_secret("x", ended)]).await;
    let purge = async |now| world.store.purge_secrets(now, 10 * DAY, 9).await.unwrap();
    let ids = async || {
        let secrets = world.credential("x").await.secrets;
        secrets.into_iter().map(|secret| secret.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(purge(at(5_000)).await, 0, "they are not old by the newest change");
    world.commit_at(at(13), &[create_company("later")]).await;
    // Three have been dead for more than ten days by then; the two newest of them stay.
    assert_eq!(purge(at(13)).await, 1);
    assert_eq!(ids().await, ["live", "s4", "s3", "s2", "s1"]);
    assert_eq!(uses(world).await.len(), 4, "its last use went with it");
    world.commit_at(at(500), &[create_company("much-later")]).await;
    assert_eq!(purge(at(5_000)).await, 2, "one that still lives is no dead one, however late it is");
    assert_eq!(ids().await, ["live", "s4", "s3"]);
}

pub(crate) async fn removed_keys_go_with_the_changes_that_name_them(world: &World) {
    world.commit_at(NOW, &[Intent::AddSigningKey(signing_key("gone", KeyState::Active))]).await;
    world.commit_at(NOW, &[move_key("gone", KeyState::Active, KeyState::Removed)]).await;
    world.commit_at(NOW, &[Intent::AddSigningKey(signing_key("stays", KeyState::Active))]).await;
    let (later, keep) = (NOW.plus(2 * DAY), DAY);
    assert_eq!(world.store.purge_signing_keys(later, keep, 9).await.unwrap(), 0, "a change names it");
    world.commit_at(later, &[create_company("acme")]).await;
    world.store.purge_changes(later, keep, 9, None).await.unwrap();
    assert_eq!(world.store.purge_signing_keys(NOW, keep, 9).await.unwrap(), 0, "it is not that old");
    assert_eq!(world.store.purge_signing_keys(later, keep, 9).await.unwrap(), 1);
    assert_eq!(world.store.purge_signing_keys(later, keep, 9).await.unwrap(), 0);
    assert_eq!(world.store.keys().await.unwrap().value.signing.len(), 1);
}
