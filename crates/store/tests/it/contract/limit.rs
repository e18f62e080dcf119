//! The credentials that a company may have.

use std::sync::Arc;

use jeton_core::intent::{Intent, RefusedReason};
use jeton_core::model::State;
use jeton_core::store::CommitError;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::World;
use super::given::{create_company, create_credential, create_credential_in, id, set_credential};
use super::world::{NOW, change};

pub(crate) async fn the_sixth_is_refused(world: &World) {
    given_five(world).await;
    for sixth in [create_credential("c6", "acme"), create_credential_in("sandbox", "c6", "acme")] {
        assert_eq!(world.refused(&[sixth]).await, no_place(5));
    }
    world.commit(&[create_company("other"), create_credential("o", "other")]).await;
    assert_eq!(world.company("acme").await.unwrap().credentials, 5);
}

pub(crate) async fn suspended_ones_count_and_deleted_ones_do_not(world: &World) {
    given_five(world).await;
    world.commit(&[set_credential("c0", State::Suspended)]).await;
    assert_eq!(world.refused(&[create_credential("c6", "acme")]).await, no_place(5));
    world.commit(&[set_credential("c0", State::Deleted), create_credential("c6", "acme")]).await;
    assert_eq!(world.refused(&[create_credential("c7", "acme")]).await, no_place(5));
}

pub(crate) async fn it_can_be_raised_and_lowered(world: &World) {
    given_five(world).await;
    let limit = |limit| Intent::UpdateCompany {
        id: id("acme"),
        name: None,
        credential_limit: Some(limit),
        expected: None,
    };
    world.commit(&[limit(6), create_credential("c6", "acme")]).await;
    world.commit(&[limit(2)]).await;
    assert_eq!(world.refused(&[create_credential("c7", "acme")]).await, no_place(2));
    assert_eq!(world.company("acme").await.unwrap().credentials, 6);
}

/// Forty at once, over four handles that share nothing but the data.
pub(crate) async fn forty_creators_get_five_places(world: &World) {
    world.commit(&[create_company("acme")]).await;
    let mut stores = vec![Arc::clone(&world.store)];
    for _ in 1..4 {
        stores.push(world.backstage.another().await);
    }
    let start = Arc::new(Barrier::new(40));
    let mut creators = JoinSet::new();
    for number in 0..40 {
        let (store, start) = (Arc::clone(&stores[number % stores.len()]), Arc::clone(&start));
        creators.spawn(async move {
            let environment = if number % 3 == 0 { "sandbox" } else { "production" };
            let create = [create_credential_in(environment, &format!("c{number}"), "acme")];
            start.wait().await;
            store.commit(&change(NOW), &create).await
        });
    }
    let mut made = 0;
    for result in creators.join_all().await {
        match result {
            Ok(_) => made += 1,
            Err(CommitError::Refused(refused)) => assert_eq!(refused.reason, no_place(5)),
            Err(CommitError::Store(error)) => panic!("{error}"),
        }
    }
    assert_eq!(made, 5);
    assert_eq!(world.company("acme").await.unwrap().credentials, 5);
    // One for the company, one for each credential, none for the refused.
    assert_eq!(world.changes().await.sequence.0, 6);
}

/// `c0` to `c4`, in two environments.
async fn given_five(world: &World) {
    world.commit(&[create_company("acme"), create_credential("c0", "acme")]).await;
    for number in 1..5 {
        let environment = if number < 3 { "production" } else { "sandbox" };
        world.commit(&[create_credential_in(environment, &format!("c{number}"), "acme")]).await;
    }
}

fn no_place(limit: u32) -> RefusedReason {
    RefusedReason::CredentialLimit { company: id("acme"), limit }
}
