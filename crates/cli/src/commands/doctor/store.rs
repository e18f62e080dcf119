//! The store: whether it can be reached, its schema, its master key, its signing keys, its audit chain, and the clock
//! beside its own.

use std::sync::Arc;
use std::time::Duration;

use jeton_core::admin::{Admin, AdminError, Asked};
use jeton_core::id::EnvironmentName;
use jeton_core::key_life::RotationPolicy;
use jeton_core::model::{KeyState, StoredSigningKey};
use jeton_core::{Clock as _, Store, Timestamp};
use jeton_server::config::Resolved;
use jeton_store::Endpoint;

use super::finding::Finding;
use super::{audit, in_words};
use crate::ambient::{SystemClock, SystemRandom, cli_actor};
use crate::data::{self, Home, Place};

/// By how much a rotation may be late: a node that starts waits for so long, and so does one that takes the work over.
const LATE: Duration = Duration::from_hours(2);

/// How far the newest change may lie ahead of this machine's clock.
const AHEAD: i64 = 60;

/// How far it may be from the database's: what verifiers bear.
const SKEW: i64 = 30;

/// What one read of a store near by takes, at most.
const SLOW: Duration = Duration::from_millis(100);

pub(super) async fn look(resolved: &Resolved) -> Vec<Finding> {
    let check = "store";
    let place = match Place::of(resolved) {
        Ok(place) => place,
        Err(why) => return vec![Finding::bad(check, why.message(), "correct it in the configuration")],
    };
    if let Home::Folder(folder) = &place.home
        && !folder.exists()
    {
        let found = format!("there is none in {}", folder.display());
        return vec![Finding::bad(
            check,
            found,
            "`jeton init` makes it, and so does the first `jeton serve`",
        )];
    }
    let mut findings = migrations(&place).await;
    let data = match data::open(&place).await {
        Ok(data) => data,
        Err(why) => {
            findings.push(Finding::bad(check, why.message(), "what the sentence says; then look again"));
            return findings;
        }
    };
    findings.push(Finding::good("master key", "it opens the store"));
    match look_inside(&*data.store, &place.rotation).await {
        Ok(found) => findings.extend(found),
        Err(why) => findings.push(Finding::bad(check, why.to_string(), "see `jeton db status --full`")),
    }
    let admin = Admin {
        store: Arc::clone(&data.store),
        master: data.master,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        asked: Asked::by(cli_actor()),
    };
    findings.push(audit::look(&admin).await);
    data.store.close().await;
    if let Home::Postgres(postgres) = &place.home {
        findings.push(clock_of_database(postgres.direct()).await);
    }
    findings
}

async fn migrations(place: &Place) -> Vec<Finding> {
    let plan = match &place.home {
        Home::Folder(folder) => jeton_store::migrations_sqlite(folder).await.map_err(|why| why.to_string()),
        Home::Postgres(postgres) => {
            jeton_store::migrations_postgres(postgres.direct()).await.map_err(|why| why.to_string())
        }
    };
    match plan {
        // What is wrong there is said by whoever opens it.
        Err(_) => vec![],
        Ok(plan) if plan.steps.is_empty() => {
            vec![Finding::good("schema", format!("{}, the newest", plan.schema.unwrap_or_default()))]
        }
        Ok(plan) => vec![Finding::bad(
            "schema",
            format!("{} migrations are missing", plan.steps.len()),
            "`jeton db migrate`, or start the server, which does it too",
        )],
    }
}

async fn look_inside(store: &dyn Store, policy: &RotationPolicy) -> Result<Vec<Finding>, AdminError> {
    let before = SystemClock.uptime();
    let environments = store.environments().await?;
    let took = SystemClock.uptime().saturating_sub(before);
    let mut findings = vec![if took > SLOW {
        let fix =
            "see what keeps the database busy, or how far away it is: every unknown client costs one read";
        Finding::bad("store", format!("a read took {} ms", took.as_millis()), fix)
    } else {
        Finding::good("store", format!("a read took {} ms", took.as_millis()))
    }];
    if environments.is_empty() {
        findings.push(Finding::bad("environments", "none was ever served", "start `jeton serve`"));
    }
    let now = SystemClock.now();
    let keys = store.keys().await?.value.signing;
    findings.extend(keys_of(&environments, &keys, policy, now));
    findings.push(clock(&keys, now));
    Ok(findings)
}

/// A finding for each environment and algorithm that has keys.
fn keys_of(
    environments: &[EnvironmentName],
    keys: &[StoredSigningKey],
    policy: &RotationPolicy,
    now: Timestamp,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for environment in environments {
        let own: Vec<&StoredSigningKey> = keys.iter().filter(|key| key.environment == *environment).collect();
        let mut algorithms: Vec<_> = own.iter().map(|key| key.algorithm).collect();
        algorithms.sort_unstable();
        algorithms.dedup();
        if algorithms.is_empty() {
            let fix = "start `jeton serve`, which makes it";
            findings.push(Finding::bad("signing keys", format!("{environment} has none"), fix));
        }
        for algorithm in algorithms {
            let active = own.iter().find(|key| key.algorithm == algorithm && key.state == KeyState::Active);
            let Some(active) = active else {
                let fix = "start `jeton serve`, which makes it, or lets the next one sign";
                let found = format!("no key signs {algorithm} in {environment}");
                findings.push(Finding::bad("signing keys", found, fix));
                continue;
            };
            let left = policy.signs_until(active).seconds() - now.seconds();
            let late = i64::try_from(LATE.as_secs()).unwrap_or(i64::MAX);
            findings.push(if left < -late {
                Finding::bad(
                    "signing keys",
                    format!("{environment} {algorithm}: the next rotation is overdue by {}", in_words(-left)),
                    "a running server rotates: is one running, does it follow the store, and what does its log say?",
                )
            } else {
                let when = if left > 0 { format!("in {}", in_words(left)) } else { "now".to_owned() };
                Finding::good("signing keys", format!("{environment} {algorithm}: rotates {when}"))
            });
        }
    }
    findings
}

/// Whether the database's clock says what this machine's does: it is the one that all nodes have in common.
async fn clock_of_database(endpoint: &Endpoint) -> Finding {
    let check = "clock";
    let before = SystemClock.now().seconds();
    let there = match jeton_store::clock_postgres(endpoint).await {
        Ok(there) => there.seconds(),
        Err(why) => return Finding::unknown(check, format!("the database does not say its time: {why}")),
    };
    let after = SystemClock.now().seconds();
    let apart = there - there.clamp(before, after);
    if apart.abs() <= SKEW {
        return Finding::good(check, format!("{} s from the database's", apart.abs()));
    }
    let which = if apart > 0 { "behind" } else { "ahead of" };
    Finding::bad(
        check,
        format!("{} {which} the database's", in_words(apart.abs())),
        "set both by NTP, on every node: tokens say when they were issued and expire",
    )
}

/// Whether this clock is behind the one that wrote the newest key: keys are made every so often by whichever node.
fn clock(keys: &[StoredSigningKey], now: Timestamp) -> Finding {
    let newest = keys.iter().map(|key| key.published.seconds()).max().unwrap_or_default();
    let ahead = newest - now.seconds();
    if ahead > AHEAD {
        return Finding::bad(
            "clock",
            format!("it is {} behind what another one wrote into the store", in_words(ahead)),
            "set it by NTP, on every node: tokens say when they were issued and expire",
        );
    }
    Finding::good("clock", "it is not behind what is in the store")
}
