//! What judging tokens may cost in memory. It counts what the whole process allocates, so it is one test, alone.

use std::alloc::System;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jeton_verify::{Algorithm, Revision, RevocationChunk, RevocationSet, Scopes, StaticKeys, Verifier};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const MIB: usize = 1 << 20;

/// More than any refusal needs, and far less than a copy of what was sent.
const BOUND: usize = 64 * 1024;

#[test]
fn tokens_cost_little_to_judge() {
    a_token_of_any_size_costs_little_to_refuse();
    what_is_revoked_is_looked_up_for_nothing();
}

fn a_token_of_any_size_costs_little_to_refuse() {
    let keys = Arc::new(StaticKeys::new([]).expect("no two keys are alike"));
    let verifier =
        Verifier::new("https://issuer", "https://api", [Algorithm::Es256], keys).expect("all is said");
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","typ":"at+jwt","kid":"k"}"#);
    let tokens = [
        ("dots", ".".repeat(MIB)),
        ("letters", "a".repeat(MIB)),
        ("a header", format!("{}.e30.c2ln", "a".repeat(MIB))),
        ("claims", format!("{header}.{}.c2ln", "a".repeat(MIB))),
        ("a signature", format!("{header}.e30.{}", "a".repeat(MIB))),
        ("parts", format!("{header}{}", ".e30".repeat(MIB / 4))),
        // As long as a token may be, and all of it nesting.
        ("nesting", format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode("[".repeat(8 * 1024)))),
    ];
    for (what, token) in tokens {
        let authorization = format!("Bearer {token}");
        let region = Region::new(ALLOCATOR);
        assert!(verifier.verify(&token).is_err(), "{what}");
        assert!(verifier.authorize([authorization.as_bytes()], &Scopes::none()).is_err(), "{what}");
        let change = region.change();
        let allocated = change.bytes_allocated + change.bytes_reallocated.unsigned_abs();
        assert!(allocated < BOUND, "{what}: {allocated} bytes");
    }
}

fn what_is_revoked_is_looked_up_for_nothing() {
    let handle = "AAAAAAAAAAAAAAAAAAAAAA";
    let lines = format!("t token-1\nt AAAAAAAAAAAAAAAAAAAAAQ\ng {handle} 7\n");
    let set = RevocationSet::of([&RevocationChunk::parse(lines.as_bytes()).expect("it is a chunk")]);
    let (rev, long) = (format!("{handle}.6"), "x".repeat(MIB));
    let region = Region::new(ALLOCATOR);
    assert!(set.contains("a", Revision::parse(&rev)));
    assert!(set.contains("token-1", None) && set.contains("AAAAAAAAAAAAAAAAAAAAAQ", None));
    assert!(!set.contains(&long, None) && Revision::parse(&long).is_none());
    assert_eq!(region.change().allocations, 0);
}
