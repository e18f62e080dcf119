//! The audit chain: that no two rows have the same bytes, and that only its own key makes a chain.

use jeton_core::Timestamp;
use jeton_core::audit::{AuditEvent, AuditKey, AuditRow, Position, new_audit_key};
use jeton_core::model::Sequence;
use proptest::prelude::*;

use crate::support::{Counting, master_keys};

fn rows() -> impl Strategy<Value = AuditRow> {
    // Few letters and short texts, so that columns that run into one another would show.
    let text = || "[a\u{0}]{0,2}";
    let maybe = || proptest::option::of(text());
    let numbers = (0..2_i64, 0..2_i64, 0..2_i64, 0..2_i64);
    let texts = (text(), text(), text(), text());
    (numbers, texts, maybe(), maybe(), maybe(), maybe(), maybe()).prop_map(
        |(
            (sequence, position, time, invalidates),
            texts,
            address,
            request_id,
            reason,
            environment,
            company,
        )| {
            let (actor, kind, target, outcome) = texts;
            let (at, time) = (Position { sequence: Sequence(sequence), position }, Timestamp(time));
            let digest = Vec::new();
            AuditRow {
                at,
                time,
                actor,
                address,
                request_id,
                reason,
                kind,
                environment,
                company,
                target,
                outcome,
                invalidates,
                digest,
            }
        },
    )
}

proptest! {
    #[test]
    fn rows_that_differ_have_different_bytes((one, two) in (rows(), rows())) {
        prop_assert_eq!(one == two, one.canonical() == two.canonical());
    }
}

#[test]
fn a_key_opens_under_its_master_key_alone() {
    let (ours, others) = (master_keys(&["ours"]), master_keys(&["others"]));
    let sealed = new_audit_key(&ours, &Counting::default());
    assert!(AuditKey::open(&sealed, &ours).is_ok());
    assert!(AuditKey::open(&sealed, &others).is_err());
}

#[test]
fn times_are_those_of_the_calendar() {
    let row = |seconds| AuditRow {
        at: Position { sequence: Sequence(1), position: 0 },
        time: Timestamp::from_seconds(seconds),
        actor: String::new(),
        address: None,
        request_id: None,
        reason: None,
        kind: "api.created".to_owned(),
        environment: None,
        company: None,
        target: String::new(),
        outcome: "done".to_owned(),
        invalidates: 1,
        digest: Vec::new(),
    };
    for (seconds, expected) in [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.000000Z"),
        (951_782_400, "2000-02-29T00:00:00.000000Z"),
        (1_709_251_199, "2024-02-29T23:59:59.000000Z"),
        (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
    ] {
        assert_eq!(AuditEvent::from(row(seconds)).time, expected);
    }
}
