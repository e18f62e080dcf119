//! How much memory a credential takes.

use jeton_core::kept::{KeptCredential, KeptSecret};

/// With its two counters a credential takes 160 bytes, and a secret 96: sizes that allocators have. One byte more would take 192
/// and 112.
#[test]
#[cfg(target_pointer_width = "64")]
fn what_is_kept_is_small() {
    let counters = 2 * size_of::<usize>();
    assert!(size_of::<KeptCredential>() + counters <= 160, "{}", size_of::<KeptCredential>());
    assert!(size_of::<KeptSecret>() <= 96, "{}", size_of::<KeptSecret>());
}
