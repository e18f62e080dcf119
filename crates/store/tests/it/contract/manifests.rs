//! Manifests: made so by one commit, and so already the second time.

use std::sync::Arc;

use jeton_core::Random;
use jeton_core::admin::manifest::{Action, Manifest, Plan};
use jeton_core::admin::{Admin, AdminError, Asked};
use jeton_core::intent::{Actor, RefusedReason};
use jeton_core::master_key::MasterKeys;
use jeton_core::model::State;
use jeton_testkit::{ManualClock, SeededRandom};
use serde_json::{Value, json};

use super::World;
use super::given::id;

/// Everything that a manifest can say.
fn whole() -> Value {
    json!({
        "apis": [
            { "id": "mail", "audience": "https://mail.example", "scopes": ["mail.send"], "algorithm": "ES256" },
            { "id": "plain", "audience": "https://plain.example", "scopes": [], "algorithm": "EdDSA" },
            { "id": "voice", "audience": "https://voice.example",
              "audience_in": { "sandbox": "https://voice.sandbox.example" },
              "scopes": ["voice.billing", "voice.numbers"], "algorithm": "ES256" },
        ],
        "companies": [
            { "id": "acme", "name": "Acme & Söhne", "credential_limit": 7 },
            { "id": "resting", "name": "Resting", "credential_limit": 5, "suspended": true },
        ],
        "credentials": [
            { "environment": "production", "client_id": "acme-1", "company": "acme", "label": "nightly",
              "owner": "ops@acme.example", "networks": ["192.0.2.0/24", "2001:db8::/32"],
              "grants": ["mail:mail.send", "voice:voice.billing,voice.numbers"] },
            { "environment": "production", "client_id": "acme-2", "company": "acme", "grants": [],
              "suspended": true },
            { "environment": "sandbox", "client_id": "rests", "company": "resting", "grants": ["plain"] },
        ],
    })
}

fn manifest(value: Value) -> Manifest {
    serde_json::from_value(value).unwrap()
}

async fn admin(world: &World) -> Admin {
    let random: Arc<dyn Random> = Arc::new(SeededRandom::default());
    let master = Arc::new(MasterKeys::parse(&MasterKeys::generate(&*random)).unwrap());
    let admin = Admin {
        store: Arc::clone(&world.store),
        master,
        clock: Arc::new(ManualClock::default()),
        random,
        asked: Asked::by(Actor::Cli("tester".into())),
    };
    let environments = [id("production"), id("sandbox")];
    world.store.record_environments(&environments).await.unwrap();
    admin.make_missing_keys(&environments).await.unwrap();
    admin
}

async fn apply(admin: &Admin, value: Value, prune: bool) -> Plan {
    admin.apply(&manifest(value), prune, None).await.unwrap().0
}

fn said(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(ToString::to_string).collect()
}

async fn refused(admin: &Admin, world: &World, value: Value, prune: bool) -> String {
    let before = world.changes().await;
    let manifest = manifest(value);
    let planned = admin.plan(&manifest, prune).await.unwrap_err().to_string();
    let applied = admin.apply(&manifest, prune, None).await.unwrap_err().to_string();
    assert_eq!(planned, applied);
    assert_eq!(world.changes().await, before);
    applied
}

pub(crate) async fn everything_is_made_by_one_commit_and_once(world: &World) {
    let admin = admin(world).await;
    let before = world.changes().await.sequence.0;
    let planned = admin.plan(&manifest(whole()), false).await.unwrap();
    assert_eq!(world.changes().await.sequence.0, before);
    let done = apply(&admin, whole(), false).await;
    assert_eq!(said(&done), said(&planned));
    assert_eq!(done.digest(), planned.digest());
    assert_eq!(world.changes().await.sequence.0, before + 1);
    let made = [
        "create api mail",
        "create api plain",
        "create api voice",
        "create company acme",
        "create company resting",
        "create credential acme-1 in production",
        "create credential acme-2 in production",
        "create credential rests in sandbox",
    ];
    assert_eq!(said(&done), made);
    let credential = world.credential_in("production", "acme-1").await.unwrap();
    assert_eq!(credential.owner, Some(id("ops@acme.example")));
    assert!(credential.secrets.is_empty());
    assert_eq!(world.company("resting").await.unwrap().state, State::Suspended);
    for prune in [false, true] {
        let again = apply(&admin, whole(), prune).await;
        assert!(again.is_empty(), "{again:?}");
        assert_eq!(again.unchanged, 8);
    }
    assert_eq!(world.changes().await.sequence.0, before + 1);
    assert_eq!(serde_json::to_value(admin.export(None).await.unwrap()).unwrap(), whole());
}

