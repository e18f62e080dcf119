//! What is written beside commits, and the end.

use std::time::Duration;

use jeton_core::id::{ApiId, ClientId, CompanyId, EnvironmentName};
use jeton_core::model::Sequence;
use jeton_core::store::{ApiFilter, CommitError, CompanyFilter, CredentialFilter, Lease, Page};
use jeton_core::usage::{Span, UsageBatch};
use jeton_core::{StoreError, Timestamp};

use super::World;
use super::given::{create_company, id, ids};
use super::world::{NOW, change};

pub(crate) async fn environments_are_replaced(world: &World) {
    let names = async || world.store.environments().await.unwrap();
    assert_eq!(names().await, []);
    for (served, read) in [
        (&["sandbox", "production", "sandbox"][..], &["production", "sandbox"][..]),
        (&["production", "qa"], &["production", "qa"]),
        (&["qa", "production"], &["production", "qa"]),
        (&[], &[]),
    ] {
        world.store.record_environments(&ids(served)).await.unwrap();
        assert_eq!(names().await, ids::<EnvironmentName>(read));
    }
    assert_eq!(world.changes().await.sequence, Sequence(0));
}

pub(crate) async fn old_changes_are_purged_by_commits(world: &World) {
    let at = Timestamp::from_seconds;
    for time in 1..=4 {
        let (one, two) = (create_company(&format!("a{time}")), create_company(&format!("b{time}")));
        world.commit_at(at(time), &[one, two]).await;
    }
    let left = async || world.changes().await.rows.iter().map(|row| row.sequence.0).collect::<Vec<_>>();
    assert_eq!(world.store.purge_changes(at(1), Duration::ZERO, 9, None).await.unwrap(), 0);
    assert_eq!(world.store.purge_changes(at(4), Duration::ZERO, 2, None).await.unwrap(), 4);
    assert_eq!(left().await, [3, 3, 4, 4]);
    assert_eq!(world.store.purge_changes(at(4), Duration::ZERO, 9, None).await.unwrap(), 2);
    assert_eq!(left().await, [4, 4]);
    assert_eq!(world.commit(&[create_company("next")]).await, Sequence(5));
}

/// As a node's clock jumps ahead.
pub(crate) async fn changes_are_kept_by_the_newest_of_them(world: &World) {
    let at = Timestamp::from_seconds;
    for time in [1, 5, 10] {
        world.commit_at(at(time), &[create_company(&format!("a{time}"))]).await;
    }
    let far_ahead = at(1_000_000_000);
    assert_eq!(world.store.purge_changes(far_ahead, Duration::from_secs(9), 9, None).await.unwrap(), 0);
    assert_eq!(world.store.purge_changes(far_ahead, Duration::from_secs(5), 9, None).await.unwrap(), 1);
    assert_eq!(world.store.purge_changes(far_ahead, Duration::MAX, 9, None).await.unwrap(), 0);
    assert_eq!(world.changes().await.rows.len(), 2);
}

pub(crate) async fn a_lease_is_one_holders(world: &World) {
    let (one, two) = (&world.store, world.backstage.another().await);
    let lease = |holder: &str, beat| Lease { holder: holder.to_owned(), beat };
    assert_eq!(one.lease("work", "a", None).await.unwrap(), lease("a", 1));
    assert_eq!(two.lease("work", "b", None).await.unwrap(), lease("a", 1));
    assert_eq!(two.lease("other work", "b", None).await.unwrap(), lease("b", 1));
    assert_eq!(one.lease("work", "a", None).await.unwrap(), lease("a", 2), "it was kept");
    assert_eq!(two.lease("work", "b", Some(&lease("a", 1))).await.unwrap(), lease("a", 2), "it had moved on");
    assert_eq!(two.lease("work", "b", Some(&lease("b", 2))).await.unwrap(), lease("a", 2));
    assert_eq!(two.lease("work", "b", Some(&lease("a", 2))).await.unwrap(), lease("b", 3));
    assert_eq!(one.lease("work", "a", None).await.unwrap(), lease("b", 3), "who comes back has lost it");
    assert_eq!(world.changes().await.sequence, Sequence(0), "it is no commit");
}

