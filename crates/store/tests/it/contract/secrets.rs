//! Secrets.

use std::sync::Arc;

use jeton_core::Timestamp;
use jeton_core::hash_key::{LookupTag, SecretHash};
use jeton_core::intent::{ChangeKind, Intent, RefusedReason, WhichSecrets};
use jeton_core::model::{SecretKind, Sequence, State, StoredSecret};

use super::World;
use super::given::{
    add_secret, create_company, create_credential, exists, expire, id, not_found, revision_changed, revoke,
    secret, set_credential, touch_credential,
};
use super::world::NOW;

/// One of each algorithm.
const IMPORTED: [&str; 5] = [
    "$2b$10$cRXtsH90Gu70MvZ8Pc2jkuQlOCYUUDlRJTa3hurkV0v0TFHSITfTu",
    "$pbkdf2-sha256$10000$X0spxbg3hrBWak1pjfHe.w$95evHlX7hq3Gs9M6Fo0jVrWur0ooGPa/XMOB9Ck47tk",
    "$pbkdf2-sha512$i=10000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$Js09YheLS/dMyoyI/KpDVBllIOE4a/rPAB81tOXOe4U",
    "$scrypt$ln=16,r=8,p=1$j3Gu9d5bq1VKiXHuHWNsTQ$T5qSOW01cx/jhs4jLMudiQLQ/i/Yx6uZMrLYd+mlg4Q",
    "$argon2id$v=19$m=65536,t=2,p=2$UioF4BzDuNc65xyjFIKQsg$rL6gHBcKtC52+F4T4sls4g",
];

const LATER: Timestamp = Timestamp::from_seconds(1_000_100);

pub(crate) async fn one_is_kept_as_it_is(world: &World) {
    given(world).await;
    let kept = StoredSecret {
        kind: SecretKind::Set,
        hash: SecretHash::Hmac { key: 3, code: std::array::from_fn(|at| u8::try_from(at).unwrap()) },
        lookup_tag: None,
        last_four: "§\"'\u{1F511}".into(),
        expires: Some(LATER),
        ..secret("s1", NOW)
    };
    let sequence = world.commit(&[add_secret("a", kept.clone())]).await;
    let credential = world.credential("a").await;
    assert_eq!((credential.secrets, credential.revision), (vec![kept], sequence));
}

pub(crate) async fn an_imported_hash_is_kept_in_its_own_words(world: &World) {
    given(world).await;
    for (at, text) in IMPORTED.iter().enumerate() {
        let hash = SecretHash::Imported(Arc::new(text.parse().unwrap()));
        let (kind, last_four, lookup_tag) = (SecretKind::Imported, "".into(), None);
        let kept = StoredSecret { kind, hash, last_four, lookup_tag, ..secret(&format!("s{at}"), NOW) };
        world.commit(&[add_secret("a", kept.clone())]).await;
        assert_eq!(world.credential("a").await.secrets[0], kept);
        world.commit_at(Timestamp(NOW.0 + 1), &[revoke("a", WhichSecrets::All)]).await;
    }
}

pub(crate) async fn two_live_and_a_third_is_refused(world: &World) {
    given(world).await;
    world.commit(&[add_secret("a", secret("s1", NOW)), add_secret("a", secret("s2", LATER))]).await;
    let two = RefusedReason::TwoSecrets { client_id: id("a") };
    assert_eq!(world.refused(&[add_secret("a", secret("s3", NOW))]).await, two);
    assert_eq!(ids(world).await, ["s2", "s1"]);
}

pub(crate) async fn the_dead_do_not_count(world: &World) {
    given(world).await;
    let short = StoredSecret { expires: Some(LATER), ..secret("s1", NOW) };
    world.commit(&[add_secret("a", short), add_secret("a", secret("s2", NOW))]).await;
    let third = [add_secret("a", secret("s3", LATER))];
    let before = Timestamp(LATER.0 - 1);
    let two = RefusedReason::TwoSecrets { client_id: id("a") };
    assert_eq!(world.refused_at(before, &third).await.reason, two);
    // It is refused from the very moment on that it names.
    world.commit_at(LATER, &third).await;
    world.commit_at(LATER, &[revoke("a", WhichSecrets::All), add_secret("a", secret("s4", LATER))]).await;
    assert_eq!(world.credential("a").await.secrets.len(), 4);
}

