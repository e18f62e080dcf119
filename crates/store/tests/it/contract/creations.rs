//! Creations that are asked for again, with the key of the first time.

use std::sync::Arc;
use std::time::Duration;

use jeton_core::Timestamp;
use jeton_core::intent::{Change, Committed, CreationKey, Intent, Refused, RefusedReason};
use jeton_core::store::CommitError;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::World;
use super::given::{
    add_secret, create_api, create_company, create_company_with, create_credential, id, revoke_tokens, secret,
};
use super::world::{NOW, change};

const DAY: Duration = Duration::from_hours(24);

fn keyed(time: Timestamp, key: u8, request: u8) -> Change {
    let creation = CreationKey { key: [key; 32], request: [request; 32], expires: time.plus(DAY) };
    Change { creation: Some(creation), ..change(time) }
}

async fn commit(world: &World, change: &Change, intents: &[Intent]) -> Result<Committed, RefusedReason> {
    match world.store.commit(change, intents).await {
        Ok(committed) => Ok(committed),
        Err(CommitError::Refused(Refused { reason, .. })) => Err(reason),
        Err(CommitError::Store(error)) => panic!("{error}"),
    }
}

fn repeated(environment: Option<&str>, target: &str, same_request: bool) -> RefusedReason {
    let (environment, target) = (environment.map(id), target.to_owned());
    RefusedReason::Repeated { target, environment, same_request }
}

pub(crate) async fn a_key_makes_one_thing(world: &World) {
    let made = commit(world, &keyed(NOW, 1, 1), &[create_company("acme")]).await.unwrap();
    for (request, same) in [(1, true), (2, false)] {
        let again = commit(world, &keyed(NOW, 1, request), &[create_company("other")]).await;
        assert_eq!(again, Err(repeated(None, "acme", same)));
    }
    assert_eq!(world.company("other").await, None);
    assert_eq!(world.changes().await.sequence, made.sequence, "what was refused left no trace");
    commit(world, &keyed(NOW, 2, 1), &[create_company("other")]).await.unwrap();
    // Another process on the same store refuses it, too.
    let another = world.backstage.another().await;
    let again = another.commit(&keyed(NOW, 1, 1), &[create_company("third")]).await;
    assert!(matches!(again, Err(CommitError::Refused(Refused { index: 0, reason }))
        if reason == repeated(None, "acme", true)));
}

pub(crate) async fn the_first_thing_that_is_made_is_remembered(world: &World) {
    world.commit(&[create_company("acme"), create_credential("a", "acme")]).await;
    let with_secret = [create_credential("b", "acme"), add_secret("b", secret("s1", NOW))];
    commit(world, &keyed(NOW, 1, 1), &with_secret).await.unwrap();
    let rotation = [revoke_tokens("a"), add_secret("a", secret("s2", NOW))];
    commit(world, &keyed(NOW, 2, 1), &rotation).await.unwrap();
    commit(world, &keyed(NOW, 3, 1), &[create_api("voice", &["s"])]).await.unwrap();
    for (key, environment, target) in
        [(1, Some("production"), "b"), (2, Some("production"), "s2"), (3, None, "voice")]
    {
        let again = commit(world, &keyed(NOW, key, 1), &[create_company("other")]).await;
        assert_eq!(again, Err(repeated(environment, target, true)));
    }
}

pub(crate) async fn what_is_refused_takes_no_key(world: &World) {
    world.commit(&[create_company("acme")]).await;
    let twice = commit(world, &keyed(NOW, 1, 1), &[create_company("acme")]).await;
    assert!(matches!(twice, Err(RefusedReason::Exists { .. })), "{twice:?}");
    commit(world, &keyed(NOW, 1, 2), &[create_company("other")]).await.unwrap();
}

pub(crate) async fn what_makes_nothing_takes_no_key(world: &World) {
    world.commit(&[create_company("acme"), create_credential("a", "acme")]).await;
    for _ in 0..2 {
        commit(world, &keyed(NOW, 1, 1), &[revoke_tokens("a")]).await.unwrap();
    }
    commit(world, &keyed(NOW, 1, 2), &[create_company("other")]).await.unwrap();
}

pub(crate) async fn a_key_is_forgotten_in_time(world: &World) {
    commit(world, &keyed(NOW, 1, 1), &[create_company("acme")]).await.unwrap();
    let just_before = NOW.plus(DAY).minus(Duration::from_micros(1));
    let early = commit(world, &keyed(just_before, 1, 1), &[create_company("other")]).await;
    assert_eq!(early, Err(repeated(None, "acme", true)));
    commit(world, &keyed(NOW.plus(DAY), 1, 2), &[create_company("other")]).await.unwrap();
    let again = commit(world, &keyed(NOW.plus(DAY), 1, 2), &[create_company("third")]).await;
    assert_eq!(again, Err(repeated(None, "other", true)));
}

/// Twenty at once, over two handles that share nothing but the data.
pub(crate) async fn of_many_at_once_one_makes_it(world: &World) {
    world.commit(&[create_company_with("acme", 50)]).await;
    let stores = [Arc::clone(&world.store), world.backstage.another().await];
    let start = Arc::new(Barrier::new(20));
    let mut creators = JoinSet::new();
    for number in 0..20 {
        let (store, start) = (Arc::clone(&stores[number % 2]), Arc::clone(&start));
        creators.spawn(async move {
            let client_id = format!("c{number}");
            let create = [create_credential(&client_id, "acme")];
            start.wait().await;
            (client_id, store.commit(&keyed(NOW, 1, 1), &create).await)
        });
    }
    let (mut made, mut named) = (vec![], vec![]);
    for (client_id, result) in creators.join_all().await {
        match result {
            Ok(_) => made.push(client_id),
            Err(CommitError::Refused(Refused { reason: RefusedReason::Repeated { target, .. }, .. })) => {
                named.push(target);
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((made.len(), named.len()), (1, 19));
    assert!(named.iter().all(|target| *target == made[0]), "{made:?} {named:?}");
    assert_eq!(world.company("acme").await.unwrap().credentials, 1);
}

pub(crate) async fn forgotten_keys_are_purged_in_batches(world: &World) {
    for key in 0..5 {
        commit(world, &keyed(NOW, key, 1), &[create_company(&format!("c{key}"))]).await.unwrap();
    }
    let second = Duration::from_secs(1);
    let end = NOW.plus(DAY);
    assert_eq!(world.store.purge_creations(end.plus(second), 9).await.unwrap(), 0, "a clock is far ahead");
    world.commit_at(end.plus(DAY), &[create_company("later")]).await;
    assert_eq!(world.store.purge_creations(end, 9).await.unwrap(), 0);
    assert_eq!(world.store.purge_creations(end.plus(second), 3).await.unwrap(), 3);
    assert_eq!(world.store.purge_creations(end.plus(second), 9).await.unwrap(), 2);
    assert_eq!(world.store.purge_creations(end.plus(second), 9).await.unwrap(), 0);
}
