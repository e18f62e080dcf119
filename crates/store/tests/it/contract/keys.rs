//! Signing keys, hash keys and the value that proves a master key right.

use jeton_core::Algorithm;
use jeton_core::Timestamp;
use jeton_core::hash_key::{LookupTag, Rehash, SecretHash};
use jeton_core::intent::{ChangeKind, Intent, RefusedReason};
use jeton_core::key_life::{KeyMove, RotationPolicy};
use jeton_core::model::{KeyState, State, StoredHashKey, StoredSigningKey};
use jeton_core::reseal::Owner;
use jeton_core::store::StoredKeys;

use super::World;
use super::given::{
    add_secret, create_company, create_credential, exists, hash_key, id, move_key, not_found, reseal,
    revision_changed, sealed, sealed_anew, secret, set_credential, signing_key,
};
use super::world::NOW;

pub(crate) async fn they_are_kept_as_they_are(world: &World) {
    let keys = world.store.keys().await.unwrap();
    assert_eq!((keys.sequence.0, keys.value), (0, StoredKeys::default()));
    let second = StoredSigningKey {
        environment: id("sandbox"),
        algorithm: Algorithm::Ps256,
        published: Timestamp(-5),
        active_from: Timestamp(6),
        sign_until: Some(Timestamp(7)),
        remove_after: Some(Timestamp(i64::MAX)),
        private: sealed(&[0, 255, 1]),
        ..signing_key("k2", KeyState::Next)
    };
    let first = signing_key("k1", KeyState::Active);
    let intents = [
        Intent::AddSigningKey(first.clone()),
        Intent::AddSigningKey(second.clone()),
        Intent::AddHashKey(hash_key(2)),
        Intent::AddHashKey(hash_key(1)),
        Intent::SetMasterKeyCheck(sealed(b"check")),
    ];
    let sequence = world.commit(&intents).await;
    let keys = world.store.keys().await.unwrap();
    assert_eq!(keys.sequence, sequence);
    assert_eq!(keys.value.signing, [second, first]);
    assert_eq!(keys.value.hash, [hash_key(1), hash_key(2)]);
    assert_eq!(keys.value.master_key_check, Some(sealed(b"check")));
}

pub(crate) async fn one_signing_key_is_active_and_one_next(world: &World) {
    world.commit(&[add("k1", KeyState::Active)]).await;
    assert_eq!(world.refused(&[add("k2", KeyState::Active)]).await, exists("signing key", "k1"));
    world.commit(&[add("k2", KeyState::Next)]).await;
    assert_eq!(world.refused(&[add("k3", KeyState::Next)]).await, exists("signing key", "k2"));
    let elsewhere = StoredSigningKey { environment: id("sandbox"), ..signing_key("k4", KeyState::Active) };
    let otherwise = StoredSigningKey { algorithm: Algorithm::EdDsa, ..signing_key("k5", KeyState::Active) };
    world.commit(&[Intent::AddSigningKey(elsewhere), Intent::AddSigningKey(otherwise)]).await;
}

pub(crate) async fn a_kid_is_given_once(world: &World) {
    world.commit(&[add("k1", KeyState::Active)]).await;
    for state in [KeyState::Next, KeyState::Active] {
        assert_eq!(world.refused(&[add("k1", state)]).await, exists("signing key", "k1"));
    }
    world.commit(&[add("k2", KeyState::Next)]).await;
    assert_eq!(world.refused(&[add("k2", KeyState::Next)]).await, exists("signing key", "k2"));
}

pub(crate) async fn a_signing_key_moves_on(world: &World) {
    use KeyState::{Active, Next, Removed, Retiring};
    assert_eq!(world.refused(&[move_key("k1", Next, Active)]).await, not_found("signing key", "k1"));
    world.commit(&[add("k1", Next)]).await;
    for (from, to) in [(Next, Active), (Active, Active), (Active, Retiring)] {
        world.commit(&[move_key("k1", from, to)]).await;
        assert_eq!(world.store.keys().await.unwrap().value.signing[0].state, to);
    }
    world.commit(&[move_key("k1", Retiring, Removed)]).await;
    assert_eq!(world.store.keys().await.unwrap().value.signing, []);
    assert_eq!(world.refused(&[move_key("k1", Removed, Active)]).await, not_found("signing key", "k1"));
    assert_eq!(world.refused(&[add("k1", Next)]).await, exists("signing key", "k1"));
}

