//! Chunks of revocation feeds.

use jeton_verify::{Revision, RevocationChunk, RevocationSet};

/// What is accepted names what its lines name, each in a form of one reading.
pub fn revocation_chunk(data: &[u8]) {
    let Ok(chunk) = RevocationChunk::parse(data) else { return };
    let set = RevocationSet::of([&chunk]);
    let lines = || data.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let mut entries = 0;
    for line in lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["t", jti] => assert!(set.contains(jti, None), "a token is lost"),
            ["g", handle, generation] => {
                let least: u64 = generation.parse().expect("a generation is a number");
                assert_eq!(least.to_string(), generation, "a number is written in one way");
                let generation = least.saturating_sub(1);
                let revoked = set.contains("", Some(Revision { handle, generation }));
                assert!(revoked || least == 0, "a credential is lost");
                let latest = Some(Revision { handle, generation: u64::MAX });
                assert!(!set.contains("", latest), "a generation to come is revoked");
            }
            _ => continue,
        }
        entries += 1;
    }
    assert_eq!(chunk.len(), entries, "lines of other kinds are no entries");
    assert!(set.len() <= entries, "a set has no entry that no line has");
    assert_eq!(set.is_empty(), entries == 0);
}
