//! Commits as such: all or nothing, their numbers, and what `changes` says of them.

use jeton_core::intent::{Change, ChangeKind, Intent, Refused, RefusedReason, WhichSecrets};
use jeton_core::model::{KeyState, Sequence, State};
use jeton_core::reseal::Owner;
use jeton_core::store::{ChangeRow, CommitError};

use super::World;
use super::audit::an_audit_key;
use super::given::{
    ApiUpdate, add_grant, add_secret, create_api, create_company, create_credential, delete_api, exists,
    expire as end_of_secrets, hash_key, id, move_key, not_found, remove_grant, reseal, revision_changed,
    revoke, revoke_token, revoke_tokens, revoke_tokens_of, sealed, secret, set_company, set_credential,
    signing_key, touch_credential, update_api,
};
use super::world::{NOW, change};

pub(crate) async fn all_or_nothing(world: &World) {
    world.commit(&[create_company("acme")]).await;
    world
        .refused(&[create_credential("a", "acme"), create_api("voice", &["s"]), create_company("acme")])
        .await;
    assert_eq!(world.credential_in("production", "a").await, None);
    assert_eq!(world.api("voice").await, None);
    assert_eq!(world.company("acme").await.unwrap().credentials, 0);
}

pub(crate) async fn a_refusal_names_its_intent(world: &World) {
    let refused = world.refused_at(NOW, &[create_company("a"), create_company("b"), delete_api("x")]).await;
    assert_eq!(refused, Refused { index: 2, reason: not_found("API", "x") });
    let refused = world.refused_at(NOW, &[create_company("a"), create_company("a")]).await;
    assert_eq!(refused, Refused { index: 1, reason: exists("company", "a") });
}

pub(crate) async fn each_raises_the_counter_once(world: &World) {
    assert_eq!(world.commit(&[create_company("a"), create_company("b")]).await, Sequence(1));
    world.refused(&[create_company("c"), create_company("a")]).await;
    assert_eq!(world.commit(&[create_company("c")]).await, Sequence(2));
    assert_eq!(world.changes().await.sequence, Sequence(2));
}

pub(crate) async fn none_of_nothing(world: &World) {
    world.commit(&[create_company("a")]).await;
    assert_eq!(world.commit(&[]).await, Sequence(1));
    assert_eq!(world.changes().await.rows.len(), 1);
}

pub(crate) async fn a_rehearsal_leaves_no_trace(world: &World) {
    world.commit(&[create_company("acme")]).await;
    let before = world.changes().await;
    let rehearse = async |intents: &[Intent]| {
        let rehearsal = Change { rehearsal: true, ..change(NOW) };
        match world.store.commit(&rehearsal, intents).await {
            Err(CommitError::Refused(refused)) => refused,
            other => panic!("not refused: {other:?}"),
        }
    };
    // What would be refused is, and says which.
    let refused = rehearse(&[create_company("b"), create_company("acme")]).await;
    assert_eq!(refused, Refused { index: 1, reason: exists("company", "acme") });
    // What would be done ends after the last of them.
    let done = rehearse(&[create_credential("a", "acme"), set_company("acme", State::Suspended)]).await;
    assert_eq!(done, Refused { index: 2, reason: RefusedReason::Rehearsed });
    assert_eq!(rehearse(&[]).await, Refused { index: 0, reason: RefusedReason::Rehearsed });
    assert_eq!(world.changes().await, before);
    assert_eq!(world.credential_in("production", "a").await, None);
    assert_eq!(world.company("acme").await.unwrap().state, State::Active);
    assert_eq!(world.commit(&[create_company("b")]).await, Sequence(2));
}

pub(crate) async fn later_intents_see_earlier_ones(world: &World) {
    world
        .commit(&[
            create_company("acme"),
            create_api("voice", &["s"]),
            create_credential("a", "acme"),
            add_secret("a", secret("s1", NOW)),
            add_grant("a", "voice", None),
        ])
        .await;
    let credential = world.credential("a").await;
    assert_eq!((credential.secrets.len(), credential.grants.len()), (1, 1));
    assert_eq!(credential.revision, Sequence(1));
}