pub(crate) async fn a_step_sets_its_times(world: &World) {
    world.commit(&[add("k1", KeyState::Next)]).await;
    let (from, until, after) = (Timestamp(5), Timestamp(i64::MAX), Timestamp(-7));
    let promoted = KeyMove::promote(&id("k1"), from);
    world.commit(&[Intent::MoveSigningKey(promoted)]).await;
    let retired = KeyMove {
        sign_until: Some(until),
        remove_after: Some(after),
        ..KeyMove::retire(&id("k1"), NOW, &RotationPolicy::default())
    };
    world.commit(&[Intent::MoveSigningKey(retired)]).await;
    let wanted = StoredSigningKey {
        active_from: from,
        sign_until: Some(until),
        remove_after: Some(after),
        ..signing_key("k1", KeyState::Retiring)
    };
    assert_eq!(world.store.keys().await.unwrap().value.signing, [wanted]);
}

pub(crate) async fn a_second_key_waits_for_the_first(world: &World) {
    use KeyState::{Active, Next, Retiring};
    world.commit(&[add("k1", Active), add("k2", Next)]).await;
    assert_eq!(world.refused(&[move_key("k2", Next, Active)]).await, exists("signing key", "k1"));
    world.commit(&[move_key("k1", Active, Retiring), move_key("k2", Next, Active)]).await;
}

/// Two nodes do what both saw to be due: one of them does it.
pub(crate) async fn of_two_rotations_one_is_done(world: &World) {
    use KeyState::{Active, Next, Removed, Retiring};
    world.commit(&[add("k1", Active), add("k2", Next)]).await;
    let rotate = [move_key("k1", Active, Retiring), move_key("k2", Next, Active)];
    let sequence = world.commit(&rotate).await;
    let changed = |kid: &str| revision_changed("signing key", kid);
    assert_eq!(world.refused(&rotate).await, changed("k1"));
    assert_eq!(world.refused(&[move_key("k2", Next, Active)]).await, changed("k2"));
    assert_eq!(world.refused(&[move_key("k2", Next, Removed)]).await, changed("k2"));
    assert_eq!(world.store.keys().await.unwrap().sequence, sequence);
}

/// As on the day one leaks.
pub(crate) async fn a_key_is_replaced_in_one_commit(world: &World) {
    use KeyState::{Active, Next, Removed};
    world.commit(&[add("k1", Active), add("k2", Next)]).await;
    let replace = |new| [move_key("k1", Active, Removed), move_key("k2", Next, Removed), add(new, Active)];
    let sequence = world.commit(&replace("k3")).await;
    let keys = world.store.keys().await.unwrap();
    assert_eq!((keys.sequence, keys.value.signing), (sequence, vec![signing_key("k3", KeyState::Active)]));
    // Who saw the same keys and came second changes nothing.
    assert_eq!(world.refused(&replace("k4")).await, not_found("signing key", "k1"));
}

pub(crate) async fn a_hash_key_is_written_once(world: &World) {
    world.commit(&[Intent::AddHashKey(hash_key(1))]).await;
    assert_eq!(world.refused(&[Intent::AddHashKey(hash_key(1))]).await, exists("hash key", "1"));
}

pub(crate) async fn a_hash_key_goes_once_no_live_secret_needs_it(world: &World) {
    let keys = [Intent::AddHashKey(hash_key(1)), Intent::AddHashKey(hash_key(2))];
    let owner = [create_company("acme"), create_credential("a", "acme"), create_credential("gone", "acme")];
    world.commit(&[&keys[..], &owner[..]].concat()).await;
    let of_the_deleted = add_secret("gone", secret("s0", NOW));
    world
        .commit(&[add_secret("a", secret("s1", NOW)), of_the_deleted, set_credential("gone", State::Deleted)])
        .await;
    let remove = |number, locks_out| [Intent::RemoveHashKey { number, locks_out }];
    assert_eq!(world.store.hash_key_uses(NOW).await.unwrap(), [(1, 1)]);
    let under = world.store.secrets_under(1, NOW, 9).await.unwrap();
    assert_eq!(under, [(id("production"), id("a"), id("s1"))]);
    for locks_out in [false, true] {
        let newest = RefusedReason::NewestHashKey { number: 2 };
        assert_eq!(world.refused(&remove(2, locks_out)).await, newest);
    }
    let in_use = RefusedReason::HashKeyInUse { number: 1, secrets: 1 };
    assert_eq!(world.refused(&remove(1, false)).await, in_use);

    // It moves to the newest key, but not from what it no longer is.
    let to = SecretHash::Hmac { key: 2, code: [9; 32] };
    let tag = LookupTag([8; 16]);
    let rehash = |code| Rehash {
        secret: id("s1"),
        from: SecretHash::Hmac { key: 1, code },
        to: to.clone(),
        lookup_tag: Some(tag),
    };
    let sequence = world.store.keys().await.unwrap().sequence;
    let dropped = Rehash { to: SecretHash::Hmac { key: 9, code: [9; 32] }, ..rehash([7; 32]) };
    world.store.rehash(&[dropped]).await.unwrap();
    assert_eq!(world.store.hash_key_uses(NOW).await.unwrap(), [(1, 1)], "its key is no more");
    world.store.rehash(&[rehash([6; 32])]).await.unwrap();
    assert_eq!(world.store.hash_key_uses(NOW).await.unwrap(), [(1, 1)], "it was another by then");
    world.store.rehash(&[rehash([7; 32])]).await.unwrap();
    assert_eq!(world.store.hash_key_uses(NOW).await.unwrap(), [(2, 1)]);
    let kept = &world.credential("a").await.secrets[0];
    assert_eq!((&kept.hash, kept.lookup_tag), (&to, Some(tag)));
    assert_eq!(world.store.keys().await.unwrap().sequence, sequence, "it is no change");

    world.commit(&remove(1, false)).await;
    assert_eq!(world.store.keys().await.unwrap().value.hash, [hash_key(2)]);
    assert_eq!(world.refused(&remove(1, false)).await, not_found("hash key", "1"));
}

