//! The life of a signing key: next, active, retiring, removed. Pure rules, which every node and operator shares.
//!
//! A key is published before it signs, so that verifiers that keep the key set know it by then, and stays published
//! until the last token that it signed has expired. What is due is a function of what is stored, of the time, and of how
//! long the asking node has seen each key in its state by a clock of its own that only counts: a wall clock that jumps
//! lets no key sign that verifiers cannot know yet, and takes none away that tokens need. Why so is in ADR 0018.
//!
//! To add a step: a variant of [`Due`], its rule in [`due`], and its invariant in `tests/it/key_life_model.rs`.

use std::collections::BTreeSet;
use std::time::Duration;

use jeton_jose::Algorithm;

use crate::id::{EnvironmentName, KeyId};
use crate::model::{KeyState, StoredSigningKey};
use crate::time::Timestamp;

/// For how long verifiers keep a key set that they fetched: `max-age`, by the contract.
pub const KEY_SET_MAX_AGE: Duration = Duration::from_mins(5);

/// By how much the clocks of two machines may differ.
pub const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// How long a node must have seen a key itself before it moves on from it, whatever its wall clock says: twice as long as
/// verifiers keep the key set. Where keys are published for less, that is enough.
pub const SEEN_BEFORE_MOVING: Duration = Duration::from_mins(10);

/// When keys take each other's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotationPolicy {
    /// How long a key signs.
    pub rotate_every: Duration,
    /// How long a key is published before it signs.
    pub publish_before: Duration,
    /// How long a key stays published once it signs no more: longer than any token lives, than any node may be behind,
    /// and than clocks differ, together.
    pub keep_after: Duration,
}

impl Default for RotationPolicy {
    fn default() -> Self {
        Self {
            rotate_every: Duration::from_hours(30 * 24),
            publish_before: Duration::from_hours(24),
            keep_after: Duration::from_hours(25),
        }
    }
}

impl RotationPolicy {
    /// How far behind the store's a node's keys may be while it signs and publishes: no further than a retiring key is
    /// kept beyond its tokens, nor than the next key is published beyond what verifiers keep; `least` in any case.
    pub fn lag(&self, longest_lifetime: Duration, least: Duration) -> Duration {
        let kept = self.keep_after.saturating_sub(longest_lifetime).saturating_sub(CLOCK_SKEW);
        let published = self.publish_before.saturating_sub(2 * KEY_SET_MAX_AGE);
        kept.min(published).max(least)
    }

    /// When the turn of an active key is over.
    pub fn signs_until(&self, active: &StoredSigningKey) -> Timestamp {
        active.active_from.plus(self.rotate_every)
    }

    /// Whether verifiers know a next key by now, by the wall clock: what an operator goes by.
    pub fn is_known(&self, next: &StoredSigningKey, now: Timestamp) -> bool {
        now >= next.published.plus(self.publish_before)
    }
}

/// What is to be done with the keys of one environment and algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// A next key is to be made and published.
    Publish {
        /// From when on it is to sign.
        active_from: Timestamp,
    },
    /// The next key is to sign, and the active one to retire, in one commit.
    Promote {
        /// The next one.
        next: KeyId,
        /// The active one, if there is one.
        active: Option<KeyId>,
    },
    /// A retired key is to be removed.
    Remove(KeyId),
}

/// A step of one key, for [`crate::Intent::MoveSigningKey`]. What is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMove {
    /// Which.
    pub kid: KeyId,
    /// The state that it must have: of two who saw the same keys, the second is refused.
    pub from: KeyState,
    /// The state that it gets.
    pub to: KeyState,
    /// Since when it signs.
    pub active_from: Option<Timestamp>,
    /// Since when it signs no more.
    pub sign_until: Option<Timestamp>,
    /// From when on nobody needs it.
    pub remove_after: Option<Timestamp>,
}

impl KeyMove {
    /// A next key signs from now on.
    pub fn promote(next: &KeyId, now: Timestamp) -> Self {
        Self { active_from: Some(now), ..Self::plain(next, KeyState::Next, KeyState::Active) }
    }

    /// An active key signs no more from now on.
    pub fn retire(active: &KeyId, now: Timestamp, policy: &RotationPolicy) -> Self {
        Self {
            sign_until: Some(now),
            remove_after: Some(now.plus(policy.keep_after)),
            ..Self::plain(active, KeyState::Active, KeyState::Retiring)
        }
    }

