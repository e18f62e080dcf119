//! The audit chain: that no two rows have the same bytes, and that only its own key makes a chain.

use jeton_core::Timestamp;
use jeton_core::audit::{AuditKey, AuditRow, Position, new_audit_key};
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
