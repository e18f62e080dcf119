//! How much memory a credential takes.

use jeton_core::kept::{KeptCredential, KeptSecret};

/// With its two counters a credential takes 224 bytes, and its one secret is within: a size that allocators have. One byte
/// more would take 256.
#[test]
#[cfg(target_pointer_width = "64")]
fn what_is_kept_is_small() {
    let counters = 2 * size_of::<usize>();
    assert!(size_of::<KeptCredential>() + counters <= 224, "{}", size_of::<KeptCredential>());
    assert!(size_of::<KeptSecret>() <= 88, "{}", size_of::<KeptSecret>());
}
