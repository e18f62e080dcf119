//! Revocation by any source, and the format of the feed.

use std::sync::Arc;

use jeton_verify::{
    ChunkError, MAX_CHUNK_BYTES, MAX_CHUNK_LINES, Revision, RevocationChunk, RevocationSet, VerifyError,
};
use proptest::prelude::*;

use crate::support::{NOW, Revocations, builder, set, signed};

/// Two names as Jeton makes them, which differ in their last bits.
const HANDLE: &str = "AAAAAAAAAAAAAAAAAAAAAA";
const OTHER: &str = "AAAAAAAAAAAAAAAAAAAAAQ";

fn judged(source: &Revocations, jti: &str, rev: Option<&str>) -> Result<(), VerifyError> {
    let verifier = builder().revocations(Arc::new(source.clone())).build().unwrap();
    let token = signed(|claims| {
        (claims.jti, claims.rev) = (jti.to_owned().into(), rev.map(|rev| rev.to_owned().into()));
    });
    verifier.verify(&token).map(drop)
}

#[test]
fn a_revoked_token_is_refused_and_its_sisters_are_not() {
    let source = Revocations::of(&format!("t {HANDLE}\nt token-2\n"));
    let rev = format!("{OTHER}.0");
    for (jti, expected) in [
        (HANDLE, Err(VerifyError::Revoked)),
        ("token-2", Err(VerifyError::Revoked)),
        (OTHER, Ok(())),
        ("token-1", Ok(())),
        ("token-", Ok(())),
        ("TOKEN-2", Ok(())),
        // The same bytes by a careless reader, and a shorter name.
        ("AAAAAAAAAAAAAAAAAAAAAB", Ok(())),
        ("AAAAAAAAAAAAAAAAAAAAA", Ok(())),
    ] {
        assert_eq!(judged(&source, jti, Some(&rev)), expected, "{jti}");
    }
}

#[test]
fn a_generation_is_refused_below_the_least_that_is_good() {
    let source = Revocations::of(&format!("g {HANDLE} 7\n"));
    for (rev, expected) in [
        (format!("{HANDLE}.0"), Err(VerifyError::Revoked)),
        (format!("{HANDLE}.6"), Err(VerifyError::Revoked)),
        (format!("{HANDLE}.7"), Ok(())),
        (format!("{HANDLE}.8"), Ok(())),
        (format!("{HANDLE}.{}", u64::MAX), Ok(())),
        (format!("{OTHER}.0"), Ok(())),
    ] {
        assert_eq!(judged(&source, "token-1", Some(&rev)), expected, "{rev}");
    }
    // The handle of a credential is no token's id, nor the other way round.
    assert_eq!(judged(&source, HANDLE, Some(&format!("{OTHER}.1"))), Ok(()));
    let source = Revocations::of(&format!("t {HANDLE}\n"));
    assert_eq!(judged(&source, OTHER, Some(&format!("{HANDLE}.1"))), Ok(()));
}

#[test]
fn of_two_generations_the_later_counts() {
    for chunk in [format!("g {HANDLE} 3\ng {HANDLE} 5\n"), format!("g {HANDLE} 5\ng {HANDLE} 3\n")] {
        let source = Revocations::of(&chunk);
        assert_eq!(judged(&source, "a", Some(&format!("{HANDLE}.4"))), Err(VerifyError::Revoked));
        assert_eq!(judged(&source, "a", Some(&format!("{HANDLE}.5"))), Ok(()));
    }
}

#[test]
fn a_token_without_rev_is_judged_by_its_own_id() {
    let source = Revocations::of(&format!("t token-2\ng {HANDLE} 9\n"));
    assert_eq!(judged(&source, "token-1", None), Ok(()));
    assert_eq!(judged(&source, "token-2", None), Err(VerifyError::Revoked));
}

#[test]
fn a_malformed_rev_is_refused_where_revocation_matters() {
    let source = Revocations::of("t token-2\n");
    let long = format!("{}.1", "a".repeat(129));
    for rev in [
        "",
        ".",
        ".1",
        "handle",
        "handle.",
        "handle.x",
        "handle.-1",
        "handle.+1",
        "handle.01",
        "handle.1.2",
        "handle. 1",
        "han dle.1",
        "handle.18446744073709551616",
        "h\u{e4}ndle.1",
        &long,
    ] {
        assert_eq!(judged(&source, "token-1", Some(rev)), Err(VerifyError::Revision), "{rev}");
        let unasked =
            builder().build().unwrap().verify(&signed(|claims| claims.rev = Some(rev.to_owned().into())));
        assert!(unasked.is_ok(), "{rev}: who does not ask reads nothing into it");
    }
}