pub(crate) async fn one_revision_serves_a_whole_commit(world: &World) {
    let made = world.commit(&[create_company("acme"), create_credential("a", "acme")]).await;
    world.commit(&[touch_credential("a", Some(made)), touch_credential("a", Some(made))]).await;
    let stale = [touch_credential("a", None), touch_credential("a", Some(made))];
    assert_eq!(world.refused(&stale).await, revision_changed("credential", "a"));
}

pub(crate) async fn a_revision_is_the_last_commits(world: &World) {
    world.commit(&[create_company("acme"), create_api("voice", &["s"])]).await;
    world.commit(&[create_credential("a", "acme")]).await;
    let acme = world.company("acme").await.unwrap();
    for intent in [
        touch_credential("a", None),
        add_secret("a", secret("s1", NOW)),
        revoke("a", WhichSecrets::All),
        add_grant("a", "voice", None),
        remove_grant("a", "voice", None),
        set_credential("a", State::Suspended),
    ] {
        let sequence = world.commit(&[intent]).await;
        assert_eq!(world.credential("a").await.revision, sequence);
    }
    assert_eq!(world.company("acme").await.unwrap().revision, acme.revision);
}

pub(crate) async fn every_kind_is_written_and_read(world: &World) {
    let intents = one_of_each();
    for (intent, ..) in &intents {
        world.commit(std::slice::from_ref(intent)).await;
    }
    let rows = world.changes().await.rows;
    let expected: Vec<_> = intents
        .iter()
        .zip(1..)
        .map(|((intent, environment, company, target), number)| ChangeRow {
            sequence: Sequence(number),
            kind: Some(intent.kind()),
            environment: environment.map(id),
            company: company.map(id),
            target: (*target).to_owned(),
            invalidates: false,
        })
        .collect();
    let rows: Vec<_> = rows.into_iter().map(|row| ChangeRow { invalidates: false, ..row }).collect();
    assert_eq!(rows, expected);
    for kind in ChangeKind::ALL {
        assert!(rows.iter().any(|row| row.kind == Some(*kind)), "{kind} is missing here");
    }
}

pub(crate) async fn what_invalidates_says_so(world: &World) {
    let mut intents: Vec<_> = one_of_each().into_iter().map(|(intent, ..)| intent).collect();
    let end = intents.iter().position(|intent| intent.kind() == ChangeKind::CredentialUpdated).unwrap();
    intents[end] = Intent::UpdateCredential {
        environment: id("production"),
        client_id: id("a"),
        label: Some(Some(id("other"))),
        owner: Some(None),
        networks: None,
        expires: None,
        expected: None,
    };
    world.commit(&intents).await;
    let harmless = [
        ChangeKind::CompanyCreated,
        ChangeKind::CompanyUpdated,
        ChangeKind::CredentialUpdated,
        ChangeKind::MasterKeyCheckSet,
        ChangeKind::MasterKeyChanged,
        ChangeKind::AuditKeySet,
        ChangeKind::ManagementRefused,
    ];
    for row in world.changes().await.rows {
        let kind = row.kind.unwrap();
        assert_eq!(row.invalidates, !harmless.contains(&kind), "{kind}");
    }
    world.commit(&[create_company("b"), create_credential("b", "b"), expire("b")]).await;
    assert!(world.changes().await.rows.last().unwrap().invalidates);
}

pub(crate) async fn a_change_of_networks_invalidates(world: &World) {
    world.commit(&[create_company("acme"), create_credential("a", "acme")]).await;
    let update = |networks| Intent::UpdateCredential {
        environment: id("production"),
        client_id: id("a"),
        label: None,
        owner: None,
        networks,
        expires: None,
        expected: None,
    };
    for networks in [Some(vec!["192.0.2.0/24".parse().unwrap()]), Some(vec![]), None] {
        let changed = networks.is_some();
        world.commit(&[update(networks)]).await;
        assert_eq!(world.changes().await.rows.last().unwrap().invalidates, changed);
    }
}

