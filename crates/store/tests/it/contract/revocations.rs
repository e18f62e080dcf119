//! Tokens that are refused before they expire.

use std::time::Duration;

use jeton_core::intent::{Intent, RefusedReason};
use jeton_core::model::{Sequence, State};
use jeton_core::revocation::{
    KEEP_EXPIRED, KEEP_GENERATION, MARGIN, MAX_RAISED_BY_TOKENS, MAX_REVOKED_TOKENS, Revocation,
    RevokedTokens,
};
use jeton_core::{StoreError, Timestamp};

use super::World;
use super::given::{
    create_company, create_credential, create_credential_in, handle, id, not_found, revoke_token,
    revoke_tokens, revoke_tokens_of, set_company, set_credential,
};
use super::world::NOW;

const HOUR: Duration = Duration::from_hours(1);

async fn rows(world: &World) -> Vec<Revocation> {
    world.store.revocations(Sequence(0), 1_000).await.unwrap().rows
}

/// Two credentials of one company, in one commit.
async fn acme(world: &World) {
    let credentials = [create_credential("a", "acme"), create_credential("b", "acme")];
    world.commit(&[&[create_company("acme")], &credentials[..]].concat()).await;
}

fn one(client_id: &str, jti: &str, sequence: Sequence, expires: Timestamp) -> Revocation {
    let (environment, handle) = (id("production"), handle("production", client_id));
    Revocation { environment, handle, which: RevokedTokens::One(id(jti)), sequence, expires }
}

fn below(client_id: &str, generation: i64, sequence: Sequence) -> Revocation {
    let which = RevokedTokens::Below(generation);
    Revocation { which, ..one(client_id, "unused", sequence, NOW.plus(KEEP_GENERATION)) }
}

pub(crate) async fn one_token_is_written_once(world: &World) {
    acme(world).await;
    let end = NOW.plus(HOUR);
    let sequence = world.commit(&[revoke_token("a", "t-1_", end)]).await;
    let expected = [one("a", "t-1_", sequence, end.plus(MARGIN))];
    assert_eq!(rows(world).await, expected);
    world.commit(&[revoke_token("a", "t-1_", end.plus(HOUR))]).await;
    assert_eq!(rows(world).await, expected, "the second time says nothing new");
    assert_eq!(world.credential("a").await.generation, 1);
}

pub(crate) async fn a_raised_generation_is_written_with_it(world: &World) {
    acme(world).await;
    let first = world.commit(&[revoke_tokens("a")]).await;
    let second = world.commit(&[set_credential("a", State::Suspended)]).await;
    let third = world.commit(&[set_credential("a", State::Deleted)]).await;
    assert_eq!(rows(world).await, [below("a", 2, first), below("a", 3, second), below("a", 4, third)]);
    assert_eq!(world.refused(&[revoke_tokens("a")]).await, not_found("credential", "a"));
    assert_eq!(world.credential("b").await.generation, 1);
}

pub(crate) async fn a_company_ends_the_tokens_of_all_its_credentials(world: &World) {
    acme(world).await;
    world.commit(&[create_credential("c", "acme"), set_credential("c", State::Deleted)]).await;
    let before = rows(world).await.len();
    for (generation, intent) in [(2, revoke_tokens_of("acme")), (3, set_company("acme", State::Suspended))] {
        let sequence = world.commit(&[intent]).await;
        let new: Vec<_> = rows(world).await.into_iter().filter(|row| row.sequence == sequence).collect();
        let mut expected = [below("a", generation, sequence), below("b", generation, sequence)];
        expected.sort_by(|a, b| a.handle.cmp(&b.handle));
        assert_eq!(new, expected);
        assert_eq!(world.credential("b").await.generation, generation);
    }
    assert_eq!(rows(world).await.len(), before + 4);
    assert_eq!(world.refused(&[revoke_tokens_of("other")]).await, not_found("company", "other"));
}

pub(crate) async fn resuming_revokes_nothing(world: &World) {
    acme(world).await;
    world.commit(&[set_credential("a", State::Suspended), set_company("acme", State::Suspended)]).await;
    let before = rows(world).await;
    world.commit(&[set_company("acme", State::Active), set_credential("a", State::Active)]).await;
    assert_eq!(rows(world).await, before);
}

/// As many tokens of a credential as may be revoked by their ids, in one commit.
fn as_many_as_may_be(client_id: &str) -> Vec<Intent> {
    (0..MAX_REVOKED_TOKENS).map(|at| revoke_token(client_id, &format!("t{at}"), NOW.plus(HOUR))).collect()
}