pub(crate) async fn a_lease_is_given_back_by_its_holder(world: &World) {
    let (one, two) = (&world.store, world.backstage.another().await);
    let lease = |holder: &str, beat| Lease { holder: holder.to_owned(), beat };
    one.lease("work", "a", None).await.unwrap();
    one.lease("other work", "a", None).await.unwrap();
    two.release_lease("work", "b").await.unwrap();
    assert_eq!(two.lease("work", "b", None).await.unwrap(), lease("a", 1), "it is not its own to give");
    for _ in 0..2 {
        one.release_lease("work", "a").await.unwrap();
    }
    assert_eq!(two.lease("work", "b", None).await.unwrap(), lease("b", 1));
    one.release_lease("work", "a").await.unwrap();
    assert_eq!(one.lease("work", "a", None).await.unwrap(), lease("b", 1), "it is another's by now");
    assert_eq!(two.lease("other work", "b", None).await.unwrap(), lease("a", 1));
}

pub(crate) async fn a_lease_that_ended_is_taken_once(world: &World) {
    let ended = world.store.lease("work", "gone", None).await.unwrap();
    let mut takers = tokio::task::JoinSet::new();
    for at in 0..8 {
        let (store, ended) = (world.backstage.another().await, ended.clone());
        takers.spawn(async move { (at, store.lease("work", &at.to_string(), Some(&ended)).await.unwrap()) });
    }
    let said = takers.join_all().await;
    let winners = said.iter().filter(|(at, lease)| lease.holder == at.to_string()).count();
    assert_eq!(winners, 1, "{said:?}");
}

pub(crate) async fn a_closed_store_is_unavailable(world: &World) {
    let store = &world.store;
    world.commit(&[create_company("acme")]).await;
    store.close().await;
    store.close().await;
    let (environment, client_id): (EnvironmentName, ClientId) = (id("production"), id("a"));
    assert_closed(&store.find_credentials(&environment, [Some(&client_id), None], NOW).await);
    assert_closed(&store.credential(&environment, &client_id).await);
    assert_closed(&store.credentials(&CredentialFilter::default(), &Page::first(1)).await);
    assert_closed(&store.company(&id::<CompanyId>("acme")).await);
    assert_closed(&store.companies(&CompanyFilter::default(), &Page::first(1)).await);
    assert_closed(&store.api(&id::<ApiId>("voice")).await);
    assert_closed(&store.apis(&ApiFilter::default(), &Page::first(1)).await);
    assert_closed(&store.keys().await);
    assert_closed(&store.environments().await);
    assert_closed(&store.changes(Sequence(0), 1).await);
    assert_closed(&store.record_environments(&[]).await);
    assert_closed(&store.purge_changes(NOW, Duration::ZERO, 1, None).await);
    assert_closed(&store.revocations(Sequence(0), 1).await);
    assert_closed(&store.purge_revocations(NOW, 1).await);
    assert_closed(&store.lease("work", "a", None).await);
    assert_closed(&store.release_lease("work", "a").await);
    let batch = UsageBatch { writer: "w".into(), number: 1, written: NOW, counts: vec![], uses: vec![] };
    assert_closed(&store.add_usage(&batch).await);
    assert_closed(&store.usage_writers("a").await);
    assert_closed(&store.purge_usage(Span::Day, NOW, 1).await);
    assert_closed(&store.purge_secrets(NOW, Duration::ZERO, 1).await);
    assert_closed(&store.purge_signing_keys(NOW, Duration::ZERO, 1).await);
    match store.commit(&change(NOW), &[create_company("b")]).await {
        Err(CommitError::Store(error)) => assert_closed::<()>(&Err(error)),
        other => panic!("{other:?}"),
    }
    let reopened = world.backstage.another().await;
    assert!(reopened.company(&id::<CompanyId>("acme")).await.unwrap().is_some());
}

fn assert_closed<T: std::fmt::Debug>(result: &Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
}