pub(crate) async fn an_id_is_given_once(world: &World) {
    given(world).await;
    world.commit(&[create_credential("b", "acme"), add_secret("a", secret("s1", NOW))]).await;
    for client_id in ["a", "b"] {
        let again = add_secret(client_id, secret("s1", NOW));
        assert_eq!(world.refused(&[again]).await, exists("secret", "s1"));
    }
}

pub(crate) async fn the_only_one_is_revoked(world: &World) {
    given(world).await;
    let none = RefusedReason::NoLiveSecret { client_id: id("a") };
    assert_eq!(world.refused(&[revoke("a", WhichSecrets::TheOnlyOne)]).await, none);
    world.commit(&[add_secret("a", secret("s1", NOW))]).await;
    let sequence = world.commit_at(LATER, &[revoke("a", WhichSecrets::TheOnlyOne)]).await;
    let credential = world.credential("a").await;
    assert_eq!((credential.secrets[0].revoked, credential.revision), (Some(LATER), sequence));
    assert_eq!(credential.generation, 1);
    assert_eq!(world.refused(&[revoke("a", WhichSecrets::TheOnlyOne)]).await, none);
}

pub(crate) async fn of_two_one_must_be_named(world: &World) {
    given_two(world).await;
    let which = RefusedReason::WhichSecret { client_id: id("a") };
    assert_eq!(world.refused(&[revoke("a", WhichSecrets::TheOnlyOne)]).await, which);
    world.commit(&[revoke("a", WhichSecrets::One(id("s1")))]).await;
    assert_eq!(live(world).await, ["s2"]);
    world.commit(&[revoke("a", WhichSecrets::TheOnlyOne)]).await;
    assert_eq!(live(world).await, [] as [&str; 0]);
}

pub(crate) async fn all_are_revoked(world: &World) {
    given_two(world).await;
    world.commit(&[revoke("a", WhichSecrets::All)]).await;
    assert_eq!(live(world).await, [] as [&str; 0]);
    let none = RefusedReason::NoLiveSecret { client_id: id("a") };
    assert_eq!(world.refused(&[revoke("a", WhichSecrets::All)]).await, none);
}

pub(crate) async fn a_dead_or_foreign_one_is_not_revoked(world: &World) {
    given_two(world).await;
    world.commit(&[create_credential("b", "acme"), add_secret("b", secret("b1", NOW))]).await;
    world.commit_at(LATER, &[revoke("a", WhichSecrets::One(id("s1")))]).await;
    for other in ["s1", "b1", "none"] {
        let one = revoke("a", WhichSecrets::One(id(other)));
        assert_eq!(world.refused(&[one]).await, not_found("live secret", other));
    }
    let revoked = world.credential("a").await.secrets.into_iter().find(|secret| secret.id == id("s1"));
    assert_eq!(revoked.unwrap().revoked, Some(LATER));
}

pub(crate) async fn a_suspended_credential_takes_one(world: &World) {
    given(world).await;
    world.commit(&[set_credential("a", State::Suspended), add_secret("a", secret("s1", NOW))]).await;
    world.commit(&[set_credential("a", State::Deleted)]).await;
    // What is left of a deleted one tells its owner why a call failed.
    assert_eq!(ids(world).await, ["s1"]);
}