pub(crate) async fn whole_commits_are_read_in_order(world: &World) {
    let reason = Some(id("quarter's end"));
    let change =
        Change { request_id: Some("r1".into()), address: Some([127, 0, 0, 1].into()), reason, ..change(NOW) };
    let first: Vec<_> = (0..12).map(|number| create_company(&format!("c{number}"))).collect();
    world.store.commit(&change, &first).await.unwrap();
    world.commit(&[create_company("d"), create_company("e")]).await;
    world.commit(&[create_company("f")]).await;
    let read = async |since, limit| {
        let changes = world.store.changes(Sequence(since), limit).await.unwrap();
        assert_eq!(changes.sequence, Sequence(3));
        changes.rows.into_iter().map(|row| row.target).collect::<Vec<_>>()
    };
    let twelve: Vec<_> = (0..12).map(|number| format!("c{number}")).collect();
    assert_eq!(read(0, 1).await, twelve);
    assert_eq!(read(1, 1).await, ["d", "e"]);
    assert_eq!(read(1, 9).await, ["d", "e", "f"]);
    assert_eq!(read(3, 9).await, [] as [&str; 0]);
    assert_eq!(read(9, 9).await, [] as [&str; 0]);
    assert_eq!(read(0, 0).await, [] as [&str; 0]);
}

/// Each intent, in an order in which all are accepted, with its row's environment, company and target.
type Described = (Intent, Option<&'static str>, Option<&'static str>, &'static str);

fn one_of_each() -> Vec<Described> {
    let of_acme = |intent| (intent, None, Some("acme"), "acme");
    let of_voice = |intent| (intent, None, None, "voice");
    let of_a = |intent| (intent, Some("production"), Some("acme"), "a");
    let of_k = |intent| (intent, Some("production"), None, "k");
    let update = Intent::UpdateCompany {
        id: id("acme"),
        name: Some(id("Acme")),
        credential_limit: None,
        expected: None,
    };
    vec![
        of_acme(create_company("acme")),
        of_acme(update),
        of_acme(set_company("acme", State::Suspended)),
        of_acme(set_company("acme", State::Active)),
        of_voice(create_api("voice", &["s"])),
        of_voice(ApiUpdate { add_scopes: vec!["t"], ..update_api("voice") }.into()),
        of_a(create_credential("a", "acme")),
        of_a(expire("a")),
        of_a(add_grant("a", "voice", None)),
        of_a(remove_grant("a", "voice", None)),
        of_a(add_secret("a", secret("s1", NOW))),
        of_a(end_of_secrets("a", WhichSecrets::All, None)),
        of_a(revoke("a", WhichSecrets::All)),
        of_a(revoke_token("a", "t", NOW)),
        of_a(revoke_tokens("a")),
        of_acme(revoke_tokens_of("acme")),
        of_a(set_credential("a", State::Suspended)),
        of_a(set_credential("a", State::Active)),
        of_a(set_credential("a", State::Deleted)),
        of_acme(set_company("acme", State::Deleted)),
        of_voice(delete_api("voice")),
        of_k(Intent::AddSigningKey(signing_key("k", KeyState::Active))),
        of_k(move_key("k", KeyState::Active, KeyState::Retiring)),
        (Intent::AddHashKey(hash_key(4)), None, None, "4"),
        (Intent::AddHashKey(hash_key(5)), None, None, "5"),
        (Intent::RemoveHashKey { number: 4, locks_out: false }, None, None, "4"),
        (Intent::SetMasterKeyCheck(sealed(b"check")), None, None, "mk-1"),
        (reseal(&[(Owner::MasterKeyCheck, b"check")]), None, None, "mk-2"),
        (Intent::RecordRefusal { target: "GET /apis".into(), environment: None }, None, None, "GET /apis"),
        (Intent::SetAuditKey(an_audit_key()), None, None, "mk-1"),
    ]
}

fn expire(client_id: &str) -> Intent {
    Intent::UpdateCredential {
        environment: id("production"),
        client_id: id(client_id),
        label: None,
        owner: None,
        networks: None,
        expires: Some(Some(NOW)),
        expected: None,
    }
}