    /// Nobody accepts it from now on.
    pub fn remove(kid: &KeyId, from: KeyState) -> Self {
        Self::plain(kid, from, KeyState::Removed)
    }

    fn plain(kid: &KeyId, from: KeyState, to: KeyState) -> Self {
        Self { kid: kid.clone(), from, to, active_from: None, sign_until: None, remove_after: None }
    }
}

/// What is due with all keys, by environment and algorithm.
pub fn all_due(
    keys: &[StoredSigningKey],
    now: Timestamp,
    seen: impl Fn(&StoredSigningKey) -> Duration,
    policy: &RotationPolicy,
) -> Vec<(EnvironmentName, Algorithm, Due)> {
    let of = |key: &StoredSigningKey| (key.environment.clone(), key.algorithm);
    let groups: BTreeSet<_> = keys.iter().map(of).collect();
    let due_in = |(environment, algorithm): (EnvironmentName, Algorithm)| {
        let own = keys.iter().filter(|key| key.environment == environment && key.algorithm == algorithm);
        let due = due(own, now, &seen, policy);
        due.into_iter().map(move |due| (environment.clone(), algorithm, due))
    };
    groups.into_iter().flat_map(due_in).collect()
}

/// What is due with these keys, which are all of one environment and algorithm that are not removed. `seen` says how long
/// the asking node has seen a key in its state.
pub fn due<'k>(
    keys: impl IntoIterator<Item = &'k StoredSigningKey>,
    now: Timestamp,
    seen: impl Fn(&StoredSigningKey) -> Duration,
    policy: &RotationPolicy,
) -> Vec<Due> {
    let (mut active, mut next, mut due) = (None, None, Vec::new());
    for key in keys {
        match key.state {
            KeyState::Active => active = Some(key),
            KeyState::Next => next = Some(key),
            KeyState::Retiring if seen(key) >= kept_for(key, policy) => {
                due.push(Due::Remove(key.kid.clone()));
            }
            KeyState::Retiring | KeyState::Removed => {}
        }
    }
    match (active, next) {
        (Some(active), None) => {
            let lead = policy.rotate_every.saturating_sub(policy.publish_before);
            let seen = seen(active);
            if seen >= least_seen(policy) && age(active.active_from, now, seen) >= lead {
                due.push(Due::Publish { active_from: now.plus(policy.publish_before) });
            }
        }
        (active, Some(next)) => {
            // Where nobody signs, a key that some verifiers do not know is better than none.
            if active.is_none() || is_due(next, now, seen(next), policy) {
                let active = active.map(|active| active.kid.clone());
                due.push(Due::Promote { next: next.kid.clone(), active });
            }
        }
        // A first key is made by those who need it, and signs at once: there is nothing that verifiers could miss.
        (None, None) => {}
    }
    due
}

/// Whether a next key is to sign now: it was published for as long as was planned, and verifiers know it by the clock
/// that cannot jump as well.
fn is_due(next: &StoredSigningKey, now: Timestamp, seen: Duration, policy: &RotationPolicy) -> bool {
    // The difference of two times that one node wrote: right even where both are wrong.
    let planned = between(next.published, next.active_from).max(policy.publish_before);
    seen >= least_seen(policy) && age(next.published, now, seen) >= planned
}

/// A wall clock that jumps, and is set right before this is over, does nothing.
fn least_seen(policy: &RotationPolicy) -> Duration {
    policy.publish_before.min(SEEN_BEFORE_MOVING)
}

/// How long a retiring key stays, from when a node first sees it retire. Wall clocks have no say: one that is ahead would
/// take a key away that tokens need, and one that is behind is no reason to keep it.
fn kept_for(retiring: &StoredSigningKey, policy: &RotationPolicy) -> Duration {
    let planned = match (retiring.sign_until, retiring.remove_after) {
        (Some(until), Some(after)) => between(until, after),
        _ => Duration::ZERO,
    };
    planned.max(policy.keep_after)
}

/// How long ago something was, by the wall clock or by what the node has seen, whichever is longer: a time that a wrong
/// clock wrote into the future does not stop the rotation for ever.
fn age(since: Timestamp, now: Timestamp, seen: Duration) -> Duration {
    between(since, now).max(seen)
}

fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0))
}
