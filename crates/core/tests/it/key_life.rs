//! The rules of a signing key's life at their edges: a microsecond before a step is due nothing is, and then it is. That
//! the rules together harm no token is in `key_life_model`.

use std::time::Duration;

use jeton_core::id::EnvironmentName;
use jeton_core::key_life::{Due, KeyMove, RotationPolicy, all_due, due};
use jeton_core::master_key::Sealed;
use jeton_core::model::{KeyState, StoredSigningKey};
use jeton_core::{Algorithm, Timestamp};

use crate::support::{NOW, parse, production};

const MINUTE: Duration = Duration::from_mins(1);

const POLICY: RotationPolicy = RotationPolicy {
    rotate_every: Duration::from_hours(3),
    publish_before: Duration::from_mins(11),
    keep_after: Duration::from_mins(70),
};

/// What a node sees for itself before it moves a key on: twice the five minutes that verifiers keep the key set.
const SEEN: Duration = Duration::from_mins(10);

/// How long a key signs before the next one is published.
const LEAD: Duration = Duration::from_mins(169);

/// A microsecond less.
fn just_before(time: Duration) -> Duration {
    time.checked_sub(Duration::from_micros(1)).unwrap()
}

fn ago(time: Duration) -> Timestamp {
    Timestamp(NOW.0 - i64::try_from(time.as_micros()).unwrap())
}

fn key(kid: &str, state: KeyState, published: Timestamp, active_from: Timestamp) -> StoredSigningKey {
    StoredSigningKey {
        kid: parse(kid),
        environment: production(),
        algorithm: Algorithm::Es256,
        state,
        published,
        active_from,
        sign_until: None,
        remove_after: None,
        private: Sealed { master_key: "mk".to_owned(), bytes: Vec::new() },
    }
}

fn active(since: Timestamp) -> StoredSigningKey {
    key("active", KeyState::Active, since, since)
}

/// Published then, to sign after so long.
fn next(published: Timestamp, planned: Duration) -> StoredSigningKey {
    key("next", KeyState::Next, published, published.plus(planned))
}

/// Retired at some time, to be kept for so long.
fn retiring(planned: Option<Duration>) -> StoredSigningKey {
    let sign_until = planned.map(|_| ago(3 * POLICY.keep_after));
    let remove_after = planned.map(|planned| sign_until.unwrap().plus(planned));
    StoredSigningKey { sign_until, remove_after, ..key("retiring", KeyState::Retiring, NOW, NOW) }
}

/// What is due where the node has seen each key for so long.
fn after(seen: Duration, keys: &[StoredSigningKey]) -> Vec<Due> {
    due(keys, NOW, |_| seen, &POLICY)
}

fn publish() -> Vec<Due> {
    vec![Due::Publish { active_from: NOW.plus(POLICY.publish_before) }]
}

fn promote() -> Vec<Due> {
    vec![Due::Promote { next: parse("next"), active: Some(parse("active")) }]
}

#[test]
fn the_next_key_is_published_in_time() {
    assert_eq!(after(SEEN, &[active(ago(LEAD))]), publish());
    assert_eq!(after(SEEN, &[active(ago(just_before(LEAD)))]), []);
    // A clock that jumped is not enough, and neither is one that is behind a reason to wait for ever.
    assert_eq!(after(just_before(SEEN), &[active(ago(2 * LEAD))]), []);
    assert_eq!(after(LEAD, &[active(NOW.plus(LEAD))]), publish());
    assert_eq!(after(just_before(LEAD), &[active(NOW.plus(LEAD))]), []);
}

#[test]
fn the_next_key_signs_once_it_is_known() {
    let keys = |published, planned| [active(ago(200 * MINUTE)), next(ago(published), planned)];
    let usual = POLICY.publish_before;
    assert_eq!(after(SEEN, &keys(usual, usual)), promote());
    assert_eq!(after(SEEN, &keys(just_before(usual), usual)), []);
    assert_eq!(after(just_before(SEEN), &keys(2 * usual, usual)), []);
    // Whoever published it had another policy, and the longer one of the two holds.
    assert_eq!(after(SEEN, &keys(just_before(60 * MINUTE), 60 * MINUTE)), []);
    assert_eq!(after(SEEN, &keys(60 * MINUTE, 60 * MINUTE)), promote());
    assert_eq!(after(SEEN, &keys(just_before(usual), MINUTE)), []);
    assert_eq!(after(SEEN, &keys(usual, MINUTE)), promote());
    // Written down by a clock that is ahead.
    let ahead = [active(ago(200 * MINUTE)), next(NOW.plus(60 * MINUTE), usual)];
    assert_eq!(after(usual, &ahead), promote());
    assert_eq!(after(just_before(usual), &ahead), []);
}

