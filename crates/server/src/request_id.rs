//! Request ids: UUIDs of version 7 (RFC 9562 section 5.7), so that they sort by time.

use jeton_core::time::random_bytes;
use jeton_core::{Random, Timestamp};

/// A new request id.
pub(crate) fn mint(now: Timestamp, random: &dyn Random) -> String {
    let millis = u64::try_from(now.0.div_euclid(1000)).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random_bytes::<10>(random)).into_uuid().to_string()
}