pub(crate) async fn an_end_is_set_moved_and_taken_away(world: &World) {
    given_two(world).await;
    let ends = async || {
        let mut secrets = world.credential("a").await.secrets;
        secrets.sort_by(|one, other| one.id.cmp(&other.id));
        secrets.iter().map(|secret| secret.expires).collect::<Vec<_>>()
    };
    let which = RefusedReason::WhichSecret { client_id: id("a") };
    assert_eq!(world.refused(&[expire("a", WhichSecrets::TheOnlyOne, Some(LATER))]).await, which);
    for (expires, expected) in [(Some(LATER), [Some(LATER), None]), (None, [None, None])] {
        let before = world.credential("a").await.revision;
        let sequence = world.commit(&[expire("a", WhichSecrets::One(id("s1")), expires)]).await;
        assert_eq!(ends().await, expected);
        assert!(before < sequence && world.credential("a").await.revision == sequence);
    }
    world.commit(&[expire("a", WhichSecrets::All, Some(LATER))]).await;
    assert_eq!(ends().await, [Some(LATER); 2]);
    let changes = world.changes().await.rows;
    let last = changes.last().unwrap();
    assert_eq!((last.kind, last.invalidates), (Some(ChangeKind::SecretExpirySet), true));
    // From then on both are dead, to the microsecond.
    let third = add_secret("a", secret("s3", NOW));
    let two = RefusedReason::TwoSecrets { client_id: id("a") };
    let just_before = Timestamp(LATER.0 - 1);
    assert_eq!(world.refused_at(just_before, std::slice::from_ref(&third)).await.reason, two);
    world.commit_at(LATER, &[third]).await;
    assert_eq!(live(world).await, ["s3"]);
}

pub(crate) async fn a_dead_or_foreign_one_gets_no_end(world: &World) {
    given_two(world).await;
    world.commit(&[create_credential("b", "acme"), add_secret("b", secret("b1", NOW))]).await;
    world.commit_at(LATER, &[revoke("a", WhichSecrets::One(id("s1")))]).await;
    for other in ["s1", "b1", "none"] {
        let one = expire("a", WhichSecrets::One(id(other)), None);
        assert_eq!(world.refused(&[one]).await, not_found("live secret", other));
    }
}

pub(crate) async fn one_is_found_by_its_tag(world: &World) {
    given(world).await;
    let (mut tagged, mut other) = (secret("s1", NOW), secret("s2", NOW));
    tagged.lookup_tag = Some(LookupTag([7; 16]));
    other.lookup_tag = None;
    world.commit(&[add_secret("a", tagged), add_secret("a", other)]).await;
    world.commit(&[revoke("a", WhichSecrets::All)]).await;
    let found = async |tag: u8| world.store.secret_with_tag(&LookupTag([tag; 16])).await.unwrap();
    assert_eq!(found(7).await, Some((id("production"), id("a"), id("s1"))), "a dead one is found as well");
    assert_eq!(found(8).await, None);
    assert_eq!(found(0).await, None);
}

pub(crate) async fn a_stale_revision_is_refused(world: &World) {
    let made = given(world).await;
    world.commit(&[touch_credential("a", None)]).await;
    let stale = revision_changed("credential", "a");
    let (environment, client_id, secret) = (id("production"), id("a"), secret("s1", NOW));
    let add = Intent::AddSecret { environment, client_id, secret, expected: Some(made) };
    assert_eq!(world.refused(&[add]).await, stale);
    let (environment, client_id, which) = (id("production"), id("a"), WhichSecrets::All);
    let revoke = Intent::RevokeSecrets { environment, client_id, which, expected: Some(made) };
    assert_eq!(world.refused(&[revoke]).await, stale);
}

async fn given(world: &World) -> Sequence {
    world.commit(&[create_company("acme"), create_credential("a", "acme")]).await
}

async fn given_two(world: &World) {
    given(world).await;
    world.commit(&[add_secret("a", secret("s1", NOW)), add_secret("a", secret("s2", NOW))]).await;
}

async fn ids(world: &World) -> Vec<String> {
    world.credential("a").await.secrets.iter().map(|secret| secret.id.to_string()).collect()
}

async fn live(world: &World) -> Vec<String> {
    let secrets = world.credential("a").await.secrets;
    secrets.iter().filter(|secret| secret.is_live(LATER)).map(|secret| secret.id.to_string()).collect()
}
