//! The miss path.

use jeton_core::Timestamp;
use jeton_core::id::ClientId;
use jeton_core::intent::WhichSecrets;
use jeton_core::model::{Credential, Snapshot, State, StoredSecret};

use super::World;
use super::given::{
    add_grant, add_secret, create_api, create_company, create_credential, id, revoke, secret, set_credential,
};
use super::world::NOW;

pub(crate) async fn two_client_ids_are_found_at_once(world: &World) {
    given(world).await;
    let (a, b) = (world.credential("a").await, world.credential("b").await);
    assert_eq!((a.secrets.len(), a.grants.len(), b.grants.len()), (1, 2, 1));
    assert_eq!(find(world, Some("a"), Some("b")).await.value, [Some(a.clone()), Some(b.clone())]);
    assert_eq!(find(world, Some("b"), Some("a")).await.value, [Some(b.clone()), Some(a.clone())]);
    assert_eq!(find(world, Some("a"), Some("a")).await.value, [Some(a.clone()), Some(a)]);
    assert_eq!(find(world, None, Some("b")).await.value, [None, Some(b)]);
}

pub(crate) async fn what_is_missing_is_not_found(world: &World) {
    given(world).await;
    assert_eq!(find(world, None, None).await.value, [None, None]);
    assert_eq!(find(world, Some("A"), Some("no")).await.value, [None, None]);
    let elsewhere = world.store.find_credentials(&id("sandbox"), [Some(&id("a")), None], NOW).await.unwrap();
    assert_eq!(elsewhere.value, [None, None]);
}

pub(crate) async fn deleted_ones_come_too(world: &World) {
    given(world).await;
    world.commit(&[set_credential("a", State::Deleted)]).await;
    let [found, _] = find(world, Some("a"), None).await.value;
    let found = found.unwrap();
    assert_eq!((found.state, found.secrets.len(), found.grants.len()), (State::Deleted, 1, 0));
}

pub(crate) async fn the_live_come_before_two_dead(world: &World) {
    world.commit(&[create_company("acme"), create_credential("a", "acme")]).await;
    for number in 1..=4 {
        let time = Timestamp::from_seconds(number);
        world.commit_at(time, &[add_secret("a", secret(&format!("dead{number}"), time))]).await;
        world.commit_at(time, &[revoke("a", WhichSecrets::All)]).await;
    }
    // Older than the dead, and one of them with an end.
    let end = Timestamp::from_seconds(100);
    let ends = StoredSecret { expires: Some(end), ..secret("ends", Timestamp(1)) };
    let lives = add_secret("a", secret("lives", Timestamp(0)));
    world.commit_at(Timestamp::from_seconds(9), &[lives, add_secret("a", ends)]).await;

    let ids = async |now| {
        let found = world.store.find_credentials(&id("production"), [Some(&id("a")), None], now).await;
        let [found, _] = found.unwrap().value;
        found.unwrap().secrets.iter().map(|secret| secret.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(Timestamp(end.0 - 1)).await, ["ends", "lives", "dead4", "dead3"]);
    assert_eq!(ids(end).await, ["lives", "dead4", "dead3"]);
    let all = world.credential("a").await.secrets;
    let all: Vec<_> = all.iter().map(|secret| secret.id.as_str()).collect();
    assert_eq!(all, ["dead4", "dead3", "dead2", "dead1", "ends", "lives"]);
}

pub(crate) async fn a_snapshot_has_its_sequence(world: &World) {
    assert_eq!(find(world, Some("a"), None).await.sequence.0, 0);
    given(world).await;
    let sequence = world.commit(&[revoke("a", WhichSecrets::All)]).await;
    for name in [Some("a"), Some("no"), None] {
        assert_eq!(find(world, name, None).await.sequence, sequence);
    }
}

pub(crate) async fn another_handle_sees_a_commit_at_once(world: &World) {
    let other = world.backstage.another().await;
    given(world).await;
    for turn in 0..20 {
        let client_id: ClientId = id(&format!("t{turn}"));
        let intents = [set_credential("b", State::Deleted), create_credential(client_id.as_str(), "acme")];
        let last = set_credential(client_id.as_str(), State::Deleted);
        let sequence = match turn {
            0 => world.commit(&intents).await,
            _ => world.commit(&intents[1..]).await,
        };
        let found = other.find_credentials(&id("production"), [Some(&client_id), None], NOW).await.unwrap();
        assert_eq!((found.sequence, found.value[0].is_some()), (sequence, true));
        world.commit(&[last]).await;
    }
}

/// `a` with a secret and two APIs, `b` with one API.
async fn given(world: &World) {
    world.commit(&[create_company("acme"), create_api("voice", &["v"]), create_api("fax", &["f"])]).await;
    world.commit(&[create_credential("a", "acme"), create_credential("b", "acme")]).await;
    world.commit(&[add_secret("a", secret("s1", NOW)), add_grant("a", "voice", None)]).await;
    world.commit(&[add_grant("a", "fax", None), add_grant("b", "fax", None)]).await;
}

async fn find(world: &World, first: Option<&str>, second: Option<&str>) -> Snapshot<[Option<Credential>; 2]> {
    let (first, second) = (first.map(id::<ClientId>), second.map(id::<ClientId>));
    let ids = [first.as_ref(), second.as_ref()];
    world.store.find_credentials(&id("production"), ids, NOW).await.unwrap()
}
