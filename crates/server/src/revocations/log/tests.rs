//! What holds of the chunks, whatever came in whichever pieces.

use std::collections::BTreeSet;
use std::time::Duration;

use jeton_core::Timestamp;
use jeton_core::model::Sequence;
use jeton_core::revocation::{Rev, Revocation, RevokedTokens};
use proptest::prelude::*;

use super::{AFTER_END, BUCKET, Log, MOST_LINES};

const BEGINNING: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// The entry at a place: of some half hour, a generation now and then.
fn entry(at: usize, bucket: u32) -> Revocation {
    let which = if at.is_multiple_of(7) {
        RevokedTokens::Below(i64::try_from(at).unwrap() + 2)
    } else {
        RevokedTokens::One(format!("token-{at}").parse().unwrap())
    };
    Revocation {
        environment: "production".parse().unwrap(),
        handle: format!("{at:022}").parse().unwrap(),
        which,
        sequence: Sequence(i64::try_from(at).unwrap()),
        expires: BEGINNING.plus(BUCKET * bucket),
    }
}

fn log(entries: &[Revocation]) -> Log {
    let mut log = Log::default();
    for entry in entries {
        log.append(entry);
    }
    log
}

fn hashes(log: &Log) -> Vec<String> {
    log.chunks().map(|chunk| chunk.hash().to_owned()).collect()
}

fn text(log: &Log) -> String {
    log.chunks().map(|chunk| std::str::from_utf8(chunk.text()).unwrap()).collect()
}

fn entries(buckets: &[u32]) -> Vec<Revocation> {
    buckets.iter().enumerate().map(|(at, bucket)| entry(at, *bucket)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// One node follows and publishes as it goes, the other loads it all at once; what has ended is gone on both.
    #[test]
    fn nodes_with_the_same_entries_have_the_same_chunks(
        buckets in prop::collection::vec(0_u32..4, 0..300),
        publish in 1_usize..50,
        later in 0_u32..5,
    ) {
        let entries = entries(&buckets);
        let now = BEGINNING.plus(BUCKET * later).plus(AFTER_END);
        let mut one = Log::default();
        for piece in entries.chunks(publish) {
            for entry in piece {
                one.append(entry);
            }
            hashes(&one);
        }
        let mut other = log(&entries);
        prop_assert_eq!(hashes(&one), hashes(&other));
        one.forget(now);
        let kept: Vec<_> = entries.into_iter().filter(|entry| entry.expires >= now.minus(AFTER_END)).collect();
        other.forget(now);
        prop_assert_eq!(hashes(&one), hashes(&other));
        prop_assert_eq!(hashes(&one), hashes(&log(&kept)));
        prop_assert_eq!(one.size().0, kept.len());
    }

    #[test]
    fn one_more_entry_makes_one_new_chunk(count in 0_usize..10_000) {
        let entries = entries(&vec![0; count + 1]);
        let mut log = log(&entries[..count]);
        let before: BTreeSet<String> = hashes(&log).into_iter().collect();
        log.append(&entries[count]);
        let after: BTreeSet<String> = hashes(&log).into_iter().collect();
        prop_assert_eq!(after.difference(&before).count(), 1);
        let gone = before.difference(&after).count();
        prop_assert!(gone <= MOST_LINES.ilog2() as usize, "{} chunks were joined", gone);
        let full = count / MOST_LINES;
        prop_assert!(log.chunks().count() <= full + 1 + MOST_LINES.ilog2() as usize);
    }
}

#[test]
fn chunks_hold_every_line_once_and_no_more_than_they_may() {
    let all = entries(&vec![0; 10_000]);
    let log = log(&all);
    let lines = |text: &[u8]| std::str::from_utf8(text).unwrap().lines().count();
    assert_eq!(
        log.chunks().map(|chunk| lines(chunk.text())).collect::<Vec<_>>(),
        [4096, 4096, 1024, 512, 256, 16]
    );
    let text = text(&log);
    assert!(text.starts_with("g 0000000000000000000000 2\nt token-1\n"), "{}", &text[..60]);
    assert_eq!(text.lines().collect::<BTreeSet<_>>().len(), 10_000);
    assert_eq!(log.size(), (10_000, text.len()));
}

#[test]
fn a_token_is_refused_by_its_id_and_by_its_generation() {
    let log = log(&entries(&[0; 20]));
    let rev = |at: usize, generation| Rev { handle: format!("{at:022}").parse().unwrap(), generation };
    let id = |text: &str| text.parse().unwrap();
    assert!(log.refuses(&id("token-3"), &rev(3, 1)));
    assert!(!log.refuses(&id("token-30"), &rev(3, 1)));
    // The entry at 14 says that 16 is the first generation that is good.
    assert!(log.refuses(&id("other"), &rev(14, 15)));
    assert!(!log.refuses(&id("other"), &rev(14, 16)));
    assert!(!log.refuses(&id("other"), &rev(15, 1)));
}

#[test]
fn what_has_ended_goes_by_whole_buckets() {
    let mut log = log(&entries(&[0, 0, 1]));
    let second = Duration::from_secs(1);
    let end = BEGINNING.plus(BUCKET).plus(AFTER_END);
    log.forget(end.minus(second));
    assert_eq!(log.size().0, 3);
    log.forget(end);
    assert_eq!(log.size().0, 1);
    log.forget(end.plus(BUCKET));
    assert_eq!(log.size(), (0, 0));
}