#[test]
fn a_key_that_is_published_for_less_is_seen_for_less() {
    let policy = RotationPolicy { publish_before: 2 * MINUTE, ..POLICY };
    let keys = [active(ago(200 * MINUTE)), next(ago(2 * MINUTE), 2 * MINUTE)];
    assert_eq!(due(&keys, NOW, |_| 2 * MINUTE, &policy), promote());
    assert_eq!(due(&keys, NOW, |_| just_before(2 * MINUTE), &policy), []);
}

#[test]
fn where_nobody_signs_the_next_key_does_at_once() {
    let keys = [next(NOW, POLICY.publish_before)];
    assert_eq!(after(Duration::ZERO, &keys), [Due::Promote { next: parse("next"), active: None }]);
    assert_eq!(after(SEEN, &[]), []);
}

#[test]
fn a_retired_key_stays_for_its_tokens() {
    let kept = POLICY.keep_after;
    // Nobody wrote down for how long, or for less than is the rule now, or for more.
    for (planned, stays) in
        [(None, kept), (Some(MINUTE), kept), (Some(kept), kept), (Some(2 * kept), 2 * kept)]
    {
        let keys = [active(NOW), retiring(planned)];
        assert_eq!(
            after(just_before(stays), &keys).iter().filter(|due| is_removal(due)).count(),
            0,
            "{planned:?}"
        );
        assert_eq!(after(stays, &keys).iter().filter(|due| is_removal(due)).count(), 1, "{planned:?}");
    }
}

fn is_removal(due: &Due) -> bool {
    *due == Due::Remove(parse("retiring"))
}

#[test]
fn environments_and_algorithms_have_lives_of_their_own() {
    let sandbox: EnvironmentName = parse("sandbox");
    let keys = [
        active(ago(LEAD)),
        StoredSigningKey { algorithm: Algorithm::EdDsa, ..next(NOW, POLICY.publish_before) },
        StoredSigningKey { environment: sandbox.clone(), ..next(NOW, POLICY.publish_before) },
    ];
    let alone = Due::Promote { next: parse("next"), active: None };
    let mut all = all_due(&keys, NOW, |_| SEEN, &POLICY);
    all.sort_by_key(|(environment, algorithm, _)| (environment.clone(), *algorithm != Algorithm::Es256));
    assert_eq!(
        all,
        [
            (production(), Algorithm::Es256, publish().remove(0)),
            (production(), Algorithm::EdDsa, alone.clone()),
            (sandbox, Algorithm::Es256, alone),
        ]
    );
}

#[test]
fn steps_write_down_when_they_were_taken() {
    let (kid, kept) = (parse("k"), POLICY.keep_after);
    let plain = |from, to| KeyMove {
        kid: parse("k"),
        from,
        to,
        active_from: None,
        sign_until: None,
        remove_after: None,
    };
    let signs = plain(KeyState::Next, KeyState::Active);
    assert_eq!(KeyMove::promote(&kid, NOW), KeyMove { active_from: Some(NOW), ..signs });
    let retires = plain(KeyState::Active, KeyState::Retiring);
    assert_eq!(
        KeyMove::retire(&kid, NOW, &POLICY),
        KeyMove { sign_until: Some(NOW), remove_after: Some(NOW.plus(kept)), ..retires }
    );
    let gone = plain(KeyState::Retiring, KeyState::Removed);
    assert_eq!(KeyMove::remove(&kid, KeyState::Retiring), gone);
}

#[test]
fn an_operator_goes_by_the_wall_clock() {
    assert_eq!(POLICY.signs_until(&active(NOW)), NOW.plus(POLICY.rotate_every));
    // What was planned is no matter: who asks for it now has a reason.
    for planned in [MINUTE, 60 * MINUTE] {
        assert!(POLICY.is_known(&next(ago(POLICY.publish_before), planned), NOW));
        assert!(!POLICY.is_known(&next(ago(just_before(POLICY.publish_before)), planned), NOW));
    }
}

#[test]
fn nodes_may_be_as_far_behind_as_keys_allow() {
    let hours = Duration::from_hours;
    let usual = RotationPolicy::default();
    let least = Duration::from_secs(30);
    // 24 h until a key signs, less twice the five minutes of verifiers; 25 h for tokens, less five minutes of skew.
    assert_eq!(usual.lag(hours(1), least), 23 * 60 * MINUTE + 50 * MINUTE);
    assert_eq!(usual.lag(hours(2), least), 22 * 60 * MINUTE + 55 * MINUTE);
    assert_eq!(usual.lag(hours(25), least), least);
    assert_eq!(usual.lag(hours(1), hours(48)), hours(48));
}