#[test]
fn where_nothing_is_known_nothing_is_accepted() {
    let source = Revocations::default();
    assert_eq!(judged(&source, "token-1", Some("handle.1")), Err(VerifyError::RevocationsUnavailable));
    source.say("x\n");
    assert_eq!(judged(&source, "token-1", Some("handle.1")), Ok(()));
}

#[test]
fn what_is_wrong_with_a_token_by_itself_comes_first() {
    for source in [Revocations::default(), Revocations::of("t token-1\n")] {
        let verifier = builder().revocations(Arc::new(source)).build().unwrap();
        assert_eq!(verifier.verify(&signed(|c| c.exp = NOW - 60)).unwrap_err(), VerifyError::Expired);
        assert_eq!(verifier.verify(&signed(|c| c.iss = "x".into())).unwrap_err(), VerifyError::Issuer);
    }
}

#[test]
fn lines_of_kinds_to_come_are_passed_over() {
    let chunk = b"t token-2\nz\nzz top 1 2 3\nT token-3\nt\ttoken-4\n\xff\xfe \x00\ng handle 2\n";
    let chunk = RevocationChunk::parse(chunk).unwrap();
    assert_eq!(chunk.len(), 2);
    let set = RevocationSet::of([&chunk]);
    assert!(
        set.contains("token-2", None) && !set.contains("token-3", None) && !set.contains("token-4", None)
    );
    assert!(RevocationChunk::parse(b"z\n").unwrap().is_empty());
}

#[test]
fn a_known_line_that_is_malformed_makes_the_whole_chunk_nothing() {
    let long = format!("t {}", "a".repeat(129));
    for line in [
        "",
        "t",
        "t ",
        "t  a",
        "t a b",
        "t a ",
        "t a\r",
        "t \u{e4}",
        "t a\u{0}",
        &long,
        "g",
        "g a",
        "g a ",
        "g a b",
        "g a -1",
        "g a 01",
        "g a 1 ",
        "g a 1 2",
        "g  1",
        "g a.b 1",
        "g a 18446744073709551616",
    ] {
        let chunk = format!("t token-1\n{line}\nt token-2\n");
        assert_eq!(RevocationChunk::parse(chunk.as_bytes()), Err(ChunkError::Line), "{line:?}");
    }
    for cut in ["", "t token-1", "t token-1\nt tok"] {
        assert_eq!(RevocationChunk::parse(cut.as_bytes()), Err(ChunkError::Unterminated), "{cut:?}");
    }
}

#[test]
fn a_chunk_has_bounds() {
    let lines = |count: usize| "t a\n".repeat(count);
    assert_eq!(RevocationChunk::parse(lines(MAX_CHUNK_LINES).as_bytes()).unwrap().len(), MAX_CHUNK_LINES);
    let more = RevocationChunk::parse(lines(MAX_CHUNK_LINES + 1).as_bytes());
    assert_eq!(more, Err(ChunkError::TooManyLines));
    let huge = format!("x {}\n", "a".repeat(MAX_CHUNK_BYTES));
    assert_eq!(RevocationChunk::parse(huge.as_bytes()), Err(ChunkError::TooLarge));
}

proptest! {
    #[test]
    fn what_is_written_is_found_and_nothing_else(
        tokens in prop::collection::hash_set("[A-Za-z0-9_-]{21,23}", 0..40),
        handles in prop::collection::hash_map("[A-Za-z0-9_-]{22}", 1_u64..100, 0..40),
        strangers in prop::collection::vec("[A-Za-z0-9_-]{21,23}", 0..40),
    ) {
        let mut lines: Vec<String> = tokens.iter().map(|jti| format!("t {jti}\n")).collect();
        lines.extend(handles.iter().map(|(handle, generation)| format!("g {handle} {generation}\n")));
        lines.push("later kinds\n".to_owned());
        let set = set(&lines.concat());
        prop_assert_eq!(set.len(), tokens.len() + handles.len());
        for jti in tokens.iter().chain(&strangers) {
            prop_assert_eq!(set.contains(jti, None), tokens.contains(jti));
        }
        for handle in handles.keys().chain(&strangers) {
            let least = handles.get(handle).copied().unwrap_or(0);
            for generation in [0, least.saturating_sub(1), least, least + 1] {
                let revision = Some(Revision { handle, generation });
                prop_assert_eq!(set.contains("", revision), generation < least);
            }
        }
    }

    #[test]
    fn any_bytes_are_a_chunk_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _either = RevocationChunk::parse(&bytes);
    }

    #[test]
    fn any_rev_that_is_read_is_written_back(rev in "[A-Za-z0-9_.-]{0,12}\\.[0-9]{1,21}") {
        if let Some(Revision { handle, generation }) = Revision::parse(&rev) {
            prop_assert_eq!(format!("{handle}.{generation}"), rev);
        }
    }
}
