//! Points in time, at the edges of their range too.

use std::time::Duration;

use jeton_core::Timestamp;

#[test]
fn seconds_are_rounded_down_on_both_sides_of_1970() {
    for (micros, seconds) in
        [(0, 0), (999_999, 0), (1_000_000, 1), (-1, -1), (-1_000_000, -1), (-1_000_001, -2)]
    {
        assert_eq!(Timestamp(micros).seconds(), seconds, "{micros}");
    }
    assert_eq!(Timestamp::from_seconds(5), Timestamp(5_000_000));
}

#[test]
fn sums_stop_at_the_ends_of_the_range() {
    let second = Duration::from_secs(1);
    assert_eq!(Timestamp(1).plus(second), Timestamp(1_000_001));
    assert_eq!(Timestamp(1).minus(second), Timestamp(-999_999));
    assert_eq!(Timestamp(i64::MAX).plus(second), Timestamp(i64::MAX));
    assert_eq!(Timestamp(i64::MIN).minus(second), Timestamp(i64::MIN));
    assert_eq!(Timestamp(0).plus(Duration::MAX), Timestamp(i64::MAX));
    assert_eq!(Timestamp(0).minus(Duration::MAX), Timestamp(-i64::MAX));
    assert_eq!(Timestamp::from_seconds(i64::MAX), Timestamp(i64::MAX));
    assert_eq!(Timestamp::from_seconds(i64::MIN), Timestamp(i64::MIN));
}
