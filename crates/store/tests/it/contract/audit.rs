//! The audit chain: what a hand in the database leaves behind, and what it does not.

use std::sync::Arc;
use std::time::Duration;

use jeton_core::admin::{Admin, AdminError, Asked};
use jeton_core::audit::{
    AuditFilter, AuditReport, CheckpointFinding, Order, SignatureFinding, new_audit_key,
};
use jeton_core::intent::{Actor, Change, Intent};
use jeton_core::master_key::{MasterKeys, Sealed};
use jeton_core::store::{CommitError, Page};
use jeton_core::{Clock, Random, StoreError, Timestamp};

use super::World;
use super::given::create_company;
use super::world::{NOW, change};

const KEY: &str = "mk-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn uptime(&self) -> Duration {
        Duration::ZERO
    }
}

impl Random for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

pub(crate) fn master() -> Arc<MasterKeys> {
    Arc::new(MasterKeys::parse(KEY).unwrap())
}

/// Sealed under [`master`].
pub(crate) fn an_audit_key() -> Sealed {
    new_audit_key(&master(), &Still)
}

fn admin(world: &World) -> Admin {
    Admin {
        store: Arc::clone(&world.store),
        master: master(),
        clock: Arc::new(Still),
        random: Arc::new(Still),
        asked: Asked::by(Actor::Cli("tester".into())),
    }
}

fn ours(time: Timestamp) -> Change {
    change(time)
}

async fn commit(world: &World, second: i64, intents: &[Intent]) {
    world.store.commit(&ours(Timestamp::from_seconds(second)), intents).await.unwrap();
}

/// Commit 1 is older than the chain, which begins with commit 2; then come 3, of two rows, 4 and 5.
async fn a_history(world: &World) {
    world.commit(&[create_company("before")]).await;
    commit(world, 2, &[Intent::SetAuditKey(an_audit_key())]).await;
    commit(world, 3, &[create_company("a"), create_company("b")]).await;
    commit(world, 4, &[create_company("c")]).await;
    commit(world, 5, &[create_company("d")]).await;
}

async fn verify(world: &World) -> AuditReport {
    admin(world).verify_audit(None).await.unwrap()
}

fn places(report: &AuditReport) -> Vec<String> {
    report.findings.iter().map(|finding| finding.at.to_string()).collect()
}

pub(crate) async fn an_untouched_one_is_whole(world: &World) {
    a_history(world).await;
    let report = verify(world).await;
    assert!(report.whole, "{report:?}");
    assert_eq!((report.rows, report.unchained, report.head.to_string()), (5, 1, "5-0".to_owned()));
    assert_eq!(report.base.to_string(), "2--1");
}

pub(crate) async fn whoever_cannot_open_its_key_changes_nothing(world: &World) {
    a_history(world).await;
    let other = MasterKeys::parse(&KEY.replace("AAAA", "BBBB")).unwrap();
    for master in [None, Some(Arc::new(other))] {
        let change = Change { master, ..change(NOW) };
        let refused = world.store.commit(&change, &[create_company("x")]).await;
        assert!(matches!(refused, Err(CommitError::Store(StoreError::AuditKey(_)))), "{refused:?}");
    }
    let report = verify(world).await;
    assert!(report.whole && report.head.sequence.0 == 5, "{report:?}");
}

pub(crate) async fn it_begins_once(world: &World) {
    a_history(world).await;
    let again = Intent::SetAuditKey(an_audit_key());
    let refused = world.store.commit(&ours(NOW), &[again]).await;
    assert!(matches!(refused, Err(CommitError::Refused(_))), "{refused:?}");
}

pub(crate) async fn every_column_that_is_changed_is_found(world: &World) {
    a_history(world).await;
    let texts =
        ["actor", "address", "request_id", "reason", "kind", "environment", "company", "target", "outcome"];
    for column in texts.iter().chain(&["time", "invalidates"]) {
        let value = if texts.contains(column) { "'forged'" } else { "77" };
        world.backstage.sql("CREATE TABLE kept AS SELECT * FROM changes").await;
        world
            .backstage
            .sql(&format!("UPDATE changes SET {column} = {value} WHERE sequence = 3 AND position = 1"))
            .await;
        let report = verify(world).await;
        assert_eq!((report.whole, places(&report)), (false, vec!["3-1".to_owned()]), "{column}");
        world.backstage.sql("DELETE FROM changes").await;
        world.backstage.sql("INSERT INTO changes SELECT * FROM kept").await;
        world.backstage.sql("DROP TABLE kept").await;
        assert!(verify(world).await.whole, "{column}");
    }
}