pub(crate) async fn what_is_not_said_stays(world: &World) {
    let admin = admin(world).await;
    apply(&admin, whole(), false).await;
    let little = json!({
        "companies": [{ "id": "acme", "credential_limit": 8 }, { "id": "new", "name": "New" }],
        "credentials": [{ "environment": "production", "client_id": "acme-1", "company": "acme", "label": "" }],
    });
    let done = apply(&admin, little.clone(), false).await;
    let steps = ["update company acme", "create company new", "update credential acme-1 in production"];
    assert_eq!(said(&done), steps);
    let changes = serde_json::to_value(&done.steps[0].changes).unwrap();
    assert_eq!(changes, json!([{ "field": "credential_limit", "from": 7, "to": 8 }]));
    let acme = world.company("acme").await.unwrap();
    assert_eq!((acme.name.as_str(), acme.credential_limit), ("Acme & Söhne", 8));
    let credential = world.credential_in("production", "acme-1").await.unwrap();
    assert_eq!(credential.label, None);
    assert_eq!(credential.owner, Some(id("ops@acme.example")));
    assert_eq!(credential.grants.len(), 2);
    assert!(apply(&admin, little, false).await.is_empty());
}

pub(crate) async fn what_is_named_is_made_so(world: &World) {
    let admin = admin(world).await;
    apply(&admin, whole(), false).await;
    let mut other = whole();
    other["apis"][2]["scopes"] = json!(["voice.numbers", "voice.new"]);
    other["apis"][2]["audience_in"] = json!({ "production": "https://voice.production.example" });
    other["companies"][1]["suspended"] = json!(false);
    other["credentials"][0]["grants"] = json!(["voice:voice.new"]);
    other["credentials"][0]["networks"] = json!([]);
    other["credentials"][1]["networks"] = json!(["203.0.113.7"]);
    other["credentials"][1]["suspended"] = json!(false);
    other["credentials"][2]["suspended"] = json!(true);
    let done = apply(&admin, other.clone(), false).await;
    assert!(done.steps.iter().all(|step| step.action == Action::Update), "{done:?}");
    assert!(apply(&admin, other, true).await.is_empty());
    let credential = world.credential_in("production", "acme-1").await.unwrap();
    let grants: Vec<_> = credential.grants.iter().map(|grant| (grant.api.as_str(), &*grant.scopes)).collect();
    assert_eq!(grants, [("voice", &[id("voice.new")][..])]);
    assert_eq!(credential.grants[0].audience.as_str(), "https://voice.production.example");
    assert_eq!(credential.networks, []);
    assert_eq!(world.credential_in("sandbox", "rests").await.unwrap().state, State::Suspended);
    // And back.
    let mut whole = whole();
    whole["credentials"][1]["networks"] = json!([]);
    apply(&admin, whole.clone(), false).await;
    let mut back = whole.clone();
    back["companies"][1]["suspended"] = json!(false);
    assert_eq!(said(&apply(&admin, whole, true).await), [] as [&str; 0]);
    assert_eq!(said(&apply(&admin, back, true).await), ["update company resting"]);
}

pub(crate) async fn what_is_not_named_goes_where_it_is_asked_for(world: &World) {
    let admin = admin(world).await;
    apply(&admin, whole(), false).await;
    let mut less = whole();
    less["apis"].as_array_mut().unwrap().remove(1);
    less["companies"].as_array_mut().unwrap().remove(1);
    less["credentials"].as_array_mut().unwrap().truncate(2);
    assert!(apply(&admin, less.clone(), false).await.is_empty());
    let done = apply(&admin, less.clone(), true).await;
    let gone = ["delete api plain", "delete company resting", "delete credential rests in sandbox"];
    assert_eq!(said(&done), gone);
    assert!(apply(&admin, less, true).await.is_empty());
    // A part that is absent is not looked at.
    assert!(apply(&admin, json!({ "companies": [whole()["companies"][0]] }), true).await.is_empty());
    assert!(apply(&admin, json!({}), true).await.is_empty());
}