pub(crate) async fn one_token_too_many_raises_the_generation(world: &World) {
    acme(world).await;
    world.commit(&as_many_as_may_be("a")).await;
    world.commit(&[revoke_token("a", "t7", NOW.plus(HOUR))]).await;
    assert_eq!(world.credential("a").await.generation, 1, "that one was counted already");
    let sequence = world.commit(&[revoke_token("a", "too-many", NOW.plus(HOUR))]).await;
    assert_eq!(world.credential("a").await.generation, 2);
    assert_eq!(rows(world).await.last(), Some(&below("a", 2, sequence)));
    world.commit(&[revoke_token("b", "mine", NOW.plus(HOUR))]).await;
    assert_eq!(world.credential("b").await.generation, 1, "each credential has its own");
    let later = NOW.plus(HOUR).plus(MARGIN);
    world.commit_at(later, &[revoke_token("a", "later", later.plus(HOUR))]).await;
    assert_eq!(world.credential("a").await.generation, 2, "those that ended do not count");
}

pub(crate) async fn raising_by_tokens_has_an_end(world: &World) {
    acme(world).await;
    world.commit(&as_many_as_may_be("a")).await;
    let more = |at: u32| revoke_token("a", &format!("more{at}"), NOW.plus(HOUR));
    world.commit(&(0..MAX_RAISED_BY_TOKENS).map(more).collect::<Vec<_>>()).await;
    let refused = RefusedReason::TooManyRevocations { client_id: id("a") };
    assert_eq!(world.refused(&[more(MAX_RAISED_BY_TOKENS)]).await, refused);
    world.commit(&[revoke_tokens("a")]).await;
}

pub(crate) async fn whole_commits_are_read_in_order(world: &World) {
    acme(world).await;
    world.commit(&[create_credential_in("sandbox", "s", "acme")]).await;
    world.commit(&[revoke_token("b", "t2", NOW), revoke_token("a", "t1", NOW), revoke_tokens("a")]).await;
    world.commit(&[create_company("other")]).await;
    let environment = id("sandbox");
    world.commit(&[Intent::RevokeTokens { environment, client_id: id("s"), expected: None }]).await;
    let read = async |since, limit| {
        let read = world.store.revocations(Sequence(since), limit).await.unwrap();
        assert_eq!(read.sequence, Sequence(5));
        read.rows.into_iter().map(|row| (row.sequence.0, row.environment.to_string())).collect::<Vec<_>>()
    };
    let production = (3, "production".to_owned());
    for limit in 1..=3 {
        assert_eq!(read(0, limit).await, vec![production.clone(); 3], "{limit} rows");
    }
    assert_eq!(read(0, 4).await.len(), 4);
    assert_eq!(read(3, 9).await, [(5, "sandbox".to_owned())]);
    assert_eq!(read(0, 9).await.len(), 4);
    assert_eq!(read(5, 9).await, []);
    let ordered = rows(world).await;
    assert!(ordered.is_sorted_by_key(|row| (row.sequence.0, row.handle.clone())), "{ordered:?}");
    assert_eq!(world.backstage.another().await.revocations(Sequence(0), 9).await.unwrap().rows, ordered);
}

pub(crate) async fn what_is_refused_leaves_nothing(world: &World) {
    acme(world).await;
    let refused = world.refused(&[revoke_token("a", "t", NOW), revoke_tokens("nobody")]).await;
    assert_eq!(refused, not_found("credential", "nobody"));
    assert_eq!(rows(world).await, []);
    assert_eq!(world.refused(&[revoke_token("nobody", "t", NOW)]).await, refused);
}

pub(crate) async fn the_ended_are_purged_in_batches(world: &World) {
    acme(world).await;
    let intents: Vec<_> = (0..5).map(|at| revoke_token("a", &format!("t{at}"), NOW)).collect();
    world.commit(&intents).await;
    world.commit(&[revoke_token("a", "longer", NOW.plus(HOUR))]).await;
    let end = NOW.plus(MARGIN).plus(KEEP_EXPIRED);
    let second = Duration::from_secs(1);
    world.commit_at(end.plus(HOUR), &[create_company("later")]).await;
    assert_eq!(world.store.purge_revocations(end, 9).await.unwrap(), 0);
    assert_eq!(world.store.purge_revocations(end.plus(second), 3).await.unwrap(), 3);
    assert_eq!(world.store.purge_revocations(end.plus(second), 9).await.unwrap(), 2);
    assert_eq!(world.store.purge_revocations(end.plus(second), 9).await.unwrap(), 0);
    assert_eq!(rows(world).await.len(), 1);
}

pub(crate) async fn a_clock_far_ahead_purges_nothing(world: &World) {
    acme(world).await;
    world.commit(&[revoke_token("a", "t", NOW.plus(HOUR))]).await;
    let far_ahead = NOW.plus(Duration::from_hours(1_000));
    assert_eq!(world.store.purge_revocations(far_ahead, 9).await.unwrap(), 0);
    assert_eq!(rows(world).await.len(), 1);
}

pub(crate) async fn a_poisoned_one_stops_all(world: &World) {
    acme(world).await;
    world.commit(&[revoke_token("a", "t1", NOW), revoke_token("a", "t2", NOW)]).await;
    world.backstage.sql("UPDATE revocations SET handle = 'short' WHERE jti = 't2'").await;
    let read = world.store.revocations(Sequence(0), 9).await;
    assert!(matches!(&read, Err(StoreError::BadRow(why)) if why.contains("handle")), "{read:?}");
}