pub(crate) async fn what_is_removed_inserted_or_moved_is_found(world: &World) {
    a_history(world).await;
    let row =
        "time, actor, address, request_id, reason, kind, environment, company, target, outcome, invalidates";
    for (statements, expected) in [
        (vec!["DELETE FROM changes WHERE sequence = 4".to_owned()], vec!["5-0"]),
        (vec!["DELETE FROM changes WHERE sequence = 3 AND position = 0".to_owned()], vec!["3-1"]),
        (vec!["DELETE FROM changes WHERE sequence = 5".to_owned()], vec!["5-0"]),
        (vec!["DELETE FROM changes WHERE sequence = 2".to_owned()], vec!["3-0"]),
        (
            vec![format!("INSERT INTO changes SELECT 4, 1, {row}, digest FROM changes WHERE sequence = 4")],
            vec!["4-1"],
        ),
        (
            vec![format!("INSERT INTO changes SELECT 6, 0, {row}, digest FROM changes WHERE sequence = 4")],
            vec!["6-0"],
        ),
        (
            vec![
                "UPDATE changes SET sequence = 40 WHERE sequence = 4".to_owned(),
                "UPDATE changes SET sequence = 4 WHERE sequence = 5".to_owned(),
                "UPDATE changes SET sequence = 5 WHERE sequence = 40".to_owned(),
            ],
            vec!["4-0", "5-0", "5-0"],
        ),
        (vec!["UPDATE audit_chain SET head_sequence = 4".to_owned()], vec!["5-0"]),
        (vec!["UPDATE audit_chain SET base_sequence = 3, base_position = 0".to_owned()], vec!["3-0"]),
    ] {
        world.backstage.sql("CREATE TABLE kept AS SELECT * FROM changes").await;
        world.backstage.sql("CREATE TABLE kept_chain AS SELECT * FROM audit_chain").await;
        for statement in &statements {
            world.backstage.sql(statement).await;
        }
        let report = verify(world).await;
        assert!(!report.whole, "{statements:?}");
        assert!(
            expected.iter().all(|at| places(&report).contains(&(*at).to_owned())),
            "{statements:?}: {report:?}"
        );
        for table in ["changes", "audit_chain"] {
            world.backstage.sql(&format!("DELETE FROM {table}")).await;
        }
        world.backstage.sql("INSERT INTO changes SELECT * FROM kept").await;
        world.backstage.sql("INSERT INTO audit_chain SELECT * FROM kept_chain").await;
        world.backstage.sql("DROP TABLE kept").await;
        world.backstage.sql("DROP TABLE kept_chain").await;
    }
    assert!(verify(world).await.whole);
}

pub(crate) async fn an_end_that_is_cut_off_is_found_by_a_checkpoint_alone(world: &World) {
    a_history(world).await;
    let key = jeton_core::key_ring::new_signing_key(
        &"management".parse().unwrap(),
        jeton_core::Algorithm::Es256,
        &master(),
        &Still,
        NOW,
    );
    assert!(admin(world).checkpoint().await.is_err(), "nothing signs");
    commit(world, 6, &[Intent::AddSigningKey(key.unwrap())]).await;
    let (checkpoint, report) = admin(world).checkpoint().await.unwrap();
    assert_eq!((report.whole, report.rows), (true, 6));
    let judged = admin(world).verify_audit(Some(&checkpoint)).await.unwrap();
    assert_eq!((judged.whole, judged.checkpoint), (true, Some(CheckpointFinding::Holds)));
    assert_eq!(judged.signature, Some(SignatureFinding::Holds));
    commit(world, 7, &[create_company("later")]).await;
    let judged = admin(world).verify_audit(Some(&checkpoint)).await.unwrap();
    assert_eq!((judged.whole, judged.checkpoint), (true, Some(CheckpointFinding::Holds)));

    world.backstage.sql("DELETE FROM changes WHERE sequence > 4").await;
    world
        .backstage
        .sql(
            "UPDATE audit_chain SET head_sequence = 4, head_position = 0, \
             head_digest = (SELECT digest FROM changes WHERE sequence = 4)",
        )
        .await;
    assert!(verify(world).await.whole, "as the report says, nobody can tell without a checkpoint");
    let judged = admin(world).verify_audit(Some(&checkpoint)).await.unwrap();
    assert_eq!((judged.whole, judged.checkpoint), (false, Some(CheckpointFinding::Broken)));
    assert_eq!(places(&judged), ["6-0"]);
    world.backstage.sql("UPDATE changes SET actor = 'forged' WHERE sequence = 4").await;
    assert!(admin(world).checkpoint().await.is_err(), "nobody vouches for what was touched");
    let forged = checkpoint.replacen('.', ".e", 1);
    assert!(admin(world).verify_audit(Some(&forged)).await.is_err());
}