pub(crate) async fn a_hash_key_goes_where_somebody_agreed(world: &World) {
    let keys = [Intent::AddHashKey(hash_key(1)), Intent::AddHashKey(hash_key(2))];
    let owner = [create_company("acme"), create_credential("a", "acme")];
    world.commit(&[&keys[..], &owner[..], &[add_secret("a", secret("s1", NOW))]].concat()).await;
    world.commit(&[Intent::RemoveHashKey { number: 1, locks_out: true }]).await;
    assert_eq!(world.store.keys().await.unwrap().value.hash, [hash_key(2)]);
}

pub(crate) async fn a_check_value_is_written_once(world: &World) {
    world.commit(&[Intent::SetMasterKeyCheck(sealed(b"first"))]).await;
    let reason = world.refused(&[Intent::SetMasterKeyCheck(sealed(b"second"))]).await;
    assert_eq!(reason, exists("check value of the master key", "mk-1"));
    let check = world.store.keys().await.unwrap().value.master_key_check;
    assert_eq!(check, Some(sealed(b"first")));
}

pub(crate) async fn what_is_sealed_anew_takes_the_old_ones_place(world: &World) {
    seal_one_of_each(world).await;
    let sequence = world.commit(&[reseal(&one_of_each())]).await;
    let keys = world.store.keys().await.unwrap();
    assert_eq!(keys.sequence, sequence);
    let signing = StoredSigningKey { private: sealed_anew(b"pkcs8"), ..signing_key("k1", KeyState::Active) };
    assert_eq!(keys.value.signing, [signing, signing_key("k2", KeyState::Next)]);
    let hash = StoredHashKey { key: sealed_anew(b"hash key"), ..hash_key(1) };
    assert_eq!(keys.value.hash, [hash, hash_key(2)]);
    assert_eq!(keys.value.master_key_check, Some(sealed_anew(b"check")));
    let last = world.changes().await.rows.pop().unwrap();
    assert_eq!((last.kind, last.target.as_str()), (Some(ChangeKind::MasterKeyChanged), "mk-2"));
}

/// Two commands at once, or a row that came from elsewhere: nothing of the second is done.
pub(crate) async fn nothing_is_sealed_anew_where_one_row_is_another_by_now(world: &World) {
    seal_one_of_each(world).await;
    let before = world.store.keys().await.unwrap();
    for (at, id) in [(0, "k1"), (1, "1"), (2, "mk-1")] {
        let mut rows = one_of_each();
        rows[at].1 = b"another";
        // The one that is wrong comes last, when the others are written already.
        rows[at..].rotate_left(1);
        let what = ["signing key", "hash key", "check value of the master key"][at];
        assert_eq!(world.refused(&[reseal(&rows)]).await, revision_changed(what, id));
        assert_eq!(world.store.keys().await.unwrap(), before);
    }
    let rows: [(Owner, &[u8]); 2] = [(Owner::HashKey(1), b"hash key"), (Owner::HashKey(9), b"hash key")];
    assert_eq!(world.refused(&[reseal(&rows)]).await, revision_changed("hash key", "9"));
    world.commit(&[reseal(&one_of_each())]).await;
    assert_eq!(world.refused(&[reseal(&one_of_each())]).await, revision_changed("signing key", "k1"));
}

async fn seal_one_of_each(world: &World) {
    let hash = [1, 2].map(|number| Intent::AddHashKey(hash_key(number)));
    world.commit(&hash).await;
    let check = Intent::SetMasterKeyCheck(sealed(b"check"));
    world.commit(&[add("k1", KeyState::Active), add("k2", KeyState::Next), check]).await;
}

fn one_of_each() -> [(Owner, &'static [u8]); 3] {
    [
        (Owner::SigningKey(id("k1")), b"pkcs8"),
        (Owner::HashKey(1), b"hash key"),
        (Owner::MasterKeyCheck, b"check"),
    ]
}

fn add(kid: &str, state: KeyState) -> Intent {
    Intent::AddSigningKey(signing_key(kid, state))
}
