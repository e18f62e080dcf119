//! `jeton_fuzz::revocation_chunk` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jeton_fuzz::revocation_chunk(data));