/// The code inside is right in each, as whoever holds the store could have it from a checkpoint of long ago.
pub(crate) async fn a_forged_signature_is_refused_and_a_key_that_is_gone_is_said(world: &World) {
    a_history(world).await;
    let management = "management".parse().unwrap();
    let key = jeton_core::key_ring::new_signing_key(
        &management,
        jeton_core::Algorithm::Es256,
        &master(),
        &Still,
        NOW,
    );
    commit(world, 6, &[Intent::AddSigningKey(key.unwrap())]).await;
    let (checkpoint, _) = admin(world).checkpoint().await.unwrap();
    let (signed, _) = checkpoint.rsplit_once('.').unwrap();
    let (later, _) = admin(world).checkpoint().await.unwrap();
    let (_, of_another) = later.rsplit_once('.').unwrap();
    assert!(admin(world).verify_audit(Some(&format!("{signed}.{of_another}"))).await.is_ok(), "the same");
    let broken = of_another.chars().rev().collect::<String>();
    for forged in [format!("{signed}.{}", "A".repeat(86)), format!("{signed}.{broken}"), format!("{signed}.")]
    {
        let refused = admin(world).verify_audit(Some(&forged)).await;
        assert!(matches!(refused, Err(AdminError::Checkpoint(_))), "{refused:?}");
    }
    // Nobody who took the key away is helped: the code under the audit key stands.
    world.backstage.sql("DELETE FROM signing_keys").await;
    let judged = admin(world).verify_audit(Some(&checkpoint)).await.unwrap();
    assert_eq!((judged.whole, judged.signature), (true, Some(SignatureFinding::KeyUnknown)));
    assert!(judged.cannot_find.iter().any(|text| text.contains("signature")), "{judged:?}");
}

pub(crate) async fn a_purge_moves_its_base(world: &World) {
    a_history(world).await;
    let now = Timestamp::from_seconds(2_000_000);
    let purge = async |limit, master: Option<&MasterKeys>| {
        world.store.purge_changes(now, Duration::ZERO, limit, master).await
    };
    world.backstage.sql("UPDATE changes SET time = 1000000 WHERE sequence = 1").await;
    let refused = purge(9, None).await;
    assert!(matches!(refused, Err(StoreError::AuditKey(_))), "{refused:?}");
    assert_eq!(purge(1, Some(&master())).await.unwrap(), 1);
    assert_eq!(verify(world).await.rows, 5);
    assert_eq!(purge(2, Some(&master())).await.unwrap(), 3);
    let report = verify(world).await;
    assert_eq!((report.whole, report.base.to_string().as_str(), report.rows), (true, "3-1", 2), "{report:?}");
    commit(world, 9, &[create_company("e")]).await;
    assert!(verify(world).await.whole);
    // More of the same by hand.
    world.backstage.sql("DELETE FROM changes WHERE sequence = 4").await;
    assert_eq!(places(&verify(world).await), ["5-0"]);
}

pub(crate) async fn its_rows_are_read_by_filter_and_page(world: &World) {
    a_history(world).await;
    admin(world).record_refusal("GET /companies", None, Some("no scope".parse().unwrap())).await.unwrap();
    let read = async |filter: AuditFilter, order, page| {
        let rows = admin(world).audit(&filter, order, &page).await.unwrap();
        rows.iter().map(|row| row.at.to_string()).collect::<Vec<_>>()
    };
    let all = AuditFilter::default();
    assert_eq!(
        read(all.clone(), Order::NewestFirst, Page::first(9)).await,
        ["6-0", "5-0", "4-0", "3-1", "3-0", "2-0", "1-0"]
    );
    let rows = world.store.audit_rows(&all, Order::OldestFirst, &Page::first(4)).await.unwrap();
    let next = Page { after: rows.last().map(|row| row.at), limit: 2 };
    assert_eq!(read(all.clone(), Order::OldestFirst, next).await, ["4-0", "5-0"]);
    let of = |change: fn(&mut AuditFilter)| {
        let mut filter = AuditFilter::default();
        change(&mut filter);
        read(filter, Order::OldestFirst, Page::first(9))
    };
    assert_eq!(of(|filter| filter.actor = Some("cli:".into())).await.len(), 7);
    assert_eq!(of(|filter| filter.actor = Some("cli".into())).await, [""; 0]);
    assert_eq!(of(|filter| filter.actor = Some("%:".into())).await, [""; 0]);
    assert_eq!(of(|filter| filter.kind = Some("audit_key.set".into())).await, ["2-0"]);
    assert_eq!(of(|filter| filter.target = Some("b".into())).await, ["3-1"]);
    assert_eq!(of(|filter| filter.company = Some("c".into())).await, ["4-0"]);
    assert_eq!(of(|filter| filter.environment = Some("production".into())).await, [""; 0]);
    assert_eq!(of(|filter| filter.outcome = Some("refused".into())).await, ["6-0"]);
    assert_eq!(of(|filter| filter.since = Some(Timestamp::from_seconds(5))).await, ["1-0", "5-0", "6-0"]);
    assert_eq!(of(|filter| filter.until = Some(Timestamp::from_seconds(4))).await, ["2-0", "3-0", "3-1"]);
    let one = &admin(world).audit(&all, Order::NewestFirst, &Page::first(1)).await.unwrap()[0];
    assert_eq!((one.kind.as_str(), one.target.as_str()), ("management.refused", "GET /companies"));
    assert_eq!((one.outcome.as_str(), one.reason.as_deref()), ("refused", Some("no scope")));
}