pub(crate) async fn a_place_that_becomes_free_is_taken_in_the_same_commit(world: &World) {
    let admin = admin(world).await;
    let one = |name: &str| {
        json!({
            "companies": [{ "id": "acme", "name": "Acme", "credential_limit": 1 }],
            "credentials": [{ "environment": "production", "client_id": name, "company": "acme" }],
        })
    };
    apply(&admin, one("a"), true).await;
    let why = refused(&admin, world, one("b"), false).await;
    assert!(why.contains("create credential b in production: the company \"acme\" has as many"), "{why}");
    apply(&admin, one("b"), true).await;
    assert_eq!(world.company("acme").await.unwrap().credentials, 1);
}

pub(crate) async fn what_cannot_be_done_is_said_and_nothing_is(world: &World) {
    let admin = admin(world).await;
    apply(&admin, whole(), false).await;
    let mut less = whole();
    less["credentials"].as_array_mut().unwrap().truncate(2);
    apply(&admin, less, true).await;
    let too_many: Vec<String> = (0..65).map(|host| format!("192.0.2.{host}")).collect();
    let credential = |environment: &str, client_id: &str, company: &str, grant: &str| {
        json!({ "credentials": [{
            "environment": environment, "client_id": client_id, "company": company, "grants": [grant],
        }] })
    };
    let cases = [
        (json!({ "companies": [{ "id": "x" }] }), "say its `name`"),
        (json!({ "apis": [{ "id": "x" }] }), "say its `audience`"),
        (json!({ "companies": [{ "id": "acme" }, { "id": "acme" }] }), "company \"acme\": it is there twice"),
        (json!({ "companies": [{ "id": "operators", "name": "x" }] }), "it is Jeton's own"),
        (
            json!({ "apis": [{ "id": "management", "audience": "urn:x" }] }),
            "create api management: the API \"management\" is reserved",
        ),
        (credential("management", "x", "acme", "voice"), "it is Jeton's own"),
        (credential("production", "x", "operators", "voice"), "it is Jeton's own"),
        (credential("staging", "x", "acme", "voice"), "there is no environment \"staging\""),
        (credential("production", "x", "acme", "nothing"), "there is no API \"nothing\""),
        (credential("production", "acme-1", "resting", "voice"), "it belongs to the company \"acme\""),
        (credential("sandbox", "rests", "resting", "plain"), "it was deleted"),
        (credential("production", "ACME-1", "acme", "voice"), "only by case"),
        (credential("production", "x", "resting", "voice"), "is suspended: resume it first"),
        (
            json!({ "credentials": [{
                "environment": "production", "client_id": "acme-1", "company": "acme", "networks": too_many,
            }] }),
            "these are 65 networks",
        ),
        (credential("production", "x", "acme", "voice:voice.none"), "has no scope \"voice.none\""),
        (
            json!({ "apis": [{ "id": "voice", "scopes": ["voice.numbers"] }] }),
            "update api voice: the scope \"voice.billing\" is granted",
        ),
        (
            json!({ "apis": [{ "id": "x", "audience": "https://mail.example" }] }),
            "create api x: the API \"mail\" has the audience",
        ),
    ];
    for (value, why) in cases {
        let said = refused(&admin, world, value.clone(), false).await;
        assert!(said.contains(why) && said.starts_with("nothing was changed"), "{value}: {said}");
    }
    let pruned = refused(&admin, world, json!({ "companies": [] }), true).await;
    assert!(pruned.contains("delete company acme: the company \"acme\" still has credentials"), "{pruned}");
}

pub(crate) async fn the_plan_that_was_shown_is_the_one_that_is_done(world: &World) {
    let admin = admin(world).await;
    let manifest = manifest(whole());
    let shown = admin.plan(&manifest, false).await.unwrap().digest();
    admin.create_company(&id("acme"), id("Somebody was quicker"), None).await.unwrap();
    let changed = admin.apply(&manifest, false, Some(&shown)).await;
    assert!(matches!(changed, Err(AdminError::PlanChanged)), "{changed:?}");
    let shown = admin.plan(&manifest, false).await.unwrap().digest();
    admin.apply(&manifest, false, Some(&shown)).await.unwrap();
    let rehearsal = Admin { asked: Asked { rehearsal: true, ..admin.asked.clone() }, ..admin.clone() };
    let renamed = json!({ "companies": [{ "id": "acme", "name": "Other" }] });
    let only_seen = rehearsal.apply(&self::manifest(renamed), false, None).await;
    assert!(matches!(only_seen, Err(AdminError::Refused(RefusedReason::Rehearsed))), "{only_seen:?}");
    assert_eq!(world.company("acme").await.unwrap().name.as_str(), "Acme & Söhne");
}