pub(crate) async fn commits_at_the_same_time_stand_in_one_chain(world: &World) {
    a_history(world).await;
    let other = world.backstage.another().await;
    let mut commits = tokio::task::JoinSet::new();
    for number in 0..20 {
        let store = Arc::clone(if number % 2 == 0 { &world.store } else { &other });
        commits.spawn(async move {
            store.commit(&ours(NOW), &[create_company(&format!("at-once-{number}"))]).await.map(drop)
        });
    }
    for committed in commits.join_all().await {
        committed.unwrap();
    }
    let report = verify(world).await;
    assert_eq!((report.whole, report.rows), (true, 25), "{report:?}");
}

/// Whoever verifies while nodes write and one purges sees a whole chain each time, and a touched one as touched after it.
pub(crate) async fn it_is_whole_while_commits_and_purges_go_on(world: &World) {
    a_history(world).await;
    let other = world.backstage.another().await;
    let now = Timestamp::from_seconds(2_000_000);
    world.backstage.sql("UPDATE changes SET time = 1000000 WHERE sequence = 1").await;
    let mut work = tokio::task::JoinSet::new();
    for number in 0..30 {
        let store = Arc::clone(if number % 2 == 0 { &world.store } else { &other });
        work.spawn(async move {
            let second = Timestamp::from_seconds(100 + number);
            store.commit(&ours(second), &[create_company(&format!("meanwhile-{number}"))]).await.unwrap();
            if number % 3 == 0 {
                store.purge_changes(now, Duration::ZERO, 2, Some(&master())).await.unwrap();
            }
        });
    }
    for _ in 0..10 {
        let admin = admin(world);
        work.spawn(async move {
            let report = admin.verify_audit(None).await.unwrap();
            assert!(report.whole, "{report:?}");
        });
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
    let report = verify(world).await;
    assert!(report.whole && report.base.sequence.0 > 2 && report.rows > 2, "{report:?}");
    let last = report.head.sequence.0;
    world.backstage.sql(&format!("DELETE FROM changes WHERE sequence = {}", last - 1)).await;
    assert_eq!(places(&verify(world).await), [format!("{last}-0")]);
}

pub(crate) async fn its_end_is_judged_alone(world: &World) {
    a_history(world).await;
    let tail = async |most| admin(world).verify_audit_tail(most).await.unwrap();
    let (all, is_all) = tail(6).await;
    assert_eq!((all.whole, all.rows, is_all), (true, 5, true), "{all:?}");
    let (last, is_all) = tail(2).await;
    assert_eq!((last.whole, last.rows, is_all), (true, 2, false), "{last:?}");
    assert_eq!((last.base.to_string(), last.head.to_string()), ("3-1".to_owned(), "5-0".to_owned()));
    world.backstage.sql("UPDATE changes SET actor = 'forged' WHERE sequence = 3 AND position = 0").await;
    assert!(tail(2).await.0.whole, "that is older");
    assert_eq!(places(&tail(3).await.0), [""; 0]);
    assert_eq!(places(&tail(4).await.0), ["3-0"]);
    world.backstage.sql("DELETE FROM changes WHERE sequence = 4").await;
    assert_eq!(places(&tail(1).await.0), ["5-0"]);
    world.backstage.sql("DELETE FROM changes WHERE sequence = 5").await;
    assert!(!tail(1).await.0.whole, "the head says that there was more");
}
